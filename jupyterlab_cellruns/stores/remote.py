"""A remote MLflow tracking server as a store that notebooks can choose: how it is, as every request to it tells."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
import time
from typing import TYPE_CHECKING, Any

from .attached import AttachedStore
from .base import Store, StoreRefused, StoreUnavailable
from .config import RemoteSpec
from .diagnosis import KEPT
from .endpoint import Endpoint

if TYPE_CHECKING:
    from .rest import RestStore

_CREDENTIALS_SECONDS = 5.0
"""After this, files and variables with credentials are read again."""
_LOOK_READY_SECONDS, _LOOK_TROUBLE_SECONDS = 20.0, 3.0
_INTEREST_SECONDS = 120.0
"""How long after the last question a server in trouble is looked at again by itself."""
_FRESH_SECONDS = 3.0


class RemoteStore(AttachedStore):
    """One server of `CellrunsApp.stores` or of MLFLOW_TRACKING_URI.

    What any request to it tells is noted here: `state()` is "idle" before the first one, "ready", "away" (the network
    or the server, it may come back by itself) or "error" (somebody has to do something). `patience`: seconds that a
    server may be away before requests of kernels are answered for good instead of with "try again".
    """

    def __init__(self, spec: RemoteSpec, log: logging.Logger, patience: float = 10.0) -> None:
        super().__init__(spec.id)
        self.spec = spec
        self._log = log
        self._patience = patience
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._rest: RestStore | None = None
        self._endpoint: Endpoint | None = None
        self._read = -_CREDENTIALS_SECONDS
        self._seen = False
        self._trouble: StoreUnavailable | StoreRefused | None = None
        self._since = 0.0
        self._noted = 0.0
        self._looked = -_LOOK_READY_SECONDS
        self._asked = 0.0
        self._looking: asyncio.Task[None] | None = None

    def state(self) -> dict[str, Any]:
        """See `AttachedStore.state`."""
        trouble = self._trouble
        if trouble is None:
            state = "ready" if self._seen else "idle"
        else:
            state = trouble.state if isinstance(trouble, StoreUnavailable) else "error"
        return {
            "id": self.id,
            "kind": "remote",
            "label": self.spec.label,
            "location": self.spec.location,
            "state": state,
            "message": None if trouble is None else str(trouble),
            "hint": None if trouble is None else trouble.hint,
            "waiting": 0,
        }

    def exists(self) -> bool:
        """See `AttachedStore.exists`."""
        return True

    def bind(self) -> None:
        """See `AttachedStore.bind`."""
        self._loop = asyncio.get_running_loop()

    def prepare(self) -> None:
        """See `AttachedStore.prepare`."""
        self.look()

    def look(self) -> None:
        """Find out how the server is, unless that is known; again by itself while it is in trouble."""
        self._asked = time.monotonic()
        if self._looking is None or self._looking.done():
            self._looking = asyncio.ensure_future(self._look())

    def note(self, trouble: StoreUnavailable | StoreRefused | None) -> None:
        """A request tells how the server is; from any thread."""
        with self._lock:
            now, before, seen = time.monotonic(), self._trouble, self._seen
            self._noted = self._looked = now
            self._trouble, self._seen = trouble, True
            if before is None and trouble is not None:
                self._since = now
            if trouble is not None and getattr(trouble, "state", "error") == "error":
                self._read = now - _CREDENTIALS_SECONDS
        if str(before) != str(trouble) or not seen:
            if trouble is not None:
                self._log.warning("Cellruns, store '%s': %s. %s", self.id, trouble, trouble.hint or "")
            elif before is not None:
                self._log.info("Cellruns, store '%s': %s answers again", self.id, self.spec.location)
            self.changed()

    def fresh_trouble(self) -> StoreUnavailable | StoreRefused | None:
        """The trouble that was met within the last seconds: asking again at once would tell the same."""
        return self._trouble if time.monotonic() - self._noted < _FRESH_SECONDS else None

    def gave_up(self) -> StoreUnavailable | StoreRefused | None:
        """See `AttachedStore.gave_up`."""
        trouble = self._trouble
        if isinstance(trouble, StoreUnavailable) and trouble.state == "away":
            return trouble if time.monotonic() - self._since > self._patience else None
        return trouble

    async def endpoint(self, timeout: float = 60) -> Endpoint:
        """See `AttachedStore.endpoint`."""
        if self._is_read():
            assert self._endpoint is not None
            return self._endpoint
        return await asyncio.to_thread(self._connect)

    def store(self) -> Store:
        """See `AttachedStore.store`."""
        endpoint = self._connect()
        with self._lock:
            if self._rest is None or self._rest.endpoint != endpoint:
                from .rest import RestStore

                try:
                    self._rest = RestStore(endpoint, self.note)
                except StoreRefused as error:
                    refused = error
                else:
                    return self._rest
            else:
                return self._rest
        self.note(refused)
        raise refused

    def trouble(self, text: str | None) -> None:
        """See `AttachedStore.trouble`; most of it the writer's requests have noted already."""
        if text is None:
            self.note(None)
        elif self._trouble is None:
            self.note(StoreUnavailable(text, KEPT))

    def touch(self) -> None:
        """Nothing to keep alive."""

    async def stop(self) -> None:
        """Close the connections."""
        if self._looking is not None:
            self._looking.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._looking
        with self._lock:
            rest, self._rest = self._rest, None
        if rest is not None:
            await asyncio.to_thread(rest.close)

    def _is_read(self) -> bool:
        return self._endpoint is not None and time.monotonic() - self._read < _CREDENTIALS_SECONDS

    def _connect(self) -> Endpoint:
        if not self._is_read():
            try:
                self._endpoint = self.spec.connect()
            except StoreRefused as error:
                self.note(error)
                raise
            self._read = time.monotonic()
        assert self._endpoint is not None
        return self._endpoint

    async def _look(self) -> None:
        while True:
            age = time.monotonic() - self._looked
            if age >= (_LOOK_READY_SECONDS if self._trouble is None else _LOOK_TROUBLE_SECONDS):
                self._looked = time.monotonic()
                await asyncio.to_thread(self._probe)
            if self._trouble is None or time.monotonic() - self._asked > _INTEREST_SECONDS:
                return
            await asyncio.sleep(_LOOK_TROUBLE_SECONDS)

    def _probe(self) -> None:
        # What it tells is noted on the way.
        with contextlib.suppress(StoreRefused, StoreUnavailable):
            self.store()
            assert self._rest is not None
            self._rest.probe()
