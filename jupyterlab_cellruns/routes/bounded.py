"""Request bodies that are never larger than a route allows: what is too long is refused before it is read."""

from __future__ import annotations

from typing import Any, ClassVar

from tornado import web

MAX_JSON = 1 << 20
"""Most bytes of a JSON body."""


@web.stream_request_body
class BoundedBody(web.RequestHandler):
    """Gathers the body in `self.request.body`, as tornado does by itself, but `max_body` bytes at the most.

    A longer one is answered by 413 where its length is declared, else the connection is closed when it gets too long.
    Who is not let in by `prepare` is answered before the body is read.
    """

    max_body: ClassVar[int] = MAX_JSON

    async def prepare(self, **options: Any) -> Any:
        """Refuse a body that is declared too long, and bound one that declares no length."""
        length = self.request.headers.get("Content-Length", "0")
        if not length.isdigit() or int(length) > self.max_body:
            self.too_long(length)
            return
        self.request.connection.set_max_body_size(self.max_body)  # type: ignore[union-attr]
        result: Any = super().prepare(**options)
        if result is not None:
            await result

    def too_long(self, length: str) -> None:
        """Answer by 413."""
        raise web.HTTPError(413, f"The body has {length[:20]} bytes; at most {self.max_body} are read")

    def data_received(self, chunk: bytes) -> None:
        """Keep a chunk."""
        self.request.body += chunk
