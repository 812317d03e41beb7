"""“Try it”: one prediction of a model in a scratch process, watched while it goes on."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import tempfile
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from ..executable import Interpreter
from .process import Bounds, Process

MAX_SECONDS = 3600
MAX_RUNNING = 4
_KEPT = 20
_SOURCE = Path(__file__).with_name("try_script.py")

Folder = Callable[[], Awaitable[str]]
"""Brings the model's folder onto this machine; raises what the route answers with."""


class Try:
    """One run. `phase`: copy, start, import, load, input or predict; the state is the process's."""

    def __init__(self, interpreter: Interpreter, folder: Folder, text: str | None, params: Any, bounds: Bounds) -> None:
        self.id = secrets.token_hex(8)
        self.phase = "copy"
        self.mlflow: str | None = None
        self.result: dict[str, Any] | None = None
        self.error: dict[str, Any] | None = None
        self.process = Process(self._said, bounds)
        self.interpreter = interpreter
        self._folder = folder
        self._job: dict[str, Any] = {"input": text, "params": params}
        self._changed = asyncio.Event()
        self._task = asyncio.ensure_future(self._run())

    @property
    def running(self) -> bool:
        """Whether it has not ended yet."""
        return not self._task.done()

    async def wait(self, seconds: float) -> None:
        """Wait until there is news, at most so long."""
        if self.running:
            self._changed.clear()
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._changed.wait(), seconds)

    async def stop(self) -> None:
        """Cancel it; returns when it is gone."""
        self.process.stop()
        if self.phase == "copy":
            self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task

    def json(self) -> dict[str, Any]:
        """As in `GET models/tries/<id>` of docs/http-api.md."""
        process = self.process
        return {
            "id": self.id, "state": process.state if self.running or process.state != "running" else "cancelled",
            "phase": self.phase, "seconds": round(process.seconds, 3), "memory": process.peak, "mlflow": self.mlflow,
            "executable": self.interpreter.executable, "log": list(process.log), "result": self.result,
            "error": self.error,
        }

    async def _run(self) -> None:
        try:
            path = await self._folder()
            self.phase = "start"
            self._changed.set()
            with tempfile.TemporaryDirectory(prefix="cellruns-try-", ignore_cleanup_errors=True) as folder:
                source = await asyncio.to_thread(_SOURCE.read_text, "utf-8")
                await self.process.run(self.interpreter, source, {**self._job, "path": path}, folder)
            if self.process.state == "done" and self.result is None:
                self.process.state = "failed"
            if self.process.state == "failed" and self.error is None:
                self.error = {"error": self._died(), "where": self.phase, "trace": ""}
        except asyncio.CancelledError:
            self.process.state = "cancelled"
        except Exception as error:
            self.process.state = "failed"
            message = getattr(error, "message", None) or str(error) or type(error).__name__
            self.error = {"error": str(message), "where": self.phase, "trace": ""}
        finally:
            self._changed.set()

    def _died(self) -> str:
        code = self.process.code
        if code is not None and code < 0:
            return f"The process was ended by signal {-code}, perhaps for want of memory"
        return f"The process ended with exit code {code}"

    def _said(self, message: dict[str, Any]) -> None:
        if "phase" in message:
            self.phase = str(message["phase"])
            self.mlflow = message.get("mlflow") or self.mlflow
        elif "result" in message:
            self.result = message["result"]
        elif "error" in message:
            self.error = {key: str(message.get(key, "")) for key in ("error", "where", "trace")}
        self._changed.set()


class Tries:
    """The tries of this server; the last ones are kept for a page that asks again."""

    def __init__(self) -> None:
        self._tries: OrderedDict[str, Try] = OrderedDict()

    @property
    def running(self) -> int:
        """How many go on now."""
        return sum(one.running for one in self._tries.values())

    def add(self, one: Try) -> None:
        """Keep it; the oldest ended ones go."""
        self._tries[one.id] = one
        for old in [key for key, value in self._tries.items() if not value.running][: max(0, len(self._tries) - _KEPT)]:
            del self._tries[old]

    def get(self, key: str) -> Try | None:
        """One of them."""
        return self._tries.get(key)

    async def stop(self) -> None:
        """Cancel all."""
        await asyncio.gather(*(one.stop() for one in self._tries.values() if one.running))
