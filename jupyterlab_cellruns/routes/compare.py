"""`GET compare` and `POST compare/importance`: what a comparison shows of its runs, histories and artifacts apart."""

from __future__ import annotations

from typing import Any

from jupyter_server.auth.decorator import authorized
from tornado import web

from ..importance.process import NoImportance, importance
from ..stores.base import RunQuery, Store
from . import arguments
from .base import BrowserHandler
from .encode import encode
from .errors import BadArgument, RouteError

MAX_RUNS = 500


class CompareHandler(BrowserHandler):
    """Runs side by side."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """`{runs: [RunBrief], missing: [id]}`, in the order asked for."""
        ids = self.argument("ids") or ""
        wanted = list(dict.fromkeys(arguments.run_id(one, "ids") for one in ids.split(",") if one))
        if not 1 <= len(wanted) <= MAX_RUNS:
            raise BadArgument("ids", f"{len(wanted)} runs; 1 to {MAX_RUNS} are compared")

        def work(store: Store) -> dict[str, Any]:
            runs = store.briefs(wanted)
            found = {one["run"]["run_id"] for one in runs}
            return {"runs": runs, "missing": [run for run in wanted if run not in found]}

        await self.answer_from_store(work, wanted[0])


class ImportanceHandler(BrowserHandler):
    """How much params tell of a metric."""

    @web.authenticated
    @authorized
    async def post(self) -> None:
        """`Importance` of docs/http-api.md for `{run_ids, metric}`; 409 with the reason where there is none."""
        body = self.json_object()
        metric = arguments.text(body.get("metric"), "metric", 250)
        runs = body.get("run_ids")
        if not isinstance(runs, list) or not 1 <= len(runs) <= MAX_RUNS:
            raise BadArgument("run_ids", f"wants a list of 1 to {MAX_RUNS} run ids")
        wanted = [arguments.run_id(arguments.text(run, "run_ids"), "run_ids") for run in runs]
        attached = self.attached(wanted[0])
        attached.touch()
        page = await self.blocking(lambda: attached.store().runs(RunQuery(ids=tuple(wanted), limit=len(wanted))))
        rows = [
            {"params": run["params"], "value": run["metrics"].get(metric, {}).get("value")} for run in page.runs
        ]
        try:
            found = await importance(metric, rows)
        except NoImportance as error:
            raise RouteError(409, str(error), error.hint, error.code) from error
        self.finish(encode(found))
