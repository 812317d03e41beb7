"""One kept HTTP client per endpoint, for everything that goes to MLflow's REST."""

from __future__ import annotations

import asyncio
import importlib
from types import ModuleType
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from ..stores.endpoint import Endpoint
from ..stores.tls import ssl_context

if TYPE_CHECKING:
    import httpx

_LOOPBACK = ("localhost", "127.0.0.1", "::1")

MOST_CLIENTS = 8
"""Endpoints whose clients are kept: stores, and what they were before their credentials changed."""
KEEPALIVE_S = 3.0
"""Shorter than uvicorn's 5 s, so that no request is sent into a connection that is being closed."""


class _Kept:
    """A client, how many hold it, and whether another endpoint has taken its place."""

    def __init__(self, endpoint: Endpoint, client: httpx.AsyncClient) -> None:
        self.endpoint = endpoint
        self.client = client
        self.users = 0
        self.retired = False


class Lease:
    """The right to use a client. Give it back with `release` once the response has been read and closed."""

    def __init__(self, kept: _Kept) -> None:
        self._kept: _Kept | None = kept
        self.client = kept.client
        kept.users += 1

    async def release(self) -> None:
        """Give the client back; the last one closes a client whose endpoint is no more. Again is harmless."""
        kept, self._kept = self._kept, None
        if kept is None:
            return
        kept.users -= 1
        if kept.retired and kept.users == 0:
            await kept.client.aclose()

    async def __aenter__(self) -> Lease:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.release()


class Upstream:
    """Makes the client for an endpoint once, off the event loop; the longest unused ones make room for others."""

    def __init__(self) -> None:
        self._kept: list[_Kept] = []
        self._lock: asyncio.Lock | None = None
        self._httpx: ModuleType | None = None

    async def load(self) -> Any:
        """The module `httpx`, imported in a thread: that takes some 100 ms, which neither start nor loop must pay."""
        if self._httpx is None:
            self._httpx = await asyncio.to_thread(importlib.import_module, "httpx")
        return self._httpx

    async def lease(self, endpoint: Endpoint) -> Lease:
        """The client of this endpoint, to be given back. Raises StoreRefused for certificates that can't be read."""
        found = self._find(endpoint)
        if found is not None:
            return Lease(found)
        if self._lock is None:
            self._lock = asyncio.Lock()
        async with self._lock:
            found = self._find(endpoint)
            if found is None:
                httpx = await self.load()
                found = _Kept(endpoint, await asyncio.to_thread(_make, httpx, endpoint))
                self._kept.append(found)
                lease = Lease(found)
                while len(self._kept) > MOST_CLIENTS:
                    await self._retire(self._kept.pop(0))
                return lease
            return Lease(found)

    async def close(self) -> None:
        """Close the clients as soon as nobody holds them."""
        while self._kept:
            await self._retire(self._kept.pop())

    def _find(self, endpoint: Endpoint) -> _Kept | None:
        for kept in self._kept:
            if kept.endpoint == endpoint:
                if kept is not self._kept[-1]:
                    self._kept.remove(kept)
                    self._kept.append(kept)
                return kept
        return None

    @staticmethod
    async def _retire(kept: _Kept) -> None:
        kept.retired = True
        if kept.users == 0:
            await kept.client.aclose()


def _is_local(endpoint: Endpoint) -> bool:
    return endpoint.uds is not None or urlsplit(endpoint.base_url).hostname in _LOOPBACK


def _make(httpx: Any, endpoint: Endpoint) -> Any:
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=16, keepalive_expiry=KEEPALIVE_S)
    verify = ssl_context(endpoint)
    # No read or write limit: a large upload is answered late, and a client that gives up closes its connection.
    timeout = httpx.Timeout(None, connect=endpoint.connect_timeout)
    transport: Any = None
    if endpoint.uds is not None:
        transport = httpx.AsyncHTTPTransport(uds=endpoint.uds, limits=limits, verify=False)
    return httpx.AsyncClient(
        transport=transport,
        verify=verify,
        limits=limits,
        timeout=timeout,
        follow_redirects=False,
        trust_env=not _is_local(endpoint),
    )
