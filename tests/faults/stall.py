"""A server extension that does what none should: `GET /stall?seconds=5` blocks the event loop."""

from __future__ import annotations

import time
from typing import Any

from jupyter_server.base.handlers import JupyterHandler
from tornado import web


class StallHandler(JupyterHandler):
    """Blocks."""

    @web.authenticated
    def get(self) -> None:
        """Block the whole server."""
        time.sleep(float(self.get_argument("seconds")))
        self.finish({})


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": "tests.faults.stall"}]


def _load_jupyter_server_extension(serverapp: Any) -> None:
    serverapp.web_app.add_handlers(".*$", [(serverapp.base_url.rstrip("/") + "/stall", StallHandler)])
