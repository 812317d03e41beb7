"""The `mlflow run` command line of a run, and the environment that it gets."""

from __future__ import annotations

import json
import os
import shlex
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .managers import path_with

JOB_TAG = "cellruns.job"
"""Tag of every run that a job makes."""


@dataclass(frozen=True)
class RunRequest:
    """What is to be run. `uri` is a folder or a Git address, `env_manager` "" for MLflow's own choice."""

    uri: str
    entry_point: str = "main"
    parameters: dict[str, str] = field(default_factory=dict)
    version: str = ""
    env_manager: str = ""
    experiment: str = ""
    run_name: str = ""

    def json(self) -> dict[str, Any]:
        """As in docs/http-api.md."""
        return {
            "uri": self.uri, "entry_point": self.entry_point, "parameters": self.parameters, "version": self.version,
            "env_manager": self.env_manager, "experiment": self.experiment, "run_name": self.run_name,
        }


def arguments(request: RunRequest) -> list[str]:
    """Words after `mlflow`."""
    words = ["run", request.uri, "-e", request.entry_point]
    for key, value in request.parameters.items():
        words += ["-P", f"{key}={value}"]
    if request.version:
        words += ["-v", request.version]
    # A docker project is run by docker whatever the manager is; MLflow has no such manager.
    if request.env_manager and request.env_manager != "docker":
        words += ["--env-manager", request.env_manager]
    if request.experiment:
        words += ["--experiment-name", request.experiment]
    if request.run_name:
        words += ["--run-name", request.run_name]
    return words


def shown(request: RunRequest) -> str:
    """The command that a user would type."""
    return shlex.join(["mlflow", *arguments(request)])


def command(request: RunRequest) -> list[str]:
    """The command that is started: MLflow of this Python, whatever PATH holds."""
    return [sys.executable, "-m", "mlflow", *arguments(request)]


def environment(job: str, tracking: Mapping[str, str], python: str | None = None,
                env_root: Path | None = None) -> dict[str, str]:
    """The environment of a run.

    Neither this server's nor a kernel's own variables; no password prompt of Git; every run that the project makes is
    tagged with the job (mlflow/tracking/context/system_environment_context.py). `tracking` names the store, `python`
    is put first in PATH, `env_root` is where new environments are made.
    """
    drop = ("MLFLOW_RUN_ID", "MLFLOW_EXPERIMENT_ID", "PYTHONSTARTUP", "PYTHONPATH", "VIRTUAL_ENV", "MLFLOW_TRACKING_TOKEN",
            "MLFLOW_RUN_CONTEXT", "MPLBACKEND")
    env = {k: v for k, v in os.environ.items() if k not in drop and not k.startswith(("CELLRUNS_", "JPY_", "JUPYTERHUB_"))}
    env.update(tracking)
    env.update({
        "PATH": path_with(python), "PYTHONUNBUFFERED": "1", "GIT_TERMINAL_PROMPT": "0", "PYTHONUTF8": "1",
        "MLFLOW_RUN_CONTEXT": json.dumps({JOB_TAG: job}), "CELLRUNS_JOB": job, "MPLBACKEND": "Agg",
        "MLFLOW_DISABLE_TELEMETRY": os.environ.get("MLFLOW_DISABLE_TELEMETRY", "true"),
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    })
    env.setdefault("MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT", "true")
    if env_root is not None:
        env["MLFLOW_ENV_ROOT"] = str(env_root)
    return env
