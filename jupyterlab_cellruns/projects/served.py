"""MLflow's own server over a database file, for as long as a run in a terminal needs it."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from ..stores.sqlite_write import ARTIFACTS

_PREFIX = "sqlite:///"
_READY_SECONDS = 90.0


@contextlib.contextmanager
def served(uri: str) -> Iterator[str]:
    """The tracking URI for a run: `uri`, or the address of a server over it.

    Experiments that a server has made, as that of JupyterLab does, keep their artifacts under `mlflow-artifacts:`, which
    MLflow's client reaches by a server only: with the file as tracking URI no run of such an experiment could log one.
    The server listens on 127.0.0.1 and has ended when the block is left. Raises ValueError where it does not start.
    """
    database = Path(uri.removeprefix(_PREFIX)).absolute() if uri.startswith(_PREFIX) else None
    if database is None or not _needs_server(database):
        yield uri
        return
    with tempfile.TemporaryDirectory(prefix="cellruns-server-") as folder:
        log, port = Path(folder) / "log.txt", _free_port()
        with log.open("wb") as output:
            process = subprocess.Popen(
                _command(database, port), cwd=folder, env=_environment(), stdin=subprocess.DEVNULL, stdout=output,
                stderr=output, start_new_session=True,
            )
        try:
            address = f"http://127.0.0.1:{port}"
            _wait(process, address, log, database)
            yield address
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def _needs_server(database: Path) -> bool:
    if not database.exists():
        return False
    try:
        with contextlib.closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True, timeout=20)) as db:
            found = db.execute("SELECT 1 FROM experiments WHERE artifact_location LIKE 'mlflow-artifacts:%' LIMIT 1")
            return found.fetchone() is not None
    except sqlite3.Error:
        # No database of MLflow's: it will say so itself.
        return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _command(database: Path, port: int) -> list[str]:
    return [
        sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1",
        "--backend-store-uri", f"{_PREFIX}{database}", "--serve-artifacts",
        "--artifacts-destination", str(database.with_name(ARTIFACTS)),
    ]  # fmt: skip


def _environment() -> dict[str, str]:
    keep = {key: value for key, value in os.environ.items() if not key.startswith("MLFLOW_")}
    return {**keep, "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false", "MLFLOW_DISABLE_TELEMETRY": "true"}


def _wait(process: subprocess.Popen[bytes], address: str, log: Path, database: Path) -> None:
    end = time.monotonic() + _READY_SECONDS
    while time.monotonic() < end and process.poll() is None:
        with contextlib.suppress(urllib.error.URLError, OSError), urllib.request.urlopen(f"{address}/health", timeout=5):
            return
        time.sleep(0.2)
    said = "\n".join(log.read_text("utf-8", "replace").splitlines()[-6:])
    raise ValueError(f"MLflow's server for {database} did not start. Its last words: {said or 'none'}")
