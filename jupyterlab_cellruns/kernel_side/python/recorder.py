"""From log calls to envelopes: a queue that costs a log call about a microsecond, and a thread that empties it.

Every 50 ms the thread makes envelopes (docs/events.md) of what is queued, appends each to the spool and sends it
on iopub. A queue that grows faster than it can be emptied makes the log call wait for the thread: memory is bounded.
The main thread never does this work itself, since an interrupt may come there between any two steps. For the same
reason it wakes the thread by bare locks: an interrupt inside threading.Event leaves its lock taken for ever.
"""

from __future__ import annotations

import _thread
import json
import os
import threading
import time
from collections import deque

MAX_POINTS = 1000
MAX_TEXT = 100_000
"""Characters of params and tags after which an envelope is closed. JSON may need six bytes for one, and an
envelope may have 1 MiB."""
MAX_ENTRIES_TEXT = 60_000
"""Characters of params or tags in one event."""
HIGH_WATER = 30_000
"""Queued items above which a log call waits until the queue is empty."""
_PERIOD = 0.05
_QUIET = 0.5
_IDLE = 2.0
_FIRST = 0.015
"""Seconds until the first batch after a pause: the chart should start at once."""


class Lane:
    """The envelopes for one store: a source of their own, so that a store that is away holds up no other."""

    def __init__(self, source, spool, channel):
        self.source = source
        self.spool = spool
        self.channel = channel
        self.seq = -1
        """The last sequence number that was sent."""
        self.said = -1
        self.error = None
        """What was said last of the spool."""


class Recorder:
    """One queue for all stores.

    `make_lane(store)` makes the lane of a store, `store` being as in an envelope; `sending()` is called with each one.
    """

    def __init__(self, make_lane, fault, sending=lambda: None):
        self.lanes = {}
        self.fault = fault
        self.sending = sending
        self.buffer = deque()
        self.armed = False
        self._make_lane = make_lane
        self._cell = None
        self._lock = threading.Lock()
        self._wake = _closed()
        self._hurry = _closed()
        self._asked = deque()
        self._flushing = False
        self._started = False
        self._pid = os.getpid()
        self._last = 0.0

    @property
    def used(self):
        """Whether anything was ever queued. Queue and lanes say it not: the first envelope may be on its way to a lane."""
        return self.armed or self._started or bool(self.lanes)

    def put(self, item):
        """Queue `(run, key, value, timestamp, step)`, `(run, event)` or `(cell,)`."""
        self.buffer.append(item)
        if not self.armed:
            self.arm()
        if len(self.buffer) > HIGH_WATER:
            self.flush()

    def arm(self):
        """Make the thread look at the queue."""
        self.armed = True
        if not self._started:
            _thread.start_new_thread(self._loop, ())
            self._started = True
        _open(self._wake)

    def _loop(self):
        while True:
            unsaid = any(lane.seq > lane.said for lane in list(self.lanes.values()))
            if not self._wake.acquire(timeout=_QUIET if unsaid else _IDLE) and not self.buffer and not self._asked:
                # A message can be lost without a trace; a pause is the time to say how far we are.
                self._guarded(self._say_seq)
                continue
            # (With a queue and no signal: an interrupt came between the two.)
            self._hurry.acquire(timeout=_PERIOD if time.monotonic() - self._last < 2 * _PERIOD else _FIRST)
            self.armed = False
            asked = [self._asked.popleft() for _ in range(len(self._asked))]
            self._guarded(self._flush)
            for done in asked:
                _open(done)

    def _say_seq(self):
        for lane in list(self.lanes.values()):
            if lane.seq > lane.said:
                lane.said = lane.seq
                lane.channel.send_notice("seq", "%s:%d" % (lane.source, lane.seq))

    def _guarded(self, function):
        try:
            function()
        except Exception as error:
            self.fault(error)

    def flush(self):
        """Send all that is queued now; returns when it is sent."""
        if threading.current_thread() is not threading.main_thread() or os.getpid() != self._pid:
            self._flush()
            return
        if not self.buffer and not self._flushing:
            return
        done = _closed()
        self._asked.append(done)
        try:
            self.arm()
        except RuntimeError:
            # No new thread at the end of the process.
            self._flush()
            return
        _open(self._hurry)
        if not done.acquire(timeout=60.0):
            self._flush()

    def _flush(self):
        with self._lock:
            # Before the first item leaves the queue: who finds it empty must know that some are on their way.
            self._flushing = True
            try:
                left = len(self.buffer)
                while left > 0:
                    before = left
                    left -= self._send_one(left)
                    if left == before:
                        break
                self._last = time.monotonic()
            finally:
                self._flushing = False

    def _send_one(self, most):
        """Make and send one envelope of at most `most` queued items; returns how many it took."""
        popleft = self.buffer.popleft
        events, groups = [], {}
        store, cell = None, self._cell
        points = text = taken = 0
        while taken < most and points < MAX_POINTS and text < MAX_TEXT:
            item = self.buffer[0]
            if len(item) == 1:
                if events:
                    break
                popleft()
                taken += 1
                self._cell = cell = item[0]
                continue
            run = item[0]
            if store is None:
                store = run.store
            elif store != run.store:
                break
            popleft()
            taken += 1
            if len(item) == 2:
                event = item[1]
                events.append(event)
                groups.clear()
                text += _size(event)
                continue
            key = item[1]
            group = groups.get((run, key))
            if group is None:
                group = groups[(run, key)] = ([], [], [])
                event = {
                    "kind": "metrics", "run": run.run, "key": key,
                    "values": group[0], "timestamps": group[1], "steps": group[2],
                }
                if run.mirrored:
                    event["mirrored"] = True
                events.append((run, event))
            group[0].append(item[2])
            group[1].append(item[3])
            group[2].append(item[4])
            points += 1
        if events:
            self._send(store, cell, events)
        return taken

    def _send(self, store, cell, events):
        plain = []
        for entry in events:
            if isinstance(entry, tuple):
                run, event = entry
                run.remember(event)
                plain.append(event)
            else:
                plain.append(entry)
        lane = self.lanes.get(store)
        if lane is None:
            lane = self.lanes[store] = self._make_lane(store)
        lane.seq += 1
        envelope = {
            "v": 1, "source": lane.source, "seq": lane.seq, "sent_at": int(time.time() * 1000),
            "cell": cell.json() if cell is not None else None, "store": store, "events": plain,
        }
        try:
            line = _encode(envelope)
        except ValueError:
            for event in plain:
                if event["kind"] == "metrics":
                    event["values"] = [v if v - v == 0.0 else _word(v) for v in event["values"]]
            line = _encode(envelope)
        self.sending()
        metadata = {"spooled": lane.spool.append(lane.seq, line)}
        lane.channel.send("cellruns_events", line, cell.parent if cell is not None else None, metadata)
        if lane.spool.error != lane.error:
            self._say_spool(lane)
        lane.channel.pace()

    def _say_spool(self, lane):
        """At once, and not when the cell ends: it may train for days."""
        spool, lane.error = lane.spool, lane.spool.error
        if spool.error:
            lane.channel.send_notice("spool", spool.error)
        else:
            lane.channel.send_notice("spool.back", str(spool.missed))
            spool.missed = 0


def _closed():
    lock = _thread.allocate_lock()
    lock.acquire()
    return lock


def _open(lock):
    """Let one waiter through, now or when it comes; by a single step that no interrupt can break."""
    try:
        lock.release()
    except RuntimeError:
        # It is open.
        pass


def split(entries):
    """Params or tags in portions that fit in one event each."""
    portion, size = {}, 0
    for key, value in entries.items():
        if portion and size + len(key) + len(value) > MAX_ENTRIES_TEXT:
            yield portion
            portion, size = {}, 0
        portion[key] = value
        size += len(key) + len(value)
    if portion:
        yield portion


def _encode(envelope):
    text = json.dumps(envelope, separators=(",", ":"), allow_nan=False, ensure_ascii=False)
    return text.encode("utf-8", "replace")


def _size(event):
    entries = event.get("entries") or event.get("tags")
    return sum(len(k) + len(v) for k, v in entries.items()) if entries else 200


def _word(value):
    if value != value:
        return "NaN"
    return "Infinity" if value > 0 else "-Infinity"
