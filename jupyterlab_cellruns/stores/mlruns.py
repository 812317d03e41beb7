"""A folder `mlruns` of an older MLflow as a store that is shown and never written to."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .attached import AttachedStore
from .base import Store, StoreRefused
from .endpoint import Endpoint
from .mlruns_index import Refresher
from .sqlite import SqliteStore

_HINT = "Migrate it (MLflow's own command copies the runs into mlflow.db; the folder stays as it is)."


class MlrunsStore(AttachedStore):
    """`folder` is the file store, `index` a database of ours for what is read from it, `label` what the user calls it."""

    def __init__(self, id: str, label: str, folder: Path, index: Path) -> None:
        super().__init__(id)
        self.label = label
        self.folder = folder
        self._lock = threading.Lock()
        self._refresher = Refresher(folder, index)
        self._store = ReadOnlyStore(index, folder)
        self._trouble: str | None = None

    @property
    def read_only(self) -> bool:
        """It is."""
        return True

    def state(self) -> dict[str, Any]:
        """See `AttachedStore.state`; `read_only` is true."""
        return {
            "id": self.id, "kind": "files", "label": self.label, "location": str(self.folder),
            "state": "error" if self._trouble else "ready",
            "message": self._trouble or "Runs of an older MLflow, kept as files: shown here, never written to",
            "hint": _HINT, "waiting": 0, "read_only": True,
        }  # fmt: skip

    def exists(self) -> bool:
        """See `AttachedStore.exists`."""
        return self.folder.is_dir()

    def bind(self) -> None:
        """Nothing to remember."""

    def prepare(self) -> None:
        """Nothing to start."""

    async def endpoint(self, timeout: float = 60) -> Endpoint:
        """None: MLflow 3.13 and later serve no file store."""
        raise StoreRefused(f"{self.folder} is kept as files, which MLflow serves no more", _HINT)

    def store(self) -> Store:
        """See `AttachedStore.store`; brings what is shown up to date with the folder."""
        with self._lock:
            try:
                self._refresher.look()
                self._trouble = None
            except (OSError, sqlite3.Error) as error:
                self._trouble = f"{self.folder} can't be read: {error}"
                raise StoreRefused(self._trouble, "Look at the folder and its permissions.") from error
        return self._store

    def artifact_folder(self, run_id: str) -> Path:
        """Where the artifacts of a run are: in its own folder, wherever `mlruns` was moved to. Blocks."""
        self.store()
        path = self._store.run_folder(run_id)
        return (self.folder / "no such run" if path is None else path) / "artifacts"

    def trouble(self, text: str | None) -> None:
        """Nothing writes here."""

    def touch(self) -> None:
        """Nothing to keep alive."""

    async def stop(self) -> None:
        """Nothing is open."""


class ReadOnlyStore(SqliteStore):
    """What is in the tables can be read, and all that writes is refused."""

    def __init__(self, index: Path, folder: Path) -> None:
        super().__init__(index)
        self._folder = folder

    def run_folder(self, run_id: str) -> Path | None:
        """Where a run is."""
        row = self._read(lambda db: db.execute("SELECT path FROM seen WHERE run_uuid = ?", (run_id,)).fetchone())
        return Path(row[0]) if row is not None else None

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        raise StoreRefused(f"{self._folder} is only shown here and can't be changed", _HINT)
        yield
