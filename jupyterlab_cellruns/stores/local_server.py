"""The life of the local MLflow server: started when it is needed, started again when it dies, stopped when idle."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import secrets
import socket
import sys
import tempfile
import time
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path

from .base import StoreRefused, StoreUnavailable
from .endpoint import Endpoint

_READY_SECONDS = 300.0
"""How long a child may take until it answers: on a slow disk MLflow makes its tables for minutes."""
_QUICK_DEATH_SECONDS = 20.0
_QUICK_DEATHS = 3
_SOCKET_PATH_LIMIT = 100
# Not `-m`: that would put the user's folder on the path, where a file mlflow.py may lie.
_CHILD = """
import sys
sys.path[:] = [path for path in sys.path if path] + [sys.argv.pop(1)]
from jupyterlab_cellruns.stores.child import main
main()
"""


class LocalServer:
    """One child process at a time. All methods run on the event loop.

    `before` is called in a thread just before a start and gives more options of the child, `after` in a thread when the
    server answers; both may raise StoreRefused. `changed` is called when `state` changes: "idle", "starting", "ready" or "error".
    """

    def __init__(
        self,
        database: Path,
        artifacts: Path,
        runtime_dir: Path,
        *,
        idle_seconds: float,
        before: Callable[[], Sequence[str]],
        after: Callable[[], None],
        changed: Callable[[], None],
        log: logging.Logger,
    ) -> None:
        self.state = "idle"
        self.error: StoreRefused | None = None
        self.pid: int | None = None
        self._database = database
        self._artifacts = artifacts
        self._runtime = runtime_dir
        self._idle_seconds = idle_seconds
        self._before = before
        self._after = after
        self._changed = changed
        self._log = log
        self._endpoint: Endpoint | None = None
        self._task: asyncio.Task[None] | None = None
        self._ready = asyncio.Event()
        self._used = time.monotonic()
        self._last_lines: deque[str] = deque(maxlen=20)
        self._folder: tempfile.TemporaryDirectory[str] | None = None

    def start(self) -> None:
        """Begin to start; returns at once and does nothing where it runs already."""
        self.touch()
        if self._task is None or self._task.done():
            self.error = None
            self._ready = asyncio.Event()
            self._task = asyncio.ensure_future(self._live())

    async def ready(self, timeout: float) -> Endpoint:
        """Start and wait until it answers. Raises StoreRefused, or StoreUnavailable where it takes longer (s)."""
        self.start()
        try:
            await asyncio.wait_for(self._ready.wait(), timeout)
        except asyncio.TimeoutError:
            raise StoreUnavailable(f"The local MLflow server did not answer within {timeout:.0f} s") from None
        if self.error is not None:
            raise self.error
        assert self._endpoint is not None
        return self._endpoint

    def touch(self) -> None:
        """It is in use."""
        self._used = time.monotonic()

    async def stop(self) -> None:
        """Stop it."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None

    def _set(self, state: str) -> None:
        if state != self.state:
            self.state = state
            self._changed()

    async def _live(self) -> None:
        deaths = 0
        try:
            while True:
                began = time.monotonic()
                self._set("starting")
                try:
                    idle = await self._once()
                except StoreRefused as error:
                    self._fail(error)
                    return
                if idle:
                    self._log.info("Cellruns: the local MLflow server was idle and is stopped")
                    self._set("idle")
                    return
                deaths = deaths + 1 if time.monotonic() - began < _QUICK_DEATH_SECONDS else 1
                self._ready.clear()
                if deaths >= _QUICK_DEATHS:
                    self._fail(self._gave_up())
                    return
                self._log.warning("Cellruns: the local MLflow server has ended; it is started again")
                await asyncio.sleep(0.2 * deaths)
        except asyncio.CancelledError:
            self._set("idle")
            raise

    def _gave_up(self) -> StoreRefused:
        said = "\n".join(list(self._last_lines)[-6:]) or "it said nothing"
        return StoreRefused(
            f"The local MLflow server for {self._database} ends as soon as it is started. Its last words: {said}",
            "Try `mlflow server --backend-store-uri sqlite:///mlflow.db` in that folder, mend what it says, then "
            "restart the kernel.",
        )

    def _fail(self, error: StoreRefused) -> None:
        self.error = error
        self._log.error("Cellruns: %s %s", error.message, error.hint)
        self._set("error")
        self._ready.set()

    async def _once(self) -> bool:
        """Run one process to its end; True where it was stopped for idleness."""
        more = await asyncio.to_thread(self._before)
        endpoint, where = self._address()
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            _CHILD,
            str(Path(__file__).parents[2]),
            "--store",
            f"sqlite:///{self._database}",
            "--artifacts",
            str(self._artifacts),
            *more,
            *where,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            cwd=str(self._database.parent),
            env=self._environment(),
        )
        self.pid = process.pid
        reader = asyncio.ensure_future(self._read(process))
        ended = asyncio.ensure_future(process.wait())
        try:
            if not await self._answers(endpoint, ended):
                return False
            await asyncio.to_thread(self._after)
            self._endpoint = endpoint
            self._ready.set()
            self._set("ready")
            while not ended.done():
                left = self._used + self._idle_seconds - time.monotonic()
                if left <= 0:
                    return True
                await asyncio.wait([ended], timeout=min(left + 0.05, 30.0))
            return False
        finally:
            self.pid = None
            self._ready.clear()
            await _end(process)
            await asyncio.wait([reader], timeout=2.0)

    def _address(self) -> tuple[Endpoint, list[str]]:
        # A name that MLflow's own host check accepts, whatever the transport.
        if os.name == "nt":
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", 0))
                port = probe.getsockname()[1]
            return Endpoint(f"http://localhost:{port}"), ["--port", str(port)]
        if self._folder is None:
            self._runtime.mkdir(parents=True, exist_ok=True, mode=0o700)
            base = str(self._runtime)
            # The kernel takes no longer names for sockets; the system's folder for temporary files has a short one.
            short = base if len(base) + 40 < _SOCKET_PATH_LIMIT else None
            self._folder = tempfile.TemporaryDirectory(prefix="mlflow-", dir=short)
        path = os.path.join(self._folder.name, f"{secrets.token_hex(4)}.sock")
        return Endpoint("http://localhost", uds=path), ["--uds", path]

    def _environment(self) -> dict[str, str]:
        # The child serves a file; addresses and credentials of other stores are not for it.
        return {k: v for k, v in os.environ.items() if not k.startswith(("MLFLOW_TRACKING_", "MLFLOW_REGISTRY_"))}

    async def _answers(self, endpoint: Endpoint, ended: asyncio.Future[int]) -> bool:
        end = time.monotonic() + _READY_SECONDS
        while time.monotonic() < end and not ended.done():
            if await _healthy(endpoint):
                return True
            await asyncio.wait([ended], timeout=0.1)
        return False

    async def _read(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        while True:
            try:
                line = await process.stdout.readline()
            except ValueError:
                continue
            if not line:
                return
            text = line.decode("utf-8", "replace").rstrip()
            self._last_lines.append(text)
            self._log.info("MLflow: %s", text)


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is not None:
        return
    with contextlib.suppress(ProcessLookupError):
        process.terminate()
    try:
        await asyncio.wait_for(process.wait(), 5.0)
    except asyncio.TimeoutError:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def _healthy(endpoint: Endpoint) -> bool:
    """Ask /health by hand: httpx is not worth importing for that."""
    try:
        if endpoint.uds is not None:
            reader, writer = await asyncio.open_unix_connection(endpoint.uds)
        else:
            reader, writer = await asyncio.open_connection("127.0.0.1", int(endpoint.base_url.rsplit(":", 1)[1]))
        try:
            writer.write(b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            await writer.drain()
            line = await asyncio.wait_for(reader.readline(), 5.0)
            return b" 200 " in line
        finally:
            writer.close()
    except (OSError, asyncio.TimeoutError):
        return False
