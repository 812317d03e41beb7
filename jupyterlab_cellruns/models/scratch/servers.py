"""`mlflow models serve` for a model, as a child of this server: its state, its port, its log, its end."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import socket
import tempfile
from pathlib import Path
from typing import Any

from ..executable import Interpreter
from .process import Bounds, Process
from .tries import Folder

MAX_SERVERS = 4
_READY_S = 180.0
_SOURCE = Path(__file__).with_name("serve_script.py")


class ModelServer:
    """One server. `state`: copy, starting, ready, failed or stopped."""

    def __init__(self, model: str, interpreter: Interpreter, folder: Folder, memory: int | None,
                 store: str | None = None) -> None:
        self.id = secrets.token_hex(8)
        self.model, self.store = model, store
        self.state = "copy"
        self.port: int | None = None
        self.message: str | None = None
        self.process = Process(lambda _: None, Bounds(None, memory))
        self.interpreter = interpreter
        self._folder = folder
        self._task = asyncio.ensure_future(self._run())

    @property
    def url(self) -> str:
        """Where it listens, on this machine only."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def running(self) -> bool:
        """Whether it has not ended."""
        return not self._task.done()

    async def stop(self) -> None:
        """Stop it; returns when it is gone."""
        self.process.stop()
        if self.state == "copy":
            self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task

    def json(self) -> dict[str, Any]:
        """As in `GET models/servers` of docs/http-api.md."""
        return {
            "id": self.id, "model": self.model, "store": self.store, "state": self.state, "port": self.port,
            "message": self.message,
            "executable": self.interpreter.executable, "seconds": round(self.process.seconds, 1),
            "memory": self.process.peak, "log": list(self.process.log),
        }

    async def _run(self) -> None:
        try:
            path = await self._folder()
            self.state = "starting"
            self.port = _free_port()
            source = await asyncio.to_thread(_SOURCE.read_text, "utf-8")
            with tempfile.TemporaryDirectory(prefix="cellruns-serve-", ignore_cleanup_errors=True) as folder:
                job = {"path": path, "port": self.port}
                running = asyncio.ensure_future(self.process.run(self.interpreter, source, job, folder))
                watch = asyncio.ensure_future(self._ready())
                try:
                    await running
                finally:
                    watch.cancel()
            self._ended()
        except asyncio.CancelledError:
            self.state = "stopped"
        except Exception as error:
            self.state = "failed"
            self.message = str(getattr(error, "message", None) or error or type(error).__name__)

    def _ended(self) -> None:
        process = self.process
        if process.state == "cancelled":
            self.state = "stopped"
            return
        if process.state == "memory":
            self.message = f"It was stopped: it used more memory than allowed ({process.peak >> 20} MiB)."
        elif self.message is None:
            self.message = f"It ended with exit code {process.code}. Its log says why."
        self.state = "failed"

    async def _ready(self) -> None:
        end = asyncio.get_running_loop().time() + _READY_S
        assert self.port is not None
        while asyncio.get_running_loop().time() < end:
            if await _answers(self.port):
                self.state = "ready"
                return
            await asyncio.sleep(0.2)
        self.message = f"It did not answer within {_READY_S:.0f} s."
        self.process.stop("time")


class ModelServers:
    """The model servers of this Jupyter server."""

    def __init__(self) -> None:
        self._servers: dict[str, ModelServer] = {}

    def all(self) -> list[ModelServer]:
        """Oldest first; ended ones stay until they are removed."""
        return list(self._servers.values())

    def get(self, key: str) -> ModelServer | None:
        """One of them."""
        return self._servers.get(key)

    def add(self, server: ModelServer) -> None:
        """Keep it; an ended one of the same model goes."""
        for key, old in list(self._servers.items()):
            if not old.running and (old.model == server.model or len(self._servers) >= 20):
                del self._servers[key]
        self._servers[server.id] = server

    @property
    def running(self) -> int:
        """How many run now."""
        return sum(server.running for server in self._servers.values())

    async def stop(self) -> None:
        """Stop all."""
        await asyncio.gather(*(server.stop() for server in self._servers.values() if server.running))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def _answers(port: int) -> bool:
    """Ask /ping by hand: httpx is not worth importing for that."""
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            writer.write(b"GET /ping HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            await writer.drain()
            return b" 200 " in await asyncio.wait_for(reader.readline(), 5.0)
        finally:
            writer.close()
    except (OSError, asyncio.TimeoutError):
        return False
