"""The server extension as one object: stores, capture, kernels and notebooks, and what connects them."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import __version__, experiments
from .announce import Announcer
from .capture.capture import Capture
from .capture.events import attached, attached_id
from .capture.spool import SpoolFolder
from .closing import Closer
from .experiments import Mode
from .kernels.kernels import Kernels
from .kernels.open_runs import OpenRuns
from .kernels.processes import Processes
from .notebooks import Notebooks
from .provenance.pending import PendingFolder
from .rerun import Rerun, earlier_run
from .sessions import Sessions
from .spools import SpoolHome
from .stores.registry import Stores

if TYPE_CHECKING:
    from .folders import Folders
    from .models.jobs import ModelJobs
    from .projects.service import Projects
    from .provenance.log import ProvenanceLog
    from .provenance.report import Report
    from .push.jobs import Jobs

_LEFT_SECONDS = 30.0
"""How often a server looks whether another one has died and left something."""


class Settings:
    """What the administrator's configuration and the user's settings say together."""

    def __init__(self, enabled: bool, mode: Mode, name: str, provenance: bool = True, rerun: Rerun = "new") -> None:
        self.allowed = enabled
        self.configured_rerun: Rerun = rerun
        self.rerun = rerun
        self.enabled = enabled
        self.mode = mode
        self.name = name
        self.provenance_allowed = provenance
        self.provenance = provenance

    def json(self) -> dict[str, Any]:
        """As in `PUT settings` of docs/http-api.md."""
        return {
            "enabled": self.enabled, "experiment_mode": self.mode, "experiment_name": self.name,
            "provenance": self.provenance, "rerun": self.rerun,
        }


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
                "notebook": path, "store": service.store_of_notebook(path),
                "experiment": {"id": None, "name": "Default"}, "active_runs": [], "problems": [],
            }
        runs = service.capture.kernel(kernel_id)
        return {
            "attached": service.following.attached(kernel_id),
            "enabled": service.following.enabled(kernel_id),
            "notebook": path,
            "store": service.store_of_notebook(path),
            "experiment": service.planned_experiment(kernel_id, path),
            "active_runs": [
                {"run_id": r.run, "name": r.name, "store": attached_id(r.store)} for r in runs.active()
            ],
            "problems": list(runs.problems),
        }

    def anchors(self, kernel_id: str) -> list[dict[str, Any]]:
        """Charts that this kernel incarnation has opened, oldest first."""
        return self._service.capture.anchors(kernel_id)

    def cards(self, kernel_id: str) -> list[dict[str, Any]]:
        """Cards of models under cells that are running."""
        return self._service.capture.kernel(kernel_id).cards()

    async def context(self, kernel_id: str, body: dict[str, Any]) -> dict[str, Any]:
        """Experiment and tags for the next run."""
        return await self._service.run_context(kernel_id, body)

    def kernel_of_token(self, token: str) -> str | None:
        """Kernel of a valid token."""
        return self._service.following.tokens.kernel(token)

    async def bind(self, kernel_id: str, binding: dict[str, Any]) -> None:
        """Apply a notebook's choice to its running kernel; a busy kernel follows when it is free."""
        service = self._service
        store = service.store_of_notebook(str(binding["path"]))
        service.keep(asyncio.ensure_future(service.following.set_enabled(kernel_id, bool(binding["enabled"]))))
        service.keep(asyncio.ensure_future(service.following.set_store(kernel_id, store)))


class Service:
    """Made by the extension app; `start` and `stop` run on the event loop."""

    version = __version__

    def __init__(self, serverapp: Any, settings: Settings, stores: Stores, spools: SpoolHome, data_dir: Path,
                 server_url: Callable[[], str | None], replaces: str | None, secrets: frozenset[str],
                 local_database: Callable[[], Path],
                 log: logging.Logger) -> None:
        self.settings = settings
        self.stores = stores
        self.log = log
        self._spools = spools
        self._serverapp = serverapp
        self._tasks: set[asyncio.Future[Any]] = set()
        self._planned: dict[str, dict[str, Any]] = {}
        self._following_left: asyncio.Future[None] | None = None
        self.notebooks = Notebooks(data_dir / "notebooks.json")
        self.sessions = Sessions(serverapp.session_manager, serverapp.root_dir)
        self._announcer = Announcer(serverapp.event_logger, self._news, log)
        self.capture = Capture(stores, self.store_of_kernel, SpoolFolder(spools.folder), self._announcer.changed, log)
        self.project_hosts: list[str] = ["*"]
        self._data_dir = data_dir
        self._server_url = server_url
        self._local_database = local_database
        manager = serverapp.kernel_manager
        self._processes = Processes(data_dir / "alive", spools.folder)
        self._open_runs = OpenRuns(data_dir / "open", spools.folder)
        self._closer = Closer(stores, self.capture, self._processes, self._open_runs, self._announcer.changed, log)
        self.kernels = KernelService(self)
        self.following = Kernels(
            manager, server=server_url, capture=self.capture, spool=str(spools.folder), replaces=replaces, secrets=secrets,
            wanted=self._wanted, store_of=self._store_of_session, notice=self._notice, closer=self._closer,
            alive=str(self._processes.folder), log=log,
        )

    # What follows is made when it is first asked for: a start of the server does not wait for it.

    @cached_property
    def projects(self) -> Projects:
        """Projects and their jobs."""
        from .projects.service import Projects

        return Projects(
            self._serverapp, self._data_dir / "projects", self, self._server_url, self.project_hosts, self.log
        )

    @cached_property
    def folders(self) -> Folders:
        """`mlruns` folders below Jupyter's root directory."""
        from .folders import Folders

        return Folders(
            Path(self._serverapp.root_dir).resolve(), self._data_dir / "folders", self._local_database,
            lambda: self.changed(set()), self.log,
        )

    @cached_property
    def models(self) -> ModelJobs:
        """What is tried and served of models."""
        from .models.jobs import ModelJobs

        return ModelJobs()

    @cached_property
    def pushes(self) -> Jobs:
        """Runs on their way from one store to another."""
        from .push.jobs import Jobs

        return Jobs(self.stores, self._announcer.changed, self.log)

    @cached_property
    def _provenance(self) -> ProvenanceLog:
        from .provenance.log import ProvenanceLog

        made = ProvenanceLog(
            self._spools.folder, self.stores, self.capture.applied, self.capture.problem, self._announcer.changed, self.log
        )
        made.start()
        return made

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
        self._following_left = asyncio.ensure_future(self._follow_left())
        self.keep(self._following_left)

    async def stop(self) -> None:
        """Store what has come, stop the store, leave the rest in the spool for the next start."""
        if self._following_left is not None:
            self._following_left.cancel()
        made = vars(self)
        if "projects" in made:
            await asyncio.to_thread(self.projects.stop)
        if "models" in made:
            await self.models.stop()
        await self.following.stop()
        if "_provenance" in made:
            await self._provenance.stop()
        if "pushes" in made:
            await self.pushes.close()
        stored = await asyncio.to_thread(self.capture.stop)
        await self.stores.stop()
        if stored:
            self._spools.release()

    async def run_context(self, kernel_id: str, body: dict[str, Any]) -> dict[str, Any]:
        """`{store, experiment_id, experiment_name, notebook, tags, provenance, rerun}` for the next run of a kernel.

        `body["store"]`, where it is given, is the store in which the kernel makes the run whatever was chosen.
        With `cell: {id, run}` in the body: `{earlier}`, the run that the choice for re-runs wants resumed or nested under.
        """
        path = self.sessions.notebook(kernel_id) or self.sessions.of_session_name(body.get("session_name"))
        asked = body.get("store")
        store_id = str(asked) if asked in self.stores else self.store_of_notebook(path)
        chosen = self.notebooks.get(path)["experiment"] if path is not None else None
        settings = self.settings
        cell = body.get("cell")
        if isinstance(cell, dict):
            if path is None:
                return {"earlier": None}
            lives = self._processes.lives
            return {"earlier": await asyncio.to_thread(
                lambda: earlier_run(self.stores.store(store_id), settings.rerun, path, cell, lives)
            )}

        trouble = self.stores.get(store_id).fresh_trouble()
        if trouble is not None:
            raise trouble

        def choose() -> tuple[str | None, str]:
            return experiments.choose(self.stores.store(store_id), path, settings.mode, settings.name, chosen)

        experiment_id, name = await asyncio.to_thread(choose)
        self._planned[kernel_id] = {"id": experiment_id, "name": name, "store": store_id}
        return {
            "store": store_id, "experiment_id": experiment_id, "experiment_name": name, "notebook": path,
            "tags": experiments.run_tags(path, kernel_id),
            "provenance": settings.provenance, "rerun": settings.rerun,
        }

    async def provenance(self, kernel_id: str, report: Report) -> bool:
        """Take a kernel's report on its runs; False where the settings want none. Raises OSError."""
        if not self.settings.provenance:
            return False
        path = self.sessions.notebook(kernel_id) or self.sessions.of_session_name(report.session_name)
        root = Path(self._serverapp.root_dir)
        await self._provenance.take(report, (root / path).parent if path is not None else Path(report.folder or root))
        return True

    def planned_experiment(self, kernel_id: str, path: str | None) -> dict[str, Any]:
        """The experiment of a kernel's next run as far as it is known without asking the store."""
        chosen = self.notebooks.get(path)["experiment"] if path is not None else None
        name = experiments.planned(path, self.settings.mode, self.settings.name, chosen)
        known = self._planned.get(kernel_id)
        fits = known is not None and known["store"] == self.store_of_notebook(path)
        if known is not None and fits and (chosen in (None, known["name"])) and self.settings.mode == "notebook":
            return {"id": known["id"], "name": known["name"]}
        return {"id": None, "name": name}

    def store_of_notebook(self, path: str | None) -> str:
        """Id of the store that the next run of a notebook goes to."""
        chosen = self.notebooks.get(path)["store"] if path is not None else None
        return str(chosen) if chosen in self.stores else self.stores.default

    def store_of_kernel(self, kernel_id: str) -> str:
        """Id of the store that the next run of a kernel goes to."""
        return self.following.store(kernel_id) or self.stores.default

    def store_of_run(self, run_id: str) -> str:
        """Id of the store where a run is, as far as the events of this server's kernels tell."""
        seen = self.capture.find(run_id)
        store_id = attached_id(seen.store) if seen is not None else None
        return store_id if store_id is not None and store_id in self.stores else self.stores.default

    def settings_json(self) -> dict[str, Any]:
        """What `GET settings` answers."""
        return self.settings.json()

    async def apply_settings(
        self, enabled: bool, mode: Mode, name: str, provenance: bool, rerun: Rerun | None
    ) -> dict[str, Any]:
        """Take over a user's settings; configuration that says off stays off. `rerun` None: as configured."""
        settings = self.settings
        settings.enabled = enabled and settings.allowed
        settings.mode, settings.name = mode, name
        settings.rerun = rerun or settings.configured_rerun
        settings.provenance = provenance and settings.provenance_allowed
        for kernel_id in self.following.ids():
            path = self.sessions.notebook(kernel_id)
            on = settings.enabled and (path is None or bool(self.notebooks.get(path)["enabled"]))
            self.keep(asyncio.ensure_future(self.following.set_enabled(kernel_id, on)))
        return settings.json()

    def changed(self, run_ids: set[str]) -> None:
        """Tell open pages that these runs have news."""
        self._announcer.changed(run_ids)

    async def chart(self, body: dict[str, Any]) -> dict[str, Any]:
        """The final chart output of a cell, made from the store."""
        from .chart import chart_bundle

        runs = body.get("run_ids") or []
        store_id = str(body.get("store") or (self.store_of_run(str(runs[-1])) if runs else self.stores.default))
        return await asyncio.to_thread(lambda: chart_bundle(self.stores.store(store_id), attached(store_id), body))

    def _wanted(self, _kernel_id: str | None, session_name: str | None) -> bool:
        if not self.settings.enabled:
            return False
        path = self.sessions.of_session_name(session_name)
        return path is None or bool(self.notebooks.get(path)["enabled"])

    def _notice(self, kernel_id: str, kind: str, text: str) -> None:
        # In the inbox thread.
        if kind == "mlflow.import":
            self._serverapp.io_loop.add_callback(self._prepare_store, kernel_id)
        elif kind == "seq":
            source, _, seq = text.rpartition(":")
            if seq.isdigit():
                self.capture.check(source, int(seq))
        elif kind == "card":
            self.capture.kernel(kernel_id).take_card(text)
        else:
            said = {
                "spool": (
                    f"The kernel cannot write its spool, {text}. Training and storing go on, but what is logged is safe "
                    "only once it is stored: free space there."
                ),
                "spool.back": (
                    f"The kernel can write its spool again; {text} message(s) meanwhile were sent without a copy there."
                ),
                "context": f"The kernel could not ask which experiment to use; the run is in 'Default': {text}",
                "provenance": f"What the run was made from could not be told to the server: {text}",
                "fault": f"Cellruns has switched itself off in this kernel after a fault of its own: {text}",
            }
            self.log.warning("Cellruns, kernel %s: %s", kernel_id, said.get(kind, text))
            self.capture.kernel(kernel_id).problem(said.get(kind, text))
            self._announcer.changed(set())

    def _prepare_store(self, kernel_id: str) -> None:
        self.stores.get(self.store_of_kernel(kernel_id)).prepare()

    def _store_of_session(self, session_name: str | None) -> str:
        return self.store_of_notebook(self.sessions.of_session_name(session_name))

    async def _note_open(self) -> None:
        foreign = self.following.foreign()
        open_now = {kernel: (pid, self.capture.kernel(kernel).open_runs()) for kernel, pid in foreign.items()}
        try:
            await asyncio.to_thread(self._open_runs.note, open_now)
        except OSError as error:
            self.log.warning("Cellruns could not note which runs are open: %s", error)

    def _news(self, run_ids: list[str]) -> dict[str, Any]:
        self.keep(asyncio.ensure_future(self._note_open()))
        runs = []
        for run_id in run_ids:
            seen = self.capture.find(run_id)
            runs.append({
                "run_id": run_id,
                "store": attached_id(seen.store) if seen else None,
                "experiment_id": seen.experiment if seen else None,
                "status": seen.status if seen else "RUNNING",
            })
        stores = {s["id"]: {"state": s["state"], "waiting": self.capture.waiting(s["id"])} for s in self.stores.states()}
        default = stores[self.stores.default]
        return {
            "runs": runs, "store_state": default["state"], "waiting": self.capture.waiting(), "stores": stores,
            "problems": self.capture.problem_count(),
        }

    def _renamed(self, old: str, new: str) -> None:
        self.notebooks.rename(old, new)
        store = self.stores.get(self.store_of_notebook(new))
        if old.endswith(".ipynb") and store.exists():
            self.keep(asyncio.ensure_future(asyncio.to_thread(lambda: experiments.renamed(store.store(), old, new))))

    async def _follow_left(self) -> None:
        """Store what dead servers have left, now and as long as their kernels go on to write."""
        begun = False
        await asyncio.to_thread(self._processes.make)
        following: set[str] = set()
        while True:
            try:
                for left in await asyncio.to_thread(self._spools.adopt):
                    self.log.info("Cellruns stores what another server has left in %s", left.folder)
                    self.capture.adopt(left.source, left.folder, left.first, left.store_id)
                    following.add(left.source)
                for source in sorted(following):
                    if not await asyncio.to_thread(self.capture.follow, source):
                        following.discard(source)
            except OSError as error:
                self.log.warning("Cellruns could not read what other servers have left: %s", error)
            if not begun:
                begun = True
                self.keep(asyncio.ensure_future(self._closer.watch(self.following.ids)))
                if await asyncio.to_thread(PendingFolder(self._spools.folder).paths):
                    _ = self._provenance
            await asyncio.sleep(0.5 if following else _LEFT_SECONDS)

    def _done(self, task: asyncio.Future[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            self.log.error("Cellruns: background work failed", exc_info=task.exception())


def data_folder(jupyter_data_dir: str, root_dir: str) -> Path:
    """Where Cellruns keeps choices and the fallback store for one Jupyter root directory."""
    import hashlib

    return Path(jupyter_data_dir) / "cellruns" / hashlib.sha256(os.path.realpath(root_dir).encode()).hexdigest()[:16]
