"""The server extension: configuration and wiring."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jupyter_core.paths import jupyter_data_dir, jupyter_runtime_dir
from jupyter_server.extension.application import ExtensionApp
from traitlets import Bool, Enum, Int, List, Unicode


class CellrunsApp(ExtensionApp):
    """MLflow run tracking for the notebooks of this Jupyter server."""

    name = "jupyterlab_cellruns"
    extension_url = "/cellruns/status"
    load_other_extensions = True

    enabled = Bool(True, help="Attach a run context to the kernels of this server.").tag(config=True)
    experiment_mode = Enum(
        ["notebook", "default", "fixed"],
        default_value="notebook",
        help="Experiment of a run whose code names none: one per notebook, MLflow's 'Default', or a fixed name.",
    ).tag(config=True)
    experiment_name = Unicode("", help="Name of the experiment where experiment_mode is 'fixed'.").tag(config=True)
    provenance = Bool(
        True, help="Log what a run was made from: executed cells, packages, git state (docs/provenance.md)."
    ).tag(config=True)
    rerun = Enum(
        ["new", "nested", "resume"],
        default_value="new",
        help="What a re-run of a cell does whose code says nothing of it: a new run, one nested under the cell's first "
        "run, or the earlier run resumed. A user's own setting wins.",
    ).tag(config=True)
    store_dir = Unicode(
        "", help="Folder of the local store (mlflow.db and mlartifacts/). Empty: Jupyter's root directory."
    ).tag(config=True)
    project_hosts = List(
        Unicode(), default_value=["*"],
        help="Hosts (patterns as github.com, *.example.org) that projects may be fetched from by Git; `file` stands for "
        "repositories on this machine.",
    ).tag(config=True)
    idle_seconds = Int(
        900, help="Seconds without use after which the local MLflow server is stopped; it starts again when needed."
    ).tag(config=True)

    def initialize_settings(self) -> None:
        """Make the service; nothing of MLflow is imported or started yet."""
        from .experiments import mode_of
        from .rerun import rerun_of
        from .service import Service, Settings, data_folder
        from .spools import SpoolHome
        from .stores.local import LocalStore
        from .stores.registry import Stores

        serverapp: Any = self.serverapp
        root = Path(self.store_dir or serverapp.root_dir).expanduser().resolve()
        data = data_folder(jupyter_data_dir(), str(root))
        local = LocalStore(
            root_dir=root, fallback_dir=data.parent / "stores", runtime_dir=Path(jupyter_runtime_dir()) / "cellruns",
            log=self.log, idle_seconds=self.idle_seconds,
        )
        remotes, replaces = self._remotes()
        stores = Stores([local, *remotes], remotes[-1].id if replaces else local.id)
        spools = SpoolHome(Path(jupyter_data_dir()) / "cellruns" / "spool", stores.locations(), stores.default)
        spools.make()
        self.service = Service(
            serverapp,
            Settings(
                self.enabled, mode_of(self.experiment_mode), self.experiment_name, self.provenance, rerun_of(self.rerun)
            ),
            stores, spools, data, self._server_url, replaces, lambda: local.database,
            self.log,
        )
        self.service.projects.hosts = list(self.project_hosts)
        self.settings["cellruns"] = self.service

    def initialize_handlers(self) -> None:
        """Add the routes of docs/http-api.md."""
        from .routes.table import handlers

        serverapp: Any = self.serverapp
        self.handlers.extend(handlers(serverapp.base_url))

    async def _start_jupyter_server_extension(self, serverapp: Any) -> None:
        await self.service.start()

    async def stop_extension(self) -> None:
        """Called by Jupyter Server when it stops."""
        await self.service.stop()

    def _server_url(self) -> str | None:
        from .kernels.address import server_url

        return server_url(self.serverapp)

    def _remotes(self) -> tuple[list[Any], str | None]:
        import os

        uri = os.environ.get("MLFLOW_TRACKING_URI", "")
        if not uri.startswith(("http://", "https://")):
            return [], None
        from urllib.parse import urlsplit

        from .stores.endpoint import endpoint_from_environment
        from .stores.remote import RemoteStore

        endpoint = endpoint_from_environment(os.environ)
        label = urlsplit(uri).hostname or uri
        return [RemoteStore("environment", label, endpoint.base_url, lambda: endpoint)], uri
