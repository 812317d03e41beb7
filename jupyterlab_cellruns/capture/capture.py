"""The way of a metric through the server: taps -> inbox -> writer -> store, and the flush barrier back."""

from __future__ import annotations

import asyncio
import logging
import queue
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from ..stores.base import Refusal, Store
from .events import ATTACHED, Envelope
from .inbox import Inbox
from .kernel_runs import KernelRuns, SeenRun
from .spool import SpoolFolder
from .writer import Writer

_TIDY_SECONDS = 2.0
_LATE_SECONDS = 0.03
"""How long a barrier waits for a message that is on its way before it reads the spool."""

Message = tuple[str, Callable[[], bytes | None]]


class Capture:
    """Runs two threads of its own; its methods may be called from any thread unless they say otherwise.

    `trouble(text or None)` is called when storing begins or ceases to fail, and `changed(run_ids)` when runs have
    news, both from those threads.
    """

    def __init__(
        self,
        store: Callable[[], Store],
        trouble: Callable[[str | None], None],
        spool: SpoolFolder,
        changed: Callable[[set[str]], None],
        log: logging.Logger,
    ) -> None:
        self.spool = spool
        self._say_trouble = trouble
        self._log = log
        self._changed = changed
        self._kernels: dict[str, KernelRuns] = {}
        self._owner_of_source: dict[str, KernelRuns] = {}
        self._current = ""
        self._applied: dict[str, int] = {}
        self._tidied: dict[str, float] = {}
        self._gone: set[str] = set()
        self._waiters: list[tuple[str, int, asyncio.AbstractEventLoop, asyncio.Future[bool]]] = []
        self._lock = threading.Lock()
        self._queue: queue.SimpleQueue[Message | None] = queue.SimpleQueue()
        self._inbox = Inbox(spool, self._deliver, self._report)
        self._writer = Writer(store, self._stored, self._refused, self._trouble, log)
        self._thread = threading.Thread(target=self._run, name="cellruns-inbox", daemon=True)

    def start(self) -> None:
        """Start taking messages."""
        self._thread.start()

    def stop(self, timeout: float = 10.0) -> bool:
        """Store what has come; True where all of it is stored. What is not stays in the spool."""
        if self._thread.is_alive():
            self._queue.put(None)
            self._thread.join(timeout)
        return self._writer.stop(timeout)

    @property
    def waiting(self) -> int:
        """Metric points that have come and are not stored yet."""
        return self._writer.waiting

    def feed(self, kernel_id: str, content: Callable[[], bytes | None]) -> None:
        """Take a message of a kernel. `content` is called in the inbox thread: it checks and returns the JSON."""
        self._queue.put((kernel_id, content))

    def kernel(self, kernel_id: str) -> KernelRuns:
        """What is known of a kernel."""
        with self._lock:
            found = self._kernels.get(kernel_id)
            if found is None:
                found = self._kernels[kernel_id] = KernelRuns()
            return found

    def find(self, run_id: str) -> SeenRun | None:
        """What the events of any living kernel say of a run."""
        with self._lock:
            for kernel in reversed(self._kernels.values()):
                if run_id in kernel.runs:
                    return kernel.runs[run_id]
        return None

    def anchors(self, kernel_id: str) -> list[dict[str, Any]]:
        """Chart outputs a kernel has opened."""
        return self.kernel(kernel_id).anchors()

    def problem_count(self) -> int:
        """Notices so far, over all kernels."""
        with self._lock:
            return sum(k.problem_count for k in self._kernels.values())

    async def applied(self, source: str, seq: int, timeout: float) -> bool:
        """Wait until envelope `seq` of a source and all before it are stored. Called on the event loop."""
        if self._applied.get(source, -1) >= seq:
            return True
        loop = asyncio.get_running_loop()
        future: asyncio.Future[bool] = loop.create_future()
        with self._lock:
            if self._applied.get(source, -1) >= seq:
                return True
            entry = (source, seq, loop, future)
            self._waiters.append(entry)
        try:
            try:
                return await asyncio.wait_for(asyncio.shield(future), _LATE_SECONDS)
            except asyncio.TimeoutError:
                if self._inbox.delivered(source) < seq:
                    await loop.run_in_executor(None, self._inbox.catch_up, source, seq)
                return await asyncio.wait_for(future, timeout)
        except asyncio.TimeoutError:
            return False
        finally:
            with self._lock:
                if entry in self._waiters:
                    self._waiters.remove(entry)

    def retire(self, kernel_id: str) -> KernelRuns:
        """The kernel process of this id is going: what it has told so far; what its successor tells is kept apart."""
        with self._lock:
            old = self._kernels.pop(kernel_id, None) or KernelRuns()
            fresh = self._kernels[kernel_id] = KernelRuns()
            fresh.problems.extend(old.problems)
            fresh.problem_count = old.problem_count
            return old

    def finish(self, old: KernelRuns) -> list[str]:
        """A kernel process is gone: read the rest of its spool. Blocks; returns the runs it has left open."""
        # What was sent before the end may still be queued here.
        done = threading.Event()
        self._queue.put(("", done.set))
        done.wait(5.0)
        for source in list(old.sources):
            self._inbox.catch_up(source, 2**62)
            self._gone.add(source)
            self._tidy(source)
        return [run.run for run in old.active() if run.store == ATTACHED]

    def check(self, source: str, seq: int) -> None:
        """A kernel says how far it has sent: what has not come by now is read from the spool. Inbox thread only."""
        if self._inbox.delivered(source) < seq:
            self._inbox.catch_up(source, seq)

    def adopt(self, source: str, first: int) -> None:
        """Deliver the segments of a source that another server has left in our spool folder. Blocks."""
        self._inbox.begin(source, first)
        self._applied[source] = first - 1
        self._gone.add(source)
        self._inbox.catch_up(source, 2**62)
        if self._inbox.delivered(source) < first:
            self.spool.remove_stored(source, first, all_of_it=True)

    def _run(self) -> None:
        while True:
            try:
                message = self._queue.get(timeout=0.05)
            except queue.Empty:
                self._inbox.mend()
                continue
            if message is None:
                return
            kernel_id, content = message
            try:
                data = content()
                if data is not None:
                    self._current = kernel_id
                    self._inbox.accept_json(data)
                    self._inbox.mend()
            except Exception:
                self._log.exception("Cellruns could not read a message of kernel %s", kernel_id)

    def _deliver(self, envelope: Envelope) -> None:
        owner = self._owner_of_source.get(envelope.source)
        if owner is None:
            owner = self._owner_of_source[envelope.source] = self.kernel(self._current)
        touched = owner.take(envelope)
        if envelope.store != ATTACHED:
            envelope = replace(envelope, events=())
        self._writer.put(envelope)
        self._changed(touched)

    def _report(self, source: str, text: str) -> None:
        owner = self._owner_of_source.get(source) or self.kernel(self._current)
        self._log.warning("Cellruns: %s", text)
        owner.problem(text)
        self._changed(set())

    def _refused(self, refusal: Refusal) -> None:
        self._log.warning("Cellruns, run %s: %s", refusal.run, refusal.message)
        with self._lock:
            owners = [k for k in self._kernels.values() if refusal.run in k.runs]
        for kernel in owners:
            kernel.problem(refusal.message, refusal.run)
        self._changed({refusal.run})

    def _trouble(self, text: str | None) -> None:
        self._say_trouble(text)
        if text is None:
            self._log.info("Cellruns stores run events again")
        else:
            self._log.warning("Cellruns cannot store run events for now and keeps them: %s", text)
        self._changed(set())

    def _stored(self, envelopes: Sequence[Envelope]) -> None:
        with self._lock:
            for envelope in envelopes:
                self._applied[envelope.source] = envelope.seq
            met = [w for w in self._waiters if self._applied.get(w[0], -1) >= w[1]]
            self._waiters = [w for w in self._waiters if w not in met]
        for _, _, loop, future in met:
            loop.call_soon_threadsafe(_resolve, future)
        self._changed({e.run for envelope in envelopes for e in envelope.events})
        for source in {e.source for e in envelopes}:
            self._tidy(source)

    def _tidy(self, source: str) -> None:
        now = time.monotonic()
        gone = source in self._gone and self._inbox.delivered(source) <= self._applied.get(source, -1)
        if gone or now - self._tidied.get(source, 0.0) > _TIDY_SECONDS:
            self._tidied[source] = now
            self.spool.remove_stored(source, self._applied.get(source, -1), all_of_it=gone)
        if gone:
            self._inbox.forget(source)
            self._owner_of_source.pop(source, None)
            self._gone.discard(source)


def _resolve(future: asyncio.Future[bool]) -> None:
    if not future.done():
        future.set_result(True)
