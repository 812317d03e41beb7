"""Another Python environment for kernels: older ipykernel, MLflow 2 with scikit-learn, nothing of ours installed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

PACKAGES = ("ipykernel<7", "mlflow-skinny<3", "pandas<3", "scikit-learn")


def make_environment(folder: Path) -> Path:
    """The environment's Python. Made by uv: in seconds, where pip needs minutes on two cores."""
    uv = [sys.executable, "-m", "uv"]
    subprocess.run([*uv, "venv", "--quiet", "--seed", "--clear", "--python", sys.executable, folder], check=True)
    python = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    # Kernels are started from it again and again: they should not compile their sources each time.
    install = [*uv, "pip", "install", "--quiet", "--compile-bytecode", "--python", python, *PACKAGES]
    subprocess.run(install, check=True, timeout=500)
    return python


def add_kernelspec(lab_folder: Path, python: Path) -> None:
    """Give a lab the kernelspec `older`."""
    spec = lab_folder / "data" / "kernels" / "older"
    spec.mkdir(parents=True)
    command = [str(python), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    (spec / "kernel.json").write_text(json.dumps({"argv": command, "display_name": "older", "language": "python"}))
