"""The server extension as one object: stores, capture, kernels and notebooks, and what connects them."""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from . import __version__, experiments
from .announce import Announcer
from .capture.capture import Capture
from .capture.spool import SpoolFolder
from .experiments import Mode
from .kernels.kernels import Kernels
from .notebooks import Notebooks
from .sessions import Sessions
from .spools import SpoolHome
from .stores.base import StoreRefused, StoreUnavailable
from .stores.manager import StoreManager


class Settings:
    """What the administrator's configuration and the user's settings say together."""

    def __init__(self, enabled: bool, mode: Mode, name: str) -> None:
        self.allowed = enabled
        self.enabled = enabled
        self.mode = mode
        self.name = name

    def json(self) -> dict[str, Any]:
        """As in `PUT settings` of docs/http-api.md."""
        return {"enabled": self.enabled, "experiment_mode": self.mode, "experiment_name": self.name}


class KernelService:
    """Kernels as the routes ask for them."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def state(self, kernel_id: str) -> dict[str, Any] | None:
        """`KernelState` of docs/http-api.md, or None for a kernel that this server does not run."""
        service = self._service
        path = service.sessions.notebook(kernel_id)
        if not service.following.known(kernel_id):
            if path is None and kernel_id not in service.following.manager:
                return None
            return {
                "attached": False, "enabled": service.notebooks.get(path)["enabled"] if path else False,
                "notebook": path, "experiment": {"id": None, "name": "Default"}, "active_runs": [], "problems": [],
            }
        runs = service.capture.kernel(kernel_id)
        return {
            "attached": service.following.attached(kernel_id),
            "enabled": service.following.enabled(kernel_id),
            "notebook": path,
            "experiment": service.planned_experiment(kernel_id, path),
            "active_runs": [{"run_id": r.run, "name": r.name} for r in runs.active()],
            "problems": list(runs.problems),
        }

    def anchors(self, kernel_id: str) -> list[dict[str, Any]]:
        """Charts that this kernel incarnation has opened, oldest first."""
        return self._service.capture.anchors(kernel_id)

    async def context(self, kernel_id: str, body: dict[str, Any]) -> dict[str, Any]:
        """Experiment and tags for the next run."""
        return await self._service.run_context(kernel_id, body)

    def kernel_of_token(self, token: str) -> str | None:
        """Kernel of a valid token."""
        return self._service.following.tokens.kernel(token)

    async def bind(self, kernel_id: str, binding: dict[str, Any]) -> None:
        """Apply a notebook's choice to its running kernel; a busy kernel follows when it is free."""
        task = asyncio.ensure_future(self._service.following.set_enabled(kernel_id, bool(binding["enabled"])))
        self._service.keep(task)


class Service:
    """Made by the extension app; `start` and `stop` run on the event loop."""

    version = __version__

    def __init__(self, serverapp: Any, settings: Settings, stores: StoreManager, spools: SpoolHome, data_dir: Path,
                 server_url: Callable[[], str | None], replaces: str | None, log: logging.Logger) -> None:
        self.settings = settings
        self.stores = stores
        self.log = log
        self._spools = spools
        self._serverapp = serverapp
        self._tasks: set[asyncio.Future[Any]] = set()
        self._planned: dict[str, dict[str, Any]] = {}
        self.notebooks = Notebooks(data_dir / "notebooks.json")
        self.sessions = Sessions(serverapp.session_manager, serverapp.root_dir)
        self._announcer = Announcer(serverapp.event_logger, self._news, log)
        self.capture = Capture(stores.store, stores.trouble, SpoolFolder(spools.folder), self._announcer.changed, log)
        manager = serverapp.kernel_manager
        self.kernels = KernelService(self)
        self.following = Kernels(
            manager, server=server_url, capture=self.capture, spool=str(spools.folder), replaces=replaces,
            wanted=self._wanted, notice=self._notice, close_runs=self._close_runs, log=log,
        )

    @property
    def enabled(self) -> bool:
        """Whether kernels are attached at all."""
        return self.settings.enabled

    def keep(self, task: asyncio.Future[Any]) -> None:
        """Keep a task until it is done, and log its failure."""
        self._tasks.add(task)
        task.add_done_callback(self._done)

    async def start(self) -> None:
        """Follow kernels and renames, and store what earlier servers have left in their spools."""
        self.stores.bind()
        self._announcer.start()
        self.capture.start()
        self.following.install()
        self.stores.on_changed(lambda: self._announcer.changed(set()))
        self.sessions.follow_renames(self._serverapp.event_logger, self._renamed)
        self.keep(asyncio.ensure_future(asyncio.to_thread(self._adopt)))

    async def stop(self) -> None:
        """Store what has come, stop the store, leave the rest in the spool for the next start."""
        await self.following.stop()
        stored = await asyncio.to_thread(self.capture.stop)
        await self.stores.stop()
        if stored:
            self._spools.release()

    async def run_context(self, kernel_id: str, body: dict[str, Any]) -> dict[str, Any]:
        """`{experiment_id, experiment_name, notebook, tags}` for the next run of a kernel."""
        path = self.sessions.notebook(kernel_id) or self.sessions.of_session_name(body.get("session_name"))
        chosen = self.notebooks.get(path)["experiment"] if path is not None else None
        settings = self.settings

        def choose() -> tuple[str | None, str]:
            return experiments.choose(self.stores.store(), path, settings.mode, settings.name, chosen)

        experiment_id, name = await asyncio.to_thread(choose)
        self._planned[kernel_id] = {"id": experiment_id, "name": name}
        return {
            "experiment_id": experiment_id, "experiment_name": name, "notebook": path,
            "tags": experiments.run_tags(path, kernel_id),
        }

    def planned_experiment(self, kernel_id: str, path: str | None) -> dict[str, Any]:
        """The experiment of a kernel's next run as far as it is known without asking the store."""
        chosen = self.notebooks.get(path)["experiment"] if path is not None else None
        name = experiments.planned(path, self.settings.mode, self.settings.name, chosen)
        known = self._planned.get(kernel_id)
        if known is not None and (chosen is None or chosen == known["name"]) and self.settings.mode == "notebook":
            return known
        return {"id": None, "name": name}

    def settings_json(self) -> dict[str, Any]:
        """What `GET settings` answers."""
        return self.settings.json()

    async def apply_settings(self, enabled: bool, mode: Mode, name: str) -> dict[str, Any]:
        """Take over a user's settings; configuration that says off stays off."""
        settings = self.settings
        settings.enabled = enabled and settings.allowed
        settings.mode, settings.name = mode, name
        for kernel_id in self.following.ids():
            path = self.sessions.notebook(kernel_id)
            on = settings.enabled and (path is None or bool(self.notebooks.get(path)["enabled"]))
            self.keep(asyncio.ensure_future(self.following.set_enabled(kernel_id, on)))
        return settings.json()

    async def chart(self, body: dict[str, Any]) -> dict[str, Any]:
        """The final chart output of a cell, made from the store."""
        from .chart import chart_bundle

        return await asyncio.to_thread(lambda: chart_bundle(self.stores.store(), body))

    def _wanted(self, _kernel_id: str | None, session_name: str | None) -> bool:
        if not self.settings.enabled:
            return False
        path = self.sessions.of_session_name(session_name)
        return path is None or bool(self.notebooks.get(path)["enabled"])

    def _notice(self, kernel_id: str, kind: str, text: str) -> None:
        # In the inbox thread.
        if kind == "mlflow.import":
            self._serverapp.io_loop.add_callback(self.stores.prepare)
        elif kind == "seq":
            source, _, seq = text.rpartition(":")
            if seq.isdigit():
                self.capture.check(source, int(seq))
        else:
            said = {
                "spool": f"The kernel cannot write its spool, so events are safe only once they are stored: {text}",
                "context": f"The kernel could not ask which experiment to use; the run is in 'Default': {text}",
                "fault": f"Cellruns has switched itself off in this kernel after a fault of its own: {text}",
            }
            self.log.warning("Cellruns, kernel %s: %s", kernel_id, said.get(kind, text))
            self.capture.kernel(kernel_id).problem(said.get(kind, text))
            self._announcer.changed(set())

    async def _close_runs(self, run_ids: list[str], status: str) -> None:
        now = int(time.time() * 1000)

        def close() -> None:
            for run_id in run_ids:
                self.stores.store().end_run(run_id, status, now)

        for pause in (0.0, 1.0, 5.0, 20.0, 60.0):
            await asyncio.sleep(pause)
            try:
                await asyncio.to_thread(close)
                break
            except (StoreUnavailable, StoreRefused) as error:
                self.log.warning("Cellruns could not close runs of a kernel that has ended: %s", error)
        self._announcer.changed(set(run_ids))

    def _news(self, run_ids: list[str]) -> dict[str, Any]:
        runs = []
        for run_id in run_ids:
            seen = self.capture.find(run_id)
            runs.append({
                "run_id": run_id,
                "experiment_id": seen.experiment if seen else None,
                "status": seen.status if seen else "RUNNING",
            })
        return {
            "runs": runs, "store_state": self.stores.state()["state"], "waiting": self.capture.waiting,
            "problems": self.capture.problem_count(),
        }

    def _renamed(self, old: str, new: str) -> None:
        self.notebooks.rename(old, new)
        if old.endswith(".ipynb") and self.stores.exists():
            self.keep(asyncio.ensure_future(asyncio.to_thread(
                lambda: experiments.renamed(self.stores.store(), old, new)
            )))

    def _adopt(self) -> None:
        for source, first in self._spools.adopt():
            self.capture.adopt(source, first)

    def _done(self, task: asyncio.Future[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            self.log.error("Cellruns: background work failed", exc_info=task.exception())


def data_folder(jupyter_data_dir: str, root_dir: str) -> Path:
    """Where Cellruns keeps choices and the fallback store for one Jupyter root directory."""
    import hashlib

    return Path(jupyter_data_dir) / "cellruns" / hashlib.sha256(os.path.realpath(root_dir).encode()).hexdigest()[:16]
