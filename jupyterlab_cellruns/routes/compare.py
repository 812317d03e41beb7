"""`GET compare`: what a comparison shows of its runs, histories and artifacts apart."""

from __future__ import annotations

from typing import Any

from jupyter_server.auth.decorator import authorized
from tornado import web

from ..stores.base import Store
from . import arguments
from .base import BrowserHandler
from .errors import BadArgument

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
