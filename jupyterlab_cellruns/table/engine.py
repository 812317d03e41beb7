"""Answers of the runs table: a window of lines with the cells of the asked columns, out of an order that is kept."""

from __future__ import annotations

import sqlite3
import threading
import time
import uuid
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import groupby, islice
from typing import Any

from . import columns as cols
from . import order, search
from .collector import collector_held
from .columns import Column, Value
from .filters import parse
from .order import Group, Line
from .query import Scope, Selection, TableQuery, Window
from .source import Extremes, Source
from .texts import Texts

_SNAPSHOTS = 16
_MATCHED = 8
_JUDGED = 100
"""Runs by which columns are picked."""
_FACTS = ("name", "status", "start_time", "end_time", "experiment_id", "lifecycle_stage", "notebook", "cell_id",
          "execution_count", "parent")  # fmt: skip
_STEADY = ("start_time", "run_id", "experiment_id", "experiment", "notebook", "cell_id", "execution_count", "parent")
"""Attributes that a run keeps while it runs: an order by them cannot jump."""
MOST_OFFERS = 5_000
"""Params, metrics and tags, each, that are offered as columns: those that most runs have."""
_SPARE = 20
"""How many times what it took to read the extremes of a metric they are good for, while the store changes."""


@dataclass
class Snapshot:
    """An order that was shown."""

    token: str
    selection: Selection
    version: int
    runs: list[str]
    groups: list[Group] | None
    parents: Mapping[str, str]
    added: int = 0
    outdated: bool = False
    stats: dict[Column, dict[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True)
class _Read:
    """Extremes of a metric as they were read, and until when (monotonic s) they will do though the store changes."""

    version: int
    good_until: float
    found: Extremes
    pending: int


class RunsTable:
    """The table of one store. Thread-safe; everything blocks. Raises FilterError for a filter that is wrong."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._lock = threading.Lock()
        self._snapshots: OrderedDict[str, Snapshot] = OrderedDict()
        self._maps: dict[Column, tuple[int, dict[str, Value]]] = {}
        self._extremes: dict[str, _Read] = {}
        self._matched: OrderedDict[tuple[int, Scope, str, str], list[str]] = OrderedDict()
        self._texts = Texts()

    def answer(self, query: TableQuery) -> dict[str, Any]:
        """The answer of `POST runs/table`."""
        selection, window = query.selection, query.window
        clauses = parse(selection.filter)
        self._source.prepare(selection.scope, query.refresh)
        loaded = self._source.loaded(selection.scope)  # before the rows are read: "all there" must hold for them
        with self._reading() as db:
            snapshot = self._snapshot(db, query, lambda: search.conditions(clauses))
            lines = self._lines(snapshot, window)
            shown = lines[window.offset : window.offset + window.limit]
            columns = window.columns
            if columns is None:
                columns = tuple(cols.automatic(db, snapshot.runs[:_JUDGED], window.most))
            cells, pending = self._cells(db, snapshot, shown, columns)
            answer = {
                "snapshot": snapshot.token,
                "total": len(lines),
                "runs": len(snapshot.runs),
                "offset": window.offset,
                "rows": self._rows(db, snapshot, shown),
                "columns": [str(column) for column in columns],
                "cells": {str(column): cells[column] for column in columns},
                "added": snapshot.added,
                "outdated": snapshot.outdated,
                "loaded": loaded,
                "pending": pending,
                "trouble": self._source.trouble(),
            }
            if window.reveal is not None:
                answer["index"] = next((i for i, line in enumerate(lines) if line.id == window.reveal), None)
            return answer

    def ids(self, query: TableQuery, first: int, last: int) -> list[str]:
        """Ids of the runs on the lines from `first` to `last`; a group's line stands for its runs, a parent's for itself."""
        clauses = parse(query.selection.filter)
        with self._reading() as db:
            snapshot = self._snapshot(db, query, lambda: search.conditions(clauses))
            groups = {group.id: group.runs for group in snapshot.groups or ()}
            found: dict[str, None] = {}
            for line in self._lines(snapshot, query.window)[first : last + 1]:
                found.update(dict.fromkeys(groups.get(line.id) or [line.id]))
            return list(found)

    def columns(self, selection: Selection, compare: bool = True) -> dict[str, Any]:
        """The answer of `POST runs/table/columns`: what the runs of a selection have, and in what they differ."""
        clauses = parse(selection.filter)
        self._source.prepare(selection.scope, "")
        with self._reading() as db:
            version = self._source.version()
            ids = self._matching(db, version, selection, search.conditions(clauses))
            whole = selection.scope == Scope() and not selection.filter and not selection.text
            total = len(ids)
            offers = cols.catalog(db, None if whole else ids, total, compare)
            listed = [o for _, kind in groupby(offers, lambda o: o.column.kind) for o in islice(kind, MOST_OFFERS)]
            attributes = [name for name in cols.ATTRIBUTES if name not in ("name", "parent", "cell_id", "experiment_id")]
            offered = [{"column": f"attribute:{name}", "runs": total, "differs": None} for name in attributes]
            offered += [{"column": str(o.column), "runs": o.runs, "differs": o.differs} for o in listed]
            return {"runs": total, "columns": offered, "more": len(offers) - len(listed)}

    def warm(self) -> None:
        """Read what a search for words will have to read: somebody is about to type."""
        with self._reading() as db:
            self._texts.warm(db, self._source.version())

    def values(self, scope: Scope, column: Column, prefix: str, limit: int) -> list[str]:
        """Values of a param, tag or attribute that begin with a text (without case), the most frequent first."""
        with self._reading() as db:
            found = self._values(db, self._source.version(), column)
            counts: dict[str, int] = {}
            wanted = prefix.lower()
            for run in self._matching(db, self._source.version(), Selection(scope), []):
                value = found.get(run)
                if value is not None and str(value).lower().startswith(wanted):
                    counts[str(value)] = counts.get(str(value), 0) + 1
            return sorted(counts, key=lambda value: (-counts[value], value))[:limit]

    def cells(self, notebook: str) -> list[dict[str, Any]]:
        """Cells of a notebook that made runs: `{cell_id, runs, last}`, `last` the start (ms) of the newest."""
        scope = Scope(notebook=notebook)
        self._source.prepare(scope, "")
        with self._reading() as db:
            runs = self._matching(db, self._source.version(), Selection(scope), [])
            cell = cols.values(db, Column("attribute", "cell_id"), runs)
            start = cols.values(db, Column("attribute", "start_time"), runs)
        found: dict[Value, dict[str, Any]] = {}
        for run in runs:  # newest first
            if run in cell:
                entry = found.setdefault(cell[run], {"cell_id": cell[run], "runs": 0, "last": start.get(run, 0)})
                entry["runs"] += 1
        return list(found.values())

    def close(self) -> None:
        """Let go of files and threads."""
        self._source.close()

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        with collector_held(), self._source.reading() as db:
            yield db

    def _snapshot(self, db: sqlite3.Connection, query: TableQuery, where: Callable[[], list[search.Condition]]) -> Snapshot:
        selection, version = query.selection, self._source.version()
        with self._lock:
            known = self._snapshots.get(query.snapshot or "")
            if known is not None and known.selection == selection:
                self._snapshots.move_to_end(known.token)
                if known.version == version:
                    return known
            else:
                known = None
        runs = self._matching(db, version, selection, where())
        runs = self._sorted(db, version, selection, runs)
        added, outdated = 0, False
        if known is not None and not _is_steady(selection):
            runs, fresh, outdated = order.steady(known.runs, runs)
            added = known.added + fresh if outdated else 0
        snapshot = Snapshot(
            known.token if known else uuid.uuid4().hex[:12], selection, version, runs,
            self._grouped(db, version, selection, runs), self._parents(db, selection), added, outdated,
        )  # fmt: skip
        with self._lock:
            self._snapshots[snapshot.token] = snapshot
            self._snapshots.move_to_end(snapshot.token)
            while len(self._snapshots) > _SNAPSHOTS:
                self._snapshots.popitem(last=False)
        return snapshot

    def _matching(
        self, db: sqlite3.Connection, version: int, selection: Selection, where: list[search.Condition]
    ) -> list[str]:
        key = (version, selection.scope, selection.filter, selection.text)
        with self._lock:
            known = self._matched.get(key)
        if known is not None:
            return known
        ids = search.matching(db, [*_scope(selection.scope), *where])
        if selection.text:
            ids = self._texts.matching(db, version, ids, selection.text)
        with self._lock:
            self._matched[key] = ids
            while len(self._matched) > _MATCHED:
                self._matched.popitem(last=False)
        return ids

    def _sorted(self, db: sqlite3.Connection, version: int, selection: Selection, runs: list[str]) -> list[str]:
        by = [(self._values(db, version, column, runs), descending) for column, descending in selection.sort]
        return order.sort_runs(runs, by) if by else runs

    def _grouped(
        self, db: sqlite3.Connection, version: int, selection: Selection, runs: list[str]
    ) -> list[Group] | None:
        if selection.group is None:
            return None
        groups = order.group_runs(runs, self._values(db, version, selection.group))
        if selection.sort and selection.sort[0][0].numeric:
            # Groups stand by their means, as they are shown; their runs by their own values.
            column, descending = selection.sort[0]
            values = self._values(db, version, column)
            means: dict[str, Value] = {}
            for group in groups:
                found = order.spread([float(v) for run in group.runs if (v := values.get(run)) is not None])
                means[group.id] = found.mean if found else None
            places = {g.id: g for g in groups}
            groups = [places[name] for name in order.sort_runs(list(places), [(means, descending)])]
        return groups

    def _parents(self, db: sqlite3.Connection, selection: Selection) -> Mapping[str, str]:
        if not selection.nested:
            return {}
        return dict(db.execute("SELECT run_uuid, value FROM tags WHERE key = 'mlflow.parentRunId'"))

    def _lines(self, snapshot: Snapshot, window: Window) -> list[Line]:
        def unfolded(run: str) -> bool:
            return window.folded == (run in window.toggled)

        if snapshot.groups is None:
            return order.lines(snapshot.runs, snapshot.parents, unfolded)
        lines: list[Line] = []
        for group in snapshot.groups:
            is_open = group.id in window.toggled
            lines.append(Line(group.id, 0, len(group.runs), is_open))
            if is_open:
                lines += order.lines(group.runs, snapshot.parents, unfolded, 1)
        return lines

    def _rows(self, db: sqlite3.Connection, snapshot: Snapshot, shown: Sequence[Line]) -> dict[str, list[Any]]:
        groups = {group.id: group for group in snapshot.groups or ()}
        ids = [line.id for line in shown if line.id not in groups]
        rows: dict[str, list[Any]] = {
            "id": [line.id for line in shown],
            "depth": [line.depth for line in shown],
            "children": [line.children for line in shown],
            "expanded": [line.expanded for line in shown],
            "group": [groups[line.id].value if line.id in groups else None for line in shown],
        }
        for name in _FACTS:
            found = cols.values(db, Column("attribute", name), ids)
            rows[name] = [found.get(line.id) for line in shown]
        return rows

    def _cells(
        self, db: sqlite3.Connection, snapshot: Snapshot, shown: Sequence[Line], columns: Sequence[Column]
    ) -> tuple[dict[Column, list[Any]], int]:
        groups = {group.id: group for group in snapshot.groups or ()}
        ids = [line.id for line in shown if line.id not in groups]
        cells: dict[Column, list[Any]] = {}
        pending = 0
        for column in columns:
            if column.kind in ("min", "max", "best"):
                extremes, waiting = self._read_extremes(db, snapshot.version, column.key, ids)
                choose = cols.pick(column)
                found: Mapping[str, Value] = {run: choose(extremes[run]) for run in ids if run in extremes}
                pending = max(pending, waiting)
            else:
                found = cols.values(db, column, ids)
            cells[column] = [
                self._summary(db, snapshot, column, groups[line.id]) if line.id in groups else found.get(line.id)
                for line in shown
            ]
        return cells, pending

    def _summary(self, db: sqlite3.Connection, snapshot: Snapshot, column: Column, group: Group) -> Any:
        stats = snapshot.stats.setdefault(column, {})
        if group.id not in stats:
            values = self._values(db, snapshot.version, column, group.runs)
            there = [value for run in group.runs if (value := values.get(run)) is not None]
            if column.numeric or column.key == "duration":
                found = order.spread([float(value) for value in there])
                stats[group.id] = found and found._asdict()
            else:
                distinct = set(there)
                same = len(distinct) == 1 and len(there) == len(group.runs)
                stats[group.id] = next(iter(distinct)) if same else {"distinct": len(distinct)} if distinct else None
        return stats[group.id]

    def _values(
        self, db: sqlite3.Connection, version: int, column: Column, runs: Sequence[str] = ()
    ) -> Mapping[str, Value]:
        known = self._maps.get(column)
        if known is not None and known[0] == version:
            return known[1]
        if column.kind in ("min", "max", "best"):
            choose = cols.pick(column)
            return {run: choose(pair) for run, pair in self._read_extremes(db, version, column.key, runs)[0].items()}
        found = cols.values(db, column)
        with self._lock:
            self._maps = {c: kept for c, kept in self._maps.items() if kept[0] == version}
            self._maps[column] = (version, found)
        return found

    def _read_extremes(self, db: sqlite3.Connection, version: int, key: str, runs: Sequence[str]) -> tuple[Extremes, int]:
        known = self._extremes.get(key)
        now = time.monotonic()
        if known is not None and not known.pending and (known.version == version or now < known.good_until):
            return known.found, 0
        found, pending = self._source.extremes(db, key, runs)
        end = time.monotonic()
        self._extremes[key] = _Read(version, end + _SPARE * (end - now), found, pending)
        return found, pending


def _scope(scope: Scope) -> list[search.Condition]:
    found: list[search.Condition] = []
    if scope.stage != "all":
        found.append(("r.lifecycle_stage = ?", [scope.stage]))
    if scope.experiments is not None:
        found.append((f"CAST(r.experiment_id AS TEXT) IN ({','.join('?' * len(scope.experiments))})", list(scope.experiments)))
    if scope.notebook is not None:
        tagged = "SELECT run_uuid FROM tags WHERE key IN ('cellruns.notebook', 'mlflow.source.name') AND value = ?"
        found.append((f"r.run_uuid IN ({tagged})", [scope.notebook]))
    if scope.cell is not None:
        tagged = "SELECT run_uuid FROM tags WHERE key = 'cellruns.cell_id' AND value = ?"
        found.append((f"r.run_uuid IN ({tagged})", [scope.cell]))
    return found


def _is_steady(selection: Selection) -> bool:
    return all(
        column.kind == "param" or (column.kind == "attribute" and column.key in _STEADY) for column, _ in selection.sort
    )
