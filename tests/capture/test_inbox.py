"""Order, once each, and gaps filled from real spool files."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from jupyterlab_cellruns.capture.events import Envelope
from jupyterlab_cellruns.capture.inbox import Inbox
from jupyterlab_cellruns.capture.spool import Cursor, SpoolFolder
from jupyterlab_cellruns.kernel_side.python.spool import Spool

ROOT = Path(__file__).parents[2]


def line(seq: int, source: str = "s") -> bytes:
    event = {"kind": "metrics", "run": "r", "key": "k", "values": [seq], "timestamps": [seq], "steps": [seq]}
    return json.dumps({"v": 1, "source": source, "seq": seq, "events": [event]}).encode()


def seq_of(text: bytes) -> int | None:
    """Of a line that is whole."""
    try:
        return int(json.loads(text)["seq"])
    except ValueError:
        return None


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
    (said,) = desk.said
    assert said.startswith("2 message(s) with run events were lost on the way and are not in the spool")


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
    # A network file system may show the rest of it later.
    cursor = Cursor(desk.spool, "s", 0)
    assert [seq_of(text) for text in cursor.lines()] == [0, 1, 2]
    with path.open("ab") as file:
        file.write(line(3)[20:] + b"\n")
    assert [seq_of(text) for text in cursor.lines()] == [3]


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


def filled(desk: Desk, count: int, skip: tuple[int, ...] = ()) -> Spool:
    spool = Spool(str(desk.spool.folder), "s", segment_bytes=2000)
    for seq in range(count):
        if seq not in skip:
            spool.append(seq, line(seq))
    return spool


class Narrow(Desk):
    """An inbox whose writer takes ten envelopes and is full then."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.taken = 0
        self.seen: list[int] = []
        self.inbox = Inbox(
            self.spool, self.got.append, lambda _source, text: self.said.append(text), lambda: self.time,
            see=lambda e: self.seen.append(e.seq),
            room=lambda _source, spooled: len(self.got) - self.taken < (10 if spooled else 30),
        )

    def drain(self) -> None:
        while self.taken < len(self.got):
            self.taken = len(self.got)
            self.time += 0.1
            self.inbox.mend()


def test_what_does_not_fit_in_memory_stays_in_the_spool_until_there_is_room(tmp_path: Path) -> None:
    desk = Narrow(tmp_path / "spool")
    filled(desk, 200)
    for seq in range(200):
        desk.inbox.accept_json(line(seq), spooled=True)
    assert len(desk.got) == 10
    assert desk.inbox.parked("s") == 190
    assert desk.seen == list(range(200))
    desk.drain()
    assert desk.seqs == list(range(200))
    assert desk.inbox.parked("s") == 0
    assert desk.seen == list(range(200))
    desk.inbox.accept_json(line(200), spooled=True)
    assert desk.seqs[-1] == 200
    assert not desk.said


def test_what_the_spool_could_not_take_is_held_and_keeps_its_place(tmp_path: Path) -> None:
    desk = Narrow(tmp_path / "spool")
    filled(desk, 100, skip=(20, 50, 51))
    for seq in range(100):
        desk.inbox.accept_json(line(seq), spooled=seq not in (20, 50, 51))
    desk.drain()
    assert desk.seqs == list(range(100))
    assert not desk.said


def test_a_source_that_ended_is_delivered_to_its_end_and_a_hole_is_said_once(tmp_path: Path) -> None:
    desk = Narrow(tmp_path / "spool")
    filled(desk, 100, skip=(20, 50, 51))
    desk.inbox.accept_json(line(0), spooled=True)
    desk.inbox.end("s")
    assert desk.seen == [seq for seq in range(100) if seq not in (20, 50, 51)]
    desk.drain()
    assert desk.seqs == desk.seen
    assert [text.split()[0] for text in desk.said] == ["1", "2"]
    assert desk.inbox.ended("s")


def test_what_is_nowhere_else_is_dropped_only_when_memory_is_used_up_and_that_is_said(tmp_path: Path) -> None:
    desk = Narrow(tmp_path / "spool")
    for seq in range(40):
        desk.inbox.accept_json(line(seq))
    assert desk.seqs == list(range(30))
    assert [text.split()[0] for text in desk.said] == ["1", "10"]
    assert "had to be dropped" in desk.said[0]


def test_a_living_writer_is_known_by_its_lock(desk: Desk) -> None:
    code = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r})\n"
        "from jupyterlab_cellruns.kernel_side.python.spool import Spool\n"
        f"Spool({str(desk.spool.folder)!r}, 's').append(0, b'{{}}'); print(1, flush=True); sys.stdin.read()"
    )
    process = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.readline()
    assert desk.spool.alive("s")
    process.kill()
    process.wait()
    assert not desk.spool.alive("s")
    desk.spool.remove_stored("s", 0, all_of_it=True)
    assert list(desk.spool.folder.iterdir()) == []


def test_a_later_server_begins_after_what_was_stored(desk: Desk) -> None:
    filled(desk, 5)
    desk.spool.remove_stored("s", 3)
    assert SpoolFolder(desk.spool.folder).stored("s") == 3
    assert SpoolFolder(desk.spool.folder).stored("other") == -1


def test_a_full_disk_leaves_no_half_lines_and_no_heap_of_files(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    spool = filled(desk, 3)
    real = os.write

    def full(file: int, data: bytes) -> int:
        if len(data) > 30:
            return real(file, data[:30])
        raise OSError(28, "No space left on device")

    # The real thing, on a file system of its own, is in tests/faults.
    monkeypatch.setattr(os, "write", full)
    assert not any(spool.append(seq, line(seq)) for seq in range(3, 50))
    assert spool.error is not None
    assert spool.error.endswith("No space left on device")
    monkeypatch.undo()
    assert spool.append(50, line(50))
    assert spool.error is None
    assert spool.missed == 47
    lines = b"".join(p.read_bytes() for p in sorted(desk.spool.folder.glob("*.jsonl"))).splitlines()
    assert [seq_of(text) for text in lines] == [0, 1, 2, 50]
    assert len(desk.spool.segments("s")) == 1


def test_the_spool_of_a_source_is_bounded_and_goes_on_when_something_is_stored(desk: Desk) -> None:
    spool = Spool(str(desk.spool.folder), "s", segment_bytes=300, most_bytes=1500)
    kept = [seq for seq in range(100) if spool.append(seq, line(seq))]
    assert 3 < len(kept) < 30
    assert spool.error is not None
    assert "bound" in spool.error
    assert desk.spool.bytes() < 2000
    desk.spool.remove_stored("s", kept[-1])
    assert spool.append(100, line(100))
