"""The spool on file systems of other machines, which say late that a disk is full."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from jupyterlab_cellruns.kernel_side.python import spool as module
from jupyterlab_cellruns.kernel_side.python.spool import Spool, on_network


@pytest.mark.parametrize(
    ("folder", "expected"),
    [
        ("home/ann/spool", True), ("home/local/ann", False), ("homes", False), ("", False), ("with space/x", True),
    ],
)  # fmt: skip
def test_the_nearest_mount_says_whether_a_folder_is_on_a_network(tmp_path: Path, folder: str, expected: bool) -> None:
    root = tmp_path.resolve()
    mounts = tmp_path / "mounts"
    mounts.write_text(
        f"/dev/sda1 / ext4 rw 0 0\nserver:/homes {root}/home nfs4 rw,vers=4.2 0 0\n/dev/sdb1 {root}/home/local xfs rw 0 0\n"
        f"//nas/x {root}/with\\040space cifs rw 0 0\n"
    )
    assert on_network(str(root / folder), str(mounts)) is expected
    assert on_network(str(root / folder), str(root / "none")) is False


def test_what_the_other_machine_refuses_late_does_not_count_as_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = True

    def fsync(_file: int) -> None:
        if full:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(module, "on_network", lambda _folder: True)
    monkeypatch.setattr(module.os, "fsync", fsync)
    spool = Spool(str(tmp_path), "s")
    assert spool.append(0, b'{"seq": 0}') is False
    assert "No space left" in str(spool.error)
    assert spool.missed == 1
    full = False
    assert spool.append(1, b'{"seq": 1}') is True
    assert spool.error is None
    (segment,) = tmp_path.glob("*.jsonl")
    assert segment.read_bytes() == b'{"seq": 1}\n'


def test_a_disk_of_this_machine_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fsync(_file: int) -> None:
        raise AssertionError

    monkeypatch.setattr(module.os, "fsync", fsync)
    assert Spool(str(tmp_path), "s").append(0, b"{}") is True
