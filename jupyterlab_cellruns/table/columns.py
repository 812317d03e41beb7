"""Columns of the runs table: what they are called, and their values read from MLflow's tables."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from ..stores.rules import INFINITE

Kind = Literal["attribute", "param", "tag", "metric", "min", "max", "best"]
Value = str | float | int | None
"""Text, a number (ms for times and durations), or None where a run has nothing there. Metrics may be NaN or infinite."""

KINDS: tuple[Kind, ...] = ("attribute", "param", "tag", "metric", "min", "max", "best")

_COLUMNS = {  # attributes that are columns of `runs r`
    "run_id": "r.run_uuid", "name": "coalesce(nullif(r.name, ''), substr(r.run_uuid, 1, 8))", "status": "r.status",
    "start_time": "r.start_time", "end_time": "r.end_time", "duration": "r.end_time - r.start_time",
    "lifecycle_stage": "r.lifecycle_stage", "experiment_id": "CAST(r.experiment_id AS TEXT)",
}  # fmt: skip
_TAGGED = {  # attributes that are tags; the first that is there counts
    "notebook": ("cellruns.notebook", "mlflow.source.name"), "cell_id": ("cellruns.cell_id",),
    "execution_count": ("cellruns.execution_count",), "parent": ("mlflow.parentRunId",),
    "note": ("mlflow.note.content",), "source": ("mlflow.source.name",), "version": ("mlflow.source.git.commit",),
}  # fmt: skip
ATTRIBUTES = (*_COLUMNS, "user", "experiment", "dataset", *_TAGGED)
_LOWER = re.compile(
    r"(?:^|[^a-z])(?:loss|error|err|mse|rmse|mae|mape|msle|nll|perplexity|ppl|wer|cer|fid|brier|ece|regret|time|"
    r"latency|duration)(?:$|[^a-z])|loss$|error$"
)
_CHUNK = 900
"""Most values of one IN list (SQLITE_MAX_VARIABLE_NUMBER of old builds is 999)."""


@dataclass(frozen=True)
class Column:
    """One column. As text: `kind:key`, for example `metric:loss` (its last value) or `attribute:status`."""

    kind: Kind
    key: str

    @staticmethod
    def of(text: str) -> Column:
        """The column that a text names. Raises ValueError."""
        kind, colon, key = text.partition(":")
        if not colon or not key or kind not in KINDS or (kind == "attribute" and key not in ATTRIBUTES):
            raise ValueError(f"{text[:80]!r} is no column; one is called like 'metric:loss' or 'attribute:status'")
        return Column(kind, key)

    def __str__(self) -> str:
        return f"{self.kind}:{self.key}"

    @property
    def numeric(self) -> bool:
        """Whether its values are metrics."""
        return self.kind in ("metric", "min", "max", "best")


def lower_is_better(key: str) -> bool:
    """Whether the best of a metric is its least value, judged by its name: losses, errors and times."""
    return _LOWER.search(key.lower()) is not None


def number(value: float, is_nan: object) -> float:
    """A stored metric value as float (MLflow stores infinities as the largest float, NaN as a mark)."""
    if is_nan:
        return float("nan")
    if -INFINITE < value < INFINITE:
        return value
    return float("inf") if value > 0 else float("-inf")


def values(db: sqlite3.Connection, column: Column, ids: Sequence[str] | None = None) -> dict[str, Value]:
    """Values of a column by run, of these runs or of all; a run without one is left out. Not for min, max and best."""
    if column.kind == "metric":
        rows = _by_run(db, "SELECT run_uuid, value, is_nan FROM latest_metrics WHERE key = ?", [column.key], "run_uuid", ids)
        return {run: number(value, is_nan) for run, value, is_nan in rows}
    if column.kind in ("param", "tag"):
        return _entries(db, f"{column.kind}s", column.key, ids)
    return _attribute(db, column.key, ids)


def _entries(db: sqlite3.Connection, table: str, key: str, ids: Sequence[str] | None) -> dict[str, Value]:
    return dict(_by_run(db, f"SELECT run_uuid, value FROM {table} WHERE key = ?", [key], "run_uuid", ids))


def _attribute(db: sqlite3.Connection, key: str, ids: Sequence[str] | None) -> dict[str, Value]:
    if key in _COLUMNS:
        rows = _by_run(db, f"SELECT r.run_uuid, {_COLUMNS[key]} FROM runs r WHERE 1", [], "r.run_uuid", ids)
        return {run: value for run, value in rows if value is not None}
    if key == "user":
        own = _by_run(db, "SELECT run_uuid, user_id FROM runs WHERE user_id <> ''", [], "run_uuid", ids)
        return {**dict(own), **_entries(db, "tags", "mlflow.user", ids)}
    if key == "experiment":
        query = "SELECT r.run_uuid, e.name FROM runs r JOIN experiments e ON e.experiment_id = r.experiment_id WHERE 1"
        return dict(_by_run(db, query, [], "r.run_uuid", ids))
    if key == "dataset":
        query = (
            "SELECT i.destination_id, d.name || ' (' || d.digest || ')' FROM inputs i JOIN datasets d "
            "ON d.dataset_uuid = i.source_id WHERE i.destination_type = 'RUN'"
        )
        found: dict[str, Value] = {}
        for run, name in _by_run(db, query, [], "i.destination_id", ids):
            found[run] = f"{found[run]}, {name}" if run in found else name
        return found
    merged: dict[str, Value] = {}
    for tag in reversed(_TAGGED[key]):
        found = _entries(db, "tags", tag, ids)
        if key == "notebook" and tag == "mlflow.source.name":
            found = {run: path for run, path in found.items() if str(path).endswith(".ipynb")}
        merged.update(found)
    if key == "execution_count":
        texts = ((run, str(value)) for run, value in merged.items())
        return {run: int(text) for run, text in texts if text.isdecimal() and len(text) < 19}
    return merged


def _by_run(
    db: sqlite3.Connection, query: str, arguments: list[str], run: str, ids: Sequence[str] | None
) -> Iterable[tuple[Any, ...]]:
    if ids is None:
        return db.execute(query, arguments)
    rows: list[tuple[Any, ...]] = []
    for start in range(0, len(ids), _CHUNK):
        part = ids[start : start + _CHUNK]
        rows += db.execute(f"{query} AND {run} IN ({','.join('?' * len(part))})", [*arguments, *part])
    return rows


def extremes(db: sqlite3.Connection, key: str) -> dict[str, tuple[float, float]]:
    """(least, greatest) finite value of a metric by run, over its whole history.

    Reads nothing but the index of the primary key (key, timestamp, step, run, value, is_nan).
    """
    rows = db.execute(
        "SELECT run_uuid, min(value), max(value) FROM metrics WHERE key = ? AND is_nan = 0 "
        f"AND value > -{INFINITE!r} AND value < {INFINITE!r} GROUP BY run_uuid",
        (key,),
    )
    return {run: (low, high) for run, low, high in rows}


def pick(column: Column) -> Callable[[tuple[float, float]], float]:
    """Which of a run's (least, greatest) a column of kind min, max or best shows."""
    low = column.kind == "min" or (column.kind == "best" and lower_is_better(column.key))
    return (lambda pair: pair[0]) if low else (lambda pair: pair[1])


@dataclass
class Offer:
    """A column that runs have: in how many of them, and whether its values differ (a missing one counts as other)."""

    column: Column
    runs: int
    differs: bool | None


def catalog(db: sqlite3.Connection, ids: Sequence[str] | None, total: int, compare: bool = True) -> list[Offer]:
    """Params, metrics and tags of these runs (None: of all in the store), the most frequent first.

    Without `compare` only the keys are read, which is much quicker, and `differs` is None.
    """
    where = ""
    if ids is not None:
        db.execute("CREATE TEMP TABLE IF NOT EXISTS chosen (run TEXT PRIMARY KEY) WITHOUT ROWID")
        db.execute("BEGIN")
        db.execute("DELETE FROM temp.chosen")
        db.executemany("INSERT OR IGNORE INTO temp.chosen VALUES (?)", [(run,) for run in ids])
        db.execute("COMMIT")
        where = "WHERE run_uuid IN (SELECT run FROM temp.chosen)"
    offers = []
    tables: tuple[tuple[Kind, str], ...] = (("metric", "latest_metrics"), ("param", "params"), ("tag", "tags"))
    for kind, table in tables:
        differs = "min(value) <> max(value)" if compare else "NULL"
        for key, n, other in db.execute(f"SELECT key, count(*), {differs} FROM {table} {where} GROUP BY key"):
            offers.append(Offer(Column(kind, key), n, bool(other) or n < total if compare else None))
    return sorted(offers, key=lambda o: (o.column.kind, -o.runs, o.column.key))


_TELLING = re.compile(r"loss|acc|score|auc|f1|rmse|mae|mse|error|r2")
_ASIDE = re.compile(r"^system/|time|^std_|^rank_")


def automatic(db: sqlite3.Connection, ids: Sequence[str], most: int) -> list[Column]:
    """Columns to show before anybody chose, judged by some of the runs: telling metrics, then params that differ."""
    offers = catalog(db, ids, len(ids))
    metrics = [o for o in offers if o.column.kind == "metric"]
    params = [o for o in offers if o.column.kind == "param" and o.differs]

    def rank(offer: Offer) -> int:
        key = offer.column.key.lower()
        return 2 if _ASIDE.search(key) else 0 if _TELLING.search(key) else 1

    return [offer.column for offer in [*sorted(metrics, key=rank), *params]][:most]
