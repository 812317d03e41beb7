"""Reads metric histories from MLflow's SQLite tables, reduced where they are long.

A long series is never brought into Python: for each bucket of steps SQLite itself finds the least and the greatest
point along MLflow's index on (run, key, step), and the buckets are shared out to threads, each with a connection of
its own (SQLite lets go of Python's lock while it works).
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from itertools import pairwise
from typing import Any, NamedTuple

from .history import LONG, WHOLE, Window, distinct, edges, picked, series_json, too_crowded
from .reduce import Point, Reducer
from .rules import INFINITE

MAX_KEYS = 50
"""Metrics that are answered where none is named."""

PARALLEL = 100_000
"""Points from which on several threads pay, and answers are kept."""
KEPT = 64
"""Answers that are kept."""

_COLUMNS = "step, timestamp, value, is_nan"
_ORDER = "ORDER BY step, timestamp, value, is_nan"

STRETCHES = 4
"""A bucket is read in so many stretches: their values in one pass, then only those with the least and the greatest again."""

Open = Callable[[], sqlite3.Connection]


class Stretch(NamedTuple):
    """Points between two steps, inclusive."""

    first: int
    last: int
    least: float
    most: float
    nan: int
    total: int


def stretches(low: int, high: int) -> list[tuple[int, int]]:
    """Step ranges, inclusive and ascending, that share out `low` to `high`."""
    span = high - low + 1
    ends = [low + span * place // STRETCHES for place in range(STRETCHES + 1)]
    return [(first, end - 1) for first, end in pairwise(ends) if first < end]


class Kept:
    """Answers for long series, good for as long as the database is what it was: `version` tells. Thread-safe."""

    def __init__(self, version: Callable[[], int]) -> None:
        self._version = version
        self._lock = threading.Lock()
        self._found: OrderedDict[tuple[Any, ...], tuple[int, dict[str, Any]]] = OrderedDict()

    def get(self, key: tuple[Any, ...], read: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """The answer of that name, read anew where the database has changed since."""
        version = self._version()
        with self._lock:
            known = self._found.get(key)
            if known is not None and known[0] == version:
                self._found.move_to_end(key)
                return known[1]
        found = read()
        if found["total"] > PARALLEL:
            with self._lock:
                self._found[key] = (version, found)
                self._found.move_to_end(key)
                while len(self._found) > KEPT:
                    self._found.popitem(last=False)
        return found


def series(
    db: sqlite3.Connection, run_id: str, keys: Sequence[str] | None, points: int, window: Window = WHOLE,
    another: Open | None = None, kept: Kept | None = None,
) -> list[dict[str, Any]]:
    """Reduced histories as `Series` dicts, ordered by (step, timestamp); all metrics (at most 50) without `keys`.

    `another` opens one more connection that only reads, for long series.
    """
    def read(key: str) -> dict[str, Any]:
        return Reading(run_id, key, window).series(db, points, another)

    if keys is None:
        rows = db.execute(
            "SELECT key FROM latest_metrics WHERE run_uuid = ? ORDER BY key LIMIT ?", (run_id, MAX_KEYS)
        )
        keys = [k for (k,) in rows]
    if kept is None:
        return [read(key) for key in keys]
    return [kept.get((run_id, key, window, points), lambda key=key: read(key)) for key in keys]  # type: ignore[misc]


class Reading:
    """One metric of one run in a window."""

    def __init__(self, run_id: str, key: str, window: Window) -> None:
        self.key = key
        conditions, self._values = ["run_uuid = ?", "key = ?"], [run_id, key]
        for condition, value in (
            ("step >= ?", window.first_step), ("step <= ?", window.last_step),
            ("timestamp >= ?", window.first_time), ("timestamp <= ?", window.last_time),
        ):
            if value is not None:
                conditions.append(condition)
                self._values.append(value)  # type: ignore[arg-type]
        self._of = f"FROM metrics WHERE {' AND '.join(conditions)}"

    def series(self, db: sqlite3.Connection, points: int, another: Open | None) -> dict[str, Any]:
        """The `Series` dict."""
        # Counting is a third of the work; of a long series the buckets are counted as they are read.
        counted = db.execute(f"SELECT count(*) FROM (SELECT 1 {self._of} LIMIT ?)", (*self._values, PARALLEL + 1))
        (total,) = counted.fetchone()
        kept = None
        if total > max(points, LONG):
            total, kept = self._by_buckets(db, total, points, another)
        return series_json(self.key, total, self._by_reading(db, total, points) if kept is None else kept)

    def _by_reading(self, db: sqlite3.Connection, total: int, points: int) -> list[Point]:
        rows = db.execute(f"SELECT {_COLUMNS} {self._of} {_ORDER}", self._values)
        reducer = Reducer(total, points)
        for batch in iter(lambda: rows.fetchmany(5000), []):
            reducer.take(batch)
        return reducer.points()

    def _by_buckets(
        self, db: sqlite3.Connection, counted: int, points: int, another: Open | None
    ) -> tuple[int, list[Point] | None]:
        """How many points there are, and what is kept of them, None where buckets do not show the curve."""
        first, last = self._end_step(db, "ASC"), self._end_step(db, "DESC")
        ranges = edges(first, last, points)
        if not ranges:
            return db.execute(f"SELECT count(*) {self._of}", self._values).fetchone()[0], None
        threads = min(4, os.cpu_count() or 1) if another is not None and counted > PARALLEL else 1
        if threads == 1 or another is None:
            found = [self._bucket(db, low, high) for low, high in ranges]
        else:
            opened: Open = another

            def part(which: int) -> list[tuple[int, list[Point]]]:
                mine = ranges[len(ranges) * which // threads : len(ranges) * (which + 1) // threads]
                with closing(opened()) as own:
                    return [self._bucket(own, low, high) for low, high in mine]

            with ThreadPoolExecutor(threads, "cellruns-series") as pool:
                found = [bucket for part_ in pool.map(part, range(threads)) for bucket in part_]
        total = sum(count for count, _ in found)
        if too_crowded(total, sum(1 for count, _ in found if count), len(ranges)):
            return total, None
        ends = [db.execute(f"SELECT {_COLUMNS} {self._of} AND step BETWEEN ? AND ?", (*self._values, step, step)).fetchall()
                for step in (first, last)]
        return total, distinct([min(ends[0]), *(point for _, bucket in found for point in bucket), max(ends[1])])

    def _end_step(self, db: sqlite3.Connection, order: str) -> int:
        # The step alone is at the end of the index; with more in the order SQLite would read all points.
        return int(db.execute(f"SELECT step {self._of} ORDER BY step {order} LIMIT 1", self._values).fetchone()[0])

    def _bucket(self, db: sqlite3.Connection, low: int, high: int) -> tuple[int, list[Point]]:
        """How many points there are between two steps, and which of them are kept."""
        least: Stretch | None = None
        most: Stretch | None = None
        total = 0
        odd = False
        for first, last in stretches(low, high):
            one = Stretch(first, last, *db.execute(
                f"SELECT min(value), max(value), max(is_nan), count(*) {self._of} AND step BETWEEN ? AND ?",
                (*self._values, first, last),
            ).fetchone())
            if one.total == 0:
                continue
            total += one.total
            odd = odd or bool(one.nan) or one.least <= -INFINITE or one.most >= INFINITE
            least = one if least is None or one.least < least.least else least
            most = one if most is None or one.most > most.most else most
        if least is None or most is None:
            return 0, []
        if odd:
            rows = db.execute(
                f"SELECT {_COLUMNS} {self._of} AND step BETWEEN ? AND ? {_ORDER}", (*self._values, low, high)
            )
            return total, picked(rows.fetchall())
        return total, distinct(sorted([self._at(db, least, least.least), self._at(db, most, most.most)]))

    def _at(self, db: sqlite3.Connection, within: Stretch, value: float) -> Point:
        """A point of that value, of those that `within` counts."""
        found: Point = db.execute(
            f"SELECT {_COLUMNS} {self._of} AND step BETWEEN ? AND ? AND value = ? LIMIT 1",
            (*self._values, within.first, within.last, value),
        ).fetchone()
        return found
