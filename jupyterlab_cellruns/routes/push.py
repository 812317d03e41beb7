"""`POST push`, `GET push`, `GET push/<id>` and `DELETE push/<id>`: copies of runs in another store."""

from __future__ import annotations

from jupyter_server.auth.decorator import authorized
from tornado import web

from ..push.jobs import Job
from ..stores.base import StoreRefused, StoreUnavailable
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
        named = body.get("from")
        if named is not None and not isinstance(named, str):
            raise BadArgument("from", "wants the id of the store that the runs are in")
        source: str = named if named else await self.blocking(lambda: self._find(run_ids[0], str(target)))
        try:
            job = self.service.pushes.start(source, target, run_ids, children)
        except StoreRefused as error:
            raise from_store(error) from error
        self.finish(encode(job.json()))


    def _find(self, run_id: str, target: str) -> str:
        """Id of the store that a run is in: where this server's kernels have told of it, else the first that has it."""
        service = self.service
        likely = service.store_of_run(run_id)
        for store_id in dict.fromkeys((likely, *service.stores.ids())):
            if store_id == target:
                continue
            try:
                if service.stores.get(store_id).store().run(run_id) is not None:
                    return store_id
            except (StoreRefused, StoreUnavailable):
                # A store that is away; the run may be in another.
                continue
        return likely


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
