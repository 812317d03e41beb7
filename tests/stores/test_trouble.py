"""A database that can't be used: the notebook still runs, nothing is overwritten, and the state says what to do."""

from __future__ import annotations

import os
import signal
import sqlite3
from pathlib import Path

import pytest

from ..lab import Lab, wait

RUN = "import mlflow\nwith mlflow.start_run() as run: mlflow.log_metric('m', 1.5)\nprint(run.info.run_id)"


def garbage(path: Path) -> None:
    path.write_bytes(b"this is no database" * 100)


def foreign(path: Path) -> None:
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE mine (x)")


def newer(path: Path) -> None:
    with sqlite3.connect(path) as db:
        for table in ("experiments", "runs", "metrics"):
            db.execute(f"CREATE TABLE {table} (x)")
        db.execute("CREATE TABLE alembic_version (version_num)")
        db.execute("INSERT INTO alembic_version VALUES ('ffffffffffff')")


@pytest.mark.parametrize(
    ("make", "says"), [(garbage, "not an SQLite database"), (foreign, "not one of MLflow"), (newer, "newer MLflow")]
)
def test_a_strange_file_is_left_alone_and_runs_go_elsewhere(tmp_path: Path, make: object, says: str) -> None:
    lab = Lab(tmp_path)
    database = lab.root / "mlflow.db"
    make(database)  # type: ignore[operator]
    before = database.read_bytes()
    with lab:
        state = lab.fetch("cellruns/status")["store"]
        assert says in (state["message"] or "")
        assert state["hint"]
        kernel = lab.notebook("still.ipynb").ready()
        reply = kernel.run(RUN)
        assert reply.status == "ok", reply.error
        run_id = reply.text.strip()
        runs = lab.fetch("cellruns/runs?notebook=still.ipynb")["runs"]
        assert [(r["run_id"], r["metrics"]["m"]["value"]) for r in runs] == [(run_id, 1.5)]
        assert Path(lab.fetch("cellruns/status")["store"]["location"]) != database
    assert database.read_bytes() == before


def test_the_mlflow_process_is_started_again_when_it_is_killed(tmp_path: Path) -> None:
    with Lab(tmp_path) as lab:
        kernel = lab.notebook("again.ipynb").ready()
        assert kernel.run(RUN).status == "ok"
        (pid,) = children(lab)
        os.kill(pid, signal.SIGKILL)
        reply = kernel.run(RUN)
        assert reply.status == "ok", reply.error
        assert wait(lambda: children(lab) not in ([], [pid]))
    assert wait(lambda: not alive(pid))


def test_it_ends_with_a_jupyter_server_that_is_killed_and_the_spool_is_stored_by_the_next(tmp_path: Path) -> None:
    lab = Lab(tmp_path)
    with lab:
        kernel = lab.notebook("crash.ipynb").ready()
        assert kernel.run(RUN).status == "ok"
        (pid,) = children(lab)
        # A writer in the way: what is logged now stays in the spool.
        lock = sqlite3.connect(lab.root / "mlflow.db", isolation_level=None)
        run = kernel.run("run = mlflow.start_run(); print(run.info.run_id)").text.strip()
        lock.execute("BEGIN IMMEDIATE")
        kernel.run("for i in range(500): mlflow.log_metric('late', i, step=i)\nimport time; time.sleep(0.3)")
        lab.kill()
        lock.execute("ROLLBACK")
        lock.close()
        assert wait(lambda: not alive(pid), 15)
        lab.start()
        count = "SELECT count(*), sum(step) FROM metrics WHERE key='late' AND run_uuid=?"
        assert wait(lambda: lab.rows(count, run) == [(500, 499 * 250)], 40), (lab.rows(count, run), lab.log()[-2000:])


def children(lab: Lab) -> list[int]:
    """Process ids of MLflow children of the lab's server."""
    assert lab.process is not None
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((folder / "stat").read_text().rsplit(")", 1)[1].split()[1])
            if parent == lab.process.pid and "jupyterlab_cellruns.stores.child" in (folder / "cmdline").read_text():
                found.append(int(folder.name))
        except OSError:
            continue
    return found


def alive(pid: int) -> bool:
    """Whether a process is there and no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False
