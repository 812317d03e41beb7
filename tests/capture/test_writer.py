"""The writer in front of a store that is away, refuses, or breaks. The store here is a list that stands for all."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

from jupyterlab_cellruns.capture.events import Envelope, Event, Metrics, parse_envelope
from jupyterlab_cellruns.capture.writer import Writer
from jupyterlab_cellruns.stores.base import Refusal, StoreUnavailable


def wait(condition: Callable[[], bool], seconds: float = 5.0) -> bool:
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.01)
    return condition()


def envelope(seq: int, points: int = 1, **more: Any) -> Envelope:
    event = {"kind": "metrics", "run": "r", "key": "k", "values": [float(seq)] * points,
             "timestamps": list(range(points)), "steps": [seq * points + i for i in range(points)], **more}
    return parse_envelope({"v": 1, "source": "s", "seq": seq, "events": [event]})


class ListStore:
    def __init__(self) -> None:
        self.steps: list[int] = []
        self.calls = 0
        self.away = 0
        self.poison: int | None = None

    def write(self, events: Sequence[Event]) -> list[Refusal]:
        self.calls += 1
        if self.away > 0:
            self.away -= 1
            raise StoreUnavailable("away")
        steps = [s for e in events if isinstance(e, Metrics) for s in e.steps]
        if self.poison in steps:
            raise ZeroDivisionError("poison")
        self.steps.extend(steps)
        return []


class Desk:
    def __init__(self) -> None:
        self.store = ListStore()
        self.applied: list[int] = []
        self.refused: list[Refusal] = []
        self.trouble: list[str | None] = []
        self.writer = Writer(
            lambda: self.store,  # type: ignore[arg-type,return-value]
            lambda done: self.applied.extend(e.seq for e in done),
            self.refused.append, self.trouble.append, logging.getLogger("test"),
        )


def test_everything_is_written_in_order_and_batched() -> None:
    desk = Desk()
    # The writer is on its way with the first when the others come.
    desk.store.away = 1
    for seq in range(200):
        desk.writer.put(envelope(seq, 100))
    assert wait(lambda: desk.writer.waiting == 0, 10)
    assert desk.writer.stop(10)
    assert desk.store.steps == list(range(20_000))
    assert desk.applied == list(range(200))
    assert desk.store.calls < 200
    assert desk.writer.waiting == 0


def test_a_store_that_is_away_gets_all_of_it_later_and_once() -> None:
    desk = Desk()
    desk.store.away = 2
    for seq in range(5):
        desk.writer.put(envelope(seq))
    assert wait(lambda: desk.writer.waiting == 0)
    assert desk.store.steps == [0, 1, 2, 3, 4]
    assert desk.trouble == ["away", None]


def test_an_envelope_that_breaks_the_store_is_reported_and_the_others_are_written() -> None:
    desk = Desk()
    desk.store.poison = 2
    lock = threading.Event()
    for seq in range(5):
        desk.writer.put(envelope(seq))
    lock.set()
    assert desk.writer.stop(5)
    assert desk.store.steps == [0, 1, 3, 4]
    assert desk.applied == [0, 1, 2, 3, 4]
    assert [r.run for r in desk.refused] == ["r"]


def test_what_mlflow_has_stored_itself_is_not_written_again() -> None:
    desk = Desk()
    desk.writer.put(envelope(0, mirrored=True))
    desk.writer.put(envelope(1))
    assert desk.writer.stop(5)
    assert desk.store.steps == [1]
    assert desk.applied == [0, 1]
