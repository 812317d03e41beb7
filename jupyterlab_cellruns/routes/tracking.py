"""The tracking proxy: MLflow clients in kernels reach a store of this server through it, streamed both ways."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from jupyter_server.auth.decorator import allow_unauthenticated
from tornado import iostream, web

from ..stores.attached import AttachedStore
from ..stores.base import StoreRefused, StoreUnavailable
from ..stores.diagnosis import AWAY_STATUS, of_answer, of_failure
from . import forward
from .exchange import Exchange
from .kernel_base import KernelHandler

if TYPE_CHECKING:
    import httpx

MARK = "/cellruns/tracking/"
BARRIER_S = 30.0
"""How long a request waits for the events it has to come after."""
_LOOK_S = 0.5
_PIECE = 1 << 18
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
        trouble = store.fresh_trouble() if store.gave_up() else None
        if trouble is not None:
            return self.refuse_store(trouble, for_good=True)
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
        pairs = forward.barriers(header, store.id) if header else []
        if pairs is None:
            self.refuse(400, "INVALID_PARAMETER_VALUE", "X-Cellruns-Applied: wants <source>:<seq>[@<store>][,...]")
            return False
        if not pairs:
            return True
        capture = self.service.capture
        applied = asyncio.gather(*(capture.applied(source, seq, BARRIER_S) for source, seq in pairs))
        while not (await asyncio.wait({applied}, timeout=_LOOK_S))[0]:
            if (trouble := store.gave_up()) is not None:
                applied.cancel()
                self.refuse_store(trouble, for_good=True)
                return False
        if all(applied.result()):
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
        store = exchange.store
        try:
            return await exchange.response()
        except StoreRefused as error:
            self.refuse_store(error, for_good=True)
        except (StoreUnavailable, asyncio.TimeoutError) as error:
            self.refuse(503, "TEMPORARILY_UNAVAILABLE", str(error) or "The tracking store does not answer")
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            trouble = of_failure(error, await store.endpoint())
            store.note(trouble)
            # Before it is for good, MLflow's client may try again: most servers that go come back in seconds.
            self.refuse_store(trouble, for_good=store.gave_up() is not None)
        except httpx.TransportError as error:
            trouble = of_failure(error, await store.endpoint())
            if trouble.state == "error":
                store.note(trouble)
                self.refuse_store(trouble, for_good=True)
            else:
                self.refuse(502, "INTERNAL_ERROR", f"The connection to the tracking store broke: {trouble}")
        return None

    async def _relay(self, exchange: Exchange, response: httpx.Response) -> None:
        trouble = await self._trouble(exchange.store, response)
        if trouble is not None:
            return self.refuse_store(trouble, for_good=True)
        self.set_status(response.status_code, response.reason_phrase or None)
        for name in list(self._headers):
            self.clear_header(name)
        for name, value in forward.response_headers(response.headers.multi_items()):
            self.add_header(name, value)
        httpx = await self.context.upstream.load()
        try:
            length = response.headers.get("content-length", "")
            # A large file in larger pieces: each costs the event loop two turns.
            async for chunk in response.aiter_raw(_PIECE if length.isdigit() and int(length) > _PIECE else None):
                exchange.touch()
                self.write(chunk)
                await self.flush()
        except httpx.TransportError as error:
            return self._break_off(error)
        self.finish()

    async def _trouble(self, store: AttachedStore, response: httpx.Response) -> StoreUnavailable | StoreRefused | None:
        """What an answer says of the server as a whole, where the kernel is better told that than the answer."""
        status, kind = response.status_code, response.headers.get("content-type", "")
        if status == 401 or (300 <= status < 400 and status != 304):
            where = response.headers.get("location")
            trouble = of_answer(status, kind, b"", where, await store.endpoint())
            store.note(trouble)
            return trouble
        if status in AWAY_STATUS and status != 500:
            # MLflow's client tries again on these, for minutes.
            return store.gave_up()
        if status < 400 and kind.startswith("application/json"):
            store.note(None)
        return None

    def _break_off(self, error: Exception) -> None:
        """The store's answer ended too early: so does ours, for the client to see."""
        if self._headers_written:
            self.detach().close()
            self._finished = True
        else:
            self.clear()
            self.refuse(502, "INTERNAL_ERROR", f"The tracking store broke off its answer: {error}")
