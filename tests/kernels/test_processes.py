"""Who is gone is asked of the operating system; in doubt nobody is. Real processes hold and lose real locks."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

from jupyterlab_cellruns.kernel_side.python.alive import host, started
from jupyterlab_cellruns.kernels.processes import Processes, may_be_gone
from jupyterlab_cellruns.locks import try_lock

from ..lab import ROOT

LIVE = """
import sys, time
from jupyterlab_cellruns.kernel_side.python.alive import Alive
alive = Alive(sys.argv[1], "kp-1", {"kernel": "k1", "server": sys.argv[2]})
alive.uses("local")
print("ready", flush=True)
if len(sys.argv) > 3:
    while True:
        alive.show()
        time.sleep(0.05)
time.sleep(600)
"""


def start(folder: Path, server: Path, *more: str) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", LIVE, str(folder), str(server), *more], stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def test_a_process_lives_until_it_is_killed(tmp_path: Path) -> None:
    ours = tmp_path / "ours"
    processes = Processes(tmp_path / "alive", ours)
    processes.make()
    process = start(processes.folder, ours)
    try:
        assert processes.gone() == []
        assert processes.lives("kp-1") and not processes.lives("kp-2") and not processes.strangers()
        assert all(path.stat().st_mode & 0o077 == 0 for path in [processes.folder, *processes.folder.iterdir()])
    finally:
        process.kill()
        process.wait()
    (gone,) = processes.gone()
    assert (gone.source, gone.kernel, gone.ours, gone.stores) == ("kp-1", "k1", True, ("local",))
    assert abs(gone.seen / 1000 - time.time()) < 60
    processes.forget("kp-1")
    assert processes.gone() == [] and list(processes.folder.iterdir()) == []


def test_a_process_that_logs_is_seen_every_second(tmp_path: Path) -> None:
    processes = Processes(tmp_path / "alive", tmp_path / "ours")
    processes.make()
    process = start(processes.folder, tmp_path / "ours", "logs")
    try:
        time.sleep(2.5)
    finally:
        process.kill()
        end = time.time()
        process.wait()
    (gone,) = processes.gone()
    assert gone.seen / 1000 > end - 1.5


def test_what_another_living_server_has_started_is_its_own_business(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    holder = subprocess.Popen(
        [sys.executable, "-c", "import sys, time, pathlib\nfrom jupyterlab_cellruns.locks import try_lock\n"
         "lock = try_lock(pathlib.Path(sys.argv[1]))\nprint('ready', flush=True)\ntime.sleep(600)", str(other / ".lock")],
        stdout=subprocess.PIPE, text=True, cwd=ROOT,
    )
    processes = Processes(tmp_path / "alive", tmp_path / "ours")
    processes.make()
    process = start(processes.folder, other)
    process.kill()
    process.wait()
    try:
        assert holder.stdout is not None and holder.stdout.readline() == "ready\n"
        assert processes.gone() == [] and processes.strangers()
    finally:
        holder.kill()
        holder.wait()
    assert [p.ours for p in processes.gone()] == [False]


def test_a_free_lock_alone_is_no_proof() -> None:
    me = {"host": host(), "pid": os.getpid(), "started": started(os.getpid())}
    assert not may_be_gone(me, 1e9)
    # The number is somebody else's by now.
    assert may_be_gone({**me, "started": "1"}, 0)
    # Another machine: not every file system carries locks so far, so only long silence counts.
    assert not may_be_gone({**me, "host": "elsewhere"}, 60)
    assert may_be_gone({**me, "host": "elsewhere"}, 3600)


def test_what_cannot_be_read_is_left_alone(tmp_path: Path) -> None:
    processes = Processes(tmp_path, tmp_path / "ours")
    for name, text in (("a", "{"), ("b", "[]"), ("c", json.dumps({"host": host()})), ("d", "\x00")):
        (tmp_path / f"{name}.json").write_text(text)
        handle = try_lock(tmp_path / f"{name}.lock")
        assert handle is not None
        os.close(handle)
    assert [p.source for p in processes.gone()] == ["c"]
    assert processes.gone()[0].stores == ()
