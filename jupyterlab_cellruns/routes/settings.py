"""`GET` and `PUT settings`: what the user's settings say about attaching and experiments."""

from __future__ import annotations

from jupyter_server.auth.decorator import authorized
from tornado import web

from ..experiments import mode_of
from ..rerun import RERUNS
from . import arguments
from .base import BrowserHandler
from .encode import encode
from .errors import BadArgument
from .notebooks import MAX_EXPERIMENT


class SettingsHandler(BrowserHandler):
    """Kept while the server runs; every page says them at its start."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """`{enabled, experiment_mode, experiment_name, provenance, rerun}` as they count now."""
        self.finish(encode(self.service.settings_json()))

    @web.authenticated
    @authorized
    async def put(self) -> None:
        """Take them over and answer with what counts."""
        body = self.json_object()
        enabled = body.get("enabled", True)
        if not isinstance(enabled, bool):
            raise BadArgument("enabled", "wants true or false")
        provenance = body.get("provenance", True)
        if not isinstance(provenance, bool):
            raise BadArgument("provenance", "wants true or false")
        try:
            mode = mode_of(str(body.get("experiment_mode", "notebook")))
        except ValueError as error:
            raise BadArgument("experiment_mode", str(error)) from None
        name = body.get("experiment_name") or ""
        if name:
            arguments.text(name, "experiment_name", MAX_EXPERIMENT)
        if mode == "fixed" and not name:
            raise BadArgument("experiment_name", "wants a name where experiment_mode is 'fixed'")
        rerun = body.get("rerun")
        if rerun is not None and rerun not in RERUNS:
            raise BadArgument("rerun", "wants 'new', 'nested', 'resume' or null")
        self.finish(encode(await self.service.apply_settings(enabled, mode, name, provenance, rerun)))
