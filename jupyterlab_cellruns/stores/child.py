"""Runs MLflow's own tracking server in this process: one worker, a Unix socket (or loopback), no job runner.

Options: `--store sqlite:///... --artifacts DIR (--uds PATH | --port N)`.

The process lives as long as its standard input is open, so that it ends with the one that started it however that
ends. `mlflow server` would start a process tree of 1.2 GB for the same answers.
"""

from __future__ import annotations

import argparse
import os
import sys
import threading


def _end_with_parent() -> None:
    sys.stdin.buffer.read()
    os._exit(0)


def _environment(store: str, artifacts: str) -> None:
    """What `mlflow server` exports for its workers (mlflow/server/__init__.py), by MLflow's own names for it."""
    from mlflow.server import constants

    names = {
        constants.BACKEND_STORE_URI_ENV_VAR: store,
        constants.REGISTRY_STORE_URI_ENV_VAR: store,
        constants.ARTIFACT_ROOT_ENV_VAR: "mlflow-artifacts:/",
        constants.ARTIFACTS_DESTINATION_ENV_VAR: artifacts,
        constants.SERVE_ARTIFACTS_ENV_VAR: "true",
    }
    os.environ.update(names)


def main() -> None:
    """Serve until standard input ends."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--store", required=True)
    parser.add_argument("--artifacts", required=True)
    parser.add_argument("--uds")
    parser.add_argument("--port", type=int)
    options = parser.parse_args()
    threading.Thread(target=_end_with_parent, daemon=True).start()
    os.umask(0o077)
    os.environ["MLFLOW_SERVER_ENABLE_JOB_EXECUTION"] = "false"
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    try:
        _environment(options.store, options.artifacts)
        import uvicorn
        from mlflow.server.fastapi_app import app
        from mlflow.server.handlers import initialize_backend_stores
    except (ImportError, AttributeError):
        _command_line(options)
        return
    # Left to the first request otherwise: a database that is not there yet is made before the server answers.
    initialize_backend_stores(options.store, options.store, "mlflow-artifacts:/")
    where = {"uds": options.uds} if options.uds else {"host": "127.0.0.1", "port": options.port}
    uvicorn.run(app, log_level="warning", access_log=False, timeout_keep_alive=60, **where)


def _command_line(options: argparse.Namespace) -> None:
    """An MLflow whose insides have other names: its documented command line, more slowly."""
    where = ["--uvicorn-opts", f"--uds {options.uds}"] if options.uds else ["--port", str(options.port)]
    command = [
        sys.executable,
        "-m",
        "mlflow",
        "server",
        "--workers",
        "1",
        "--backend-store-uri",
        options.store,
        "--artifacts-destination",
        options.artifacts,
        "--serve-artifacts",
        *where,
    ]
    os.execv(sys.executable, command)
