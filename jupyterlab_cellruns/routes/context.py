"""What all handlers share: threads for blocking calls, and the connection to the store's REST."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from .upstream import Upstream

T = TypeVar("T")


class RouteContext:
    """One per server. The threads are the routes' own: a store that hangs must not hold up saving a notebook."""

    def __init__(self, threads: int = 8) -> None:
        self.upstream = Upstream()
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="cellruns-route")

    async def blocking(self, work: Callable[[], T]) -> T:
        """Run `work` in a thread and wait for it."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, work)

    async def close(self) -> None:
        """Close connections and let the threads go."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        await self.upstream.close()
