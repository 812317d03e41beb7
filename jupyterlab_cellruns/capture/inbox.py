"""Puts the envelopes of each source in order, once each; what is missing or would not fit in memory comes from the spool."""

from __future__ import annotations

import json
import re
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from .events import MAX_BYTES, Envelope, MalformedEnvelope, parse_envelope
from .spool import Cursor, SpoolFolder

GRACE_SECONDS = 0.05
"""How long a missing envelope may still arrive by itself before the spool is read."""
MAX_HELD = 2000
"""Envelopes of one source that are held for a missing one before the spool has to help at once."""
ALL = 2**62
"""As a sequence number: all that there is."""

_TURN_SECONDS = 0.05
_SEQ = re.compile(rb'"seq":\s*(\d{1,18})[,}]')


@dataclass
class _Source:
    next: int = 0
    held: dict[int, Envelope] = field(default_factory=dict)
    gap_since: float | None = None
    lost: int = 0
    seen: int = -1
    """The last one that was told of by `see`."""
    parked_to: int = -1
    """Up to here, what was not delivered yet is in the spool and left there until there is room."""
    parked_points: int = 0
    ended: bool = False
    """Its process is gone: what is not in the spool by now will never come."""
    cursor: Cursor | None = None
    ahead: int = -1
    """The spool goes on at this one, which is not the next."""
    dropped: int = 0

    @property
    def behind(self) -> bool:
        return self.ended or self.parked_to >= self.next


class Inbox:
    """Thread-safe. `accept` takes what arrives; `deliver` is called with envelopes in order, in the caller's thread.

    `report(source, text)` is called for what had to be refused or given up, `see(envelope)` once for each envelope,
    as soon as it is known. While `room(source, True)` says that no more should be delivered, envelopes that stand in
    the spool are left there, so that memory is bounded however long a store is away; `room(source, False)` is the
    bound for those that are nowhere else, and beyond it they are dropped, which is reported.
    """

    def __init__(
        self,
        spool: SpoolFolder,
        deliver: Callable[[Envelope], None],
        report: Callable[[str, str], None],
        now: Callable[[], float] = time.monotonic,
        see: Callable[[Envelope], None] = lambda _: None,
        room: Callable[[str, bool], bool] = lambda _source, _spooled: True,
    ) -> None:
        self._spool = spool
        self._deliver = deliver
        self._report = report
        self._now = now
        self._see = see
        self._room = room
        self._lock = threading.RLock()
        self._sources: OrderedDict[str, _Source] = OrderedDict()

    def accept_json(self, data: bytes, spooled: bool = False) -> Envelope | None:
        """Take one envelope as JSON. A malformed one is reported and refused whole."""
        try:
            if len(data) > MAX_BYTES:
                raise MalformedEnvelope("", f"{len(data)} bytes; at most {MAX_BYTES} are read")
            envelope = parse_envelope(json.loads(data))
        except MalformedEnvelope as error:
            self._report("", _refused(str(error)))
            return None
        except (ValueError, RecursionError) as error:
            self._report("", _refused(f"it is not JSON ({error})"))
            return None
        self.accept(envelope, spooled)
        return envelope

    def accept(self, envelope: Envelope, spooled: bool = False) -> None:
        """Take one envelope; it and those it was waited for by are delivered. `spooled`: its source has it in the spool."""
        with self._lock:
            source = self._source(envelope.source)
            if envelope.seq < source.next or envelope.seq in source.held:
                return
            if spooled and (source.behind or not self._room(envelope.source, True)):
                if envelope.seq > source.parked_to:
                    source.parked_to = envelope.seq
                    source.parked_points += envelope.points
                    self._saw(source, envelope)
                return
            if not spooled and (len(source.held) >= MAX_HELD or not self._room(envelope.source, False)):
                return self._drop(source, envelope)
            source.held[envelope.seq] = envelope
            if not source.behind:
                self._drain(source)
            if source.held and (source.gap_since is None):
                source.gap_since = self._now()
            if len(source.held) > MAX_HELD and not source.behind:
                self._repair(envelope.source, source)

    def mend(self) -> None:
        """Look after gaps that are older than the grace time, and after what was left in the spool.

        Called every few hundredths of a second.
        """
        with self._lock:
            for name, source in list(self._sources.items()):
                if source.behind:
                    self._read_on(name, source)
                elif source.gap_since is not None and self._now() - source.gap_since >= GRACE_SECONDS:
                    self._repair(name, source)

    def catch_up(self, name: str, seq: int) -> bool:
        """Read the spool of a source for all up to `seq` that has not come. True where all of it is delivered."""
        with self._lock:
            source = self._source(name)
            if source.next <= seq and not source.behind and self._room(name, True):
                self._read_spool(source, self._cursor(name, source), seq)
            return source.next > seq

    def end(self, name: str, look: bool = True) -> None:
        """The process of a source is gone: deliver what the spool has of it, as far as there is room.

        `look`: `see` all of it before this returns.
        """
        with self._lock:
            source = self._source(name)
            source.ended = True
            if look:
                self._look_ahead(name, source)
            self._read_on(name, source)

    def ended(self, name: str) -> bool:
        """Whether all is delivered of a source whose process is gone."""
        with self._lock:
            source = self._sources.get(name)
            return source is None or not source.behind

    def begin(self, name: str, first: int) -> None:
        """A source whose envelopes before `first` are known to be stored (a spool left by another server)."""
        with self._lock:
            source = self._source(name)
            source.next = max(source.next, first)

    def delivered(self, name: str) -> int:
        """The last sequence number delivered of a source, -1 for none."""
        source = self._sources.get(name)
        return source.next - 1 if source else -1

    def parked(self, name: str) -> int:
        """Points of a source that were left in the spool for now."""
        source = self._sources.get(name)
        return source.parked_points if source is not None else 0

    def forget(self, name: str) -> None:
        """Drop what is known of a source whose kernel is gone."""
        with self._lock:
            self._sources.pop(name, None)

    def _source(self, name: str) -> _Source:
        source = self._sources.get(name)
        if source is None:
            source = self._sources[name] = _Source()
            if len(self._sources) > 10_000:
                self._sources.popitem(last=False)
        return source

    def _drop(self, source: _Source, envelope: Envelope) -> None:
        source.dropped += 1
        if str(source.dropped).strip("0") == "1":
            self._report(
                envelope.source,
                f"{source.dropped} message(s) with run events had to be dropped: the store is away, they are not in a "
                "spool, and memory for them is used up. Bring the store back, or free space for the spool "
                f"({self._spool.place(envelope.source)})",
            )
        if envelope.seq == source.next and not source.behind:
            source.next += 1

    def _saw(self, source: _Source, envelope: Envelope) -> None:
        if envelope.seq > source.seen:
            source.seen = envelope.seq
            self._see(envelope)

    def _drain(self, source: _Source) -> None:
        while (envelope := source.held.pop(source.next, None)) is not None:
            self._hand_on(source, envelope)
        if not source.held:
            source.gap_since = None

    def _hand_on(self, source: _Source, envelope: Envelope) -> None:
        source.next = envelope.seq + 1
        if envelope.seq <= source.parked_to:
            source.parked_points = max(source.parked_points - envelope.points, 0)
        self._saw(source, envelope)
        self._deliver(envelope)

    def _repair(self, name: str, source: _Source) -> None:
        wanted = min(source.held) - 1
        self._read_spool(source, self._cursor(name, source), wanted)
        if source.next <= wanted:
            self._skip(name, source, wanted + 1)
        self._drain(source)
        if source.held:
            source.gap_since = self._now()

    def _skip(self, name: str, source: _Source, to: int) -> None:
        missing = to - source.next
        source.lost += missing
        source.next = to
        folder = self._spool.place(name)
        self._report(
            name,
            f"{missing} message(s) with run events were lost on the way and are not in the spool ({folder}); "
            "all others are kept. See whether the disk of that folder is full",
        )

    def _cursor(self, name: str, source: _Source) -> Cursor:
        return Cursor(self._spool, name, source.next)

    def _read_on(self, name: str, source: _Source) -> None:
        """Deliver from the spool for a moment, as far as there is room; see to what is missing there."""
        if not self._bridge(name, source) or not self._room(name, True):
            return
        if source.cursor is None:
            source.cursor = self._cursor(name, source)
        end = time.monotonic() + _TURN_SECONDS
        for line in source.cursor.lines():
            self._take(source, line, ALL)
            if not self._bridge(name, source) or not self._room(name, True) or time.monotonic() > end:
                return
        # The spool has no more for now.
        if source.ended:
            while source.held:
                self._skip(name, source, min(source.held))
                self._drain(source)
            source.ended, source.parked_to, source.cursor = False, -1, None
        elif source.parked_to < source.next:
            source.cursor = None
        elif source.gap_since is None:
            source.gap_since = self._now()
        elif self._now() - source.gap_since >= GRACE_SECONDS:
            # It should have had more: a line of it is broken.
            self._skip(name, source, min([source.parked_to + 1, *source.held]))
            self._drain(source)

    def _bridge(self, name: str, source: _Source) -> bool:
        """Skip what the spool has left out; one process writes it in order, so it will not come there any more.

        False where it may still be on its way as a message.
        """
        while source.ahead >= source.next:
            if source.gap_since is None:
                source.gap_since = self._now()
            if not source.ended and self._now() - source.gap_since < GRACE_SECONDS:
                return False
            self._skip(name, source, min(source.held))
            self._drain(source)
        return True

    def _read_spool(self, source: _Source, cursor: Cursor, last: int) -> None:
        for line in cursor.lines():
            self._take(source, line, last)
            if source.next > last:
                return

    def _take(self, source: _Source, line: bytes, last: int) -> None:
        """Deliver a line of the spool, or hold it where one before it is missing."""
        seq = _seq_of(line)
        if seq is not None and seq < source.next:
            return
        envelope = _parse(line)
        if envelope is None or not source.next <= envelope.seq <= last:
            return
        source.held[envelope.seq] = envelope
        self._drain(source)
        source.ahead = envelope.seq

    def _look_ahead(self, name: str, source: _Source) -> None:
        """Tell of all that the spool has, also of what there is no room for yet."""
        for line in Cursor(self._spool, name, max(source.seen + 1, source.next)).lines():
            seq = _seq_of(line)
            if seq is not None and seq <= source.seen:
                continue
            envelope = _parse(line)
            if envelope is not None and envelope.seq > source.seen:
                source.parked_to = max(source.parked_to, envelope.seq)
                source.parked_points += envelope.points
                self._saw(source, envelope)


def _refused(why: str) -> str:
    return (
        f"A message with run events was refused: {why[:500]}. Nothing of it is stored; the messages before and after it "
        "are. Mend what sends it (docs/events.md says what a message looks like)"
    )


def _seq_of(line: bytes) -> int | None:
    match = _SEQ.search(line, 0, 300)
    return int(match[1]) if match else None


def _parse(line: bytes) -> Envelope | None:
    try:
        return parse_envelope(json.loads(line))
    except (ValueError, RecursionError):
        return None
