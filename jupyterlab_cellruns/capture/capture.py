"""The way of a metric through the server: taps -> inbox -> writer of its store -> store, and the barrier back."""

from __future__ import annotations

import asyncio
import logging
import queue
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

from ..stores import rules
from ..stores.base import Refusal, Store
from .events import ATTACHED, Envelope, attached, attached_id
from .inbox import ALL, Inbox
from .kernel_runs import KernelRuns, OpenRun, SeenRun
from .spool import SpoolFolder
from .writer import Writer

_TIDY_SECONDS = 2.0
_MOST_REFUSALS = 20
"""Of one run, that are each said; a million of them would drown the log and all other notices."""
_LATE_SECONDS = 0.03
"""How long a barrier waits for a message that is on its way before it reads the spool."""

Message = tuple[str, Callable[[], "tuple[bytes, bool] | None"]]


class Stores(Protocol):
    """Where envelopes go, by store id."""

    def __contains__(self, store_id: object) -> bool: ...

    def store(self, store_id: str) -> Store:
        """A store; may block, and raise StoreRefused and StoreUnavailable."""
        ...

    def trouble(self, store_id: str, text: str | None) -> None:
        """Storing begins or ceases to fail; called from a writer's thread."""
        ...


class Capture:
    """Runs a thread of its own, and one writer per store, so that a store that is away holds up no other.

    Its methods may be called from any thread unless they say otherwise. `chosen(kernel id)` is the id of the store
    for runs of a kernel that names none; `changed(run_ids)` is called when runs have news, from our threads.
    """

    def __init__(
        self,
        stores: Stores,
        chosen: Callable[[str], str],
        spool: SpoolFolder,
        changed: Callable[[set[str]], None],
        log: logging.Logger,
    ) -> None:
        self.spool = spool
        self._stores = stores
        self._chosen = chosen
        self._log = log
        self._changed = changed
        self._kernels: dict[str, KernelRuns] = {}
        self._owner_of_source: dict[str, KernelRuns] = {}
        self._current = ""
        self._applied: dict[str, int] = {}
        self._tidied: dict[str, float] = {}
        self._gone: set[str] = set()
        self._adopted: dict[str, str] = {}
        self._waiters: list[tuple[str, int, asyncio.AbstractEventLoop, asyncio.Future[bool]]] = []
        self._lock = threading.Lock()
        self._queue: queue.SimpleQueue[Message | None] = queue.SimpleQueue()
        self._inbox = Inbox(spool, self._deliver, self._report, see=self._see, room=self._room)
        self._writer_of: dict[str, Writer] = {}
        self._writers: dict[str, Writer] = {}
        self._homeless: set[str] = set()
        self._refusals: dict[str, int] = {}
        self._thread = threading.Thread(target=self._run, name="cellruns-inbox", daemon=True)

    def start(self) -> None:
        """Start taking messages."""
        self._thread.start()

    def stop(self, timeout: float = 10.0) -> bool:
        """Store what has come; True where all of it is stored. What is not stays in the spool."""
        if self._thread.is_alive():
            self._queue.put(None)
            self._thread.join(timeout)
        end = time.monotonic() + timeout
        writers = list(self._writers.values())
        for writer in writers:
            writer.ask_to_stop()
        stored = all([writer.stop(max(end - time.monotonic(), 0.1)) for writer in writers])
        for source in list(self._owner_of_source):
            self.spool.remove_stored(source, self._applied.get(source, -1))
        return stored

    def waiting(self, store_id: str | None = None) -> int:
        """Metric points that have come and are not stored yet, of one store or of all."""
        writers = list(self._writers.values()) if store_id is None else [self._writers.get(store_id)]
        parked = sum(self._inbox.parked(name) for name, writer in list(self._writer_of.items()) if writer in writers)
        return parked + sum(writer.waiting for writer in writers if writer is not None)

    def feed(self, kernel_id: str, content: Callable[[], tuple[bytes, bool] | None]) -> None:
        """Take a message of a kernel.

        `content` is called in the inbox thread: it checks and returns the JSON, and whether it is in the spool too.
        """
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

    def finish(self, old: KernelRuns) -> tuple[OpenRun, ...]:
        """A kernel process is gone: read the rest of its spool. Blocks; what it has left open."""
        # What was sent before the end may still be queued here.
        done = threading.Event()
        self._queue.put(("", done.set))
        done.wait(5.0)
        for source in list(old.sources):
            self._gone.add(source)
            self._inbox.end(source)
            self._tidy(source)
        return old.open_runs()

    def settled(self, old: KernelRuns, store_id: str | None = None) -> bool:
        """Whether all is stored that a kernel process has told which `finish` was called for; in one store, or in all."""
        writer = self._writers.get(store_id) if store_id is not None else None
        sources = [s for s in list(old.sources) if s in self._gone]
        return not sources if store_id is None else not any(self._writer_of.get(s) is writer for s in sources)

    def storing_left(self) -> bool:
        """Whether something is still to be stored of what kernels of other servers have told that are gone."""
        return not self._gone.isdisjoint(self._adopted)

    def check(self, source: str, seq: int) -> None:
        """A kernel says how far it has sent: what has not come by now is read from the spool. Inbox thread only."""
        if self._inbox.delivered(source) < seq:
            self._inbox.catch_up(source, seq)

    def adopt(self, source: str, folder: Path, first: int, store_id: str) -> None:
        """Take over a source that another server has left in `folder`: what is stored already is left out.

        `follow` has to be called from then on until it says that all is done.
        """
        self.spool.also(source, folder)
        self._adopted[source] = attached(store_id)
        # It belongs to no kernel of ours: none of ours ends its runs.
        self._owner_of_source[source] = KernelRuns()
        stored = max(self.spool.stored(source), first - 1)
        self._inbox.begin(source, stored + 1)
        self._applied[source] = stored

    def follow(self, source: str) -> bool:
        """Deliver what a source that was adopted has written. Blocks for a moment; False once all of it is stored."""
        if source not in self._adopted:
            return False
        if self.spool.alive(source):
            self._inbox.catch_up(source, ALL)
            self._tidy(source)
            return True
        self._gone.add(source)
        self._inbox.end(source, look=False)
        self._tidy(source)
        return source in self._adopted

    def _run(self) -> None:
        while True:
            try:
                message = self._queue.get(timeout=0.05)
            except queue.Empty:
                self._inbox.mend()
                for source in list(self._gone):
                    self._tidy(source)
                continue
            if message is None:
                return
            kernel_id, content = message
            try:
                data = content()
                if data is not None:
                    self._current = kernel_id
                    self._inbox.accept_json(*data)
                    self._inbox.mend()
            except Exception:
                self._log.exception("Cellruns could not read a message of kernel %s", kernel_id)

    def _room(self, source: str, spooled: bool) -> bool:
        writer = self._writer_of.get(source)
        return writer is None or writer.room(spooled)

    def _owner(self, source: str) -> KernelRuns:
        owner = self._owner_of_source.get(source)
        if owner is None:
            owner = self._owner_of_source[source] = self.kernel(self._current)
        return owner

    def _at_home(self, envelope: Envelope) -> Envelope:
        """The envelope with the store that it is for."""
        store = self._adopted.get(envelope.source, envelope.store)
        if store == ATTACHED:
            owner = self._owner(envelope.source)
            store = owner.store_of({e.run for e in envelope.events}) or attached(self._chosen(self._current))
        return envelope if store == envelope.store else envelope._replace(store=store)

    def _see(self, envelope: Envelope) -> None:
        self._changed(self._owner(envelope.source).take(self._at_home(envelope)))

    def _deliver(self, envelope: Envelope) -> None:
        envelope = self._at_home(envelope)
        owner = self._owner(envelope.source)
        store_id = attached_id(envelope.store)
        if store_id is None:
            # Shown only: its own store has it.
            self._stored([envelope])
        elif store_id in self._stores:
            writer = self._writer_of[envelope.source] = self._writer(store_id)
            writer.put(envelope)
        else:
            self._no_home(store_id, owner)

    def _writer(self, store_id: str) -> Writer:
        writer = self._writers.get(store_id)
        if writer is None:
            writer = self._writers[store_id] = Writer(
                lambda: self._stores.store(store_id), self._stored, self._refused,
                lambda text: self._trouble(store_id, text), self._log,
            )
        return writer

    def _no_home(self, store_id: str, owner: KernelRuns) -> None:
        if store_id not in self._homeless:
            self._homeless.add(store_id)
            text = f"Run events name the store '{store_id}', which this server has not; they stay in the spool"
            self._log.warning("Cellruns: %s (%s)", text, self.spool.folder)
            owner.problem(text)

    def _report(self, source: str, text: str) -> None:
        owner = self._owner_of_source.get(source) or self.kernel(self._current)
        self._log.warning("Cellruns: %s", text)
        owner.problem(text)
        self._changed(set())

    def problem(self, run: str, text: str) -> None:
        """Tell the notebooks that know a run what went wrong with it."""
        self._refused(Refusal(run, text))

    def _refused(self, refusal: Refusal) -> None:
        count = self._refusals[refusal.run] = self._refusals.get(refusal.run, 0) + 1
        if count > _MOST_REFUSALS and str(count).strip("0") != "1":
            return
        message = refusal.message if len(refusal.message) < 1000 else refusal.message[:1000] + " ..."
        message = f"{message.rstrip('. ')}. {rules.advice(message)}"
        if count > _MOST_REFUSALS:
            message = f"{count} things of this run were refused so far, most of them unsaid; the last: {message}"
        refusal = Refusal(refusal.run, message)
        self._log.warning("Cellruns, run %s: %s", refusal.run, refusal.message)
        with self._lock:
            owners = [k for k in self._kernels.values() if refusal.run in k.runs]
        for kernel in owners:
            kernel.problem(refusal.message, refusal.run)
        self._changed({refusal.run})

    def _trouble(self, store_id: str, text: str | None) -> None:
        self._stores.trouble(store_id, text)
        if text is None:
            self._log.info("Cellruns stores run events again in the store '%s'", store_id)
        else:
            self._log.warning("Cellruns cannot store run events in '%s' for now and keeps them: %s", store_id, text)
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
        applied = self._applied.get(source, -1)
        gone = source in self._gone and self._inbox.ended(source) and self._inbox.delivered(source) <= applied
        if gone or now - self._tidied.get(source, 0.0) > _TIDY_SECONDS:
            self._tidied[source] = now
            self.spool.remove_stored(source, applied, all_of_it=gone)
        if gone:
            self._tidied.pop(source, None)
            self._writer_of.pop(source, None)
            self._inbox.forget(source)
            self._owner_of_source.pop(source, None)
            self._adopted.pop(source, None)
            self._gone.discard(source)


def _resolve(future: asyncio.Future[bool]) -> None:
    if not future.done():
        future.set_result(True)
