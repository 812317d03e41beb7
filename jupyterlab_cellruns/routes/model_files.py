"""`GET models/files` and `GET models/content`: the files of a model that lies in a tracking store."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from jupyter_server.auth.decorator import authorized
from tornado import iostream, web

from . import arguments
from .artifacts import ArtifactContentHandler
from .containment import check_inside, is_inside
from .encode import encode
from .mlflow_call import MlflowHandler
from .model_place import Place, find, listed, local_folder


class ModelPlaceHandler(MlflowHandler):
    """Finds where a model lies; the answer of one handler is good for one request."""

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[tuple[Any, Any]]:
        """`(call, send)`: MLflow's REST with a lease of its own, let go at the end."""
        endpoint = await self.store_endpoint()
        async with await self.context.upstream.lease(endpoint) as lease:

            async def call(method: str, path: str, query: dict[str, str] | None = None) -> dict[str, Any]:
                return await self.call(endpoint, lease, method, path, query)

            async def send(path: str, query: dict[str, str]) -> Any:
                # Identity: what arrives is what the ranges count.
                return await self.send(endpoint, lease, "GET", path, query, headers={"Accept-Encoding": "identity"})

            yield call, send

    async def listed(self, place: Place, call: Any) -> tuple[list[dict[str, Any]], bool]:
        """`model_place.listed`; a folder that is a link out of the run is named, and not looked into."""
        artifacts = self.asked_store().artifacts

        def enters(folder: str) -> Awaitable[bool]:
            return self.context.blocking(lambda: is_inside(*_in_run(place, folder), artifacts))

        return await listed(place, call, enters)

    def uri(self) -> str:
        """The model's URI of the query."""
        return arguments.text(self.argument("uri"), "uri")


class ModelFilesHandler(ModelPlaceHandler):
    """What a model consists of. Nothing of it is read."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """`StoredModel` of docs/http-api.md."""
        async with self.opened() as (call, _):
            place = await find(self.uri(), call)
            files, is_cut = await self.listed(place, call)
        files.sort(key=lambda file: file["path"])
        answer = {**asdict(place), "store": self.asked_store().id, "files": files, "is_cut": is_cut}
        answer["local_path"] = await self.context.blocking(lambda: self._local_path(place))
        self.finish(encode(answer))

    def _local_path(self, place: Place) -> str | None:
        folder = local_folder(place, self.asked_store().state())
        if folder is None:
            return None
        root = os.path.realpath(os.path.expanduser(self.settings["server_root_dir"]))
        return os.path.relpath(folder, root) if Path(folder).is_relative_to(root) else folder


class ModelContentHandler(ModelPlaceHandler, ArtifactContentHandler):
    """The bytes of one file of a model, streamed, with the same care as any artifact's."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """All of it, or one range of bytes (`Range: bytes=a-b`, or `limit=n` for the first n), then 206."""
        uri = self.uri()
        path = arguments.artifact_path(arguments.text(self.argument("path"), "path"))
        download = arguments.flag(self.argument("download"), "download")
        span = self._span()
        async with self.opened() as (call, send):
            place: Place = await find(uri, call)
            artifacts = self.asked_store().artifacts
            await self.blocking(lambda: check_inside(*_in_run(place, path), artifacts))
            response = await send(*place.file(path))
            try:
                await self._stream(response, path, download, span)
            except (iostream.StreamClosedError, asyncio.CancelledError):
                return
            finally:
                await response.aclose()


def _in_run(place: Place, path: str) -> tuple[str, str]:
    """Where the artifacts begin that a file has to stay in, and its path there: the run's, or the logged model's own."""
    uri = place.artifact_uri or ""
    if place.model_id is None and place.path and uri.endswith("/" + place.path):
        return uri[: -len(place.path) - 1], f"{place.path}/{path}"
    return uri, path
