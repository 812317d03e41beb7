"""A kernel of another environment: older ipykernel, MLflow 2, nothing of ours installed there."""

from __future__ import annotations

import json
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from ..lab import Lab


@pytest.fixture(scope="module")
def other_python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("other")
    venv.create(folder, with_pip=True)
    python = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    subprocess.run([python, "-m", "pip", "install", "-q", "ipykernel<7", "mlflow-skinny<3"], check=True, timeout=280)
    return python


def test_ipykernel_6_with_mlflow_2_logs_as_any_other(tmp_path: Path, other_python: Path) -> None:
    spec = tmp_path / "data" / "kernels" / "older"
    spec.mkdir(parents=True)
    command = [str(other_python), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    (spec / "kernel.json").write_text(json.dumps({"argv": command, "display_name": "older", "language": "python"}))
    with Lab(tmp_path) as lab:
        kernel = lab.notebook("older.ipynb", kernel="older").ready()
        reply = kernel.run(
            "import ipykernel, mlflow\n"
            "print(ipykernel.__version__.split('.')[0], mlflow.__version__.split('.')[0])\n"
            "with mlflow.start_run() as run:\n"
            "    mlflow.log_param('a', 1)\n"
            "    for i in range(1000): mlflow.log_metric('loss', i, step=i)\n"
            "    print(len(mlflow.MlflowClient().get_metric_history(run.info.run_id, 'loss')))",
            cell_id="c0",
        )
        assert reply.status == "ok", reply.error
        # Nothing of MLflow 2's links, which would lead nowhere.
        assert reply.text.split() == ["6", "2", "1000"]
        assert len(reply.charts()) == 1
        assert lab.rows("SELECT count(*), sum(step) FROM metrics") == [(1000, 499_500)]
        assert dict(lab.rows("SELECT key, value FROM tags"))["cellruns.execution_count"] == "1"
