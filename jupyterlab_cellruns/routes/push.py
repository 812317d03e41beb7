"""`POST push`, `GET push`, `GET push/<id>` and `DELETE push/<id>`: copies of runs in another store."""

from __future__ import annotations

from jupyter_server.auth.decorator import authorized
from tornado import web

from ..push.jobs import Job
from ..stores.base import StoreRefused
from . import arguments
from .base import BrowserHandler
from .encode import encode
from .errors import BadArgument, RouteError, from_store

MAX_RUNS = 1000


class PushesHandler(BrowserHandler):
    """All pushes of this server, and new ones."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """`{pushes: [Push]}`, newest first."""
        self.finish(encode({"pushes": [job.json() for job in self.service.pushes.all()]}))

    @web.authenticated
    @authorized
    async def post(self) -> None:
        """Begin one; answers `Push`."""
        body = self.json_object()
        runs = body.get("run_ids")
        if not isinstance(runs, list) or not 0 < len(runs) <= MAX_RUNS:
            raise BadArgument("run_ids", f"wants a list of 1 to {MAX_RUNS} run ids")
        run_ids = [arguments.run_id(str(run), "run_ids") for run in runs]
        children = body.get("children", True)
        if not isinstance(children, bool):
            raise BadArgument("children", "wants true or false")
        target = body.get("store")
        if not isinstance(target, str):
            raise BadArgument("store", "wants the id of the store to push to")
        source = body.get("from") or self.service.store_of_run(run_ids[0])
        if not isinstance(source, str):
            raise BadArgument("from", "wants the id of the store that the runs are in")
        try:
            job = self.service.pushes.start(source, target, run_ids, children)
        except StoreRefused as error:
            raise from_store(error) from error
        self.finish(encode(job.json()))


class PushHandler(BrowserHandler):
    """One push."""

    @web.authenticated
    @authorized
    async def get(self, job_id: str) -> None:
        """How far it is."""
        self.finish(encode(self._job(job_id).json()))

    @web.authenticated
    @authorized
    async def delete(self, job_id: str) -> None:
        """Stop it. What has arrived stays."""
        job = self._job(job_id)
        job.stop.set()
        self.finish(encode(job.json()))

    def _job(self, job_id: str) -> Job:
        job = self.service.pushes.get(job_id)
        if job is None:
            raise RouteError(404, "There is no such push (any more)", None, "not_found")
        return job
