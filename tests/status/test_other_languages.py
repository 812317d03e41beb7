"""Runs of a kernel in another language, which has nothing of ours in it: its events are all that tells of them."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from ..lab import Kernel, Lab, wait

SEND = """
from IPython.display import display
seq = 0
def send(*events):
    global seq
    data = {"v": 1, "source": SOURCE, "seq": seq, "sent_at": 0, "cell": None, "store": "attached", "events": list(events)}
    display({"application/vnd.cellruns.events.v1+json": data, "text/plain": ""}, raw=True)
    seq += 1
def start(run):
    send({"kind": "run.start", "run": run, "experiment": "0", "name": run, "parent": None, "tags": {}, "start_time": 1,
          "exists": False},
         {"kind": "metrics", "run": run, "key": "loss", "values": [1.0], "timestamps": [1], "steps": [0]})
def end(run):
    send({"kind": "run.end", "run": run, "status": "FINISHED", "end_time": 2})
"""


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    server = Lab(tmp_path / "lab")
    # As far as Jupyter can tell it is R; that it speaks Python makes the test short.
    spec = Path(server.env["JUPYTER_DATA_DIR"]) / "kernels" / "other"
    spec.mkdir(parents=True)
    argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    spec.joinpath("kernel.json").write_text(json.dumps({"argv": argv, "display_name": "other", "language": "R"}))
    with server:
        yield server


def kernel_of(lab: Lab, name: str) -> Kernel:
    kernel = lab.notebook(f"{name}.ipynb", "other").ready()
    assert kernel.run(f"SOURCE = {name!r}" + SEND).status == "ok"
    return kernel


def runs(lab: Lab) -> dict[str, str]:
    with suppress(sqlite3.OperationalError):  # The database may be in the making.
        return dict(lab.rows("SELECT name, status FROM runs"))
    return {}


def becomes(lab: Lab, wanted: dict[str, str], seconds: float = 20) -> None:
    wait(lambda: runs(lab) == wanted, seconds)
    assert runs(lab) == wanted


def test_what_a_kernel_leaves_open_is_closed_with_it_and_after_a_crash_of_its_server(lab: Lab) -> None:
    first, second = kernel_of(lab, "first"), kernel_of(lab, "second")
    first.run("start('done'); end('done'); start('left')")
    second.run("start('crashed')")
    becomes(lab, {"done": "FINISHED", "left": "RUNNING", "crashed": "RUNNING"})
    lab.fetch(f"api/kernels/{first.id}", "DELETE")
    becomes(lab, {"done": "FINISHED", "left": "FINISHED", "crashed": "RUNNING"})
    # What is open is noted within a second.
    time.sleep(2)
    pid = int(second.run("import os; print(os.getpid())").text)
    lab.kill()
    os.kill(pid, signal.SIGKILL)
    lab.start()
    becomes(lab, {"done": "FINISHED", "left": "FINISHED", "crashed": "KILLED"})
    notes = Path(lab.env["JUPYTER_DATA_DIR"]) / "cellruns"
    assert wait(lambda: not [*notes.glob("**/open/*.json")], 10)
