"""`projects/...`: plan and write an export, run and prove projects as jobs."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_server.auth.decorator import authorized
from tornado import web

from ..models.executable import Interpreter, NoPython, of_kernel, of_spec
from . import arguments
from .base import BrowserHandler
from .errors import BadArgument, RouteError

if TYPE_CHECKING:
    from ..projects.export import Export

MAX_BODY = 64 << 20
"""Bytes of a notebook in a body; tornado's own limit is larger."""
MAX_PREVIEW = 200_000
"""Characters of a text that are shown before it is written."""


class ProjectHandler(BrowserHandler):
    """Errors of the projects as answers."""

    max_body = MAX_BODY

    def body(self) -> dict[str, Any]:
        """The JSON body; larger than elsewhere because it may hold a notebook."""
        return self.json_object()

    def too_long(self, length: str) -> None:
        """Answer by 413."""
        raise RouteError(413, f"The notebook has more than {MAX_BODY >> 20} MiB", "Clear its outputs.")

    async def ask(self, work: Any) -> Any:
        """Run `work` in a thread; what projects refuse becomes an answer."""
        from ..projects.git import GitRefused
        from ..projects.notebook import NotebookRefused
        from ..projects.service import ProjectRefused

        try:
            return await self.blocking(work)
        except (NotebookRefused, ProjectRefused, GitRefused) as error:
            raise RouteError(409, str(error), error.hint, "refused") from error
        except ValueError as error:
            raise RouteError(400, str(error), None, "bad_argument") from error
        except OSError as error:
            raise RouteError(409, str(error), "Check permissions and space on disk.", "disk") from error

    def interpreter(self, body: dict[str, Any]) -> Interpreter | None:
        """The Python of the kernel that a body names; None where it cannot be asked."""
        kernel, name = body.get("kernel"), body.get("kernel_name")
        try:
            if isinstance(kernel, str) and kernel:
                return of_kernel(self.kernel_manager, arguments.kernel_id(kernel))
            if isinstance(name, str) and name:
                return of_spec(self.kernel_manager, name)
        except NoPython:
            return None
        return None


class ManagersHandler(ProjectHandler):
    """Environment managers of this machine."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """`{managers: [{name, works, reason}], hosts}`."""
        projects = self.service.projects
        states = await self.ask(projects.states)
        await self.answer(lambda: {"managers": states, "hosts": projects.hosts})


class PlanHandler(ProjectHandler):
    """What an export would write."""

    _track_activity = False

    @web.authenticated
    @authorized
    async def post(self) -> None:
        """The analysis and the plan; nothing is written."""
        export = await self.prepared(self.body())
        folder = self.service.projects.api_path(export.request.folder)
        await self.answer(lambda: {**_plan_json(export), "folder": folder})

    async def prepared(self, body: dict[str, Any]) -> Export:
        """The export of a body."""
        from ..projects import export, plan
        from ..projects.analysis import Seen
        from ..projects.order import Executed

        projects = self.service.projects
        path, folder = arguments.text(body.get("path"), "path"), body.get("folder")
        form, environment = body.get("form", "notebook"), body.get("environment", "python_env")
        if form not in ("notebook", "script"):
            raise BadArgument("form", "wants notebook or script")
        if environment not in ("python_env", "uv", "conda"):
            raise BadArgument("environment", "wants python_env, uv or conda")
        names = body.get("parameters")
        if names is not None and not (isinstance(names, list) and all(isinstance(n, str) for n in names)):
            raise BadArgument("parameters", "wants a list of names or null")
        content = body.get("content")
        if content is not None and not isinstance(content, dict):
            raise BadArgument("content", "wants a notebook or null")
        history = [
            Executed(e.get("cell_id"), str(e.get("source", "")), e.get("execution_count"), bool(e.get("truncated")))
            for e in body.get("history") or [] if isinstance(e, dict)
        ]
        seen = body.get("seen")
        modules = {str(k): str(v) if v else None for k, v in seen.items()} if isinstance(seen, dict) else {}
        interpreter = self.interpreter(body)
        limit = body.get("max_file_mb", 10)
        if isinstance(limit, bool) or not isinstance(limit, int | float) or not 0 <= limit <= 100_000:
            raise BadArgument("max_file_mb", "wants a number")

        def work() -> Export:
            notebook = projects.local(path)
            target = projects.local(str(folder)) if folder else notebook.parent / f"{notebook.stem}-project"
            options = plan.Options(form, environment, None if names is None else tuple(names), str(body.get("name") or ""))
            return export.prepare(export.Request(
                notebook, target, options, content, interpreter, history, Seen(modules), int(limit * 1e6),
            ))

        prepared: Export = await self.ask(work)
        return prepared


class ExportHandler(PlanHandler):
    """Writes an export."""

    @web.authenticated
    @authorized
    async def post(self) -> None:
        """`{folder, written}`; 409 `exists` with the files that would be replaced, unless `overwrite`."""
        from ..projects.writer import Exists

        body = self.body()
        export = await self.prepared(body)
        projects = self.service.projects

        def work() -> dict[str, Any]:
            written = export.write(body.get("overwrite") is True)
            return {"folder": projects.api_path(export.request.folder), "written": written}

        try:
            answer = await self.blocking(work)
        except Exists as error:
            raise RouteError(409, str(error), "Choose another folder, or let them be replaced.", "exists") from error
        except OSError as error:
            raise RouteError(409, str(error), "Check permissions and space on disk.", "disk") from error
        await self.answer(lambda: answer)


class FetchHandler(ProjectHandler):
    """Looks at a project in Git, or in a folder."""

    @web.authenticated
    @authorized
    async def post(self) -> None:
        """`{uri, version}`: `{commit, files, texts}` of its folder; `commit` is "" for one that is no Git address."""
        body = self.json_object()
        uri, version = arguments.text(body.get("uri"), "uri"), str(body.get("version") or "")
        projects = self.service.projects
        found = await self.ask(lambda: projects.look(uri, version))
        await self.answer(lambda: found)


class JobsHandler(ProjectHandler):
    """All jobs; a new one."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """`{jobs: [Job]}`, newest first."""
        projects = self.service.projects
        await self.answer(lambda: {"jobs": projects.jobs.all()})

    @web.authenticated
    @authorized
    async def post(self) -> None:
        """Start one: `{kind: "run"|"sweep"|"proof", uri, entry_point, parameters, ...}`."""
        body = self.json_object()
        kind = body.get("kind", "run")
        if kind not in ("run", "sweep", "proof"):
            raise BadArgument("kind", "wants run, sweep or proof")
        projects = self.service.projects
        interpreter = self.interpreter(body)
        python = interpreter.executable if interpreter is not None else None
        notebook = str(body.get("notebook") or "") or None
        title = str(body.get("title") or "")[:200]

        def work() -> dict[str, Any]:
            request = projects.request(body)
            target = projects.target(body.get("store"), notebook, python)
            named = title or Path(request.uri.partition("#")[2] or request.uri).name
            if kind == "proof":
                return projects.jobs.prove(
                    Path(request.uri), request, notebook or "", named, target, body.get("baseline") or None,
                    float(body.get("tolerance") or 1e-3),
                )
            if kind == "sweep":
                rows = body.get("rows")
                if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
                    raise ValueError("rows: wants a list of parameters")
                texts = [{str(k): str(v) for k, v in row.items()} for row in rows]
                return projects.jobs.sweep(request, texts, int(body.get("at_once") or 1), named, target)
            return projects.jobs.run(request, named, target)

        answer = await self.ask(work)
        await self.answer(lambda: answer)


class JobHandler(ProjectHandler):
    """One job."""

    _track_activity = False

    @web.authenticated
    @authorized
    async def get(self, job_id: str) -> None:
        """The job."""
        job_id = _job_id(job_id)
        projects = self.service.projects
        job = await self.ask(lambda: projects.jobs.get(job_id))
        if job is None:
            raise RouteError(404, f"There is no job {job_id}", "It may have been removed.")
        await self.answer(lambda: job)

    @web.authenticated
    @authorized
    async def delete(self, job_id: str) -> None:
        """End it, or remove one that has ended: `{ended}` or `{removed}`."""
        job_id = _job_id(job_id)
        projects = self.service.projects

        def work() -> dict[str, bool]:
            ended = projects.jobs.cancel(job_id)
            return {"ended": ended, "removed": not ended and projects.jobs.forget(job_id)}

        # Of its own, so that a page that goes away does not leave half a tree behind.
        answer = await asyncio.shield(asyncio.ensure_future(self.ask(work)))
        await self.answer(lambda: answer)


class JobLogHandler(ProjectHandler):
    """Output of a job."""

    _track_activity = False

    @web.authenticated
    @authorized
    async def get(self, job_id: str) -> None:
        """`?offset=`: `{text, next, size}` in bytes."""
        job_id = _job_id(job_id)
        offset = arguments.integer(self.argument("offset"), "offset", 0, 0, 1 << 50)
        projects = self.service.projects
        text, following, size = await self.ask(lambda: projects.jobs.log(job_id, offset))
        await self.answer(lambda: {"text": text, "next": following, "size": size})


def _job_id(text: str) -> str:
    if not re.fullmatch(r"[0-9a-f]{32}", text):
        raise BadArgument("job", f"{text[:60]!r} is no job id")
    return text


def _plan_json(export: Export) -> dict[str, Any]:
    existing = set(export.existing())
    files = []
    for file in export.plan.files:
        text = file.text
        if text is None and file.size < MAX_PREVIEW and Path(file.path).suffix not in (".png", ".jpg", ".pkl", ".npy"):
            try:
                text = file.content().decode("utf-8")
            except (UnicodeDecodeError, OSError):
                text = None
        files.append({
            "path": file.path, "size": file.size, "text": None if text is None else text[:MAX_PREVIEW],
            "copied": file.copy_of is not None, "replaces": file.path in existing,
        })
    return {
        **export.analysis.json(), "findings": [f.json() for f in export.plan.findings], "name": export.plan.name,
        "chosen": [p.name for p in export.plan.parameters],
        "command": export.plan.command, "files": files,
    }
