"""What a user changes in runs that are there: tags, name, note, deleted or not, ended or not."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from ..capture.events import Tags
from . import rules
from .base import Refusal
from .sqlite_write import Batch

if TYPE_CHECKING:
    from .rest import Rest

NOTE_TAG = "mlflow.note.content"
"""Tag with the note of a run, Markdown (mlflow/utils/mlflow_tags.py)."""


@dataclass(frozen=True)
class SetTags:
    """Set some tags and take some away."""

    set: dict[str, str]
    remove: tuple[str, ...] = ()


@dataclass(frozen=True)
class Rename:
    """Give a run another name."""

    name: str


@dataclass(frozen=True)
class Stage:
    """Delete runs, as MLflow does it: they are marked, kept, and can be restored; or restore them."""

    deleted: bool


@dataclass(frozen=True)
class End:
    """End a run that is said to run still."""

    status: Literal["FINISHED", "FAILED", "KILLED"]


Change = SetTags | Rename | Stage | End


def edit_rows(db: sqlite3.Connection, run_ids: Sequence[str], change: Change) -> list[Refusal]:
    """Change runs in MLflow's tables, in the caller's transaction. What can't be done is refused with MLflow's words.

    A deleted run keeps its assessments, which MLflow's own delete removes for good: a restore brings back all.
    """
    batch = Batch(db)
    refusals: list[Refusal] = []
    now = int(time.time() * 1000)
    for run in run_ids:
        row = db.execute("SELECT lifecycle_stage, status FROM runs WHERE run_uuid = ?", (run,)).fetchone()
        if row is None:
            refusals.append(Refusal(run, rules.unknown_run(run)))
        elif isinstance(change, Stage):
            stage = ("deleted", now) if change.deleted else ("active", None)
            db.execute("UPDATE runs SET lifecycle_stage = ?, deleted_time = ? WHERE run_uuid = ?", (*stage, run))
        elif row[0] != "active":
            refusals.append(Refusal(run, rules.inactive_run(run, row[0])))
        elif isinstance(change, Rename):
            refusals += batch.write([Tags(run, {rules.RUN_NAME_TAG: change.name})])
        elif isinstance(change, SetTags):
            refusals += batch.write([Tags(run, change.set)])
            db.executemany("DELETE FROM tags WHERE run_uuid = ? AND key = ?", [(run, key) for key in change.remove])
        elif row[1] in ("RUNNING", "SCHEDULED"):
            db.execute("UPDATE runs SET status = ?, end_time = ? WHERE run_uuid = ?", (change.status, now, run))
        else:
            refusals.append(Refusal(run, f"The run has ended already: {row[1]}"))
    return list(dict.fromkeys(refusals))


def edit_rest(rest: Rest, run_ids: Sequence[str], change: Change) -> list[Refusal]:
    """The same over MLflow's REST. Raises StoreUnavailable where the server does not answer."""
    from .rest_write import ApiError

    refusals: list[Refusal] = []
    now = int(time.time() * 1000)
    for run in run_ids:
        try:
            if isinstance(change, Stage):
                rest.call("POST", "runs/delete" if change.deleted else "runs/restore", json={"run_id": run})
            elif isinstance(change, Rename):
                rest.call("POST", "runs/update", json={"run_id": run, "run_name": change.name})
            elif isinstance(change, SetTags):
                tags = [{"key": key, "value": value} for key, value in change.set.items()]
                if tags:
                    rest.call("POST", "runs/log-batch", json={"run_id": run, "tags": tags})
                _remove_tags(rest, run, change.remove)
            else:
                status = rest.call("GET", "runs/get", params={"run_id": run})["run"]["info"]["status"]
                if status in ("RUNNING", "SCHEDULED"):
                    rest.call("POST", "runs/update", json={"run_id": run, "status": change.status, "end_time": now})
                else:
                    refusals.append(Refusal(run, f"The run has ended already: {status}"))
        except ApiError as error:
            refusals.append(Refusal(run, error.message))
    return refusals


def _remove_tags(rest: Rest, run: str, keys: Sequence[str]) -> None:
    from .rest_write import ApiError

    for key in keys:
        try:
            rest.call("POST", "runs/delete-tag", json={"run_id": run, "key": key})
        except ApiError as error:
            if error.status != 404:  # it has no such tag: as wanted
                raise
