"""A remote MLflow tracking server as a store that notebooks can choose."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any

from .attached import AttachedStore
from .base import Store
from .endpoint import Endpoint


class RemoteStore(AttachedStore):
    """`connect()` gives the endpoint with its credentials as they are now; it blocks for small files at the most."""

    def __init__(self, id: str, label: str, location: str, connect: Callable[[], Endpoint]) -> None:
        super().__init__(id)
        self.label = label
        self.location = location
        self._connect = connect
        self._lock = threading.Lock()
        self._store: Store | None = None
        self._endpoint: Endpoint | None = None
        self._trouble: str | None = None

    def state(self) -> dict[str, Any]:
        """See `AttachedStore.state`."""
        return {
            "id": self.id,
            "kind": "remote",
            "label": self.label,
            "location": self.location,
            "state": "away" if self._trouble else "ready",
            "message": self._trouble,
            "hint": "Runs are kept here and sent when the server answers again." if self._trouble else None,
            "waiting": 0,
        }

    def exists(self) -> bool:
        """See `AttachedStore.exists`."""
        return True

    def bind(self) -> None:
        """Nothing to remember."""

    def prepare(self) -> None:
        """Nothing to start."""

    async def endpoint(self, timeout: float = 60) -> Endpoint:
        """See `AttachedStore.endpoint`."""
        return self._connect()

    def store(self) -> Store:
        """See `AttachedStore.store`."""
        endpoint = self._connect()
        with self._lock:
            if self._store is None or self._endpoint != endpoint:
                from .rest import RestStore

                self._store, self._endpoint = RestStore(endpoint), endpoint
            return self._store

    def trouble(self, text: str | None) -> None:
        """See `AttachedStore.trouble`."""
        self._trouble = text
        self.changed()

    def touch(self) -> None:
        """Nothing to keep alive."""

    async def stop(self) -> None:
        """Close the connections."""
        with self._lock:
            store, self._store = self._store, None
        if store is not None:
            await asyncio.to_thread(store.close)
