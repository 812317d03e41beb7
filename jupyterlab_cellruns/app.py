"""The server extension: configuration and wiring."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_core.paths import jupyter_data_dir, jupyter_runtime_dir
from jupyter_server.extension.application import ExtensionApp
from traitlets import Any as AnyTrait
from traitlets import Bool, Enum, Float, Int, List, Unicode

if TYPE_CHECKING:
    from .stores.config import RemoteSpec
    from .stores.remote import RemoteStore


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
    remote_kernels = Bool(
        False,
        help="Let kernels on other machines reach the tracking routes. Off, the token of a kernel opens nothing from "
        "elsewhere, wherever it was shown.",
    ).tag(config=True)
    store_dir = Unicode(
        "", help="Folder of the local store (mlflow.db and mlartifacts/). Empty: Jupyter's root directory."
    ).tag(config=True)
    project_hosts = List(
        Unicode(), default_value=["*"],
        help="Hosts (patterns as github.com, *.example.org) that projects may be fetched from by Git; `file` stands for "
        "repositories on this machine.",
    ).tag(config=True)
    # Of any type for traitlets, which would write a value that it refuses into the log, passwords and all.
    stores = AnyTrait(
        {},
        help="""Remote MLflow tracking servers that notebooks can choose: a dict from name to a dict (docs/stores.md) of
        url; label; auth ('basic', 'bearer', 'none'), user, password, token and headers, each secret as text,
        {'env': variable} or {'file': path}; ca_bundle, client_cert, client_key, insecure; connect_timeout, timeout
        (seconds).""",
    ).tag(config=True)
    default_store = Unicode(
        "",
        help="""Name of the store of notebooks that have made no choice. Empty: the server of MLFLOW_TRACKING_URI where
        the Jupyter server has that variable, else 'local'.""",
    ).tag(config=True)
    patience = Float(
        10.0,
        help="Seconds that a remote store may be away before what can't wait, such as a run's start, fails in kernels.",
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
        specs = self._remotes()
        stores = Stores([local, *self._remote_stores(specs)], self._default_store(specs))
        spools = SpoolHome(Path(jupyter_data_dir()) / "cellruns" / "spool", stores.locations(), stores.default)
        spools.make()
        self.service = Service(
            serverapp,
            Settings(
                self.enabled, mode_of(self.experiment_mode), self.experiment_name, self.provenance, rerun_of(self.rerun)
            ),
            stores, spools,
            data, self._server_url, next((spec.replaces for spec in specs if spec.replaces), None),
            frozenset().union(*(spec.secrets for spec in specs)), lambda: local.database, self.log,
        )
        self.service.project_hosts = list(self.project_hosts)
        self.settings["cellruns"] = self.service
        self.settings["cellruns_remote_kernels"] = self.remote_kernels

    def initialize_handlers(self) -> None:
        """Add the routes of docs/http-api.md."""
        from .routes.table import handlers

        # Without the base URL: ExtensionApp puts it in front.
        self.handlers.extend(handlers())

    async def _start_jupyter_server_extension(self, serverapp: Any) -> None:
        await self.service.start()

    async def stop_extension(self) -> None:
        """Called by Jupyter Server when it stops."""
        await self.service.stop()

    def _server_url(self) -> str | None:
        from .kernels.address import server_url

        return server_url(self.serverapp)

    def _remotes(self) -> list[RemoteSpec]:
        if not self.stores and not os.environ.get("MLFLOW_TRACKING_URI"):
            return []
        from .stores.config import from_config, from_environment

        specs, faults = from_config(self.stores)
        for fault in faults:
            self.log.error("Cellruns: %s. The store is left out.", fault)
        own = from_environment()
        return [*specs, *([own] if own is not None else [])]

    def _remote_stores(self, specs: list[RemoteSpec]) -> list[RemoteStore]:
        if not specs:
            return []
        from .stores.remote import RemoteStore

        return [RemoteStore(spec, self.log, self.patience) for spec in specs]

    def _default_store(self, specs: list[RemoteSpec]) -> str:
        """What notebooks use that have made no choice: as configured, else what MLFLOW_TRACKING_URI names, else ours."""
        from .stores.attached import ENVIRONMENT, LOCAL

        ids = [LOCAL, *(spec.id for spec in specs)]
        if self.default_store in ids:
            return self.default_store
        if self.default_store:
            self.log.error(
                "Cellruns: CellrunsApp.default_store: there is no store '%s'; the stores are %s. '%s' is used.",
                self.default_store, ", ".join(ids), LOCAL,
            )
            return LOCAL
        return ENVIRONMENT if ENVIRONMENT in ids else LOCAL
