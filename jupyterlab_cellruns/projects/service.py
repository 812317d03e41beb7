"""Projects as the routes ask for them: paths of the server, stores, kernels and jobs put together."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import git, managers
from .command import RunRequest

if TYPE_CHECKING:
    from ..service import Service
    from .jobs import Jobs, Target


class ProjectRefused(Exception):
    """Something that is asked for cannot be done; `hint` says what to do."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


class Projects:
    """Everything blocks, so it belongs in a thread; nothing is loaded before it is asked for."""

    def __init__(self, serverapp: Any, folder: Path, service: Service, server_url: Callable[[], str | None],
                 hosts: list[str], log: logging.Logger) -> None:
        self._serverapp = serverapp
        self._folder = folder
        self._service = service
        self._server_url = server_url
        self._log = log
        self._jobs: Jobs | None = None
        self.hosts = hosts

    @property
    def jobs(self) -> Jobs:
        """All jobs."""
        if self._jobs is None:
            from .jobs import Jobs
            from .trackers import StoreTracker

            stores, changed = self._service.stores, self._service.changed

            def tracker(store_id: str) -> StoreTracker:
                return StoreTracker(lambda: stores.store(store_id), changed)

            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._jobs = Jobs(self._folder, tracker, changed, self._log)
        return self._jobs

    def stop(self) -> None:
        """End all jobs."""
        if self._jobs is not None:
            self._jobs.stop()

    def local(self, path: str) -> Path:
        """The place of a path of Jupyter's contents. Raises `ProjectRefused` for one outside the root directory."""
        root = Path(os.path.realpath(self._serverapp.root_dir))
        # A run names its project by the whole path.
        whole = Path(os.path.realpath(path)) if os.path.isabs(path) else None
        inside = whole is not None and (whole == root or root in whole.parents)
        place = whole if whole is not None and inside else Path(os.path.realpath(root / path.strip("/")))
        if place != root and root not in place.parents:
            raise ProjectRefused(f"{path}: lies outside the folder of this server", "Choose a folder inside it.")
        return place

    def api_path(self, place: Path) -> str:
        """The other way round."""
        return place.relative_to(os.path.realpath(self._serverapp.root_dir)).as_posix()

    def look(self, uri: str, version: str) -> dict[str, object]:
        """`{commit, files, texts}` of a project's folder, without running anything."""
        if git.is_git(uri):
            return git.look(uri, version, self.hosts)
        folder = self.local(uri)
        if not folder.is_dir():
            raise ProjectRefused(f"{uri}: there is no such folder", "Choose the folder of a project.")
        files = sorted(child.name for child in folder.iterdir() if child.is_file())
        texts = {}
        for name in files:
            if name.lower() == "mlproject":
                texts["MLproject"] = (folder / name).read_text("utf-8", "replace")[: 1 << 20]
        return {"commit": "", "files": files, "texts": texts}

    def states(self) -> list[dict[str, Any]]:
        """Environment managers."""
        return [state.json() for state in managers.states()]

    def target(self, store: str | None, notebook: str | None, python: str | None) -> Target:
        """Where the runs of a job go. Raises `ProjectRefused` where a process could not reach the store."""
        from .jobs import Target

        service = self._service
        chosen = store if store in service.stores else service.store_of_notebook(notebook)
        assert chosen is not None
        url = self._server_url()
        if url is None:
            raise ProjectRefused(
                "This Jupyter server listens on a Unix socket only, which MLflow's client cannot use",
                "Start it on a port to run projects.",
            )

        def tracking(job: str) -> dict[str, str]:
            token = service.following.tokens.make(f"job-{job}")
            env = {"MLFLOW_TRACKING_URI": f"{url}/tracking/{chosen}", "MLFLOW_TRACKING_TOKEN": token}
            for name in ("no_proxy", "NO_PROXY"):
                hosts = [h for h in os.environ.get(name, "").split(",") if h]
                env[name] = ",".join([*hosts, "127.0.0.1", "localhost"])
            return env

        return Target(chosen, tracking, python)

    def request(self, body: dict[str, Any]) -> RunRequest:
        """A checked run request: a folder inside the root, or a Git address of an allowed host."""
        uri = str(body.get("uri") or "")
        if git.is_git(uri):
            git.check(uri, self.hosts)
        else:
            place = self.local(uri)
            if not place.is_dir():
                raise ProjectRefused(f"{uri}: there is no such folder", "Choose the folder of a project.")
            uri = str(place)
        manager = str(body.get("env_manager") or "")
        if manager and manager not in managers.MANAGERS:
            raise ProjectRefused(f"{manager}: no environment manager", f"Choose one of {', '.join(managers.MANAGERS)}.")
        against = managers.reason_against(manager) if manager else None
        if against is not None:
            raise ProjectRefused(against, "Choose another environment manager.")
        given = body.get("parameters") or {}
        if not isinstance(given, dict) or len(given) > 500:
            raise ProjectRefused("parameters: wants names and texts", "")
        return RunRequest(
            uri, str(body.get("entry_point") or "main"), {str(k): str(v) for k, v in given.items()},
            str(body.get("version") or ""), manager, str(body.get("experiment") or ""), str(body.get("run_name") or ""),
        )
