"""File stores as older MLflows leave them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

MAKE = """
import math, mlflow, numpy as np, sys
from mlflow import MlflowClient
from mlflow.data import from_numpy
mlflow.set_tracking_uri("file://" + sys.argv[1])
mlflow.set_experiment("old times")
with mlflow.start_run(run_name="first", description="a **note**") as run:
    mlflow.log_params({"lr": 0.1, "deep/key": "x", "text": "a\\nb"})
    mlflow.set_tag("team", "ä")
    for i in range(300):
        mlflow.log_metric("loss", 1 / (i + 1), step=i)
    mlflow.log_metric("val/acc", math.nan, step=1); mlflow.log_metric("val/acc", math.inf, step=2)
    mlflow.log_metric("neg", 1, step=-3)
    mlflow.log_text("hello", "notes/a.txt")
    mlflow.log_input(from_numpy(np.zeros(2), name="tiny"), context="train")
    with mlflow.start_run(nested=True, run_name="child"):
        mlflow.log_metric("inner", 2)
with mlflow.start_run(run_name="gone") as gone: pass
MlflowClient().delete_run(gone.info.run_id)
mlflow.set_experiment("empty")
MlflowClient().delete_experiment(MlflowClient().create_experiment("thrown away"))
run = mlflow.start_run(experiment_id="0", run_name="still running")
mlflow.log_metric("m", 1)
print(run.info.run_id, flush=True)
import os; os._exit(0)
"""


def snapshot(folder: Path) -> dict[str, tuple[int, int]]:
    return {str(p): (p.stat().st_mtime_ns, p.stat().st_size) for p in sorted(folder.rglob("*"))}


def make_mlruns(folder: Path) -> str:
    """Have MLflow make a file store with four runs in it; returns the id of the run that is still running."""
    env = {**os.environ, "MLFLOW_ALLOW_FILE_STORE": "true", "MLFLOW_DISABLE_TELEMETRY": "true"}
    done = subprocess.run([sys.executable, "-c", MAKE, str(folder)], env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()[-1]
