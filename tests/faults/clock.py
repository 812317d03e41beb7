"""A server extension whose clock can be made to run fast: `GET /clock?times=360` lets an hour pass in ten seconds.

From then on everything in the server process that looks at the steady clock, sleeps, or waits with a timeout does so in
the fast time: timers of the event loop, pauses between tries, ages of what was heard. Dates, and other processes, keep
the true time. Any GET answers `{"seconds": S}`, the server's steady clock.
"""

from __future__ import annotations

import asyncio
import json
import selectors
import threading
import time
from collections.abc import Callable
from typing import Any

from jupyter_server.base.handlers import JupyterHandler
from tornado import web


class FastClock:
    """Stands in for Python's steady clock and for waits by it."""

    def __init__(self) -> None:
        self._real = time.monotonic
        self._sleep = time.sleep
        self._times = 1.0
        self._since = self._offset = self._real()

    def install(self, selector: selectors.BaseSelector) -> None:
        """Put it in the place of the real one in this process, and of the waits of an event loop."""
        time.monotonic = self.now
        time.sleep = lambda seconds: self._sleep(seconds / self._times)
        self._shorten(selector, "select")
        for where in (threading.Condition, threading.Event):
            self._shorten(where, "wait", itself=True)
        self._shorten(threading.Condition, "wait_for", itself=True, place=1)

    def now(self) -> float:
        """Seconds, ever faster or slower as `run` says, never back."""
        return self._offset + (self._real() - self._since) * self._times

    def run(self, times: float) -> None:
        """So many seconds in one from here on."""
        self._offset, self._since = self.now(), self._real()
        self._times = times

    def _shorten(self, where: Any, name: str, itself: bool = False, place: int = 0) -> None:
        """Divide the timeout of a method: its argument at `place`, after `self` in a class."""
        wait: Callable[..., Any] = getattr(where, name)
        at = place + itself

        def shortened(*arguments: Any, timeout: float | None = None) -> Any:
            given = list(arguments)
            if len(given) > at:
                timeout = given.pop(at)
            brief = None if timeout is None else timeout / self._times if timeout > 0 else timeout
            return wait(*given, timeout=brief)

        setattr(where, name, shortened)


class ClockHandler(JupyterHandler):
    """Sets the pace."""

    clock: FastClock | None = None

    @web.authenticated
    def get(self) -> None:
        """Change the pace where `times` says so."""
        times = float(self.get_argument("times", "0"))
        if times and ClockHandler.clock is None:
            ClockHandler.clock = FastClock()
            ClockHandler.clock.install(asyncio.get_event_loop()._selector)  # type: ignore[attr-defined]
        if times and ClockHandler.clock is not None:
            ClockHandler.clock.run(times)
        self.finish(json.dumps({"seconds": time.monotonic()}))


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": "tests.faults.clock"}]


def _load_jupyter_server_extension(serverapp: Any) -> None:
    serverapp.web_app.add_handlers(".*$", [(serverapp.base_url.rstrip("/") + "/clock", ClockHandler)])
