"""`GET` and `PUT notebooks`: what was chosen for a notebook."""

from __future__ import annotations

from typing import Any

from jupyter_server.auth.decorator import authorized
from tornado import web

from . import arguments
from .base import BrowserHandler
from .encode import encode
from .errors import BadArgument, UnknownStore

MAX_EXPERIMENT = 256
"""Most characters of an experiment name (column `experiments.name` of MLflow's schema)."""


class NotebooksHandler(BrowserHandler):
    """On or off, the experiment and the store, per notebook path."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """`{path, enabled, experiment, store}`."""
        path = arguments.text(self.argument("path"), "path")
        notebooks = self.service.notebooks
        await self.answer(lambda: notebooks.get(path))

    @web.authenticated
    @authorized
    async def put(self) -> None:
        """Store a choice, apply it to the running kernel, and answer with the whole."""
        body = self.json_object()
        path = arguments.text(body.get("path"), "path")
        service = self.service
        changes: dict[str, Any] = {}
        if body.get("enabled") is not None:
            if not isinstance(body["enabled"], bool):
                raise BadArgument("enabled", "wants true or false")
            changes["enabled"] = body["enabled"]
        for name, most in (("experiment", MAX_EXPERIMENT), ("store", 40)):
            if name in body:
                changes[name] = None if body[name] is None else arguments.text(body[name], name, most)
        if changes.get("store") is not None and changes["store"] not in service.stores:
            raise UnknownStore(changes["store"], service.stores.ids())
        kernel = body.get("kernel")
        if kernel is not None:
            arguments.kernel_id(arguments.text(kernel, "kernel"))
        binding = await self.blocking(lambda: service.notebooks.put(path, **changes))
        if kernel is not None and service.kernels.state(kernel) is not None:
            await service.kernels.bind(kernel, binding)
        self.finish(encode(binding))
