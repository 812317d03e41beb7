"""The table of routes, as docs/http-api.md lists them."""

from __future__ import annotations

from typing import Any

from jupyter_server.utils import url_path_join
from tornado.web import RequestHandler

from .context import RouteContext
from .lazy import lazy

Route = tuple[str, type[RequestHandler], dict[str, Any]]

# Handlers are named, not imported: a server that starts needs none of them yet.
_BROWSER: list[tuple[str, str]] = [
    ("status", "status.StatusHandler"),
    ("experiments", "experiments.ExperimentsHandler"),
    ("compare", "compare.CompareHandler"),
    ("compare/importance", "compare.ImportanceHandler"),
    ("notebooks", "notebooks.NotebooksHandler"),
    ("settings", "settings.SettingsHandler"),
    ("runs", "runs.RunsHandler"),
    ("runs/table", "runs_table.RunsTableHandler"),
    ("runs/table/columns", "runs_table.TableColumnsHandler"),
    ("runs/table/values", "runs_table.TableValuesHandler"),
    ("runs/table/warm", "runs_table.TableWarmHandler"),
    ("runs/table/ids", "runs_table.TableIdsHandler"),
    ("runs/edit", "runs_edit.RunsEditHandler"),
    ("runs/cells", "runs_table.RunsCellsHandler"),
    ("runs/([^/]+)", "runs.RunHandler"),
    ("runs/([^/]+)/series", "series.SeriesHandler"),
    ("runs/([^/]+)/artifacts", "artifacts.ArtifactsHandler"),
    ("runs/([^/]+)/artifacts/content", "artifacts.ArtifactContentHandler"),
    ("kernels/([^/]+)/anchors", "charts.AnchorsHandler"),
    ("kernels/([^/]+)/cards", "charts.CardsHandler"),
    ("charts", "charts.ChartsHandler"),
    ("models/check", "models.ModelCheckHandler"),
    ("projects/managers", "projects.ManagersHandler"),
    ("projects/plan", "projects.PlanHandler"),
    ("projects/export", "projects.ExportHandler"),
    ("projects/fetch", "projects.FetchHandler"),
    ("projects/jobs", "projects.JobsHandler"),
    ("folders", "folders.FoldersHandler"),
    ("folders/([^/]+)", "folders.FolderHandler"),
    ("folders/([^/]+)/migrate", "folders.MigrateHandler"),
    ("push", "push.PushesHandler"),
    ("push/([^/]+)", "push.PushHandler"),
    ("models/files", "model_files.ModelFilesHandler"),
    ("models/content", "model_files.ModelContentHandler"),
    ("registry/register", "registry.RegisterHandler"),
    ("registry/versions", "registry.VersionsHandler"),
    ("registry/(.+)", "registry.RegistryHandler"),
    ("datasets/uses", "lineage.DatasetUsesHandler"),
    ("projects/uses", "lineage.ProjectUsesHandler"),
    ("models/tries", "model_tries.ModelTriesHandler"),
    ("models/tries/([0-9a-f]+)", "model_tries.ModelTryHandler"),
    ("models/servers", "model_servers.ModelServersHandler"),
    ("models/servers/([0-9a-f]+)", "model_servers.ModelServerHandler"),
    ("models/servers/([0-9a-f]+)/invocations", "model_servers.ModelInvocationsHandler"),
    ("projects/jobs/([^/]+)", "projects.JobHandler"),
    ("projects/jobs/([^/]+)/log", "projects.JobLogHandler"),
]
_KERNEL: list[tuple[str, str]] = [
    ("kernel/context", "kernel_context.KernelContextHandler"),
    ("kernel/provenance", "kernel_provenance.KernelProvenanceHandler"),
    ("tracking/([^/]+)/(.*)", "tracking.TrackingHandler"),
]


def handlers(context: RouteContext | None = None) -> list[Route]:
    """All routes, as an extension app adds them: without the base URL. Who makes the context also closes it."""
    shared = {"context": context or RouteContext()}
    return [(url_path_join("/cellruns", path), lazy(where), shared) for path, where in _BROWSER + _KERNEL]
