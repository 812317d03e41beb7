"""`GET` and `PUT notebooks`: what was chosen for a notebook."""

from __future__ import annotations

from jupyter_server.auth.decorator import authorized
from tornado import web

from . import arguments
from .base import BrowserHandler
from .encode import encode
from .errors import BadArgument

MAX_EXPERIMENT = 256
"""Most characters of an experiment name (column `experiments.name` of MLflow's schema)."""


class NotebooksHandler(BrowserHandler):
    """On or off, and the experiment, per notebook path."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """`{path, enabled, experiment}`."""
        path = arguments.text(self.argument("path"), "path")
        notebooks = self.service.notebooks
        await self.answer(lambda: notebooks.get(path))

    @web.authenticated
    @authorized
    async def put(self) -> None:
        """Store a choice, apply it to the running kernel, and answer with the whole."""
        body = self.json_object()
        path = arguments.text(body.get("path"), "path")
        enabled = body.get("enabled")
        if enabled is not None and not isinstance(enabled, bool):
            raise BadArgument("enabled", "wants true or false")
        experiment = body.get("experiment")
        if experiment is not None:
            arguments.text(experiment, "experiment", MAX_EXPERIMENT)
        kernel = body.get("kernel")
        if kernel is not None:
            arguments.kernel_id(arguments.text(kernel, "kernel"))
        service = self.service
        binding = await self.blocking(
            lambda: service.notebooks.put(path, enabled, experiment, set_experiment="experiment" in body)
        )
        if kernel is not None and service.kernels.state(kernel) is not None:
            await service.kernels.bind(kernel, binding)
        self.finish(encode(binding))
