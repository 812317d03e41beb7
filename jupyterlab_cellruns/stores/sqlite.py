"""MLflow's SQLite file as a `Store`: the direct way for everything hot."""

from __future__ import annotations

import os
import sqlite3
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from ..capture.events import Event
from ..table.engine import RunsTable
from ..table.source import Connections, FileSource
from . import schema, sqlite_read, sqlite_series
from .base import Refusal, RunPage, RunQuery, StoreRefused, StoreUnavailable, TaggedRun
from .edit import Change, edit_rows
from .history import WHOLE, Window
from .sqlite_write import Batch, insert_run

T = TypeVar("T")

BUSY_SECONDS = 10.0
"""How long a write waits for another process to let go of the file before the writer is told to come again."""


class SqliteStore:
    """One database file that `schema.check` has found ready. Thread-safe: one writing connection, one per read."""

    def __init__(self, path: Path, busy_seconds: float = BUSY_SECONDS) -> None:
        self.path = path
        self._busy_seconds = busy_seconds
        self._lock = threading.Lock()
        self._writer: sqlite3.Connection | None = None
        self._file = (0, 0)
        self._revision: str | None = None

    def write(self, events: Sequence[Event]) -> list[Refusal]:
        """See `Store.write`; one transaction."""
        with self._transaction() as db:
            return Batch(db).write(events)

    def runs(self, query: RunQuery) -> RunPage:
        """See `Store.runs`."""
        return self._read(lambda db: sqlite_read.run_page(db, query))

    def run(self, run_id: str, most: int | None = None) -> dict[str, Any] | None:
        """See `Store.run`."""
        return self._read(lambda db: sqlite_read.run_detail(db, run_id, most))

    def series(
        self, run_id: str, keys: Sequence[str] | None, points: int, window: Window = WHOLE
    ) -> list[dict[str, Any]]:
        """See `Store.series`."""
        return self._read(lambda db: sqlite_series.series(db, run_id, keys, points, window, self._open, self._kept))

    @cached_property
    def _watch(self) -> Connections:
        return Connections(self._open)

    @cached_property
    def _kept(self) -> sqlite_series.Kept:
        return sqlite_series.Kept(self._watch.version)

    def briefs(self, run_ids: Sequence[str]) -> list[dict[str, Any]]:
        """See `Store.briefs`."""
        return self._read(lambda db: sqlite_read.briefs(db, run_ids))

    def experiments(self) -> list[dict[str, Any]]:
        """See `Store.experiments`."""
        return self._read(sqlite_read.experiments)

    def find_experiment(self, tag: str, value: str) -> dict[str, Any] | None:
        """See `Store.find_experiment`."""
        return self._read(lambda db: sqlite_read.find_experiment(db, tag, value))

    def ensure_experiment(self, name: str, tags: dict[str, str]) -> str:
        """See `Store.ensure_experiment`. Raises StoreRefused where a deleted experiment holds the name."""
        with self._transaction() as db:
            row = db.execute(
                "SELECT experiment_id, lifecycle_stage FROM experiments WHERE name = ? AND workspace = 'default'",
                (name,),
            ).fetchone()
            if row is not None:
                if row[1] != "active":
                    raise StoreRefused(
                        f"The experiment '{name}' is deleted",
                        "Restore it, or choose another experiment for the notebook.",
                    )
                return str(row[0])
            now = int(time.time() * 1000)
            made = db.execute(
                "INSERT INTO experiments (name, lifecycle_stage, creation_time, last_update_time, workspace) "
                "VALUES (?, 'active', ?, ?, 'default')",
                (name, now, now),
            ).lastrowid
            # As MLflow's server makes it: artifacts go through the server, wherever it keeps them.
            db.execute(
                "UPDATE experiments SET artifact_location = ? WHERE experiment_id = ?",
                (f"mlflow-artifacts:/{made}", made),
            )
            db.executemany(
                "INSERT INTO experiment_tags (key, value, experiment_id) VALUES (?, ?, ?)",
                [(k, v, made) for k, v in tags.items()],
            )
            return str(made)

    def set_experiment_tag(self, experiment_id: str, key: str, value: str) -> None:
        """See `Store.set_experiment_tag`."""
        with self._transaction() as db:
            db.execute(
                "INSERT INTO experiment_tags (key, value, experiment_id) VALUES (?, ?, ?) "
                "ON CONFLICT (key, experiment_id) DO UPDATE SET value = excluded.value",
                (key, value, int(experiment_id)),
            )

    def create_run(self, experiment_id: str, name: str, start_time: int, tags: dict[str, str]) -> str:
        """See `Store.create_run`."""
        run_id = uuid.uuid4().hex
        with self._transaction() as db:
            row = db.execute(
                "SELECT artifact_location FROM experiments WHERE experiment_id = ?", (int(experiment_id),)
            ).fetchone()
            if row is None:
                raise StoreRefused(f"No Experiment with id={experiment_id} exists", "Choose another experiment.")
            insert_run(db, run_id, int(experiment_id), row[0] or "", name, start_time, tags)
        return run_id

    def tagged(self, tags: Mapping[str, str], open_only: bool = False, limit: int = 1000) -> list[TaggedRun]:
        """See `Store.tagged`."""
        return self._read(lambda db: sqlite_read.tagged(db, tags, open_only, limit))

    def end_run(self, run_id: str, status: str, end_time: int) -> bool:
        """See `Store.end_run`."""
        with self._transaction() as db:
            done = db.execute(
                "UPDATE runs SET status = ?, end_time = ? WHERE run_uuid = ? AND status IN ('RUNNING', 'SCHEDULED')",
                (status, end_time, run_id),
            )
            return done.rowcount > 0

    def edit(self, run_ids: Sequence[str], change: Change) -> list[Refusal]:
        """See `Store.edit`; one transaction."""
        with self._transaction() as db:
            return edit_rows(db, run_ids, change)

    @cached_property
    def table(self) -> RunsTable:
        """See `Store.table`."""
        return RunsTable(FileSource(self.path, lambda path: schema.open_readonly(path, self._busy_seconds)))

    def cells(self, notebook: str) -> list[dict[str, Any]]:
        """See `Store.cells`."""
        return self.table.cells(notebook)

    def close(self) -> None:
        """Close the connections."""
        if "table" in self.__dict__:
            self.table.close()
        if "_watch" in self.__dict__:
            self._watch.close()
        with self._lock:
            writer, self._writer = self._writer, None
            if writer is not None:
                writer.close()

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            try:
                db = self._connection()
                db.execute("BEGIN IMMEDIATE")
                self._look_again(db)
            except sqlite3.OperationalError as error:
                self._drop()
                raise StoreUnavailable(f"{self.path} can't be written now: {error}") from error
            try:
                yield db
                db.execute("COMMIT")
            except sqlite3.OperationalError as error:
                # Locked, disk full, input/output error: all of the batch comes again.
                self._drop()
                raise StoreUnavailable(f"{self.path} can't be written now: {error}") from error
            except BaseException:
                if db.in_transaction:
                    db.execute("ROLLBACK")
                raise

    def _look_again(self, db: sqlite3.Connection) -> None:
        """Another MLflow may have changed the tables since the schema check, under our hands."""
        revision = schema.revision_of(db)
        if self._revision is None:
            self._revision = revision
        elif revision != self._revision:
            self._drop()
            raise StoreUnavailable(
                f"{self.path} was changed by another MLflow (revision {revision}, {self._revision} before): nothing is "
                "written to it by this one, what is logged stays in the spool. Install that MLflow where JupyterLab runs "
                "(`pip install -U mlflow`) and restart JupyterLab"
            )

    def _connection(self) -> sqlite3.Connection:
        try:
            found = os.stat(self.path)
        except OSError:
            self._drop()
            raise sqlite3.OperationalError(
                "the file is gone; put it back (what is logged stays in the spool meanwhile), or restart JupyterLab for a new one"
            ) from None
        if self._writer is not None and (found.st_dev, found.st_ino) != self._file:
            # Not the file that we have open: what is written there nobody would find.
            self._drop()
        if self._writer is None:
            self._file = (found.st_dev, found.st_ino)
            self._writer = sqlite3.connect(
                self.path, timeout=self._busy_seconds, isolation_level=None, check_same_thread=False
            )
            self._writer.execute("PRAGMA foreign_keys = ON")
            if self._writer.execute("PRAGMA journal_mode").fetchone()[0] == "wal":
                # Safe against a crash of any process; only the last moments before a power cut may go.
                self._writer.execute("PRAGMA synchronous = NORMAL")
        return self._writer

    def _drop(self) -> None:
        writer, self._writer = self._writer, None
        if writer is not None:
            writer.close()

    def _open(self) -> sqlite3.Connection:
        return schema.open_readonly(self.path, self._busy_seconds)

    def _read(self, function: Callable[[sqlite3.Connection], T]) -> T:
        try:
            with closing(self._open()) as db:
                return function(db)
        except sqlite3.OperationalError as error:
            raise StoreUnavailable(f"{self.path} can't be read now: {error}") from error
