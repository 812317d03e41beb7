"""File stores of older MLflows (`mlruns`) in the root directory and beside notebooks: found, shown, migrated."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .stores.base import StoreRefused

if TYPE_CHECKING:
    from .stores.mlruns import MlrunsStore
    from .stores.mlruns_migrate import Migrated

NAME = "mlruns"
_AGAIN_SECONDS = 10.0


class Migration:
    """`state` is none, running, done or failed."""

    def __init__(self) -> None:
        self.state = "none"
        self.result: Migrated | None = None
        self.error: dict[str, str | None] | None = None

    def json(self) -> dict[str, Any]:
        """As in `GET folders/<id>`."""
        result = self.result.json() if self.result is not None else None
        return {"state": self.state, "result": result, "error": self.error}


class Folders:
    """`root` is Jupyter's root directory, `data` a folder for what is read, `database` the local store's file.

    `changed()` is called from any thread when a folder was found or a migration has ended.
    """

    def __init__(
        self, root: Path, data: Path, database: Callable[[], Path], changed: Callable[[], None], log: logging.Logger
    ) -> None:
        self._root = root
        self._data = data
        self._database = database
        self._changed = changed
        self._log = log
        self._lock = threading.Lock()
        self._looked: dict[str, float] = {}
        self._stores: dict[str, MlrunsStore] = {}
        self._migrations: dict[str, Migration] = {}

    def get(self, store_id: str) -> MlrunsStore | None:
        """The store of an id, or None."""
        return self._stores.get(store_id)

    def states(self) -> list[dict[str, Any]]:
        """`Store` of docs/http-api.md of each."""
        return [
            {**store.state(), "migration": self.migration(store.id).state} for store in list(self._stores.values())
        ]

    def migration(self, store_id: str) -> Migration:
        """How the migration of a store is."""
        return self._migrations.setdefault(store_id, Migration())

    def due(self, notebook: str | None) -> bool:
        """Whether it is time to look again. Does not block."""
        now = time.monotonic()
        return any(now - self._looked.get(folder, -_AGAIN_SECONDS) >= _AGAIN_SECONDS for folder in _places(notebook))

    def look(self, notebook: str | None) -> None:
        """Look for a file store in the root directory and in the notebook's folder. Blocks."""
        from .stores.mlruns_files import is_file_store

        with self._lock:
            found = False
            for place in _places(notebook):
                self._looked[place] = time.monotonic()
                folder = self._root / place / NAME
                store_id = NAME if not place else f"{NAME}-{hashlib.sha256(place.encode()).hexdigest()[:8]}"
                if store_id in self._stores:
                    if not folder.is_dir():
                        del self._stores[store_id]
                        found = True
                elif is_file_store(folder):
                    from .stores.mlruns import MlrunsStore

                    label = f"{place}/{NAME}" if place else NAME
                    index = self._data / f"{store_id}.db"
                    self._stores[store_id] = MlrunsStore(store_id, label, folder, index)
                    found = True
        if found:
            self._changed()

    async def migrate(self, store_id: str) -> Migration:
        """Copy the runs into the local database by MLflow's own command; returns when it is done."""
        from .stores.mlruns_migrate import migrate

        migration = self.migration(store_id)
        store = self._stores[store_id]
        if migration.state == "running":
            return migration
        migration.state, migration.error, migration.result = "running", None, None
        self._changed()
        try:
            migration.result = await asyncio.to_thread(migrate, store.folder, self._database())
            migration.state = "done"
            self._log.info("Cellruns: %s was migrated into %s: %s", store.folder, self._database(), migration.result)
        except StoreRefused as error:
            migration.state, migration.error = "failed", {"message": error.message, "hint": error.hint}
            self._log.warning("Cellruns: %s was not migrated: %s", store.folder, error.message)
        except Exception as error:
            migration.state = "failed"
            migration.error = {"message": f"{type(error).__name__}: {error}", "hint": "See the server's log."}
            self._log.exception("Cellruns: %s was not migrated", store.folder)
        self._changed()
        return migration


def _places(notebook: str | None) -> list[str]:
    """Folders to look in, relative to the root: the root itself, and that of the notebook."""
    folder = notebook.rpartition("/")[0].strip("/") if notebook else ""
    return ["", folder] if folder and ".." not in folder.split("/") else [""]
