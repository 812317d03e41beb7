"""Reads runs, metrics and experiments from MLflow's SQLite tables. Every function takes a connection that only reads."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any

from .base import LISTED, OPEN, RunPage, RunQuery, TaggedRun
from .rules import to_json

_SUMMARY = """
SELECT r.run_uuid, r.name, r.experiment_id, e.name, r.status, r.start_time, r.end_time, r.user_id, r.lifecycle_stage,
       r.artifact_uri
FROM runs r JOIN experiments e ON e.experiment_id = r.experiment_id
"""
_CHUNK = 400


def run_page(db: sqlite3.Connection, query: RunQuery) -> RunPage:
    """Runs of a query, newest first, as `RunSummary` dicts (docs/http-api.md)."""
    where, values = _conditions(query)
    total = db.execute(f"SELECT count(*) FROM runs r {where}", values).fetchone()[0]
    rows = db.execute(
        f"{_SUMMARY} {where} ORDER BY r.start_time DESC, r.run_uuid LIMIT ? OFFSET ?",
        (*values, query.limit, query.offset),
    ).fetchall()
    return RunPage(_summaries(db, rows), total)


def tagged(db: sqlite3.Connection, tags: Mapping[str, str], open_only: bool, limit: int) -> list[TaggedRun]:
    """Active runs with all these tags, newest first."""
    has = " AND ".join(
        "EXISTS (SELECT 1 FROM tags t WHERE t.run_uuid = r.run_uuid AND t.key = ? AND t.value = ?)" for _ in tags
    )
    is_open = "AND r.status IN ('RUNNING', 'SCHEDULED')" if open_only else ""
    rows = db.execute(
        f"""SELECT r.run_uuid, r.experiment_id, r.status,
            (SELECT value FROM tags WHERE run_uuid = r.run_uuid AND key = 'mlflow.parentRunId'),
            (SELECT value FROM tags WHERE run_uuid = r.run_uuid AND key = 'cellruns.source'),
            (SELECT max(timestamp) FROM latest_metrics WHERE run_uuid = r.run_uuid)
        FROM runs r WHERE r.lifecycle_stage = 'active' {is_open} AND {has}
        ORDER BY r.start_time DESC, r.run_uuid LIMIT ?""",
        (*(text for pair in tags.items() for text in pair), limit),
    )
    return [TaggedRun(run, str(experiment), *more) for run, experiment, *more in rows]


def _conditions(query: RunQuery) -> tuple[str, list[Any]]:
    parts, values = [], list[Any]()
    if query.ids is not None:
        parts.append(f"r.run_uuid IN ({','.join('?' * len(query.ids))})")
        values += query.ids
    else:
        parts.append("r.lifecycle_stage = 'active'")
    if query.notebook is not None:
        parts.append(
            "r.run_uuid IN (SELECT run_uuid FROM tags WHERE key IN ('mlflow.source.name', 'cellruns.notebook') "
            "AND value = ?)"
        )
        values.append(query.notebook)
    if query.experiment_id is not None:
        parts.append("r.experiment_id = ?")
        values.append(query.experiment_id)
    for word in (query.text or "").split():
        like = "%" + word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
        parts.append(
            "(r.name LIKE ? ESCAPE '\\' OR r.run_uuid LIKE ? ESCAPE '\\' OR r.status LIKE ? ESCAPE '\\' "
            "OR r.user_id LIKE ? ESCAPE '\\' OR r.run_uuid IN (SELECT run_uuid FROM params WHERE key LIKE ? ESCAPE '\\' "
            "OR value LIKE ? ESCAPE '\\' OR key || '=' || value LIKE ? ESCAPE '\\') "
            "OR r.run_uuid IN (SELECT run_uuid FROM tags WHERE value LIKE ? ESCAPE '\\'))"
        )
        values += [like] * 8
    return "WHERE " + " AND ".join(parts), values


def _summaries(
    db: sqlite3.Connection, rows: Sequence[tuple[Any, ...]], most: int | None = LISTED
) -> list[dict[str, Any]]:
    found = {row[0]: _summary(row) for row in rows}
    ids = list(found)
    for start in range(0, len(ids), _CHUNK):
        part = ids[start : start + _CHUNK]
        marks = ",".join("?" * len(part))
        params, totals = _listed(db, "params", "value", part, most)
        for run, key, value in params:
            found[run]["params"][key] = value
        for run, total in totals.items():
            found[run]["params_total"] = total
        metrics, totals = _listed(db, "latest_metrics", "value, is_nan, step, timestamp", part, most)
        for run, key, value, is_nan, step, timestamp in metrics:
            found[run]["metrics"][key] = {"value": to_json(value, is_nan), "step": step, "timestamp": timestamp}
        for run, total in totals.items():
            found[run]["metrics_total"] = total
        for run, key, value in db.execute(
            f"SELECT run_uuid, key, value FROM tags WHERE run_uuid IN ({marks}) AND key IN "
            "('mlflow.source.name', 'mlflow.source.type', 'cellruns.notebook', 'cellruns.cell_id', "
            "'cellruns.execution_count', 'mlflow.parentRunId', 'mlflow.user', 'mlflow.note.content')",
            part,
        ):
            set_tag(found[run], key, value)
    return list(found.values())


def _listed(
    db: sqlite3.Connection, table: str, columns: str, run_ids: Sequence[str], most: int | None
) -> tuple[list[tuple[Any, ...]], dict[str, int]]:
    """(run, key, *columns) of at most `most` entries of each run, the first by name, and how many each run has."""
    marks = ",".join("?" * len(run_ids))
    totals = dict(db.execute(f"SELECT run_uuid, count(*) FROM {table} WHERE run_uuid IN ({marks}) GROUP BY run_uuid", run_ids))
    few = [run for run in run_ids if most is None or totals.get(run, 0) <= most]
    select = f"SELECT run_uuid, key, {columns} FROM {table} WHERE run_uuid"
    rows = db.execute(f"{select} IN ({','.join('?' * len(few))})", few).fetchall()
    for run in set(run_ids).difference(few):
        rows += db.execute(f"{select} = ? ORDER BY key LIMIT ?", (run, most))
    return rows, totals


def _summary(row: Sequence[Any]) -> dict[str, Any]:
    return {
        "run_id": row[0],
        "name": row[1] or row[0][:8],
        "experiment_id": str(row[2]),
        "experiment_name": row[3],
        "status": row[4],
        "start_time": row[5],
        # A resumed run keeps its old end time in the store (mlflow.tracking.fluent.start_run).
        "end_time": None if row[4] in OPEN else row[6],
        "user": row[7] or "",
        "notebook": None,
        "cell_id": None,
        "execution_count": None,
        "parent": None,
        "lifecycle_stage": row[8],
        "params": {},
        "params_total": 0,
        "metrics": {},
        "metrics_total": 0,
        "note": None,
    }


def set_tag(summary: dict[str, Any], key: str, value: str) -> None:
    """Take what a tag says into a `RunSummary`."""
    if key == "cellruns.notebook" or (key == "mlflow.source.name" and value.endswith(".ipynb")):
        summary["notebook"] = summary["notebook"] or value
    elif key == "cellruns.cell_id":
        summary["cell_id"] = value
    elif key == "cellruns.execution_count":
        summary["execution_count"] = int(value) if value.isdecimal() and len(value) < 19 else None
    elif key == "mlflow.parentRunId":
        summary["parent"] = value
    elif key == "mlflow.user":
        summary["user"] = value
    elif key == "mlflow.note.content":
        summary["note"] = value


def run_detail(db: sqlite3.Connection, run_id: str, most: int | None = None) -> dict[str, Any] | None:
    """See `Store.run`."""
    row = db.execute(f"{_SUMMARY} WHERE r.run_uuid = ?", (run_id,)).fetchone()
    if row is None:
        return None
    (summary,) = _summaries(db, [row], most)
    return {
        "run": summary,
        "params": summary["params"],
        "metrics": [metric_summary(db, run_id, key) for key in sorted(summary["metrics"])],
        "tags": dict(db.execute("SELECT key, value FROM tags WHERE run_uuid = ? ORDER BY key", (run_id,))),
        "datasets": _datasets(db, run_id),
        "models": _models(db, run_id),
        "artifact_uri": row[9],
    }


def briefs(db: sqlite3.Connection, run_ids: Sequence[str]) -> list[dict[str, Any]]:
    """`RunBrief` dicts in the order asked for; nothing of them is read from the table of metrics."""
    found: dict[str, dict[str, Any]] = {}
    for start in range(0, len(run_ids), _CHUNK):
        part = run_ids[start : start + _CHUNK]
        marks = ",".join("?" * len(part))
        rows = db.execute(f"{_SUMMARY} WHERE r.run_uuid IN ({marks})", part).fetchall()
        tags: dict[str, dict[str, str]] = {}
        for run, key, value in db.execute(
            f"SELECT run_uuid, key, value FROM tags WHERE run_uuid IN ({marks}) ORDER BY key", part
        ):
            tags.setdefault(run, {})[key] = value
        for row, summary in zip(rows, _summaries(db, rows), strict=True):
            run_id = row[0]
            found[run_id] = {
                "run": summary, "tags": tags.get(run_id, {}), "datasets": _datasets(db, run_id),
                "models": _models(db, run_id), "artifact_uri": row[9],
            }
    return [found[run_id] for run_id in run_ids if run_id in found]


def metric_summary(db: sqlite3.Connection, run_id: str, key: str) -> dict[str, Any]:
    """`MetricSummary` of one metric; one pass over its points by the index on (run, key, step)."""
    finite = "is_nan = 0 AND value > -1.7976931348623157e308 AND value < 1.7976931348623157e308"
    of = "FROM metrics WHERE run_uuid = ? AND key = ?"
    count, good = db.execute(f"SELECT count(*), sum({finite}) {of}", (run_id, key)).fetchone()
    # SQLite gives the other columns of the row that holds the minimum or maximum (lang_select, bare columns).
    low, low_step = db.execute(f"SELECT min(value), step {of} AND {finite}", (run_id, key)).fetchone()
    high, high_step = db.execute(f"SELECT max(value), step {of} AND {finite}", (run_id, key)).fetchone()
    last = db.execute(
        "SELECT value, is_nan, step, timestamp FROM latest_metrics WHERE run_uuid = ? AND key = ?", (run_id, key)
    ).fetchone() or (0.0, 1, 0, 0)
    return {
        "key": key,
        "count": count,
        "last": to_json(last[0], last[1]),
        "last_step": last[2],
        "last_timestamp": last[3],
        "min": low,
        "min_step": low_step if low is not None else None,
        "max": high,
        "max_step": high_step if high is not None else None,
        "nonfinite": count - (good or 0),
    }


def _datasets(db: sqlite3.Connection, run_id: str) -> list[dict[str, Any]]:
    rows = db.execute(
        "SELECT d.name, d.digest, d.dataset_source_type, (SELECT t.value FROM input_tags t "
        "WHERE t.input_uuid = i.input_uuid AND t.name = 'mlflow.data.context') "
        "FROM inputs i JOIN datasets d ON d.dataset_uuid = i.source_id "
        "WHERE i.source_type = 'DATASET' AND i.destination_type = 'RUN' AND i.destination_id = ? ORDER BY d.name",
        (run_id,),
    )
    return [{"name": n, "digest": d, "source_type": s, "context": c} for n, d, s, c in rows]


def _models(db: sqlite3.Connection, run_id: str) -> list[dict[str, Any]]:
    rows = db.execute(
        "SELECT m.model_id, m.name FROM logged_models m WHERE m.lifecycle_stage = 'active' AND (m.source_run_id = ? "
        "OR m.model_id IN (SELECT destination_id FROM inputs WHERE source_type = 'RUN_OUTPUT' AND source_id = ? "
        "AND destination_type = 'MODEL_OUTPUT')) ORDER BY m.creation_timestamp_ms",
        (run_id, run_id),
    )
    return [{"model_id": i, "name": n} for i, n in rows]


def experiments(db: sqlite3.Connection) -> list[dict[str, Any]]:
    """Active experiments, newest first."""
    rows = db.execute(
        "SELECT experiment_id, name, lifecycle_stage, last_update_time FROM experiments "
        "WHERE lifecycle_stage = 'active' ORDER BY last_update_time DESC, experiment_id DESC"
    )
    return [
        {"experiment_id": str(i), "name": n, "lifecycle_stage": s, "last_update_time": t or 0} for i, n, s, t in rows
    ]


def find_experiment(db: sqlite3.Connection, tag: str, value: str) -> dict[str, Any] | None:
    """The newest active experiment with a tag of that value."""
    row = db.execute(
        "SELECT e.experiment_id, e.name FROM experiments e JOIN experiment_tags t ON t.experiment_id = e.experiment_id "
        "WHERE t.key = ? AND t.value = ? AND e.lifecycle_stage = 'active' ORDER BY e.experiment_id DESC LIMIT 1",
        (tag, value),
    ).fetchone()
    return {"experiment_id": str(row[0]), "name": row[1]} if row else None
