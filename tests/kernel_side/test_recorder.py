"""Log calls of several threads come out as envelopes: in order, each point once, within the contract's limits."""

from __future__ import annotations

import json
import math
import signal
import threading
import time
from collections import deque
from pathlib import Path
from typing import Any

import pytest

from jupyterlab_cellruns.capture.events import MAX_BYTES, Metrics, parse_envelope
from jupyterlab_cellruns.kernel_side.python import recorder as recorder_module
from jupyterlab_cellruns.kernel_side.python.recorder import MAX_POINTS, Lane, Recorder, split
from jupyterlab_cellruns.kernel_side.python.runs import RunState
from jupyterlab_cellruns.kernel_side.python.spool import Spool


class ListChannel:
    """Stands for the iopub socket: keeps what is sent."""

    def __init__(self) -> None:
        self.lines: list[bytes] = []
        self.notices: list[tuple[str, str]] = []

    def send(self, _kind: str, content: bytes, _parent: object, _metadata: object = None) -> None:
        self.lines.append(content)

    def pace(self) -> None:
        return

    def send_notice(self, kind: str, text: str = "") -> None:
        self.notices.append((kind, text))


def recorder(folder: Path) -> tuple[Recorder, ListChannel]:
    def fail(error: BaseException) -> None:
        raise error

    channel = ListChannel()
    made = iter(range(100))

    def make_lane(_store: str) -> Lane:
        source = f"py-{next(made)}"
        return Lane(source, Spool(str(folder), source), channel)

    return Recorder(make_lane, fail), channel


def points(lines: list[bytes]) -> dict[tuple[str, str], list[tuple[int, Any]]]:
    found: dict[tuple[str, str], list[tuple[int, Any]]] = {}
    for expected, line in enumerate(lines):
        envelope = parse_envelope(json.loads(line))
        assert envelope.seq == expected
        assert envelope.points <= MAX_POINTS
        for event in envelope.events:
            if isinstance(event, Metrics):
                found.setdefault((event.run, event.key), []).extend(zip(event.steps, event.values, strict=True))
    return found


def test_four_threads_log_at_once_and_nothing_is_lost_or_out_of_order(tmp_path: Path) -> None:
    rec, channel = recorder(tmp_path)
    runs = [RunState(f"run{i}", "attached") for i in range(4)]

    def work(run: RunState) -> None:
        for step in range(20_000):
            rec.put((run, "loss", step / 7, step, step))

    threads = [threading.Thread(target=work, args=(run,)) for run in runs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    rec.flush()
    found = points(channel.lines)
    for run in runs:
        assert [step for step, _ in found[(run.run, "loss")]] == list(range(20_000))
        assert run.series["loss"].count == 20_000
    spooled = b"".join(p.read_bytes() for p in sorted(tmp_path.glob("*.jsonl"))).splitlines()
    assert spooled == channel.lines


def test_values_that_json_has_not_are_named(tmp_path: Path) -> None:
    rec, channel = recorder(tmp_path)
    run = RunState("r", "attached")
    for step, value in enumerate([1.0, math.nan, math.inf, -math.inf]):
        rec.put((run, "loss", value, 0, step))
    rec.flush()
    assert [v for _, v in points(channel.lines)[("r", "loss")]] == [1.0, "NaN", "Infinity", "-Infinity"]


@pytest.mark.parametrize("taken_by", ["the recorder", "another thread"])
def test_a_read_waits_for_what_has_left_the_queue(tmp_path: Path, taken_by: str) -> None:
    """The first envelope is on its way, and its lane not there yet: a request that asks then must name it all the same."""
    made, _ = recorder(tmp_path)
    make_lane, taken, go_on = made._make_lane, threading.Event(), threading.Event()

    def slowly(store: str) -> Lane:
        taken.set()
        go_on.wait(10)
        return make_lane(store)

    made._make_lane = slowly
    assert not made.used
    made.armed = taken_by != "the recorder"
    made.put((RunState("run", "attached"), "loss", 1.0, 1, 0))
    if taken_by == "another thread":
        # It has a request of its own to make, and sends what others have logged with what it has.
        threading.Thread(target=made.flush).start()
    assert taken.wait(10)
    assert (made.buffer, made.lanes) == (deque(), {})
    assert made.used
    threading.Timer(0.2, go_on.set).start()
    made.flush()
    assert made.lanes["attached"].seq == 0


def test_an_envelope_never_mixes_stores_or_cells(tmp_path: Path) -> None:
    rec, channel = recorder(tmp_path)
    ours, other = RunState("a", "attached"), RunState("b", "file:///x")
    for step in range(3):
        rec.put((ours, "k", 1.0, 0, step))
        rec.put((other, "k", 1.0, 0, step))
    rec.flush()
    stores = [json.loads(line)["store"] for line in channel.lines]
    assert stores == ["attached", "file:///x"] * 3
    assert all(e.get("mirrored") for line in channel.lines for e in json.loads(line)["events"]
               if json.loads(line)["store"] != "attached")


def test_large_params_are_spread_over_envelopes_below_one_mebibyte(tmp_path: Path) -> None:
    rec, channel = recorder(tmp_path)
    run = RunState("r", "attached")
    for portion in split({f"p{i}": "\x01" * 6000 for i in range(400)}):
        rec.put((run, {"kind": "params", "run": "r", "entries": portion}))
    rec.flush()
    assert len(channel.lines) > 1
    assert max(len(line) for line in channel.lines) <= MAX_BYTES
    names = [k for line in channel.lines for e in json.loads(line)["events"] for k in e["entries"]]
    assert names == [f"p{i}" for i in range(400)]


def test_interrupts_between_any_two_steps_of_the_main_thread_lose_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A full queue at every 50th call: that is where the main thread has most to do.
    monkeypatch.setattr(recorder_module, "HIGH_WATER", 50)
    rec, channel = recorder(tmp_path)
    run, unsure, inside = RunState("r", "attached"), set(), False

    def interrupt(_signal: int, _frame: object) -> None:
        if inside:
            raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
    step, end = 0, time.monotonic() + 1.5
    try:
        while time.monotonic() < end:
            try:
                inside = True
                rec.put((run, "loss", float(step), step, step))
                inside = False
            except KeyboardInterrupt:
                inside = False
                unsure.add(step)
            step += 1
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    rec.flush()
    steps = [s for s, _ in points(channel.lines)[("r", "loss")]]
    assert unsure
    assert steps == sorted(set(steps))
    assert set(range(step)) - unsure <= set(steps)
