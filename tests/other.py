"""Another Python environment for kernels: older ipykernel, MLflow 2 with scikit-learn, nothing of ours installed."""

from __future__ import annotations

import json
from pathlib import Path

from . import environments

PACKAGES = ("ipykernel<7", "mlflow-skinny<3", "pandas<3", "scikit-learn")


def make_environment(folder: Path) -> Path:
    """The environment's Python."""
    return environments.make(folder, *PACKAGES)


def add_kernelspec(lab_folder: Path, python: Path) -> None:
    """Give a lab the kernelspec `older`."""
    spec = lab_folder / "data" / "kernels" / "older"
    spec.mkdir(parents=True)
    command = [str(python), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    (spec / "kernel.json").write_text(json.dumps({"argv": command, "display_name": "older", "language": "python"}))
