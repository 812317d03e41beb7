"""The local store: a database in the root directory, MLflow's server in front of it, and how they are."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import logging
import os
import sqlite3
import threading
import time
from pathlib import Path
from typing import Any

from ..kernel_side.python.spool import on_network
from ..locks import is_locked, try_lock
from . import schema
from .attached import LOCAL, AttachedStore
from .base import Store, StoreRefused, StoreUnavailable
from .endpoint import Endpoint
from .local_server import LocalServer
from .sqlite_write import ARTIFACTS

DATABASE = "mlflow.db"


class LocalStore(AttachedStore):
    """The store of one Jupyter server's root directory.

    `root_dir` holds `mlflow.db` and `mlartifacts/`; where that database can't be used, runs go to a folder under
    `fallback_dir` and `state()` says so.
    """

    def __init__(
        self,
        root_dir: Path,
        fallback_dir: Path,
        runtime_dir: Path,
        log: logging.Logger,
        idle_seconds: float = 900.0,
    ) -> None:
        super().__init__(LOCAL)
        self._log = log
        self._loop: asyncio.AbstractEventLoop | None = None
        self._lock = threading.Lock()
        self._store: Store | None = None
        self._rest: tuple[Endpoint, Store] | None = None
        self._trouble: str | None = None
        self.message: str | None = None
        self.hint: str | None = None
        self._creation: int | None = None
        self._creation_guard = threading.Lock()
        """Closing a second handle on the lock would give it back (fcntl(2)): one thread at a time tries it."""
        self._folder = self._choose(root_dir, fallback_dir)
        self._server = LocalServer(
            self._folder / DATABASE,
            self._folder / ARTIFACTS,
            runtime_dir,
            idle_seconds=idle_seconds,
            before=self._before_start,
            after=self._after_start,
            changed=self.changed,
            log=log,
        )

    @property
    def database(self) -> Path:
        """The database file of the local store."""
        return self._folder / DATABASE

    @property
    def artifacts(self) -> Path | None:
        """See `AttachedStore.artifacts`."""
        return self._folder / ARTIFACTS

    def exists(self) -> bool:
        """Whether there is anything in the store yet; starts nothing."""
        return self.database.exists()

    def prepare(self) -> None:
        """Begin to start the local server: somebody will want it in a second."""
        self._loop = asyncio.get_running_loop()
        self._server.start()

    async def endpoint(self, timeout: float = 60) -> Endpoint:
        """MLflow's REST of the store, started where needed. Raises StoreRefused, StoreUnavailable."""
        self._loop = asyncio.get_running_loop()
        return await self._server.ready(timeout)

    def bind(self) -> None:
        """Remember the running event loop, so that threads can have the server started."""
        self._loop = asyncio.get_running_loop()

    def store(self) -> Store:
        """The store for hot paths: the file itself after the schema check, else REST. Blocks; call it in a thread.

        Raises StoreRefused, StoreUnavailable.
        """
        with self._lock:
            if self._store is not None:
                return self._store
        verdict = self._check(self._folder)
        if verdict.kind not in ("ready", "busy"):
            endpoint = self._start_and_wait()
            verdict = schema.check(self.database)
        if verdict.kind == "busy":
            raise StoreUnavailable(verdict.message or f"{self.database} is locked")
        if verdict.kind != "ready":
            return self._by_rest(endpoint)
        from .sqlite import SqliteStore

        with self._lock:
            if self._store is None:
                self._store = SqliteStore(self.database)
            return self._store

    def state(self) -> dict[str, Any]:
        """See `AttachedStore.state`."""
        error = self._server.error
        return {
            "id": self.id,
            "kind": "local",
            "label": "local",
            "location": str(self.database),
            "state": self._server.state,
            "message": error.message if error else self._trouble or self.message,
            "hint": error.hint if error else self.hint,
            "waiting": 0,
        }

    def trouble(self, text: str | None) -> None:
        """The writer can't store anything for now, or can again."""
        self._trouble = text
        self.changed()

    def touch(self) -> None:
        """The store is in use."""
        self._server.touch()

    async def stop(self) -> None:
        """Stop the local server and let go of the store."""
        await self._server.stop()
        self._unlock_creation()
        with self._lock:
            stores = [self._store, self._rest[1] if self._rest is not None else None]
            self._store = self._rest = None
        for store in stores:
            if store is not None:
                await asyncio.to_thread(store.close)

    def _by_rest(self, endpoint: Endpoint) -> Store:
        """The store by MLflow's server, which has another address after each start."""
        from .rest import RestStore

        with self._lock:
            old = self._rest
            if old is not None and old[0] == endpoint:
                return old[1]
            self._rest = (endpoint, RestStore(endpoint))
            store = self._rest[1]
        if old is not None:
            old[1].close()
        return store

    def _check(self, folder: Path) -> schema.Verdict:
        """What the database of a folder is. One that is being made this moment counts as new: in place it looks like anything."""
        verdict = schema.check(folder / DATABASE)
        if verdict.kind not in ("ready", "busy"):
            with self._creation_guard:
                if self._creation is not None or is_locked(_creation_lock(folder)):
                    return schema.Verdict("new", folder / DATABASE)
        return verdict

    def _start_and_wait(self, timeout: float = 90.0) -> Endpoint:
        loop = self._loop
        if loop is None or loop.is_closed():
            raise StoreUnavailable("The local MLflow server is not running and the Jupyter server is stopping")
        try:
            return asyncio.run_coroutine_threadsafe(self.endpoint(timeout), loop).result(timeout + 5)
        except (TimeoutError, asyncio.CancelledError) as error:
            raise StoreUnavailable("The local MLflow server did not answer in time") from error

    def _choose(self, root: Path, fallback: Path) -> Path:
        verdict = self._check(root)
        if verdict.kind in ("new", "ready", "unknown", "busy"):
            return root
        folder = fallback / hashlib.sha256(os.path.realpath(root).encode()).hexdigest()[:16]
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        here = root / DATABASE
        self.message = f"{verdict.message} Runs are kept in {folder / DATABASE} meanwhile; {here} is untouched."
        self.hint = verdict.hint
        self._log.warning("Cellruns: %s %s", self.message, self.hint or "")
        return folder

    def _before_start(self) -> list[str]:
        """Options of the child beyond those that it always has."""
        verdict = self._check(self._folder)
        if verdict.kind == "new":
            if self._creation is None:
                self._lock_creation()
            verdict = schema.check(self.database)
        if verdict.kind not in ("new", "ready", "unknown", "busy"):
            self._unlock_creation()
            raise StoreRefused(verdict.message or f"{self.database} can't be used", verdict.hint or "")
        return ["--new", str(self._prepare_new())] if verdict.kind == "new" else []

    def _lock_creation(self, seconds: float = 60.0) -> None:
        """One server at a time makes the database of a folder: MLflow's migrations must not race."""
        path = _creation_lock(self._folder)
        end = time.monotonic() + seconds
        while not self._try_creation(path):
            if time.monotonic() > end:
                raise StoreRefused(
                    f"{path}: another process has been making the database for a minute",
                    "Wait for it, or stop that process, and run the cell again.",
                )
            time.sleep(0.05)

    def _try_creation(self, path: Path) -> bool:
        with self._creation_guard:
            self._creation = try_lock(path)
        return self._creation is not None

    def _unlock_creation(self) -> None:
        with self._creation_guard:
            handle, self._creation = self._creation, None
            if handle is None:
                return
            os.close(handle)
            _creation_lock(self._folder).unlink(missing_ok=True)

    def _prepare_new(self) -> Path:
        """An empty file that MLflow makes the database in: it gets its name when it is whole.

        MLflow's migrations are no transaction: where a process dies in the middle of them no MLflow can open the file
        again. What such a one has left is removed here.
        """
        new = self._folder / f".{DATABASE}.new"
        for suffix in ("", "-wal", "-shm", "-journal"):
            new.with_name(new.name + suffix).unlink(missing_ok=True)
        with contextlib.closing(sqlite3.connect(new, timeout=20)) as connection:
            # Readers and the writer work side by side with this journal; not on a network (sqlite.org/wal.html).
            if not on_network(str(self._folder)):
                connection.execute("PRAGMA journal_mode=WAL")
        return new

    def _after_start(self) -> None:
        self._unlock_creation()
        verdict = schema.check(self.database)
        if verdict.kind not in ("ready", "unknown", "busy"):
            raise StoreRefused(verdict.message or f"{self.database} can't be used", verdict.hint or "")


def _creation_lock(folder: Path) -> Path:
    return folder / f".{DATABASE}.lock"

