"""`GET experiments`."""

from __future__ import annotations

from jupyter_server.auth.decorator import authorized
from tornado import web

from .base import BrowserHandler


class ExperimentsHandler(BrowserHandler):
    """Experiments of a store, newest first."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """`{experiments: [...]}`."""
        if not self.attached().exists():
            return await self.answer(lambda: {"experiments": []})
        await self.answer_from_store(lambda store: {"experiments": store.experiments()})
