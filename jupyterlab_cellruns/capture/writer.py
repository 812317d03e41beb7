"""One thread that writes what the inbox delivers: batched, retried, in order, with the event loop never waiting."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Sequence

from ..stores.base import Refusal, Store, StoreRefused, StoreUnavailable
from .events import Envelope, Event, Metrics, Params, RunEnd, Tags

BATCH_POINTS = 20_000
"""Points that go into one transaction at the most."""
CROWDED, FULL = 200_000, 2_000_000
"""How much may wait in memory, in points or in as many times 100 characters: for what is in the spool as well, and for
what is nowhere else."""
_FIRST_PAUSE, _LONGEST_PAUSE = 0.2, 15.0


class Writer:
    """Writes the envelopes of one store.

    `store()` gives the store (it may block and may raise); `applied(source, seq)` is called when an envelope and all
    before it of its source are stored; `refused` for what the store will never take; `trouble(text or None)` when
    writing begins or ceases to fail.
    """

    def __init__(
        self,
        store: Callable[[], Store],
        applied: Callable[[Sequence[Envelope]], None],
        refused: Callable[[Refusal], None],
        trouble: Callable[[str | None], None],
        log: logging.Logger,
    ) -> None:
        self._store = store
        self._applied = applied
        self._refused = refused
        self._trouble = trouble
        self._log = log
        self._queue: deque[Envelope] = deque()
        self._ready = threading.Condition()
        self._stopping = False
        self._failing = False
        self._waiting = 0
        self._load = 0
        self._thread = threading.Thread(target=self._run, name="cellruns-writer", daemon=True)
        self._started = False

    @property
    def waiting(self) -> int:
        """Metric points that are not stored yet."""
        return self._waiting

    def room(self, spooled: bool) -> bool:
        """Whether it should be given more now: of what is in the spool as well, or of what is nowhere else."""
        return self._load < (CROWDED if spooled else FULL)

    def put(self, envelope: Envelope) -> None:
        """Queue an envelope. Never blocks for long."""
        with self._ready:
            if not self._started:
                self._started = True
                self._thread.start()
            self._queue.append(envelope)
            self._waiting += envelope.points
            self._load += _load(envelope)
            self._ready.notify()

    def ask_to_stop(self) -> None:
        """Write what is queued, once more, and end; does not wait."""
        with self._ready:
            self._stopping = True
            self._ready.notify()

    def stop(self, timeout: float) -> bool:
        """Write what is queued, for `timeout` seconds at the most. True where all of it is stored."""
        self.ask_to_stop()
        if self._started:
            self._thread.join(timeout)
        return not self._queue

    def _run(self) -> None:
        pause = _FIRST_PAUSE
        while True:
            with self._ready:
                while not self._queue and not self._stopping:
                    self._ready.wait()
                if not self._queue:
                    return
                batch = self._batch()
            try:
                self._store_batch(batch)
            except (StoreUnavailable, StoreRefused) as error:
                self._note(str(error))
                with self._ready:
                    if self._stopping:
                        return
                    self._ready.wait_for(lambda: self._stopping, pause)
                pause = min(pause * 2, _LONGEST_PAUSE)
            else:
                pause = _FIRST_PAUSE
                self._note(None)

    def _store_batch(self, batch: list[Envelope]) -> None:
        try:
            self._write(_writable(batch))
        except (StoreUnavailable, StoreRefused):
            raise
        except Exception:
            # Not the store's word but a fault of ours or of the data: one event may not hold up the rest.
            self._log.exception("Cellruns could not store run events")
            self._one_by_one(batch)
        else:
            self._done(batch)

    def _batch(self) -> list[Envelope]:
        batch: list[Envelope] = []
        points = 0
        for envelope in self._queue:
            if batch and points + envelope.points > BATCH_POINTS:
                break
            batch.append(envelope)
            points += envelope.points
        return batch

    def _write(self, events: Sequence[Event]) -> None:
        if events:
            for refusal in self._store().write(events):
                self._refused(refusal)

    def _one_by_one(self, batch: list[Envelope]) -> None:
        for envelope in batch:
            for event in _writable([envelope]):
                try:
                    self._write([event])
                except (StoreUnavailable, StoreRefused):
                    raise
                except Exception as fault:
                    what = f"points of {event.key[:100]!r}" if isinstance(event, Metrics) else type(event).__name__.lower()
                    text = f"Left out of this run: {what} could not be stored ({type(fault).__name__}: {fault})"
                    self._refused(Refusal(event.run, text))
            self._done([envelope])

    def _done(self, batch: list[Envelope]) -> None:
        with self._ready:
            for envelope in batch:
                self._queue.popleft()
                self._waiting -= envelope.points
                self._load -= _load(envelope)
        try:
            self._applied(batch)
        except Exception:
            # The rows are there: nothing that comes after them may have them written, or the queue emptied, again.
            self._log.exception("Cellruns could not tidy up after storing run events")

    def _note(self, text: str | None) -> None:
        if (text is not None) != self._failing:
            self._failing = text is not None
            self._trouble(text)


def _load(envelope: Envelope) -> int:
    text = sum(len(k) + len(v) for e in envelope.events if isinstance(e, (Params, Tags)) for k, v in e.entries.items())
    return envelope.points + text // 100 + 2 * len(envelope.events)


def _writable(batch: Sequence[Envelope]) -> list[Event]:
    """Events of a batch that the store has not got yet; points of one metric are joined across envelopes."""
    events: list[Event] = []
    open_metrics: dict[tuple[str, str], Metrics] = {}
    for envelope in batch:
        for event in envelope.events:
            if getattr(event, "mirrored", False):
                continue
            if isinstance(event, Metrics):
                found = open_metrics.get((event.run, event.key))
                if found is not None:
                    found.values.extend(event.values)
                    found.timestamps.extend(event.timestamps)
                    found.steps.extend(event.steps)
                    continue
                joined = Metrics(event.run, event.key, list(event.values), list(event.timestamps), list(event.steps))
                open_metrics[(event.run, event.key)] = joined
                events.append(joined)
                continue
            if isinstance(event, RunEnd):
                open_metrics.clear()
            events.append(event)
    return events

