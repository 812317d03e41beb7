"""`POST models/tries` and `models/tries/<id>`: run a model on an input in a scratch process."""

from __future__ import annotations

from typing import Any

from jupyter_server.auth.decorator import authorized
from tornado import web

from ..models.scratch.process import Bounds
from ..models.scratch.tries import MAX_RUNNING, MAX_SECONDS, Try
from . import arguments
from .encode import encode
from .errors import BadArgument, RouteError
from .model_source import ModelSourceHandler

MAX_INPUT = 1_000_000
_WAIT_S = 25


class ModelTriesHandler(ModelSourceHandler):
    """Starts one. A model is code: who may start kernels may do this too."""

    @web.authenticated
    @authorized
    async def post(self) -> None:
        """`Try` that has just begun."""
        body = self.json_object()
        interpreter = self.interpreter(body)
        text, params = body.get("input"), body.get("params")
        if text is not None and (not isinstance(text, str) or len(text) > MAX_INPUT):
            raise BadArgument("input", f"wants JSON text of at most {MAX_INPUT} characters, or null for the example")
        if params is not None and not isinstance(params, dict):
            raise BadArgument("params", "wants an object or null")
        bounds = Bounds(
            whole(body.get("seconds", 120), "seconds", 1, MAX_SECONDS),
            whole(body.get("memory_mib", 4096), "memory_mib", 64, 1 << 20) << 20,
        )
        if self.jobs.tries.running >= MAX_RUNNING:
            raise RouteError(429, f"{MAX_RUNNING} models are being tried already", "Wait for one, or cancel it.")
        _, folder = await self.model(body)
        one = Try(interpreter, folder, text, params, bounds)
        self.jobs.tries.add(one)
        self.set_status(201)
        self.finish(encode(one.json()))


class ModelTryHandler(ModelSourceHandler):
    """One of them."""

    _track_activity = False

    @web.authenticated
    @authorized
    async def get(self, key: str) -> None:
        """The `Try`; with `wait=1` when there is news."""
        one = self._one(key)
        if arguments.flag(self.argument("wait"), "wait"):
            await one.wait(_WAIT_S)
        self.finish(encode(one.json()))

    @web.authenticated
    @authorized
    async def delete(self, key: str) -> None:
        """Cancel it; answers when its process is gone."""
        one = self._one(key)
        await one.stop()
        self.finish(encode(one.json()))

    def _one(self, key: str) -> Try:
        found = self.jobs.tries.get(key)
        if found is None:
            raise RouteError(404, "This try is not known here any more", "Run it again.")
        return found


def whole(value: Any, name: str, least: int, most: int) -> int:
    """A whole number of a JSON body within bounds."""
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise BadArgument(name, f"wants a whole number from {least} to {most}")
    return value
