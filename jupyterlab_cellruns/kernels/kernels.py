"""Attaches every kernel that this server starts, at start, restart and automatic restart, and follows it to its end."""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections.abc import Callable
from typing import Any

from ..capture.capture import Capture
from ..capture.kernel_runs import KernelRuns
from ..closing import Closer
from . import inject
from .address import KernelTokens
from .environment import kernel_environment
from .tap import Tap

_STOP_SECONDS = 12.0
"""How long a stopping server waits for kernels with open runs: Jupyter kills one that does not end after 5 s."""


class _Kernel:
    def __init__(self, kernel_id: str, python: bool, store: str) -> None:
        self.id = kernel_id
        self.python = python
        self.store = store
        self.attached = False
        self.enabled = True
        self.tap: Tap | None = None
        self.state: dict[str, Any] = {}


class Kernels:
    """The kernels of one Jupyter server. Everything here runs on the event loop."""

    def __init__(
        self,
        manager: Any,
        *,
        server: Callable[[], str | None],
        capture: Capture,
        spool: str,
        replaces: str | None,
        secrets: frozenset[str],
        wanted: Callable[[str | None, str | None], bool],
        store_of: Callable[[str | None], str],
        notice: Callable[[str, str, str], None],
        closer: Closer,
        alive: str,
        log: logging.Logger,
    ) -> None:
        self.manager = manager
        self.tokens = KernelTokens()
        self._server = server
        self._capture = capture
        self._spool = spool
        self._replaces = replaces
        self._secrets = secrets
        self._wanted = wanted
        self._store_of = store_of
        self._notice = notice
        self._closer = closer
        self._alive = alive
        self._log = log
        self._kernels: dict[str, _Kernel] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._finishing: set[asyncio.Task[None]] = set()

    def install(self) -> None:
        """Follow the manager's starts, restarts and shutdowns.

        The methods are wrapped on the instance, as no event carries the environment and other extensions own the
        manager's class; kernels of remote managers without an iopub socket here start as they did.
        """
        manager = self.manager
        start, restart, shutdown = manager.start_kernel, manager.restart_kernel, manager.shutdown_kernel

        async def start_kernel(*args: Any, **kwargs: Any) -> Any:
            known = kwargs.get("kernel_id") is not None and kwargs["kernel_id"] in manager
            if not known:
                self._guarded("prepare", self._prepare, kwargs)
            kernel_id = await start(*args, **kwargs)
            if not known:
                self._guarded("attach", self._started, kernel_id)
            return kernel_id

        async def restart_kernel(kernel_id: str, *args: Any, **kwargs: Any) -> Any:
            old = self._capture.retire(kernel_id) if kernel_id in self._kernels else None
            status = self._status(kernel_id)
            try:
                return await restart(kernel_id, *args, **kwargs)
            finally:
                if old is not None:
                    self._guarded("attach", self._restarted, kernel_id, old, status)

        async def shutdown_kernel(kernel_id: str, *args: Any, **kwargs: Any) -> Any:
            status = self._status(kernel_id)
            try:
                return await shutdown(kernel_id, *args, **kwargs)
            finally:
                self._guarded("finish", self._ended, kernel_id, status)

        manager.start_kernel = start_kernel
        manager.restart_kernel = restart_kernel
        manager.shutdown_kernel = shutdown_kernel

    def known(self, kernel_id: str) -> bool:
        """Whether Cellruns follows this kernel."""
        return kernel_id in self._kernels

    def attached(self, kernel_id: str) -> bool:
        """Whether the kernel has said that our hooks are in it."""
        kernel = self._kernels.get(kernel_id)
        return kernel is not None and kernel.attached

    def enabled(self, kernel_id: str) -> bool:
        """Whether capture is on in the kernel."""
        kernel = self._kernels.get(kernel_id)
        return kernel is not None and kernel.enabled

    def store(self, kernel_id: str) -> str | None:
        """Id of the store that was chosen last for a kernel; None for one that is not followed. From any thread."""
        kernel = self._kernels.get(kernel_id)
        return kernel.store if kernel is not None else None

    def ids(self) -> list[str]:
        """Ids of the kernels that are followed."""
        return list(self._kernels)

    def foreign(self) -> dict[str, int]:
        """Kernels on this machine that are not Python, with the numbers of their processes."""
        found: dict[str, int] = {}
        for kernel in self._kernels.values():
            if not kernel.python and kernel.id in self.manager:
                pid = getattr(getattr(self.manager.get_kernel(kernel.id), "provisioner", None), "pid", None)
                if isinstance(pid, int):
                    found[kernel.id] = pid
        return found

    async def set_enabled(self, kernel_id: str, enabled: bool) -> None:
        """Switch capture in a running kernel on or off; waits for the kernel where it is busy."""
        kernel = self._kernels.get(kernel_id)
        if kernel is None or kernel.enabled == enabled:
            return
        kernel.enabled = enabled
        if kernel.attached:
            await inject.switch(self.manager.get_kernel(kernel_id), enabled)

    async def set_store(self, kernel_id: str, store: str) -> None:
        """Send the next runs of a running kernel to another store; waits for the kernel where it is busy.

        A kernel that is busy asks before its next run by itself.
        """
        kernel = self._kernels.get(kernel_id)
        if kernel is None or kernel.store == store:
            return
        kernel.store = store
        if kernel.attached and kernel.python:
            await inject.set_store(self.manager.get_kernel(kernel_id), store)

    async def stop(self) -> None:
        """Close all taps.

        The server ends its kernels a moment after its extensions; those with open runs are ended now, while what they
        say last can still be stored.
        """
        busy = [k for k in self._kernels if k in self.manager and self._capture.kernel(k).active()]
        ending = [asyncio.ensure_future(self.manager.shutdown_kernel(k)) for k in busy]
        if ending:
            await asyncio.wait(ending, timeout=_STOP_SECONDS)
        if self._finishing:
            await asyncio.wait(self._finishing, timeout=_STOP_SECONDS)
        for task in list(self._tasks):
            task.cancel()
        for kernel in self._kernels.values():
            if kernel.tap is not None:
                kernel.tap.close()
        self._kernels.clear()

    def _guarded(self, what: str, function: Callable[..., None], *args: Any) -> None:
        try:
            function(*args)
        except Exception:
            self._log.exception("Cellruns could not %s a kernel; it runs without Cellruns", what)

    def _prepare(self, kwargs: dict[str, Any]) -> None:
        server = self._server()
        env = kwargs.get("env")
        name = (env or {}).get("JPY_SESSION_NAME")
        if server is None or not self._wanted(None, name):
            return
        kernel_id = kwargs.get("kernel_id") or self.manager.new_kernel_id()
        kwargs["kernel_id"] = kernel_id
        python = self._language(kwargs.get("kernel_name")) == "python"
        store = self._store_of(name)
        base = env if env is not None else os.environ
        kwargs["env"] = self.environment(kernel_id, server, base, python, store)
        self._kernels[kernel_id] = _Kernel(kernel_id, python, store)

    def environment(self, kernel_id: str, server: str, base: Any, python: bool, store: str) -> dict[str, str]:
        """The environment of a kernel."""
        return kernel_environment(
            base, kernel_id=kernel_id, server=server, token=self.tokens.make(kernel_id), spool=self._spool,
            alive=self._alive, python=python, store=store, replaces=self._replaces, secrets=self._secrets,
        )

    def _language(self, kernel_name: str | None) -> str:
        spec = self.manager.kernel_spec_manager.get_kernel_spec(kernel_name or self.manager.default_kernel_name)
        return str(spec.language).lower()

    def _started(self, kernel_id: str) -> None:
        kernel = self._kernels.get(kernel_id)
        if kernel is None:
            return
        manager = self.manager.get_kernel(kernel_id)
        if not hasattr(manager, "connect_iopub"):
            self._log.info("Cellruns: kernel %s has no iopub channel on this machine", kernel_id)
            return
        self._open_tap(kernel)
        manager.add_restart_callback(lambda: self._guarded("follow", self._crashed, kernel_id), "restart")
        manager.add_restart_callback(lambda: self._guarded("finish", self._ended, kernel_id, "KILLED"), "dead")
        self._spawn(self._look(kernel))

    def _open_tap(self, kernel: _Kernel) -> None:
        if kernel.tap is not None:
            kernel.tap.close()
        kernel_id = kernel.id
        kernel.tap = Tap(
            self.manager.get_kernel(kernel_id),
            not kernel.python,
            lambda content: self._capture.feed(kernel_id, content),
            lambda kind, text: self._notice(kernel_id, kind, text),
        )

    def _crashed(self, kernel_id: str) -> None:
        # The restarter calls before it starts the successor.
        self._restarted(kernel_id, self._capture.retire(kernel_id), "KILLED", pause=1.0)

    def _restarted(self, kernel_id: str, old: KernelRuns, status: str, pause: float = 0.0) -> None:
        kernel = self._kernels.get(kernel_id)
        if kernel is None:
            return
        kernel.attached = False
        if kernel.tap is not None and kernel.tap.ports != list(self.manager.get_kernel(kernel_id).ports):
            self._open_tap(kernel)
        self._finish(kernel_id, old, status)
        self._spawn(self._look(kernel, pause))

    def _ended(self, kernel_id: str, status: str) -> None:
        kernel = self._kernels.pop(kernel_id, None)
        if kernel is None:
            return
        self._finish(kernel_id, self._capture.retire(kernel_id), status, kernel.tap)

    def _status(self, kernel_id: str) -> str:
        """How runs end that a kernel leaves open whose end is asked for: work that is under way is killed."""
        kernel = self.manager.get_kernel(kernel_id) if kernel_id in self.manager else None
        return "KILLED" if getattr(kernel, "execution_state", "idle") == "busy" else "FINISHED"

    def _finish(self, kernel_id: str, old: KernelRuns, status: str, tap: Tap | None = None) -> None:
        async def finish() -> None:
            # Its last messages may still be on their way.
            await asyncio.sleep(0.2)
            if tap is not None:
                tap.close()
            await self._closer.kernel_ended(kernel_id, old, status)

        self._closer.expect(kernel_id)
        task = self._spawn(finish())
        self._finishing.add(task)
        task.add_done_callback(self._finishing.discard)

    async def _look(self, kernel: _Kernel, pause: float = 0.0) -> None:
        if not kernel.python:
            kernel.attached = True
            return
        await asyncio.sleep(pause)
        server = self._server()
        own = {}
        if server is not None:
            full = self.environment(kernel.id, server, {}, False, kernel.store)
            own = {k: v for k, v in full.items() if k.startswith(("CELLRUNS_", "MLFLOW_"))}
        began = time.monotonic()
        try:
            state = await inject.look(self.manager.get_kernel(kernel.id), own)
        except Exception as error:
            if kernel.id in self._kernels:
                self._log.warning("Cellruns: kernel %s did not say whether it is attached: %r", kernel.id, error)
            return
        kernel.state = state or {}
        kernel.attached = bool(state and state.get("attached"))
        if kernel.attached and kernel.state.get("store", kernel.store) != kernel.store:
            # A restart brings back the environment of the first start.
            await inject.set_store(self.manager.get_kernel(kernel.id), kernel.store)
        self._log.debug(
            "Cellruns: kernel %s attached=%s after %.2f s", kernel.id, kernel.attached, time.monotonic() - began
        )

    def _spawn(self, work: Any) -> asyncio.Task[None]:
        task: asyncio.Task[None] = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._forget)
        return task

    def _forget(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            self._log.error("Cellruns: work on a kernel failed", exc_info=task.exception())
