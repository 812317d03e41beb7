"""`GET folders`, `GET folders/<id>` and `POST folders/<id>/migrate`: file stores of older MLflows."""

from __future__ import annotations

import asyncio

from jupyter_server.auth.decorator import authorized
from tornado import web

from .base import BrowserHandler
from .encode import encode
from .errors import RouteError


class FoldersHandler(BrowserHandler):
    """Those in the root directory and beside a notebook."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """`{folders: [Store]}`; looks where `notebook` is."""
        folders, notebook = self.service.folders, self.argument("notebook")
        if folders.due(notebook):
            await self.blocking(lambda: folders.look(notebook))
        self.finish(encode({"folders": folders.states()}))


class FolderHandler(BrowserHandler):
    """One of them, and its migration."""

    @web.authenticated
    @authorized
    async def get(self, store_id: str) -> None:
        """`{store: Store, migration}`."""
        self.finish(encode(self.answer_of(store_id)))

    def answer_of(self, store_id: str) -> dict[str, object]:
        """The store and how its migration is."""
        folders = self.service.folders
        store = folders.get(store_id)
        if store is None:
            raise RouteError(404, f"There is no folder '{store_id}'", "It may be gone. Look again.", "unknown_store")
        return {"store": store.state(), "migration": folders.migration(store_id).json()}


class MigrateHandler(FolderHandler):
    """Its migration."""

    SUPPORTED_METHODS = ("POST",)

    @web.authenticated
    @authorized
    async def post(self, store_id: str) -> None:
        """Begin the migration; the answer comes at once."""
        answer = self.answer_of(store_id)
        folders = self.service.folders
        self.service.keep(asyncio.ensure_future(folders.migrate(store_id)))
        await asyncio.sleep(0)
        answer["migration"] = folders.migration(store_id).json()
        self.set_status(202)
        self.finish(encode(answer))
