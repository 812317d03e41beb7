"""A real `mlflow server` that can be killed and started again on the same port."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import urllib.request
from contextlib import suppress
from pathlib import Path
from typing import Any

from ..lab import free_port, wait


class MlflowServer:
    """SQLite (or, with `files`, the file store of MLflow 2) and artifacts in `folder`; use with `with`."""

    def __init__(self, folder: Path, files: bool = False) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.database = folder / "mlflow.db"
        self._store = str(folder / "mlruns") if files else f"sqlite:///{self.database}"
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> MlflowServer:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def start(self) -> None:
        """Start it and wait until it answers."""
        command = [
            sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(self.port), "--workers", "1",
            "--backend-store-uri", self._store, "--artifacts-destination", str(self.folder / "mlartifacts"),
        ]  # fmt: skip
        env = {k: v for k, v in os.environ.items() if not k.startswith("MLFLOW_")}
        env.update(
            MLFLOW_SERVER_ENABLE_JOB_EXECUTION="false", MLFLOW_DISABLE_TELEMETRY="true", MLFLOW_ALLOW_FILE_STORE="true"
        )
        log = self.folder / "server.log"
        with log.open("ab") as stream:
            self._process = subprocess.Popen(
                command, env=env, cwd=self.folder, stdout=stream, stderr=stream, start_new_session=True
            )
        assert wait(self._healthy, 120, 0.2), log.read_text("utf-8", "replace")[-4000:]

    def kill(self) -> None:
        """SIGKILL all of its processes."""
        process, self._process = self._process, None
        if process is not None:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """Rows of its database."""
        connection = sqlite3.connect(f"file:{self.database}?mode=ro", uri=True, timeout=20)
        try:
            return connection.execute(sql, values).fetchall()
        finally:
            connection.close()

    def _healthy(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, (self.folder / "server.log").read_text("utf-8", "replace")[-4000:]
        try:
            urllib.request.urlopen(f"{self.url}/health", timeout=5).close()
        except OSError:
            return False
        return True
