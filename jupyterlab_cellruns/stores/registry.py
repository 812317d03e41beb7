"""The stores of one Jupyter server by id: the local one, those of the configuration, that of the environment."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from .attached import AttachedStore
from .base import Store, StoreRefused


class Stores:
    """The stores that notebooks can choose from, in the order in which they are listed; `default` is an id."""

    def __init__(self, stores: Sequence[AttachedStore], default: str) -> None:
        self._stores = {store.id: store for store in stores}
        if default not in self._stores:
            raise ValueError(f"there is no store '{default}'; the stores are {', '.join(self._stores)}")
        self.default = default

    def __contains__(self, store_id: object) -> bool:
        return store_id in self._stores

    def ids(self) -> list[str]:
        """All ids."""
        return list(self._stores)

    def get(self, store_id: str) -> AttachedStore:
        """The store of an id. Raises StoreRefused for an id that is not configured."""
        found = self._stores.get(store_id)
        if found is None:
            raise StoreRefused(
                f"There is no store '{store_id}' in this Jupyter server",
                f"Choose one of {', '.join(self._stores)}, or add it to CellrunsApp.stores (docs/stores.md).",
            )
        return found

    def store(self, store_id: str) -> Store:
        """The store for hot paths. Blocks. Raises StoreRefused, StoreUnavailable."""
        return self.get(store_id).store()

    def trouble(self, store_id: str, text: str | None) -> None:
        """The writer of a store can't store anything for now, or can again."""
        self.get(store_id).trouble(text)

    def states(self) -> list[dict[str, Any]]:
        """`Store` of docs/http-api.md of each, but for `waiting`."""
        return [store.state() for store in self._stores.values()]

    def locations(self) -> dict[str, str]:
        """Where each store is, by id: what its spool is kept for."""
        return {store_id: str(store.state()["location"]) for store_id, store in self._stores.items()}

    def on_changed(self, listener: Callable[[], None]) -> None:
        """Be told when a state changes."""
        for store in self._stores.values():
            store.on_changed(listener)

    def bind(self) -> None:
        """Remember the running event loop."""
        for store in self._stores.values():
            store.bind()

    async def stop(self) -> None:
        """Let go of all of them."""
        await asyncio.gather(*(store.stop() for store in self._stores.values()))
