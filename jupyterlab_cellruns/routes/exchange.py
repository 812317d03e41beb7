"""One request of a kernel on its way to the store, from the first header to the last byte of the answer."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from tornado.httputil import HTTPServerRequest

from ..stores.attached import AttachedStore
from . import forward
from .body import BodyPipe
from .upstream import Lease, Upstream

if TYPE_CHECKING:
    import httpx

_TOUCH_S = 10.0


class Exchange:
    """Sends a request while its body is still coming in.

    `start`, then `feed` the body, `end` it, await the `response`, and in any case `close`. Each of the last
    three may come at any time after `start`, also when the kernel has gone in the middle.
    """

    def __init__(self, store: AttachedStore, upstream: Upstream, request: HTTPServerRequest, path: str) -> None:
        self.store = store
        self._upstream = upstream
        self._request = request
        self._path = path
        has_body = "Content-Length" in request.headers or "Transfer-Encoding" in request.headers
        self._body = BodyPipe() if has_body else None
        self._sending: asyncio.Task[httpx.Response] | None = None
        self._lease: Lease | None = None
        self._touched = 0.0

    def start(self) -> None:
        """Begin to send."""
        self._sending = asyncio.ensure_future(self._send())
        self._sending.add_done_callback(self._sent)

    async def feed(self, chunk: bytes) -> None:
        """Pass on one chunk of the body; waits while the store is slower than the kernel."""
        if self._body is not None:
            self.touch()
            await self._body.feed(chunk)

    async def end(self) -> None:
        """The body is through."""
        if self._body is not None:
            await self._body.end()

    async def response(self) -> httpx.Response:
        """The store's answer, not read yet.

        Raises what `AttachedStore.endpoint` raises, httpx's `TransportError`, and `CancelledError` after `close`.
        """
        assert self._sending is not None
        while not self._sending.done():
            await asyncio.wait({self._sending}, timeout=_TOUCH_S)
            self.touch()
        return self._sending.result()

    async def close(self) -> None:
        """Stop what is under way and let the connection go. Again is harmless."""
        sending, lease = self._sending, self._lease
        if sending is not None:
            if not sending.done():
                sending.cancel()
                await asyncio.wait({sending})
                lease = self._lease
            if not sending.cancelled() and sending.exception() is None:
                await sending.result().aclose()
        if lease is not None:
            await lease.release()

    def touch(self) -> None:
        """Tell the store now and then that it is in use."""
        now = asyncio.get_running_loop().time()
        if now - self._touched >= _TOUCH_S:
            self._touched = now
            self.store.touch()

    async def _send(self) -> httpx.Response:
        httpx = await self._upstream.load()
        try:
            return await self._send_once()
        except httpx.ConnectError:
            if self._body is not None and self._body.started:
                raise
            # The child may just have been stopped for idleness or have died; asking again starts it.
            return await self._send_once()

    async def _send_once(self) -> httpx.Response:
        self.touch()
        if self._lease is not None:
            await self._lease.release()
        endpoint = await self.store.endpoint()
        self._lease = await self._upstream.lease(endpoint)
        httpx = await self._upstream.load()
        _, asked, query = (self._request.uri or "").partition("?")
        request = httpx.Request(
            self._request.method or "GET",
            endpoint.base_url,
            headers=forward.request_headers(self._request.headers.get_all(), endpoint.headers),
            content=None if self._body is None else self._body.read(),
            extensions={"target": forward.target(endpoint.base_url, self._path, query if asked else None)},
        )
        return await self._lease.client.send(request, stream=True)

    def _sent(self, task: asyncio.Task[httpx.Response]) -> None:
        # Also after an early answer: what is left of the body is read and dropped, as a client that is
        # still sending does not look for an answer.
        if self._body is not None:
            self._body.close()
        if not task.cancelled():
            task.exception()  # asked for, so that nobody logs it as never retrieved
