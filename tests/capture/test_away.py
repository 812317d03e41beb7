"""A store that is away while more is logged than memory may hold: what is parked in the spool comes back, all of it once."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from pathlib import Path

import pytest

from jupyterlab_cellruns.capture import writer
from jupyterlab_cellruns.capture.capture import Capture
from jupyterlab_cellruns.capture.events import Event, Metrics
from jupyterlab_cellruns.capture.spool import SpoolFolder
from jupyterlab_cellruns.kernel_side.python.spool import Spool
from jupyterlab_cellruns.stores.base import Refusal, StoreUnavailable

from ..lab import wait

ENVELOPES, POINTS = 600, 20


class OneStore:
    """Stands for all stores: a list of steps, and a switch."""

    def __init__(self) -> None:
        self.away = True
        self.steps: list[int] = []

    def __contains__(self, store_id: object) -> bool:
        return store_id == "local"

    def store(self, _store_id: str) -> OneStore:
        return self

    def trouble(self, _store_id: str, _text: str | None) -> None:
        return

    def write(self, events: Sequence[Event]) -> list[Refusal]:
        if self.away:
            raise StoreUnavailable("away")
        self.steps.extend(step for e in events if isinstance(e, Metrics) for step in e.steps)
        return []


def test_more_than_memory_may_hold_is_parked_in_the_spool_and_stored_in_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "CROWDED", 1000)
    stores, folder = OneStore(), SpoolFolder(tmp_path / "spool")
    folder.make()
    spool = Spool(str(folder.folder), "s", segment_bytes=20_000)
    capture = Capture(stores, lambda _: "local", folder, lambda _: None, logging.getLogger("test"))  # type: ignore[arg-type]
    capture.start()
    for seq in range(ENVELOPES):
        steps = list(range(seq * POINTS, (seq + 1) * POINTS))
        event = {"kind": "metrics", "run": "r", "key": "k", "values": [0.0] * POINTS, "timestamps": steps, "steps": steps}
        line = json.dumps(
            {"v": 1, "source": "s", "seq": seq, "store": "attached:local", "events": [event]}, separators=(",", ":")
        ).encode()
        assert spool.append(seq, line)
        capture.feed("kernel", lambda line=line: (line, True))  # type: ignore[misc]
    assert wait(lambda: capture.waiting("local") == ENVELOPES * POINTS, 10)
    assert capture._writers["local"].waiting < 1500
    assert len(folder.segments("s")) > 10
    stores.away = False
    assert wait(lambda: len(stores.steps) >= ENVELOPES * POINTS, 20)
    assert stores.steps == list(range(ENVELOPES * POINTS))
    assert wait(lambda: capture.waiting("local") == 0, 5), capture.waiting("local")
    # The process ends: nothing is left of its spool.
    spool.close()
    left = capture.finish(capture.kernel("kernel"))
    assert left == (("local", "r", False),)
    assert wait(lambda: folder.segments("s") == [], 5)
    assert capture.stop()
