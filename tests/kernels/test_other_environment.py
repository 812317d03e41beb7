"""A kernel of another environment: older ipykernel, MLflow 2, nothing of ours installed there."""

from __future__ import annotations

from pathlib import Path

import pytest

from ..lab import Lab
from ..other import add_kernelspec


@pytest.mark.timeout(600)
def test_ipykernel_6_with_mlflow_2_logs_as_any_other(tmp_path: Path, other_python: Path) -> None:
    add_kernelspec(tmp_path, other_python)
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
