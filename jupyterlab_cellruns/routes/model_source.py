"""Which model a request speaks of, and its folder on this machine."""

from __future__ import annotations

import os
import shutil
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any

from jupyter_core.utils import ensure_async
from tornado import web

from ..models.executable import Interpreter, NoPython, of_kernel, of_spec
from ..models.jobs import ModelJobs
from . import arguments
from .errors import BadArgument, RouteError
from .model_files import ModelPlaceHandler
from .model_place import MLMODEL, Place, find, local_folder

_SPARE = 256 << 20
"""Bytes of the disk that a copy leaves free."""


class ModelSourceHandler(ModelPlaceHandler):
    """Takes `{path}` (a folder below Jupyter's root) or `{uri}` (a model in the store), and a kernel."""

    @property
    def jobs(self) -> ModelJobs:
        """What runs for models here."""
        return self.service.models

    def interpreter(self, body: dict[str, Any]) -> Interpreter:
        """The Python of `kernel` (an id) or `kernel_name` (a kernelspec); 409 without one."""
        kernel, name = body.get("kernel"), body.get("kernel_name")
        if (kernel is None) == (name is None):
            raise BadArgument("kernel", "wants either kernel (an id) or kernel_name (a kernelspec)")
        try:
            if kernel is not None:
                return of_kernel(self.kernel_manager, arguments.kernel_id(arguments.text(kernel, "kernel")))
            return of_spec(self.kernel_manager, arguments.text(name, "kernel_name", 256))
        except NoPython as error:
            raise RouteError(409, str(error), "Choose another kernel.", "no_python") from error

    async def model(self, body: dict[str, Any]) -> tuple[str, Callable[[], Awaitable[str]]]:
        """A model's name for people, and what brings its folder here. Refuses what is no model at once."""
        path, uri = body.get("path"), body.get("uri")
        if (path is None) == (uri is None):
            raise BadArgument("path", "wants either path (a folder below Jupyter's root) or uri (a stored model)")
        if path is not None:
            folder = await self._below_root(arguments.text(path, "path") if path else "")

            async def ready() -> str:
                return folder

            return arguments.text(path, "path") if path else ".", ready
        named = arguments.text(uri, "uri")
        async with self.opened() as (call, _):
            place = await find(named, call)

        async def copied() -> str:
            state = self.asked_store().state()
            here = await self.context.blocking(lambda: local_folder(place, state))
            return here if here is not None else await self._copy(place)

        return named, copied

    async def _below_root(self, path: str) -> str:
        manager: Any = self.contents_manager
        to_os = getattr(manager, "_get_os_path", None)
        if to_os is None:
            raise RouteError(409, "The files of this Jupyter server are not on its own disk",
                             "Download the model, or log it to a run and open it from there.")

        try:
            folder = str(to_os(path.strip("/")))
            hidden = not manager.allow_hidden and await ensure_async(manager.is_hidden(path.strip("/")))
        except (web.HTTPError, ValueError) as error:
            raise BadArgument("path", f"{path!r} is not below Jupyter's root") from error
        if hidden:
            raise BadArgument("path", f"{path!r} is hidden")

        def look() -> str:
            if not os.path.isfile(os.path.join(folder, MLMODEL)):
                raise RouteError(404, f"There is no {MLMODEL} file in {path or 'the root folder'!r}")
            return folder

        return await self.context.blocking(look)

    async def _copy(self, place: Place) -> str:
        async def fill(folder: Path) -> None:
            async with self.opened() as (call, send):
                files, is_cut = await self.listed(place, call)
                wanted = [file for file in files if not file["is_dir"]]
                if is_cut or not any(file["path"] == MLMODEL for file in wanted):
                    raise RouteError(409, f"The store does not list all files of {place.uri}, so it cannot be copied",
                                     "Load it in a notebook with MLflow instead.")
                size = sum(file["file_size"] or 0 for file in wanted)
                free = await self.context.blocking(lambda: shutil.disk_usage(folder).free)
                if size > free - _SPARE:
                    raise RouteError(409, f"The model has {size >> 20} MiB; {free >> 20} MiB are free in {folder.parent}",
                                     "Free space there, or set TMPDIR to a larger disk.")
                for file in wanted:
                    path = arguments.artifact_path(file["path"])
                    response = await send(*place.file(path))
                    try:
                        await self._write(folder / path, response)
                    finally:
                        await response.aclose()

        key = f"{self.asked_store().id}|{place.model_id}|{place.run_id}|{place.path}|{place.artifact_uri}"
        return str(await self.jobs.copies.folder(key, fill))

    async def _write(self, target: Path, response: Any) -> None:
        def begin() -> Any:
            target.parent.mkdir(parents=True, exist_ok=True)
            return target.open("xb")

        file = await self.context.blocking(begin)
        try:
            async for chunk in response.aiter_bytes(1 << 20):
                await self.context.blocking(partial(file.write, chunk))
        finally:
            await self.context.blocking(file.close)
