"""`GET runs/<id>/series`: reduced metric histories."""

from __future__ import annotations

from typing import Any

from jupyter_server.auth.decorator import authorized
from tornado import web

from ..stores.base import RunQuery, Store
from ..stores.history import Window
from . import arguments
from .base import BrowserHandler
from .errors import BadArgument, UnknownRun

MAX_KEYS = 50
MAX_POINTS = 10_000


class SeriesHandler(BrowserHandler):
    """Histories of a run's metrics, at most `points` (default 1000) of each, in a window where one is given."""

    @web.authenticated
    @authorized
    async def get(self, run_id: str) -> None:
        """`{series: [Series]}`; a key that the run has not logged is left out."""
        run = arguments.run_id(run_id)
        keys = list(dict.fromkeys(self.get_query_arguments("key", strip=False)))
        if len(keys) > MAX_KEYS:
            raise BadArgument("key", f"{len(keys)} keys; at most {MAX_KEYS} are answered at once")
        points = arguments.integer(self.argument("points"), "points", 1000, 2, MAX_POINTS)

        window = self._window()

        def work(store: Store) -> dict[str, Any]:
            series = store.series(run, keys or None, points, window)
            if not any(one["total"] for one in series) and not store.runs(RunQuery(ids=(run,), limit=1)).total:
                raise UnknownRun(run)
            return {"series": series[:MAX_KEYS]}

        await self.answer_from_store(work, run)

    def _window(self) -> Window:
        ends = {
            name: self.argument(name) for name in ("first_step", "last_step", "first_time", "last_time")
        }
        return Window(**{
            name: arguments.integer(text, name, 0, -(2**63), 2**63 - 1) for name, text in ends.items() if text
        })
