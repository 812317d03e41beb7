"""A Python process of its own with bounds: time, memory, and an end that comes with ours."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import psutil

from ..executable import Interpreter

State = Literal["running", "done", "failed", "cancelled", "time", "memory"]

_LOOK_S = 0.1
_MAX_LINE = 4 << 20
_LOG_LINES = 400
_LINE_CHARACTERS = 2000
_SECRET = (
    "JUPYTER", "JPY_", "CELLRUNS_", "MLFLOW_TRACKING_", "MLFLOW_REGISTRY_", "MLFLOW_RUN_", "MLFLOW_EXPERIMENT_",
    "_MLFLOW_", "PYTHONSTARTUP",
)


def environment(base: Mapping[str, str], extra: Mapping[str, str]) -> dict[str, str]:
    """The environment for code that is not trusted with Jupyter's and the store's tokens; `extra` is the kernelspec's."""
    kept = {key: value for key, value in base.items() if not key.startswith(_SECRET)}
    return {
        **kept, **extra, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONIOENCODING": "utf-8", "PYTHONUNBUFFERED": "1",
        "MLFLOW_DISABLE_TELEMETRY": "true",
    }


@dataclass(frozen=True)
class Bounds:
    """`seconds` from start to end, `memory` in bytes resident over all its processes; None for no bound."""

    seconds: float | None
    memory: int | None


class Process:
    """One process and its children. Made and used on the event loop; `said` gets each JSON line of its stdout."""

    def __init__(self, said: Callable[[dict[str, Any]], None], bounds: Bounds) -> None:
        self.state: State = "running"
        self.code: int | None = None
        self.peak = 0
        """Most bytes resident that were seen."""
        self.log: deque[str] = deque(maxlen=_LOG_LINES)
        self.lines = 0
        """How many lines it has said to stderr; `log` holds the last of them."""
        self._said = said
        self._bounds = bounds
        self._began = time.monotonic()
        self._ended: float | None = None
        self._process: asyncio.subprocess.Process | None = None
        self._asked: State | None = None

    @property
    def seconds(self) -> float:
        """How long it has run."""
        return (self._ended or time.monotonic()) - self._began

    async def run(self, interpreter: Interpreter, source: str, job: Mapping[str, Any], folder: str) -> None:
        """Start it in `folder`, hand it `job`, and wait for its end. Raises OSError where it cannot be started."""
        if self._asked is not None:
            self._finish(self._asked)
            return
        process = self._process = await asyncio.create_subprocess_exec(
            interpreter.executable, "-c", source, cwd=folder, env=environment(os.environ, dict(interpreter.env)),
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
            limit=_MAX_LINE, start_new_session=os.name == "posix",
        )
        assert process.stdin is not None
        readers = [asyncio.ensure_future(self._read_out()), asyncio.ensure_future(self._read_log())]
        watch = asyncio.ensure_future(self._watch())
        try:
            with contextlib.suppress(ConnectionError):
                process.stdin.write(json.dumps(job).encode() + b"\n")
                await process.stdin.drain()
            self.code = await process.wait()
            # A child that holds the pipes open must not hold us up.
            await asyncio.wait(readers, timeout=2.0)
        finally:
            watch.cancel()
            for reader in readers:
                reader.cancel()
            self._kill()
            if process.returncode is None:
                await process.wait()
            process.stdin.close()
            self._finish(self._asked or ("done" if process.returncode == 0 else "failed"))

    def stop(self, why: State = "cancelled") -> None:
        """End it now. Again is harmless."""
        if self.state == "running" and self._asked is None:
            self._asked = why
            self._kill()

    def _finish(self, state: State) -> None:
        if self.state == "running":
            self.state = state
            self._ended = time.monotonic()

    async def _watch(self) -> None:
        assert self._process is not None
        while True:
            bounds = self._bounds
            if bounds.seconds is not None and self.seconds > bounds.seconds:
                self.stop("time")
            used = await asyncio.to_thread(resident, self._process.pid)
            self.peak = max(self.peak, used)
            if bounds.memory is not None and used > bounds.memory:
                self.stop("memory")
            # What runs for hours is looked at less often than what runs for seconds.
            await asyncio.sleep(_LOOK_S if bounds.seconds is not None else 10 * _LOOK_S)

    async def _read_out(self) -> None:
        assert self._process is not None and self._process.stdout is not None
        while True:
            try:
                line = await self._process.stdout.readline()
            except ValueError:
                continue
            if not line:
                return
            with contextlib.suppress(ValueError, AttributeError):
                self._said(json.loads(line))

    async def _read_log(self) -> None:
        assert self._process is not None and self._process.stderr is not None
        while True:
            try:
                line = await self._process.stderr.readline()
            except ValueError:
                continue
            if not line:
                return
            self.lines += 1
            self.log.append(line.decode("utf-8", "replace").rstrip()[:_LINE_CHARACTERS])

    def _kill(self) -> None:
        process = self._process
        if process is None:
            return
        children: list[psutil.Process] = []
        with contextlib.suppress(psutil.Error):
            children = psutil.Process(process.pid).children(recursive=True)
        if os.name == "posix":
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
        elif process.returncode is None:
            process.kill()
        for child in children:
            with contextlib.suppress(psutil.Error):
                child.kill()


def resident(pid: int) -> int:
    """Bytes resident of a process and all below it; 0 where it is gone. Blocks."""
    total = 0
    try:
        root = psutil.Process(pid)
        family = [root, *root.children(recursive=True)]
    except psutil.Error:
        return 0
    for process in family:
        with contextlib.suppress(psutil.Error):
            total += process.memory_info().rss
    return total
