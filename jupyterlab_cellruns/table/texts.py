"""What plain text search looks through: one lower-case text per run, made once and kept up with the store."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Sequence


class Texts:
    """Name, id, status, user, `key=value` of params and values of tags of every run. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._params: dict[str, str] = {}
        self._last: tuple[int, str, str] | None = None
        self._rest: dict[str, str] = {}
        self._version: int | None = None

    def matching(self, db: sqlite3.Connection, version: int, ids: Sequence[str], text: str) -> list[str]:
        """Those of some runs whose text has every word, without case."""
        words = text.lower().split()
        with self._lock:
            self._refresh(db, version)
            params, rest = self._params, self._rest
            return [
                run for run in ids
                if all(word in rest.get(run, "") or word in params.get(run, "") for word in words)
            ]  # fmt: skip

    def warm(self, db: sqlite3.Connection, version: int) -> None:
        """Read what a search would have to read."""
        with self._lock:
            self._refresh(db, version)

    def _refresh(self, db: sqlite3.Connection, version: int) -> None:
        if version == self._version:
            return
        self._read_params(db)
        rest: dict[str, list[str]] = {
            run: [name or "", run, status or "", user or ""]
            for run, name, status, user in db.execute("SELECT run_uuid, name, status, user_id FROM runs")
        }
        for run, value in db.execute("SELECT run_uuid, value FROM tags WHERE value IS NOT NULL"):
            if run in rest:
                rest[run].append(value)
        self._rest = {run: "\n".join(parts).lower() for run, parts in rest.items()}
        self._version = version

    def _read_params(self, db: sqlite3.Connection) -> None:
        # Params are written once and never changed: only rows behind the last one are new.
        if self._last is not None:
            row = db.execute("SELECT rowid, run_uuid, key FROM params WHERE rowid = ?", self._last[:1]).fetchone()
            if row is None or tuple(row) != self._last:  # removed by `mlflow gc`: begin anew
                self._params, self._last = {}, None
        parts: dict[str, list[str]] = {}
        last = self._last
        query = "SELECT rowid, run_uuid, key, value FROM params WHERE rowid > ? ORDER BY rowid"
        for rowid, run, key, value in db.execute(query, (last[0] if last else 0,)):
            parts.setdefault(run, []).append(f"{key}={value}")
            last = (rowid, run, key)
        for run, some in parts.items():
            text = "\n".join(some).lower()
            self._params[run] = f"{self._params[run]}\n{text}" if run in self._params else text
        self._last = last
