"""One of the stores that this server can attach to a notebook."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .base import Store, StoreRefused, StoreUnavailable
from .endpoint import Endpoint

LOCAL = "local"
"""Id of the local store."""
ENVIRONMENT = "environment"
"""Id of the store that MLFLOW_TRACKING_URI names."""
STORE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}\Z")
"""What an id looks like: it is part of a tracking URI and of events."""


class AttachedStore(ABC):
    """Made and used on the event loop, but for `store()`, which blocks and belongs in a thread, and `trouble()`."""

    def __init__(self, id: str) -> None:
        self.id = id
        self._listeners: list[Callable[[], None]] = []

    def on_changed(self, listener: Callable[[], None]) -> None:
        """Be told when `state()` changes; from any thread."""
        self._listeners.append(listener)

    def changed(self) -> None:
        """Tell the listeners."""
        for listener in self._listeners:
            listener()

    @abstractmethod
    def state(self) -> dict[str, Any]:
        """`Store` of docs/http-api.md but for `waiting`, which the capture knows. Does not block."""

    @abstractmethod
    def exists(self) -> bool:
        """Whether there is anything in the store yet; starts nothing."""

    @abstractmethod
    def bind(self) -> None:
        """Remember the running event loop."""

    @abstractmethod
    def prepare(self) -> None:
        """Somebody will want it in a second."""

    @abstractmethod
    async def endpoint(self, timeout: float = 60) -> Endpoint:
        """MLflow's REST of the store, started where needed. Raises StoreRefused, StoreUnavailable."""

    @abstractmethod
    def store(self) -> Store:
        """The store for hot paths. Blocks; call it in a thread. Raises StoreRefused, StoreUnavailable."""

    @abstractmethod
    def trouble(self, text: str | None) -> None:
        """The writer can't store anything for now, or can again."""

    @abstractmethod
    def touch(self) -> None:
        """The store is in use."""

    @abstractmethod
    async def stop(self) -> None:
        """Let go of it."""

    def look(self) -> None:  # noqa: B027
        """Somebody looks at `state()`: find out how the store is where nothing else tells."""

    def note(self, trouble: StoreUnavailable | StoreRefused | None) -> None:  # noqa: B027
        """A request tells how the store is; from any thread."""

    def fresh_trouble(self) -> StoreUnavailable | StoreRefused | None:
        """The trouble that a request has met a moment ago."""
        return None

    @property
    def artifacts(self) -> Path | None:
        """The folder on this machine under which the store's server keeps artifacts; None for another machine's."""
        return None

    def gave_up(self) -> StoreUnavailable | StoreRefused | None:
        """Why waiting for this store is of no use for now, or None while it may still answer in time."""
        return None
