"""Runs MLflow's own tracking server in this process: one worker, a Unix socket (or loopback), no job runner.

Options: `--store sqlite:///... --artifacts DIR [--new PATH] (--uds PATH | --port N)`. With `--new` the database is not
there yet: it is made in that file, which then gets the database's name.

The process lives as long as its standard input is open, so that it ends with the one that started it however that
ends. `mlflow server` would start a process tree of 1.2 GB for the same answers.
"""

from __future__ import annotations

import argparse
import os
import sqlite3
import sys
import threading
from contextlib import closing
from typing import Any


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


def _make(new: str, database: str) -> None:
    """Make a database as MLflow does, under another name until it is whole."""
    from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore

    store: Any = SqlAlchemyStore  # it has no types
    store(f"sqlite:///{new}", "mlflow-artifacts:/").engine.dispose()
    with closing(sqlite3.connect(new, timeout=20)) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    if os.path.exists(database) and os.path.getsize(database) > 0:
        # Nothing may be written to it before somebody has looked what it is: that is done before the next start.
        sys.exit(f"{database} was made by another program meanwhile")
    os.replace(new, database)
    for left in (new + "-wal", new + "-shm"):
        if os.path.exists(left):
            os.remove(left)


def main() -> None:
    """Serve until standard input ends."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--store", required=True)
    parser.add_argument("--artifacts", required=True)
    parser.add_argument("--new")
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

        if options.new:
            _make(options.new, options.store.removeprefix("sqlite:///"))
    except (ImportError, AttributeError):
        _command_line(options)
        return
    # Left to the first request otherwise, which would wait for it.
    initialize_backend_stores(options.store, options.store, "mlflow-artifacts:/")
    where = {"uds": options.uds} if options.uds else {"host": "127.0.0.1", "port": options.port}
    uvicorn.run(app, log_level="warning", access_log=False, timeout_keep_alive=60, **where)


def _command_line(options: argparse.Namespace) -> None:
    """An MLflow whose insides have other names: its documented command line, more slowly, and tables made in place."""
    database = options.store.removeprefix("sqlite:///")
    if options.new and not os.path.exists(database):
        os.replace(options.new, database)
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
