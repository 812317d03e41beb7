"""A real Jupyter server with Cellruns in a process of its own, real kernels, and the rows they leave in mlflow.db."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from jupyter_client import BlockingKernelClient

ROOT = Path(__file__).parents[1]


def free_port() -> int:
    """A TCP port that was free a moment ago.

    Below those that the system gives out by itself (Linux: from 32768 on), from which kernels have theirs: clients of a
    kernel that is gone try its ports again and again, and would hold up a server that has come to one of them.
    """
    while True:
        port = random.SystemRandom().randrange(15_000, 32_000)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def wait(condition: Callable[[], Any], seconds: float = 20.0, step: float = 0.05) -> Any:
    """Poll until `condition()` is true; its last value."""
    end = time.monotonic() + seconds
    while not (value := condition()) and time.monotonic() < end:
        time.sleep(step)
    return value


class Reply:
    """What came of one cell: status, text on stdout, outputs, the traceback, the prompt number."""

    def __init__(self) -> None:
        self.status = ""
        self.text = ""
        self.error = ""
        self.count: int | None = None
        self.outputs: list[dict[str, Any]] = []
        self.messages: list[dict[str, Any]] = []

    def charts(self) -> list[dict[str, Any]]:
        """Chart payloads of the outputs as a front end would hold them: updates in place."""
        held: dict[str, dict[str, Any]] = {}
        for message in self.messages:
            if message["msg_type"] in ("display_data", "update_display_data"):
                data = message["content"]["data"]
                if "application/vnd.cellruns.chart.v1+json" in data:
                    held[message["content"]["transient"]["display_id"]] = data
        return list(held.values())


class Kernel:
    """A kernel of the lab, spoken to directly by zmq."""

    def __init__(self, lab: Lab, kernel_id: str, session_id: str | None) -> None:
        self.lab = lab
        self.id = kernel_id
        self.session_id = session_id
        self.client = BlockingKernelClient()
        path = lab.runtime / f"kernel-{kernel_id}.json"
        wait(path.exists)
        self.client.load_connection_file(str(path))
        # On a loaded machine a kernel may not answer for seconds; that is not its death.
        self.client.hb_channel.time_to_dead = 20.0
        self.client.start_channels()

    def ready(self) -> Kernel:
        """Wait until the kernel answers."""
        end = time.monotonic() + 60
        while True:
            try:
                self.client.wait_for_ready(timeout=60)
                return self
            except RuntimeError:
                # On a busy machine a heartbeat that takes more than a second is no death.
                if time.monotonic() > end:
                    raise

    def run(self, code: str, cell_id: str | None = None, timeout: float = 120) -> Reply:
        """Run a cell to its end."""
        return self.wait(self.send(code, cell_id), timeout)

    def send(self, code: str, cell_id: str | None = None) -> str:
        """Send a cell, as JupyterLab does, and do not wait."""
        client = self.client
        content = {"code": code, "silent": False, "store_history": True, "user_expressions": {}, "allow_stdin": False,
                   "stop_on_error": True}
        message = client.session.msg("execute_request", content, metadata={"cellId": cell_id} if cell_id else None)
        client.shell_channel.send(message)
        return str(message["header"]["msg_id"])

    def evaluate(self, expression: str, timeout: float = 60) -> str:
        """The repr of an expression, by the shell channel alone: works from the first moment of a kernel on."""
        sent = self.client.execute("1", user_expressions={"value": expression})
        while True:
            answer = self.client.get_shell_msg(timeout=timeout)
            if answer["parent_header"].get("msg_id") == sent:
                return str(answer["content"]["user_expressions"]["value"]["data"]["text/plain"])

    def wait(self, message_id: str, timeout: float = 120) -> Reply:
        """Gather what belongs to a cell until the kernel is idle again."""
        reply, end = Reply(), time.monotonic() + timeout
        while time.monotonic() < end:
            message = self.client.get_iopub_msg(timeout=max(end - time.monotonic(), 0.1))
            if message["parent_header"].get("msg_id") != message_id:
                continue
            kind, content = message["msg_type"], message["content"]
            reply.messages.append(message)
            if kind == "stream" and content["name"] == "stdout":
                reply.text += content["text"]
            elif kind == "execute_input":
                reply.count = content["execution_count"]
            elif kind == "error":
                reply.error = "\n".join(content["traceback"])
            elif kind in ("display_data", "execute_result"):
                reply.outputs.append(content)
            elif kind == "status" and content["execution_state"] == "idle":
                break
        else:
            raise TimeoutError(f"cell did not end within {timeout} s")
        while True:
            answer = self.client.get_shell_msg(timeout=30)
            if answer["parent_header"].get("msg_id") == message_id:
                reply.status = answer["content"]["status"]
                return reply

    def close(self) -> None:
        """Close our sockets; the kernel runs on."""
        self.client.stop_channels()


class Lab:
    """Start one with `with Lab(tmp_path) as lab:`."""

    command: tuple[str | Path, ...] = (
        sys.executable, "-m", "jupyter_server", "--ServerApp.jpserver_extensions={'jupyterlab_cellruns': True}",
    )
    """The server alone, with Cellruns of this working tree switched on."""

    def __init__(
        self, folder: Path, *options: str, env: dict[str, str] | None = None, base_url: str = "/",
        command: tuple[str | Path, ...] | None = None,
    ) -> None:
        self.command = command or self.command
        self.folder = folder
        self.root = folder / "root"
        self.root.mkdir(parents=True, exist_ok=True)
        self.runtime = folder / "runtime"
        self.token = uuid.uuid4().hex
        self.base_url = base_url
        self.options = list(options)
        self.log_path = folder / "jupyter.log"
        keep = {k: v for k, v in os.environ.items() if not k.startswith(("MLFLOW_", "JUPYTER", "JPY_", "CELLRUNS_"))}
        self.env = {
            **keep, "JUPYTER_RUNTIME_DIR": str(self.runtime), "JUPYTER_DATA_DIR": str(folder / "data"),
            "JUPYTER_CONFIG_DIR": str(folder / "config"), "IPYTHONDIR": str(folder / "ipython"),
            "MLFLOW_DISABLE_TELEMETRY": "true", "PYTHONPATH": str(ROOT), **(env or {}),
        }
        self.process: subprocess.Popen[bytes] | None = None
        self.port = 0
        self.fixed_port = 0

    def __enter__(self) -> Lab:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> Lab:
        """Start the server and wait until it answers."""
        self.port = self.fixed_port or free_port()
        command = [
            *self.command, "--no-browser", "--allow-root", f"--ServerApp.port={self.port}",
            "--ServerApp.port_retries=0", f"--ServerApp.root_dir={self.root}", f"--ServerApp.base_url={self.base_url}",
            f"--IdentityProvider.token={self.token}", *self.options,
        ]
        with self.log_path.open("ab") as log:
            self.process = subprocess.Popen(command, env=self.env, cwd=self.root, stdout=log, stderr=log)
        assert wait(self._answers, 60), self.log()
        return self

    def stop(self) -> None:
        """Stop the server as Ctrl-C does."""
        if self.process is not None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
            self.process = None

    def kill(self) -> None:
        """SIGKILL the server."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()
        self.process = None

    def log(self) -> str:
        """What the server has logged."""
        return self.log_path.read_text("utf-8", "replace")

    def fetch(self, path: str, method: str = "GET", body: Any = None) -> Any:
        """Ask the server and read its JSON; None for an empty answer."""
        text = self.read(path, method, body)
        return json.loads(text) if text else None

    def read(self, path: str, method: str = "GET", body: Any = None) -> bytes:
        """Ask the server; urllib.error.HTTPError for 4xx and 5xx."""
        data = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{self.base_url}{path}", data=data, method=method,
            headers={"Authorization": f"token {self.token}", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=90) as response:
            return bytes(response.read())

    def notebook(self, path: str = "train.ipynb", kernel: str = "python3") -> Kernel:
        """Open a notebook's session as JupyterLab does."""
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        if not file.exists():
            file.write_text(json.dumps({"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}))
        session = self.fetch("api/sessions", "POST", {
            "path": path, "name": file.name, "type": "notebook", "kernel": {"name": kernel},
        })
        return Kernel(self, session["kernel"]["id"], session["id"])

    def bare_kernel(self) -> Kernel:
        """A kernel without a session."""
        return Kernel(self, self.fetch("api/kernels", "POST", {"name": "python3"})["id"], None)

    def rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """Rows of mlflow.db in the root directory."""
        path = self.root / "mlflow.db"
        if not path.exists():
            return []
        connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=20)
        try:
            return connection.execute(sql, values).fetchall()
        finally:
            connection.close()

    def tags(self, run_id: str) -> dict[str, str]:
        """Tags of a run."""
        return dict(self.rows("SELECT key, value FROM tags WHERE run_uuid=?", run_id))

    def _answers(self) -> bool:
        if self.process is not None and self.process.poll() is not None:
            raise AssertionError(self.log())
        try:
            return bool(self.fetch("api"))
        except (urllib.error.URLError, OSError):
            return False
