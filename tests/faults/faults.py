"""The faults of docs/reliability.md: each does one thing to a training loop and counts every point.

Tests run them small; benchmarks/reliability.py runs them in full and again and again.
"""

from __future__ import annotations

import itertools
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
from contextlib import suppress
from pathlib import Path
from typing import Any

from ..lab import Kernel, Lab, wait
from .proxy import FaultProxy, Faults
from .scene import Scene, Tally
from .servers import MlflowServer

EXTENSIONS = (
    "--ServerApp.jpserver_extensions="
    "{'jupyterlab_cellruns': True, 'tests.faults.stall': True, 'tests.faults.clock': True}"
)


def new_lab(folder: Path, env: dict[str, str] | None = None) -> Lab:
    """A lab whose event loop can be stalled, with a kernel `outliving` that does not end with its server."""
    lab = Lab(folder, env=env, command=(sys.executable, "-m", "jupyter_server", EXTENSIONS))
    spec = folder / "data/kernels/outliving"
    spec.mkdir(parents=True)
    argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}", "--IPKernelApp.parent_handle=0"]
    spec.joinpath("kernel.json").write_text(json.dumps({"argv": argv, "display_name": "outliving", "language": "python"}))
    return lab


def kernel_killed(lab: Lab, name: str) -> Tally:
    """SIGKILL of the kernel in mid-loop."""
    scene = Scene(lab, name).start()
    scene.kill()
    return scene.tally()


def killed_unheard(lab: Lab, name: str, points: int = 400_000) -> Tally:
    """SIGKILL of the kernel while the Jupyter Server stands still: most of what it has sent dies with its sockets."""
    scene = Scene(lab, name, rest=0.0, every=1000).start()
    assert lab.process is not None
    lab.process.send_signal(signal.SIGSTOP)
    try:
        scene.more(points)
        scene.kill()
    finally:
        lab.process.send_signal(signal.SIGCONT)
    return scene.tally()


def restarted_by_itself(lab: Lab, name: str) -> Tally:
    """The kernel crashes, Jupyter starts it again by itself, and the next cell logs in the new process."""
    first = Scene(lab, name).start()
    first.kill()
    old = first.pid
    before = first.tally()
    second = Scene.__new__(Scene)
    second.__dict__.update(first.__dict__)
    second.folder = lab.folder / f"scene-{name}-2"
    second.folder.mkdir()
    second.witness = type(first.witness)(lab, second.folder / "witness")
    second.code = first.code.replace(str(first.folder), str(second.folder))
    # The restarter looks every three seconds.
    assert wait(lambda: lab.fetch(f"api/kernels/{first.kernel.id}")["execution_state"] != "dead", 30)
    second.kernel = Kernel(lab, first.kernel.id, first.kernel.session_id).ready()
    second.start()
    assert second.pid != old
    assert second.finish().status == "ok"
    after = second.tally(whole=True)
    return Tally(
        before.logged + after.logged, None, before.stored + after.stored, before.lost + after.lost,
        before.doubled + after.doubled, before.unordered + after.unordered, f"{before.status}, {after.status}",
    )


def restarted(lab: Lab, name: str) -> Tally:
    """The user restarts the kernel in mid-loop."""
    scene = Scene(lab, name).start()
    lab.fetch(f"api/kernels/{scene.kernel.id}/restart", "POST")
    return scene.tally()


def restart_storm(lab: Lab, name: str, times: int = 20) -> Tally:
    """The user restarts the kernel again and again, whatever it is doing."""
    scene = Scene(lab, name).start(200)
    for i in range(times):
        lab.fetch(f"api/kernels/{scene.kernel.id}/restart", "POST")
        if i % 5 == 4:
            scene.kernel.close()
            scene.kernel = Kernel(lab, scene.kernel.id, scene.kernel.session_id)
            scene.kernel.send("import mlflow\nmlflow.start_run()\nfor i in range(10**6): mlflow.log_metric('x', i, step=i)")
            time.sleep(0.5)
    tally = scene.tally()
    lab.fetch(f"api/kernels/{scene.kernel.id}/restart", "POST")
    kernel = Kernel(lab, scene.kernel.id, scene.kernel.session_id).ready()
    # (A cell that was sent just before a restart may reach the new process.)
    code = "import mlflow\nmlflow.end_run()\nwith mlflow.start_run() as run: mlflow.log_metric('last', 1)\nprint(run.info.run_id)"
    reply = kernel.run(code)
    assert reply.status == "ok", reply.error
    last = reply.text.split()[-1]
    assert wait(lambda: lab.rows("SELECT count(*) FROM metrics WHERE run_uuid=? AND key='last'", last) == [(1,)])
    return tally


INTERRUPTED = """
import os, signal, threading, time, mlflow
run = mlflow.start_run()
pid, unsure, i, end = os.getpid(), set(), 0, threading.Event()
def shoot():
    for _ in range({shots}):
        time.sleep(0.05)
        os.kill(pid, signal.SIGINT)
    end.set()
threading.Thread(target=shoot).start()
while True:
    try:
        while not end.is_set():
            mlflow.log_metric("loss", i, step=i)
            i += 1
        time.sleep(0.2)
        mlflow.end_run()
        break
    except KeyboardInterrupt:
        unsure.add(i)
        i += 1
print(run.info.run_id, i, sorted(unsure))
"""


def interrupted(lab: Lab, name: str, shots: int = 20) -> Tally:
    """SIGINT again and again in a loop that logs as fast as it can, caught by the user's code; then one that ends the cell.

    A step whose log call was broken off may be stored or not; every other one has to be there once.
    """
    kernel = lab.notebook(f"{name}.ipynb").ready()
    reply = kernel.run(INTERRUPTED.format(shots=shots))
    assert reply.status == "ok", reply.error
    run_id, total, unsure = reply.text.strip().split(" ", 2)
    open_steps = set(json.loads(unsure))
    sure = set(range(int(total))) - open_steps
    count = "SELECT count(*) FROM metrics WHERE run_uuid=?"
    wait(lambda: lab.rows(count, run_id)[0][0] >= len(sure), 30, 0.2)
    steps = [s for (s,) in lab.rows("SELECT step FROM metrics WHERE run_uuid=? ORDER BY rowid", run_id)]
    kernel.close()
    scene = Scene(lab, name + "-2").start()
    lab.fetch(f"api/kernels/{scene.kernel.id}/interrupt", "POST")
    assert scene.kernel.wait(scene._sent).status == "error"
    last = scene.tally()
    lost = len(sure - set(steps)) + last.lost
    doubled = len(steps) - len(set(steps)) + last.doubled
    unordered = sum(a > b for a, b in itertools.pairwise(steps)) + last.unordered
    return Tally(len(sure) + last.logged, None, len(steps) + last.stored, lost, doubled, unordered, last.status)


def server_killed(lab: Lab, name: str, kernel: str) -> Tally:
    """SIGKILL of Jupyter Server while the store is held up, so that all is in the spool only; then a new server.

    With the kernel `python3` the kernel ends with its server, with `outliving` it goes on to log meanwhile and after.
    """
    scene = Scene(lab, name, kernel=kernel).start(200)
    # The process was there first, and logs on: it must not be taken for somebody else who goes on with its run.
    time.sleep(5)
    with locked(lab.root / "mlflow.db"):
        scene.more()
        lab.kill()
        if kernel == "outliving":
            scene.more(3000)
        else:
            assert wait(lambda: not alive(scene.pid), 15)
    lab.start()
    if kernel == "outliving":
        # The new server has stored all that was left, and more comes.
        time.sleep(4)
        scene.more()
        assert scene.finish().status == "ok"
    tally = scene.tally(whole=kernel == "outliving")
    if kernel == "outliving":
        os.kill(scene.pid, signal.SIGKILL)
    # Nothing is left of the dead server's folder.
    spools = lab.folder / "data/cellruns/spool"
    assert wait(lambda: not [p for p in spools.glob("*/*.jsonl") if scene_source(p, scene)], 30), list(spools.glob("*/*"))
    return tally


def scene_source(path: Path, scene: Scene) -> bool:
    """Whether a segment holds events of a scene's run."""
    try:
        return scene.run_id.encode() in path.read_bytes()
    except OSError:
        return False


def child_killed(lab: Lab, name: str) -> Tally:
    """SIGKILL of the MLflow process in mid-loop."""
    scene = Scene(lab, name).start()
    for pid in children(lab):
        os.kill(pid, signal.SIGKILL)
    scene.more()
    assert scene.finish().status == "ok"
    return scene.tally(whole=True)


def loop_stalled(lab: Lab, name: str, seconds: float = 5.0) -> Tally:
    """The server's event loop stands still while the kernel logs as fast as it can."""
    scene = Scene(lab, name, rest=0.001, every=200).start()
    lab.read(f"stall?seconds={seconds}")
    scene.more()
    assert scene.finish().status == "ok"
    return scene.tally(whole=True)


def two_kernels(lab: Lab, name: str) -> Tally:
    """Two kernels write at once."""
    scenes = [Scene(lab, f"{name}-{i}", every=20) for i in range(2)]
    for scene in scenes:
        scene.start(10)
    for scene in scenes:
        scene.more(5000)
    for scene in scenes:
        assert scene.finish().status == "ok"
    a, b = (scene.tally(whole=True) for scene in scenes)
    return Tally(
        a.logged + b.logged, None, a.stored + b.stored, a.lost + b.lost, a.doubled + b.doubled,
        a.unordered + b.unordered, a.status if a.status == b.status else f"{a.status}, {b.status}",
    )


def database_locked(lab: Lab, name: str, seconds: float = 60.0) -> Tally:
    """Another process holds the database's lock."""
    scene = Scene(lab, name).start()
    with locked(lab.root / "mlflow.db"):
        time.sleep(seconds)
        scene.more(10)
    scene.more()
    assert scene.finish().status == "ok"
    return scene.tally(whole=True)


LIMIT = """
import resource
resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, resource.RLIM_INFINITY))
"""
LIFT = "resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))"


def disk_full(lab: Lab, name: str) -> Tally:
    """No file of the kernel may grow any more: what a full disk or a used-up quota does to its spool."""
    scene = Scene(lab, name, before=LIMIT, after=LIFT).start(4000)

    def said() -> list[str]:
        problems = lab.fetch(f"cellruns/status?kernel={scene.kernel.id}")["kernel"]["problems"]
        return [p["message"] for p in problems if "cannot write its spool" in p["message"]]

    # Said while the cell still runs.
    assert wait(said, 10), lab.log()[-2000:]
    assert "free space there" in said()[0]
    assert said()[0] in lab.log()
    scene.more()
    assert scene.finish().status == "ok"
    return scene.tally(whole=True)


def remote_away(lab: Lab, name: str, server: MlflowServer, seconds: float) -> Tally:
    """SIGKILL of the remote MLflow server for a while. The loop ends, and its run with it, while it is away."""
    scene = Scene(lab, name, rest=0.02).start(200)
    server.kill()
    scene.more(200)

    def waiting() -> int:
        return int(lab.fetch(f"cellruns/status?kernel={scene.kernel.id}")["store"]["waiting"])

    assert wait(lambda: waiting() > 0, 20)
    assert wait(lambda: lab.fetch("cellruns/status")["store"]["state"] == "away", 40)
    time.sleep(seconds)
    scene.more(100)
    assert scene.finish().status == "ok"
    server.start()
    tally = scene.tally(server.rows, whole=True, seconds=300)
    assert wait(lambda: waiting() == 0)
    assert wait(lambda: lab.fetch("cellruns/status")["store"]["state"] == "ready")
    return tally


def remote_away_for_an_hour(lab: Lab, name: str, server: MlflowServer, times: float = 360.0) -> Tally:
    """The remote MLflow server is away for an hour of the Jupyter Server's clock, which runs `times` as fast."""
    scene = Scene(lab, name, rest=0.02).start(200)
    server.kill()

    def status() -> dict[str, Any]:
        found: dict[str, Any] = lab.fetch(f"cellruns/status?kernel={scene.kernel.id}")["store"]
        return found

    assert wait(lambda: status()["state"] == "away", 40)
    began = lab.fetch(f"clock?times={times}")["seconds"]
    try:
        assert wait(lambda: lab.fetch("clock")["seconds"] - began > 3600, 3600 / times + 60)
        assert status()["state"] == "away"
        assert status()["waiting"] > 0
        scene.more(100)
    finally:
        lab.fetch("clock?times=1")
    assert scene.finish().status == "ok"
    server.start()
    tally = scene.tally(server.rows, whole=True, seconds=300)
    assert wait(lambda: status()["waiting"] == 0)
    assert wait(lambda: lab.fetch("cellruns/status")["store"]["state"] == "ready")
    return tally


def remote_bad(
    lab: Lab, name: str, server: MlflowServer, proxy: FaultProxy, points: int = 3000, share: float = 0.05
) -> Tally:
    """A remote server that answers 100 ms late, 5 % of the time with 500, and 5 % of the time not at all."""
    scene = Scene(lab, name, rest=0.05).start(100)
    proxy.faults = Faults(late=0.1, error=share, cut=share)
    scene.more(points)
    try:
        assert scene.finish().status == "ok"
        return scene.tally(server.rows, whole=True, seconds=180)
    finally:
        proxy.faults = Faults()


class locked:
    """The write lock of an SQLite file, held by another process as long as the `with` lasts."""

    def __init__(self, path: Path) -> None:
        code = (
            "import sqlite3, sys; d = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=60); "
            "d.execute('BEGIN IMMEDIATE'); print(1, flush=True); sys.stdin.read()"
        )
        self._command = [sys.executable, "-c", code, str(path)]

    def __enter__(self) -> None:
        self._process = subprocess.Popen(self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == b"1\n"

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()


def children(lab: Lab) -> list[int]:
    """Process ids of the MLflow children of the lab's server."""
    assert lab.process is not None
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            parent = int((folder / "stat").read_text().rsplit(")", 1)[1].split()[1])
            if parent == lab.process.pid and "jupyterlab_cellruns.stores.child" in (folder / "cmdline").read_text():
                found.append(int(folder.name))
    return found


def alive(pid: int) -> bool:
    """Whether a process is there and no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def gone(lab: Lab, kernel_id: str) -> None:
    """Shut a kernel down; it may be gone already."""
    with suppress(urllib.error.HTTPError):
        lab.fetch(f"api/kernels/{kernel_id}", "DELETE")
