"""Puts the envelopes of each source in order, once each, and fills gaps from the spool."""

from __future__ import annotations

import json
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from .events import MAX_BYTES, Envelope, MalformedEnvelope, parse_envelope
from .spool import SpoolFolder

GRACE_SECONDS = 0.05
"""How long a missing envelope may still arrive by itself before the spool is read."""
MAX_HELD = 2000
"""Envelopes of one source that are held for a missing one before the spool has to help at once."""


@dataclass
class _Source:
    next: int = 0
    held: dict[int, Envelope] = field(default_factory=dict)
    gap_since: float | None = None
    lost: int = 0
    touched: float = 0.0


class Inbox:
    """Thread-safe. `accept` takes what arrives; `deliver` is called with envelopes in order, in the caller's thread.

    `report(source, text)` is called for what had to be refused or given up.
    """

    def __init__(
        self,
        spool: SpoolFolder,
        deliver: Callable[[Envelope], None],
        report: Callable[[str, str], None],
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._spool = spool
        self._deliver = deliver
        self._report = report
        self._now = now
        self._lock = threading.RLock()
        self._sources: OrderedDict[str, _Source] = OrderedDict()

    def accept_json(self, data: bytes) -> Envelope | None:
        """Take one envelope as JSON. A malformed one is reported and refused whole."""
        try:
            if len(data) > MAX_BYTES:
                raise MalformedEnvelope("", f"{len(data)} bytes; at most {MAX_BYTES} are read")
            envelope = parse_envelope(json.loads(data))
        except MalformedEnvelope as error:
            self._report("", f"A message with run events was refused: {error}")
            return None
        except (ValueError, RecursionError) as error:
            self._report("", f"A message with run events was refused: it is not JSON ({error})")
            return None
        self.accept(envelope)
        return envelope

    def accept(self, envelope: Envelope) -> None:
        """Take one envelope; it and those it was waited for by are delivered."""
        with self._lock:
            source = self._source(envelope.source)
            if envelope.seq < source.next or envelope.seq in source.held:
                return
            source.held[envelope.seq] = envelope
            self._drain(source)
            if source.held and (source.gap_since is None):
                source.gap_since = self._now()
            if len(source.held) > MAX_HELD:
                self._repair(envelope.source, source)

    def mend(self) -> None:
        """Look after gaps that are older than the grace time. Called every few hundredths of a second."""
        with self._lock:
            for name, source in self._sources.items():
                if source.gap_since is not None and self._now() - source.gap_since >= GRACE_SECONDS:
                    self._repair(name, source)

    def catch_up(self, name: str, seq: int) -> bool:
        """Read the spool of a source for all up to `seq` that has not come. True where all of it is delivered."""
        with self._lock:
            source = self._source(name)
            if source.next <= seq:
                self._read_spool(name, source, seq)
            return source.next > seq

    def begin(self, name: str, first: int) -> None:
        """A source whose envelopes before `first` are known to be stored (a spool left by another server)."""
        with self._lock:
            source = self._source(name)
            source.next = max(source.next, first)

    def delivered(self, name: str) -> int:
        """The last sequence number delivered of a source, -1 for none."""
        with self._lock:
            source = self._sources.get(name)
            return source.next - 1 if source else -1

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
        source.touched = self._now()
        return source

    def _drain(self, source: _Source) -> None:
        while (envelope := source.held.pop(source.next, None)) is not None:
            source.next += 1
            self._deliver(envelope)
        if not source.held:
            source.gap_since = None

    def _repair(self, name: str, source: _Source) -> None:
        wanted = min(source.held) - 1
        self._read_spool(name, source, wanted)
        if source.next <= wanted:
            missing = wanted - source.next + 1
            source.lost += missing
            self._report(name, f"{missing} message(s) with run events were lost on the way and are not in the spool")
            source.next = wanted + 1
        self._drain(source)
        if source.held:
            source.gap_since = self._now()

    def _read_spool(self, name: str, source: _Source, last: int) -> None:
        for line in self._spool.read(name, source.next, last):
            try:
                envelope = parse_envelope(json.loads(line))
            except (ValueError, RecursionError):
                continue
            if source.next <= envelope.seq <= last:
                source.held.setdefault(envelope.seq, envelope)
        self._drain(source)
