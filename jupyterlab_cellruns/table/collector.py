"""Holds Python's cyclic garbage collector while a table of many rows is made.

A sort of 10 000 runs makes tens of thousands of short-lived tuples and no cycles. They count as new objects, and in the
middle of it the collector looks at everything that the server has ever made: 0.1 s in a Jupyter Server, in which nobody
is answered. What is freed before the collector goes on is never counted.
"""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class _Hold:
    """Counts who is in a hold, of all threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._inside = 0
        self._was_on = False

    @contextmanager
    def __call__(self) -> Iterator[None]:
        with self._lock:
            if self._inside == 0:
                self._was_on = gc.isenabled()
                gc.disable()
            self._inside += 1
        try:
            yield
        finally:
            with self._lock:
                self._inside -= 1
                if self._inside == 0 and self._was_on:
                    gc.enable()


collector_held = _Hold()
"""A context without collections of cycles, in any thread; where the collector was off before, it stays off."""
