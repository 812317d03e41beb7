"""The tracking proxy: MLflow clients in kernels reach a store of this server through it, streamed both ways."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from jupyter_server.auth.decorator import allow_unauthenticated
from tornado import iostream, web

from ..stores.attached import AttachedStore
from ..stores.base import StoreRefused, StoreUnavailable
from . import forward
from .exchange import Exchange
from .kernel_base import KernelHandler

if TYPE_CHECKING:
    import httpx

MARK = "/cellruns/tracking/"
BARRIER_S = 30.0
"""How long a request waits for the events it has to come after."""
MAX_BODY = 1 << 50
"""Bytes. In place of tornado's limit: nothing is held here, so there is nothing to limit."""


@web.stream_request_body
class TrackingHandler(KernelHandler):
    """Forwards one request.

    `prepare` runs when the headers are in: it lets the request in or not and starts the request to the store.
    `data_received` hands the body over chunk by chunk and waits while the store is slower. The verb itself
    runs when the body is through, and streams the answer back, waiting while the kernel is slower.
    """

    SUPPORTED_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")

    _exchange: Exchange | None = None
    _answering: asyncio.Task[None] | None = None
    _closing: asyncio.Task[None] | None = None
    _gone = False

    async def prepare(self) -> None:
        """Admit, wait for the barrier, start sending."""
        if not self.admit():
            return
        store_id, _, path = self.request.path.partition(MARK)[2].partition("/")
        stores = self.service.stores
        if store_id not in stores:
            said = f"There is no store {store_id[:60]!r} in this Jupyter server; its stores are {', '.join(stores.ids())}"
            return self.refuse(404, "ENDPOINT_NOT_FOUND", said)
        if not forward.is_open(path):
            said = f"{path[:200]!r} is not part of MLflow's API, so it is not forwarded"
            return self.refuse(404, "ENDPOINT_NOT_FOUND", said)
        store = stores.get(store_id)
        if not await self._barrier(store) or self._gone:
            return
        self.request.connection.set_max_body_size(MAX_BODY)  # type: ignore[union-attr]
        self._exchange = Exchange(store, self.context.upstream, self.request, path)
        self._exchange.start()

    async def data_received(self, chunk: bytes) -> None:
        """Pass on one chunk of the body."""
        if self._exchange is not None:
            await self._exchange.feed(chunk)

    # Not open to all: `prepare` wants a kernel token. The mark only tells Jupyter that its login does not apply.
    @allow_unauthenticated
    async def get(self, store_id: str, path: str) -> None:
        """The body is through: stream the answer back."""
        if self._exchange is None:
            return
        await self._exchange.end()
        # A task of its own, so that a kernel that goes away can stop it without stopping tornado's.
        self._answering = asyncio.ensure_future(self._answer(self._exchange))
        await asyncio.wait({self._answering})
        if not self._answering.cancelled():
            self._answering.result()

    head = post = put = patch = delete = get

    def on_connection_close(self) -> None:
        """The kernel has gone: stop the request to the store as well."""
        super().on_connection_close()
        self._gone = True
        if self._answering is not None:
            self._answering.cancel()
        elif self._exchange is not None:
            self._closing = asyncio.ensure_future(self._exchange.close())

    async def _barrier(self, store: AttachedStore) -> bool:
        header = ",".join(self.request.headers.get_list("X-Cellruns-Applied"))
        if not header:
            return True
        pairs = forward.barriers(header, store.id)
        if pairs is None:
            self.refuse(400, "INVALID_PARAMETER_VALUE", "X-Cellruns-Applied: wants <source>:<seq>[@<store>][,...]")
            return False
        capture = self.service.capture
        if all(await asyncio.gather(*(capture.applied(source, seq, BARRIER_S) for source, seq in pairs))):
            return True
        said = f"What was logged before is not stored yet ({capture.waiting(store.id)} points wait after {BARRIER_S:.0f} s)"
        self.refuse(503, "TEMPORARILY_UNAVAILABLE", said)
        return False

    async def _answer(self, exchange: Exchange) -> None:
        try:
            response = await self._response(exchange)
            if response is not None:
                await self._relay(exchange, response)
        except iostream.StreamClosedError:
            pass
        finally:
            await exchange.close()

    async def _response(self, exchange: Exchange) -> httpx.Response | None:
        """The store's answer; None where there is none and the kernel has been told."""
        httpx = await self.context.upstream.load()
        try:
            return await exchange.response()
        except StoreRefused as error:
            # 400: MLflow's client tries again on 5xx, and trying again does not help here.
            self.refuse(400, "INVALID_STATE", f"{error.message} ({error.hint})")
        except (StoreUnavailable, asyncio.TimeoutError) as error:
            self.refuse(503, "TEMPORARILY_UNAVAILABLE", str(error) or "The tracking store does not answer")
        except httpx.ConnectError as error:
            self.refuse(503, "TEMPORARILY_UNAVAILABLE", f"The tracking store cannot be reached: {error}")
        except httpx.TransportError as error:
            what = str(error) or type(error).__name__
            self.refuse(502, "INTERNAL_ERROR", f"The connection to the tracking store broke: {what}")
        return None

    async def _relay(self, exchange: Exchange, response: httpx.Response) -> None:
        if 300 <= response.status_code < 400 and response.status_code != 304:
            where = response.headers.get("location", "nowhere")[:200]
            said = f"The tracking server redirects to {where!r}: its address is not the whole one, or it wants a login"
            return self.refuse(400, "INVALID_STATE", said)
        self.set_status(response.status_code, response.reason_phrase or None)
        for name in list(self._headers):
            self.clear_header(name)
        for name, value in forward.response_headers(response.headers.multi_items()):
            self.add_header(name, value)
        httpx = await self.context.upstream.load()
        try:
            async for chunk in response.aiter_raw():
                exchange.touch()
                self.write(chunk)
                await self.flush()
        except httpx.TransportError as error:
            return self._break_off(error)
        self.finish()

    def _break_off(self, error: Exception) -> None:
        """The store's answer ended too early: so does ours, for the client to see."""
        if self._headers_written:
            self.detach().close()
            self._finished = True
        else:
            self.clear()
            self.refuse(502, "INTERNAL_ERROR", f"The tracking store broke off its answer: {error}")
