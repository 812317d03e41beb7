"""The table of routes, as docs/http-api.md lists them."""

from __future__ import annotations

from typing import Any

from jupyter_server.utils import url_path_join
from tornado.web import RequestHandler

from .artifacts import ArtifactContentHandler, ArtifactsHandler
from .charts import AnchorsHandler, ChartsHandler
from .compare import CompareHandler, ImportanceHandler
from .context import RouteContext
from .experiments import ExperimentsHandler
from .folders import FolderHandler, FoldersHandler, MigrateHandler
from .kernel_context import KernelContextHandler
from .kernel_provenance import KernelProvenanceHandler
from .lineage import DatasetUsesHandler
from .model_files import ModelContentHandler, ModelFilesHandler
from .model_servers import ModelInvocationsHandler, ModelServerHandler, ModelServersHandler
from .model_tries import ModelTriesHandler, ModelTryHandler
from .models import ModelCheckHandler
from .notebooks import NotebooksHandler
from .projects import (
    ExportHandler,
    FetchHandler,
    JobHandler,
    JobLogHandler,
    JobsHandler,
    ManagersHandler,
    PlanHandler,
)
from .push import PushesHandler, PushHandler
from .registry import RegisterHandler, RegistryHandler, VersionsHandler
from .runs import RunHandler, RunsHandler
from .runs_edit import RunsEditHandler
from .runs_table import (
    RunsCellsHandler,
    RunsTableHandler,
    TableColumnsHandler,
    TableIdsHandler,
    TableValuesHandler,
    TableWarmHandler,
)
from .series import SeriesHandler
from .settings import SettingsHandler
from .status import StatusHandler
from .tracking import TrackingHandler

Route = tuple[str, type[RequestHandler], dict[str, Any]]

_BROWSER: list[tuple[str, type[RequestHandler]]] = [
    ("status", StatusHandler),
    ("experiments", ExperimentsHandler),
    ("compare", CompareHandler),
    ("compare/importance", ImportanceHandler),
    ("notebooks", NotebooksHandler),
    ("settings", SettingsHandler),
    ("runs", RunsHandler),
    ("runs/table", RunsTableHandler),
    ("runs/table/columns", TableColumnsHandler),
    ("runs/table/values", TableValuesHandler),
    ("runs/table/warm", TableWarmHandler),
    ("runs/table/ids", TableIdsHandler),
    ("runs/edit", RunsEditHandler),
    ("runs/cells", RunsCellsHandler),
    ("runs/([^/]+)", RunHandler),
    ("runs/([^/]+)/series", SeriesHandler),
    ("runs/([^/]+)/artifacts", ArtifactsHandler),
    ("runs/([^/]+)/artifacts/content", ArtifactContentHandler),
    ("kernels/([^/]+)/anchors", AnchorsHandler),
    ("charts", ChartsHandler),
    ("models/check", ModelCheckHandler),
    ("projects/managers", ManagersHandler),
    ("projects/plan", PlanHandler),
    ("projects/export", ExportHandler),
    ("projects/fetch", FetchHandler),
    ("projects/jobs", JobsHandler),
    ("folders", FoldersHandler),
    ("folders/([^/]+)", FolderHandler),
    ("folders/([^/]+)/migrate", MigrateHandler),
    ("push", PushesHandler),
    ("push/([^/]+)", PushHandler),
    ("models/files", ModelFilesHandler),
    ("models/content", ModelContentHandler),
    ("registry/register", RegisterHandler),
    ("registry/versions", VersionsHandler),
    ("registry/(.+)", RegistryHandler),
    ("datasets/uses", DatasetUsesHandler),
    ("models/tries", ModelTriesHandler),
    ("models/tries/([0-9a-f]+)", ModelTryHandler),
    ("models/servers", ModelServersHandler),
    ("models/servers/([0-9a-f]+)", ModelServerHandler),
    ("models/servers/([0-9a-f]+)/invocations", ModelInvocationsHandler),
    ("projects/jobs/([^/]+)", JobHandler),
    ("projects/jobs/([^/]+)/log", JobLogHandler),
]
_KERNEL: list[tuple[str, type[RequestHandler]]] = [
    ("kernel/context", KernelContextHandler),
    ("kernel/provenance", KernelProvenanceHandler),
    ("tracking/([^/]+)/(.*)", TrackingHandler),
]


def handlers(context: RouteContext | None = None) -> list[Route]:
    """All routes, as an extension app adds them: without the base URL. Who makes the context also closes it."""
    shared = {"context": context or RouteContext()}
    return [(url_path_join("/cellruns", path), handler, shared) for path, handler in _BROWSER + _KERNEL]
