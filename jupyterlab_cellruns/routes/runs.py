"""`GET runs` and `GET runs/<id>`."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from jupyter_server.auth.decorator import authorized
from tornado import web

from ..stores.base import LISTED, RunQuery, Store
from . import arguments
from .base import BrowserHandler
from .errors import BadArgument, UnknownRun

MAX_LIMIT = 1000
MAX_IDS = 500


class RunsHandler(BrowserHandler):
    """A page of runs, newest first, or exactly the runs asked for."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """`{runs: [RunSummary], total}`."""
        query = self._query()
        first = query.ids[0] if query.ids else None
        store_id = self.attached(first).id
        if not self.attached(first).exists():
            return await self.answer(lambda: {"runs": [], "total": 0, "store": store_id})
        await self.answer_from_store(lambda store: {**asdict(store.runs(query)), "store": store_id}, first)

    def _query(self) -> RunQuery:
        ids = self.argument("ids")
        if ids is not None:
            wanted = [arguments.run_id(one, "ids") for one in ids.split(",") if one]
            if len(wanted) > MAX_IDS:
                raise BadArgument("ids", f"{len(wanted)} runs; at most {MAX_IDS} are answered at once")
            return RunQuery(ids=tuple(dict.fromkeys(wanted)), limit=max(1, len(wanted)))
        text = (self.argument("q") or "").strip()
        if len(text) > 1000:
            raise BadArgument("q", f"{len(text)} characters; at most 1000 are allowed")
        return RunQuery(
            notebook=self.argument("notebook") or None,
            experiment_id=self.argument("experiment") or None,
            text=text or None,
            limit=arguments.integer(self.argument("limit"), "limit", 100, 1, MAX_LIMIT),
            offset=arguments.integer(self.argument("offset"), "offset", 0, 0, 2**31 - 1),
        )


class RunHandler(BrowserHandler):
    """Everything about one run."""

    @web.authenticated
    @authorized
    async def get(self, run_id: str) -> None:
        """The run, or 404."""
        run = arguments.run_id(run_id)

        def work(store: Store) -> dict[str, Any]:
            found = store.run(run, LISTED)
            if found is None:
                raise UnknownRun(run)
            return found

        await self.answer_from_store(work, run)
