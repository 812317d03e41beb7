"""A request body on its way from tornado to httpx, a few chunks long at most."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator


class BodyPipe:
    """Takes chunks from a tornado handler and gives them to an HTTP client, holding `depth` of them at most."""

    def __init__(self, depth: int = 4) -> None:
        self._chunks: asyncio.Queue[bytes | None] = asyncio.Queue(depth)
        self._closed = False
        self.started = False
        """Whether the client has begun to read: from then on the request cannot be sent again."""

    async def feed(self, chunk: bytes) -> None:
        """Hand a chunk over; waits while the pipe is full. Dropped once the reader has gone."""
        if not self._closed:
            await self._chunks.put(chunk)

    async def end(self) -> None:
        """There is no more."""
        if not self._closed:
            await self._chunks.put(None)

    def close(self) -> None:
        """The reader has gone: wake a waiting writer and drop all that comes."""
        self._closed = True
        while not self._chunks.empty():
            self._chunks.get_nowait()

    async def read(self) -> AsyncIterator[bytes]:
        """The chunks, for the HTTP client."""
        self.started = True
        while (chunk := await self._chunks.get()) is not None:
            yield chunk
