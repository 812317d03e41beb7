"""Clauses of a filter as SQL on MLflow's tables, with the meaning that its SqlAlchemyStore gives them (3.17)."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Any

from .filters import Clause

Condition = tuple[str, list[Any]]

_TABLES = {"metric": "latest_metrics", "param": "params", "tag": "tags"}


def conditions(clauses: Sequence[Clause]) -> list[Condition]:
    """One SQL condition on `runs r` for each clause. `case_sensitive_like` must be on, as in MLflow's own connection."""
    return [_condition(clause) for clause in clauses]


def _condition(clause: Clause) -> Condition:
    if clause.kind == "attribute":
        if clause.key == "run_name":  # as MLflow: the name column is empty for runs of MLflow 1
            return _entity("tags", "mlflow.runName", clause)
        column = {"run_id": "r.run_uuid"}.get(clause.key, f"r.{clause.key}")
        return _compare(column, clause)
    if clause.kind == "dataset":
        return _dataset(clause)
    table = _TABLES[clause.kind]
    if clause.op in ("IS NULL", "IS NOT NULL"):
        negated = "NOT " if clause.op == "IS NULL" else ""
        return f"r.run_uuid {negated}IN (SELECT run_uuid FROM {table} WHERE key = ?)", [clause.key]
    return _entity(table, clause.key, clause)


def _entity(table: str, key: str, clause: Clause) -> Condition:
    test, values = _compare("value", clause)
    if table == "latest_metrics":
        # A NaN is stored as 0 with a mark: only != holds for it.
        test = f"({test} OR is_nan = 1)" if clause.op == "!=" else f"{test} AND is_nan = 0"
    return f"r.run_uuid IN (SELECT run_uuid FROM {table} WHERE key = ? AND {test})", [key, *values]


def _compare(column: str, clause: Clause) -> Condition:
    if clause.op == "ILIKE":
        return f"lower({column}) LIKE lower(?)", [clause.value]
    if isinstance(clause.value, tuple):
        return f"{column} {clause.op} ({','.join('?' * len(clause.value))})", list(clause.value)
    return f"{column} {clause.op} ?", [clause.value]


def _dataset(clause: Clause) -> Condition:
    inputs = "SELECT i.destination_id FROM inputs i JOIN datasets d ON d.dataset_uuid = i.source_id"
    if clause.key == "context":
        test, values = _compare("t.value", clause)
        inputs += " JOIN input_tags t ON t.input_uuid = i.input_uuid AND t.name = 'mlflow.data.context'"
    else:
        test, values = _compare(f"d.{clause.key}", clause)
    return f"r.run_uuid IN ({inputs} WHERE {test})", values


def matching(db: sqlite3.Connection, where: Sequence[Condition]) -> list[str]:
    """Ids of the runs for which all conditions hold, newest first, ties by id: MLflow's own order."""
    text = " AND ".join(condition for condition, _ in where) or "1"
    values = [value for _, some in where for value in some]
    rows = db.execute(f"SELECT r.run_uuid FROM runs r WHERE {text} ORDER BY r.start_time DESC, r.run_uuid", values)
    return [run for (run,) in rows]
