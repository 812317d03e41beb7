"""A model that MLflow 2 logs from an environment of its own: card, files, verdict, registry, try."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import quote

import pytest

from ..lab import Lab
from ..other import add_kernelspec
from .test_card import MIME, cards

LOG = """
import mlflow, pandas as pd
from mlflow.models import infer_signature
from sklearn.linear_model import LinearRegression
frame = pd.DataFrame({"width": [0.1, 0.2, 0.4]})
with mlflow.start_run(run_name="old") as run:
    fitted = LinearRegression().fit(frame, [1.0, 2.0, 3.0])
    mlflow.sklearn.log_model(fitted, "parts/line", signature=infer_signature(frame, fitted.predict(frame)),
                             input_example=frame, registered_model_name="old line")
print(run.info.run_id, mlflow.__version__)
"""


@pytest.mark.timeout(600)
def test_a_model_of_mlflow_2(tmp_path: Path, other_python: Path) -> None:
    add_kernelspec(tmp_path, other_python)
    with Lab(tmp_path) as lab:
        kernel = lab.notebook("old.ipynb", kernel="older").ready()
        reply = kernel.run(LOG, cell_id="c0", timeout=200)
        assert reply.status == "ok", reply.error
        kernel.close()
        run_id, version = reply.text.split()[-2:]
        assert version.startswith("2.")
        uri = f"runs:/{run_id}/parts/line"

        [card] = cards(reply)
        [model] = card[MIME]["models"]
        assert (model["uri"], model["name"], model["run_name"]) == (uri, "parts/line", "old")
        assert sorted(model["flavors"]) == ["python_function", "sklearn"]
        assert model["registered"] == [{"name": "old line", "version": "1"}]

        detail = lab.fetch(f"cellruns/runs/{run_id}")
        [noted] = json.loads(detail["tags"]["mlflow.log-model.history"])
        assert noted["artifact_path"] == "parts/line"
        for named in (uri, "models:/old line/1"):
            found = lab.fetch(f"cellruns/models/files?uri={quote(named)}")
            assert (found["run_id"], found["path"], found["model_id"]) == (run_id, "parts/line", None)
            assert "MLmodel" in {file["path"] for file in found["files"]}
        wanted = [{"name": "mlflow-skinny", "specifier": ""}]
        answer = lab.fetch("cellruns/models/check", "POST", {"kernel_name": "older", "requirements": wanted})
        assert answer["mlflow"] == version

        # With the kernel's own environment, and with the server's, whose MLflow is a later one.
        for name in ("older", "python3"):
            key = lab.fetch("cellruns/models/tries", "POST", {"uri": uri, "kernel_name": name})["id"]
            while (tried := lab.fetch(f"cellruns/models/tries/{key}?wait=1"))["state"] == "running":
                pass
            assert tried["state"] == "done", tried
            assert tried["result"]["total"] == 3
            assert [check["ok"] for check in tried["result"]["checks"]] == [True]
            assert tried["mlflow"].startswith("2." if name == "older" else "3.")
