"""`GET status`: version, store and one kernel."""

from __future__ import annotations

from jupyter_server.auth.decorator import authorized
from tornado import web

from . import arguments
from .base import BrowserHandler
from .encode import encode


class StatusHandler(BrowserHandler):
    """What the status item and the panel's head show. Asked often, so it never touches the store itself."""

    _track_activity = False

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """`{version, enabled, store, kernel}`."""
        service = self.service
        kernel = self.argument("kernel")
        state = service.kernels.state(arguments.kernel_id(kernel)) if kernel else None
        store = {**service.stores.state(), "waiting": service.capture.waiting}
        self.finish(encode({"version": service.version, "enabled": service.enabled, "store": store, "kernel": state}))
