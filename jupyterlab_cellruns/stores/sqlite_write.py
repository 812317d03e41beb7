"""Writes run events into MLflow's SQLite tables, row for row as its SqlAlchemyStore does (MLflow 3.17)."""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Mapping, Sequence
from itertools import repeat
from pathlib import Path

from ..capture.events import Artifact, Event, Metrics, Params, RunEnd, RunStart, Tags
from . import event_files, rules
from .base import Refusal

ARTIFACTS = "mlartifacts"
"""Folder beside the local store's database that its server keeps artifacts in."""
LOCAL_ID_TAG = "cellruns.local_id"
"""Tag with the id that the sender chose, on a run that was made here for it."""

_RUN_ID = uuid.UUID("6c5a8f5e-5d0b-4a0e-9a57-4b1d4f3d2f10")
_POINT = "INSERT OR IGNORE INTO metrics (key, value, timestamp, step, is_nan, run_uuid) VALUES (?, ?, ?, ?, ?, ?)"
_LATEST = """
INSERT INTO latest_metrics (key, value, timestamp, step, is_nan, run_uuid) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (key, run_uuid) DO UPDATE SET
  value = excluded.value, timestamp = excluded.timestamp, step = excluded.step, is_nan = excluded.is_nan
WHERE (excluded.step, excluded.timestamp, excluded.value)
    > (latest_metrics.step, latest_metrics.timestamp, latest_metrics.value)
"""
_TAG = (
    "INSERT INTO tags (key, value, run_uuid) VALUES (?, ?, ?) "
    "ON CONFLICT (key, run_uuid) DO UPDATE SET value = excluded.value"
)


class Batch:
    """One transaction's worth of events. The caller begins and commits."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._refusals: list[Refusal] = []
        self._stages: dict[str, str | None] = {}
        self._local: dict[str, str] = {}

    def write(self, events: Sequence[Event]) -> list[Refusal]:
        """Write events in order; what can't be written for good is refused with MLflow's words."""
        for event in events:
            if getattr(event, "mirrored", False):
                continue
            if isinstance(event, RunStart):
                if event.resumed is not None:
                    self._resume(event)
                elif not event.exists:
                    self._start(event)
                continue
            if not isinstance(event, (Metrics, Params, Tags, RunEnd, Artifact)):
                continue
            run_id = self._local_run(event.run)
            if not self._active(run_id):
                continue
            if isinstance(event, Metrics):
                self._metrics(run_id, event)
            elif isinstance(event, Params):
                self._params(run_id, event.entries)
            elif isinstance(event, Tags):
                self._tags(run_id, event.entries)
            elif isinstance(event, Artifact):
                self._file(run_id, event)
            else:
                self._end(run_id, event)
        # A refused key of a thousand points is one thing to say.
        return list(dict.fromkeys(self._refusals))

    def _file(self, run_id: str, event: Artifact) -> None:
        (uri,) = self._db.execute("SELECT artifact_uri FROM runs WHERE run_uuid = ?", (run_id,)).fetchone()
        (database,) = self._db.execute("SELECT file FROM pragma_database_list WHERE name = 'main'").fetchone()
        try:
            event_files.put(uri or "", Path(database).with_name(ARTIFACTS), event)
        except event_files.Refused as refused:
            self._refuse(run_id, str(refused))

    def _refuse(self, run_id: str, message: str) -> None:
        self._refusals.append(Refusal(run_id, message))

    def _active(self, run_id: str) -> bool:
        if run_id not in self._stages:
            row = self._db.execute("SELECT lifecycle_stage FROM runs WHERE run_uuid = ?", (run_id,)).fetchone()
            self._stages[run_id] = row[0] if row else None
            if row is None:
                self._refuse(run_id, rules.unknown_run(run_id))
            elif row[0] != "active":
                self._refuse(run_id, rules.inactive_run(run_id, row[0]))
        return self._stages[run_id] == "active"

    def _metrics(self, run_id: str, event: Metrics) -> None:
        bad = rules.bad_metric_key(event.key)
        if bad:
            return self._refuse(run_id, bad)
        points, refused = rules.store_points(event.values, event.timestamps, event.steps)
        if refused:
            self._refuse(run_id, rules.negative_timestamps(event.key, refused, len(event.values)))
        if not points.values:
            return None
        flags = points.is_nan or repeat(0)
        rows = zip(repeat(event.key), points.values, points.timestamps, points.steps, flags, repeat(run_id))
        self._db.executemany(_POINT, rows)
        step, timestamp, value, is_nan = points.latest()
        self._db.execute(_LATEST, (event.key, value, timestamp, step, is_nan, run_id))
        return None

    def _params(self, run_id: str, entries: dict[str, str]) -> None:
        for key, given in entries.items():
            bad = rules.bad_param_key(key)
            value, notice = (None, bad) if bad else rules.fit_value("Param value", key, given, rules.MAX_PARAM)
            if notice:
                self._refuse(run_id, notice)
            if value is None:
                continue
            done = self._db.execute(
                "INSERT OR IGNORE INTO params (key, value, run_uuid) VALUES (?, ?, ?)", (key, value, run_id)
            )
            if done.rowcount == 0:
                (old,) = self._db.execute(
                    "SELECT value FROM params WHERE run_uuid = ? AND key = ?", (run_id, key)
                ).fetchone()
                if old != value:
                    self._refuse(run_id, rules.changed_param(run_id, key, old, value))

    def _tags(self, run_id: str, entries: Mapping[str, str]) -> None:
        for key, given in entries.items():
            bad = rules.bad_tag_key(key)
            value, notice = (None, bad) if bad else rules.fit_value("Tag value", key, given, rules.MAX_TAG)
            if notice:
                self._refuse(run_id, notice)
            # MLflow takes no empty name, and says nothing.
            if value is None or (key == rules.RUN_NAME_TAG and not value):
                continue
            self._db.execute(_TAG, (key, value, run_id))
            if key == rules.RUN_NAME_TAG:
                self._db.execute("UPDATE runs SET name = ? WHERE run_uuid = ?", (value[:250], run_id))

    def _end(self, run_id: str, event: RunEnd) -> None:
        self._db.execute(
            "UPDATE runs SET status = ?, end_time = coalesce(?, end_time) WHERE run_uuid = ? "
            "AND status IN ('RUNNING', 'SCHEDULED')",
            (event.status, event.end_time, run_id),
        )

    def _resume(self, event: RunStart) -> None:
        # Only after the very end that is taken back: what has ended the run since then stays. MLflow leaves the old
        # end time in place too (fluent.start_run).
        self._db.execute(
            "UPDATE runs SET status = 'RUNNING' WHERE run_uuid = ? AND status IN ('FAILED', 'KILLED', 'FINISHED') "
            "AND end_time = ?",
            (self._local_run(event.run), event.resumed),
        )

    def _local_run(self, given: str) -> str:
        found = self._local.get(given)
        if found is None:
            known = self._db.execute("SELECT 1 FROM runs WHERE run_uuid = ?", (given,)).fetchone()
            found = given if known else run_id_of(given)
            if not known and not self._db.execute("SELECT 1 FROM runs WHERE run_uuid = ?", (found,)).fetchone():
                return given
            self._local[given] = found
        return found

    def _start(self, event: RunStart) -> None:
        run_id = run_id_of(event.run)
        given = event.experiment or "0"
        experiment = int(given) if given.isdecimal() and len(given) < 19 else -1
        row = self._db.execute(
            "SELECT artifact_location FROM experiments WHERE experiment_id = ?", (experiment,)
        ).fetchone()
        if row is None:
            return self._refuse(event.run, f"No Experiment with id={event.experiment} exists")
        parent = {"mlflow.parentRunId": self._local_run(event.parent)} if event.parent else {}
        tags = {**parent, LOCAL_ID_TAG: event.run}
        if "mlflow.user" in event.tags:
            tags["mlflow.user"] = event.tags["mlflow.user"][: rules.MAX_TAG]
        insert_run(self._db, run_id, experiment, row[0], event.name, event.start_time or 0, tags)
        self._stages[run_id] = "active"
        self._local[event.run] = run_id
        # Tags of others are as good or bad as those that come later.
        self._tags(run_id, event.tags)
        return None


def run_id_of(local_id: str) -> str:
    """The MLflow run id for an id that a sender chose: always the same one."""
    return uuid.uuid5(_RUN_ID, local_id).hex


def insert_run(
    db: sqlite3.Connection,
    run_id: str,
    experiment: int,
    location: str,
    name: str,
    start_time: int,
    tags: dict[str, str],
) -> None:
    """Make a run as SqlAlchemyStore.create_run does; one that is there already is left as it is."""
    name = name or tags.get(rules.RUN_NAME_TAG) or run_id[:8]
    done = db.execute(
        "INSERT OR IGNORE INTO runs (run_uuid, name, source_type, source_name, entry_point_name, user_id, status, "
        "start_time, end_time, deleted_time, source_version, lifecycle_stage, artifact_uri, experiment_id) "
        "VALUES (?, ?, 'UNKNOWN', '', '', ?, 'RUNNING', ?, NULL, NULL, '', 'active', ?, ?)",
        (
            run_id,
            name[:250],
            tags.get("mlflow.user", ""),
            start_time,
            f"{location.rstrip('/')}/{run_id}/artifacts",
            experiment,
        ),
    )
    if done.rowcount:
        db.executemany(_TAG, [(k, v, run_id) for k, v in {**tags, rules.RUN_NAME_TAG: name}.items()])
