"""Environment managers of `mlflow run`: which ones work here, and why the others do not."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

Manager = Literal["local", "virtualenv", "uv", "conda", "docker"]
MANAGERS: tuple[Manager, ...] = ("local", "uv", "virtualenv", "conda", "docker")


@dataclass(frozen=True)
class State:
    """Whether a manager works here; `reason` says why not and what to do."""

    name: Manager
    works: bool
    reason: str

    def json(self) -> dict[str, Any]:
        """As in docs/http-api.md."""
        return asdict(self)


def path_with(interpreter: str | None = None) -> str:
    """PATH with the folder of a Python first, so that `python`, `papermill` and `uv` are those beside it."""
    folders = [str(Path(python).parent) for python in (interpreter, sys.executable) if python]
    return os.pathsep.join(dict.fromkeys([*folders, *os.environ.get("PATH", os.defpath).split(os.pathsep)]))


def states() -> list[State]:
    """All managers. Blocks: docker is asked whether its daemon answers."""
    path = path_with()
    found = [State("local", True, "")]
    found.append(_tool("uv", "uv", "uv is not installed: `pip install uv`.", path))
    # MLflow looks for it in PATH only (mlflow/utils/virtualenv.py), whatever PYENV_ROOT says.
    if shutil.which("pyenv", path=path):
        found.append(State("virtualenv", True, ""))
    else:
        found.append(State(
            "virtualenv", False, "MLflow makes virtualenvs with pyenv, which is not installed; uv does the same without.",
        ))
    found.append(_tool("conda", os.environ.get("MLFLOW_CONDA_CREATE_ENV_CMD") or "conda", "conda is not installed.", path))
    found.append(_docker(path))
    return found


def reason_against(name: str) -> str | None:
    """Why a manager does not work here; None where it does."""
    return next((s.reason for s in states() if s.name == name and not s.works), None)


def _tool(name: Manager, program: str, reason: str, path: str) -> State:
    works = shutil.which(program, path=path) is not None
    if not works and name == "conda" and os.environ.get("MLFLOW_CONDA_HOME"):
        works = (Path(os.environ["MLFLOW_CONDA_HOME"]) / "bin" / "conda").exists()
    return State(name, works, "" if works else reason)


def _docker(path: str) -> State:
    program = shutil.which("docker", path=path)
    if program is None:
        return State("docker", False, "docker is not installed.")
    try:
        done = subprocess.run([program, "version", "--format", "{{.Server.Version}}"], capture_output=True, text=True,
                              timeout=5, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return State("docker", False, "docker does not answer.")
    if done.returncode != 0:
        return State("docker", False, "docker is installed, but its daemon does not run or may not be used by you.")
    return State("docker", True, "")
