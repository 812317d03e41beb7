"""Where the table reads: connections to tables of MLflow's shape, and how far they are filled."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Protocol

from .columns import extremes
from .query import Refresh, Scope

Extremes = dict[str, tuple[float, float]]

_KEPT = 3
"""Connections that are kept open."""
_CACHE_KIB = 65_536


class Source(Protocol):
    """Tables `runs`, `experiments`, `params`, `latest_metrics`, `tags`, `datasets`, `inputs`, `input_tags`."""

    def prepare(self, scope: Scope, refresh: Refresh) -> None:
        """See to it that the newest runs of the scope are there; blocks for one page at most."""
        ...

    def loaded(self, scope: Scope) -> int | None:
        """Runs that have come so far while more of the scope are on their way; None when all are there."""
        ...

    def version(self) -> int:
        """Another number after each change of the tables."""
        ...

    def reading(self) -> AbstractContextManager[sqlite3.Connection]:
        """A context with a connection that reads."""
        ...

    def extremes(self, db: sqlite3.Connection, key: str, wanted: Sequence[str]) -> tuple[Extremes, int]:
        """(least, greatest) of a metric by run, and for how many of the wanted runs they are still on their way."""
        ...

    def trouble(self) -> str | None:
        """Why what is on its way does not come, for now."""
        ...

    def close(self) -> None:
        """Let go of files and threads."""
        ...


class Connections:
    """A few reading connections, set up as MLflow's own, and one that tells when the file has changed."""

    def __init__(self, connect: Callable[[], sqlite3.Connection]) -> None:
        self._connect = connect
        self._lock = threading.Lock()
        self._idle: list[sqlite3.Connection] = []
        self._watch: sqlite3.Connection | None = None

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """A connection; one that fails is not used again."""
        with self._lock:
            db = self._idle.pop() if self._idle else None
        if db is None:
            db = self._connect()
            db.execute("PRAGMA case_sensitive_like = ON")
            db.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
        try:
            yield db
        except sqlite3.Error:
            db.close()
            raise
        with self._lock:
            if len(self._idle) < _KEPT:
                self._idle.append(db)
                return
        db.close()

    def version(self) -> int:
        """Changes when another connection, of whatever process, has committed (sqlite.org/pragma.html#pragma_data_version)."""
        with self._lock:
            if self._watch is None:
                self._watch = self._connect()
            try:
                return int(self._watch.execute("PRAGMA data_version").fetchone()[0])
            except sqlite3.Error:
                self._watch.close()
                self._watch = None
                raise

    def close(self) -> None:
        """Close them; those in use are closed by their users."""
        with self._lock:
            for db in [*self._idle, *([self._watch] if self._watch else [])]:
                db.close()
            self._idle, self._watch = [], None


class FileSource:
    """The database file itself: everything is there, and metrics have their whole history."""

    def __init__(self, path: Path, open_: Callable[[Path], sqlite3.Connection]) -> None:
        self._connections = Connections(lambda: open_(path))

    def reading(self) -> AbstractContextManager[sqlite3.Connection]:
        """See `Source.reading`."""
        return self._connections.reading()

    def version(self) -> int:
        """See `Source.version`."""
        return self._connections.version()

    def trouble(self) -> str | None:
        """See `Source.trouble`."""
        return None

    def close(self) -> None:
        """See `Source.close`."""
        self._connections.close()

    def prepare(self, scope: Scope, refresh: Refresh) -> None:
        """See `Source.prepare`: nothing to do."""

    def loaded(self, scope: Scope) -> int | None:
        """See `Source.loaded`."""
        return None

    def extremes(self, db: sqlite3.Connection, key: str, wanted: Sequence[str]) -> tuple[Extremes, int]:
        """See `Source.extremes`."""
        return extremes(db, key), 0
