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
        """`{version, enabled, store, stores, kernel}`; `store` is the one of the kernel's notebook, or of `notebook`."""
        service = self.service
        kernel = self.argument("kernel")
        state = service.kernels.state(arguments.kernel_id(kernel)) if kernel else None
        notebook = self.argument("notebook")
        of_kernel = state["store"] if state is not None and notebook is None else None
        store_id = of_kernel or service.store_of_notebook(notebook or None)
        every = arguments.flag(self.argument("all"), "all")
        for one in service.stores.ids() if every else [store_id]:
            service.stores.get(one).look()
        stores = [{**s, "waiting": service.capture.waiting(s["id"])} for s in service.stores.states()]
        store = next(s for s in stores if s["id"] == store_id)
        self.finish(encode({
            "version": service.version, "enabled": service.enabled, "store": store, "stores": stores,
            "default_store": service.stores.default, "kernel": state,
        }))
