"""The runs table of a store that does not exist yet: looking for runs makes no database."""

from __future__ import annotations

import sqlite3
from functools import cache
from pathlib import Path

from .engine import RunsTable
from .mirror import TABLES
from .source import FileSource


@cache
def nothing() -> RunsTable:
    """A table without runs."""
    return RunsTable(FileSource(Path(), lambda _: _empty()))


def _empty() -> sqlite3.Connection:
    db = sqlite3.connect(":memory:", check_same_thread=False)
    db.executescript(TABLES)
    return db
