"""`GET runs/<id>/series`: reduced metric histories."""

from __future__ import annotations

from typing import Any

from jupyter_server.auth.decorator import authorized
from tornado import web

from ..stores.base import RunQuery, Store
from . import arguments
from .base import BrowserHandler
from .errors import BadArgument, UnknownRun

MAX_KEYS = 50
MAX_POINTS = 10_000


class SeriesHandler(BrowserHandler):
    """Histories of a run's metrics, at most `points` (default 1000) of each."""

    @web.authenticated
    @authorized
    async def get(self, run_id: str) -> None:
        """`{series: [Series]}`; a key that the run has not logged is left out."""
        run = arguments.run_id(run_id)
        keys = list(dict.fromkeys(self.get_query_arguments("key", strip=False)))
        if len(keys) > MAX_KEYS:
            raise BadArgument("key", f"{len(keys)} keys; at most {MAX_KEYS} are answered at once")
        points = arguments.integer(self.argument("points"), "points", 1000, 2, MAX_POINTS)

        def work(store: Store) -> dict[str, Any]:
            series = store.series(run, keys or None, points)
            if not series and not store.runs(RunQuery(ids=(run,), limit=1)).total:
                raise UnknownRun(run)
            return {"series": series[:MAX_KEYS]}

        await self.answer_from_store(work)
