"""The record reaches a remote MLflow server, also one that was away when the run began and one restart later."""

from __future__ import annotations

import json
from pathlib import Path

from ..lab import Lab, wait
from ..mlflow_server import MlflowServer


def test_a_remote_store_gets_the_record_once_it_answers_again(tmp_path: Path) -> None:
    with MlflowServer(tmp_path / "remote") as server, Lab(tmp_path / "lab", env={"MLFLOW_TRACKING_URI": server.uri}) as lab:
        kernel = lab.notebook("far.ipynb").ready()
        code = "import mlflow\nrun = mlflow.start_run()\nmlflow.log_metric('loss', 1)\nprint(run.info.run_id)"
        run_id = kernel.run(code, "f1").text.strip()

        def cells() -> list[str]:
            try:
                text = lab.read(f"cellruns/runs/{run_id}/artifacts/content?path=cellruns/cells.json")
            except OSError:
                return []
            return [cell["cell_id"] for cell in json.loads(text)["cells"]]

        assert wait(lambda: cells() == ["f1"], 30), lab.log()
        server.stop()
        kernel.send("mlflow.log_metric('loss', 2, step=1)", "f2")
        spool = lab.folder / "data" / "cellruns" / "spool"
        assert wait(lambda: any("step=1" in p.read_text() for p in spool.glob("*/*.provenance.json")), 30), lab.log()
        lab.kill()
        server.start()
        lab.start()
        assert wait(lambda: cells() == ["f1", "f2"], 60), lab.log()
        assert wait(lambda: not list(spool.glob("*/*.provenance.json")), 10)
        assert lab.fetch(f"cellruns/runs/{run_id}")["tags"]["cellruns.provenance"] == run_id
