"""A remote server that goes away in the middle of a run: logging goes on, ends are kept, nothing is lost or doubled."""

from __future__ import annotations

import queue
import time
from collections.abc import Iterator

import pytest

from ..lab import Lab, wait
from ..remotes import TrackingServer


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TrackingServer]:
    with TrackingServer(tmp_path_factory.mktemp("away")) as server:
        yield server


def test_a_server_that_is_away_gets_everything_when_it_is_back(tmp_path: object, server: TrackingServer) -> None:
    # As from a user's shell: MLflow's own variable, which kernels then do not see.
    with Lab(tmp_path, "--CellrunsApp.patience=3", env={"MLFLOW_TRACKING_URI": server.url}) as lab:  # type: ignore[arg-type]
        kernel = lab.notebook("away.ipynb").ready()
        other = lab.notebook("other.ipynb").ready()
        lab.fetch("cellruns/notebooks", "PUT", {"path": "other.ipynb", "store": "local", "kernel": other.id})
        before = kernel.run("import mlflow, os, time\nrun = mlflow.start_run()\nmlflow.log_metric('m', 0.0, step=0)\n"
                            "print(run.info.run_id, os.environ['MLFLOW_TRACKING_URI'])")
        assert before.status == "ok", before.error
        run_id, uri = before.text.split()
        assert (lab.fetch("cellruns/status")["default_store"], uri.rpartition("/")[2]) == ("environment", "environment")
        assert wait(lambda: server.history(run_id, "m") == [0])
        server.stop()

        looped = kernel.run(
            "began = time.monotonic()\nfor i in range(1, 5001): mlflow.log_metric('m', 1 / i, step=i)\n"
            "mlflow.set_tag('t', 'late')\nmlflow.log_param('p', 1)\nprint(time.monotonic() - began)"
        )
        assert looped.status == "ok", looped.error
        assert float(looped.text) < 5
        state = wait(lambda: (s := lab.fetch(f"cellruns/status?kernel={kernel.id}")["store"])["waiting"] == 5000 and s, 30)
        assert state, lab.fetch(f"cellruns/status?kernel={kernel.id}")["store"]
        assert wait(lambda: lab.fetch(f"cellruns/status?kernel={kernel.id}")["store"]["state"] == "away", 30)
        shown = lab.fetch(f"cellruns/status?kernel={kernel.id}")["store"]
        assert server.url in shown["message"]
        assert "kept on disk" in shown["hint"]
        # Another store is not held up by it.
        there = other.run("import mlflow\nwith mlflow.start_run() as run: mlflow.log_metric('m', 1.0)\nprint(run.info.run_id)")
        assert there.status == "ok", there.error
        assert lab.rows("SELECT status FROM runs WHERE run_uuid=?", there.text.strip()) == [("FINISHED",)]
        # The end of the run is kept as well, without MLflow's minutes of retries.
        began = time.monotonic()
        ended = kernel.run("mlflow.end_run()")
        assert ended.status == "ok", ended.error
        assert time.monotonic() - began < 40
        # What can't be kept fails soon, with the reason.
        began = time.monotonic()
        try:
            refused = kernel.run("mlflow.start_run()", timeout=60)
        except queue.Empty:
            raise AssertionError("start_run still waits for the server after a minute") from None
        assert refused.status == "error"
        assert f"{server.url} does not answer" in " ".join(refused.error.split()), refused.error
        assert time.monotonic() - began < 20

        server.start()
        assert wait(lambda: lab.fetch(f"cellruns/status?kernel={kernel.id}")["store"]["waiting"] == 0, 40)
        assert lab.fetch(f"cellruns/status?kernel={kernel.id}")["store"]["state"] == "ready"
        assert wait(lambda: server.status(run_id) == "FINISHED", 20)
        assert server.history(run_id, "m") == list(range(5001))
        data = server.run(run_id)["data"]
        assert {p["key"]: p["value"] for p in data["params"]} == {"p": "1"}
        assert {t["key"]: t["value"] for t in data["tags"]}["t"] == "late"
        again = kernel.run("with mlflow.start_run() as run: pass\nprint(run.info.run_id)")
        assert again.status == "ok", again.error
        assert server.status(again.text.strip()) == "FINISHED"


def test_what_waits_is_stored_by_the_next_jupyter_server(tmp_path: object, server: TrackingServer) -> None:
    """Also where the store has another id there: its address counts."""
    lab = Lab(tmp_path, f"--CellrunsApp.stores={{'one': {{'url': '{server.url}'}}}}", "--CellrunsApp.default_store=one")  # type: ignore[arg-type]
    with lab:
        kernel = lab.notebook("next.ipynb").ready()
        run_id = kernel.run("import mlflow\nrun = mlflow.start_run()\nprint(run.info.run_id)").text.strip()
        server.stop()
        assert kernel.run("for i in range(300): mlflow.log_metric('m', i, step=i)\nimport time; time.sleep(0.3)").status == "ok"
        lab.kill()
    server.start()
    lab.options = [f"--CellrunsApp.stores={{'two': {{'url': '{server.url}'}}}}"]
    with lab:
        assert wait(lambda: server.history(run_id, "m") == list(range(300)), 60), lab.log()[-3000:]
