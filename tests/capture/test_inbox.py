"""Order, once each, and gaps filled from real spool files."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from jupyterlab_cellruns.capture.events import Envelope
from jupyterlab_cellruns.capture.inbox import Inbox
from jupyterlab_cellruns.capture.spool import SpoolFolder
from jupyterlab_cellruns.kernel_side.python.spool import Spool


def line(seq: int, source: str = "s") -> bytes:
    event = {"kind": "metrics", "run": "r", "key": "k", "values": [seq], "timestamps": [seq], "steps": [seq]}
    return json.dumps({"v": 1, "source": source, "seq": seq, "events": [event]}).encode()


class Desk:
    """An inbox with a real spool folder and a clock that is turned by hand."""

    def __init__(self, folder: Path) -> None:
        self.spool = SpoolFolder(folder)
        self.spool.make()
        self.got: list[Envelope] = []
        self.said: list[str] = []
        self.time = 0.0
        self.inbox = Inbox(self.spool, self.got.append, lambda _source, text: self.said.append(text), lambda: self.time)

    @property
    def seqs(self) -> list[int]:
        return [e.seq for e in self.got]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path / "spool")


def test_shuffled_and_repeated_envelopes_come_out_in_order_and_once(desk: Desk) -> None:
    seqs = list(range(50)) * 2
    random.Random(3).shuffle(seqs)
    for seq in seqs:
        desk.inbox.accept_json(line(seq))
    assert desk.seqs == list(range(50))
    assert not desk.said


def test_a_gap_is_read_from_the_spool_after_the_grace_time(desk: Desk) -> None:
    spool = Spool(str(desk.spool.folder), "s", segment_bytes=300)
    for seq in range(20):
        spool.append(seq, line(seq))
    for seq in [0, 1, 7, 8]:
        desk.inbox.accept_json(line(seq))
    desk.inbox.mend()
    assert desk.seqs == [0, 1]
    desk.time = 0.06
    desk.inbox.mend()
    assert desk.seqs == list(range(9))
    assert desk.inbox.catch_up("s", 19)
    assert desk.seqs == list(range(20))
    assert not desk.said


def test_what_is_nowhere_is_said_and_the_rest_goes_on(desk: Desk) -> None:
    for seq in [0, 3, 4]:
        desk.inbox.accept_json(line(seq))
    desk.time = 1.0
    desk.inbox.mend()
    assert desk.seqs == [0, 3, 4]
    assert desk.said == ["2 message(s) with run events were lost on the way and are not in the spool"]


@pytest.mark.parametrize("data", [b"{", b"[]", b"\xff", b'{"v":1}', b"[" * 100_000, b" " * (2 << 20)])
def test_a_malformed_message_is_refused_whole_and_said(desk: Desk, data: bytes) -> None:
    assert desk.inbox.accept_json(data) is None
    assert len(desk.said) == 1
    assert not desk.got


def test_half_a_line_at_the_end_of_a_segment_is_left_out(desk: Desk) -> None:
    spool = Spool(str(desk.spool.folder), "s")
    for seq in range(3):
        spool.append(seq, line(seq))
    path = next(desk.spool.folder.glob("*.jsonl"))
    with path.open("ab") as file:
        file.write(line(3)[:20])
    assert not desk.inbox.catch_up("s", 3)
    assert desk.seqs == [0, 1, 2]


def test_segments_are_removed_when_stored_and_only_then(desk: Desk) -> None:
    spool = Spool(str(desk.spool.folder), "s", segment_bytes=300)
    for seq in range(10):
        spool.append(seq, line(seq))
    firsts = [s.first for s in desk.spool.segments("s")]
    assert len(firsts) > 3
    desk.spool.remove_stored("s", firsts[2] - 1)
    assert [s.first for s in desk.spool.segments("s")] == firsts[2:]
    desk.spool.remove_stored("s", 9, all_of_it=True)
    assert desk.spool.segments("s") == []


def test_spool_files_are_private(desk: Desk) -> None:
    Spool(str(desk.spool.folder), "s").append(0, line(0))
    path = next(desk.spool.folder.glob("*.jsonl"))
    assert path.stat().st_mode & 0o777 == 0o600
    assert desk.spool.folder.stat().st_mode & 0o777 == 0o700
