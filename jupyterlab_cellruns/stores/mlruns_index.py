"""The runs of a file store in tables like those of MLflow's databases, so that they are read like any others.

The tables are in a file of ours that can be made again at any time; the folder itself is only read.
"""

from __future__ import annotations

import hashlib
import math
import sqlite3
import time
import uuid
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from ..kernel_side.python.spool import on_network
from . import mlruns_files as files
from .rules import INFINITE
from .schema import KEY_STEP_INDEX

VERSION = 1
_TABLES = f"""
CREATE TABLE experiments (experiment_id INTEGER PRIMARY KEY, name TEXT, artifact_location TEXT, lifecycle_stage TEXT,
  creation_time INTEGER, last_update_time INTEGER, workspace TEXT NOT NULL DEFAULT 'default');
CREATE TABLE experiment_tags (key TEXT, value TEXT, experiment_id INTEGER, PRIMARY KEY (key, experiment_id));
CREATE TABLE runs (run_uuid TEXT PRIMARY KEY, name TEXT, source_type TEXT, source_name TEXT, entry_point_name TEXT,
  user_id TEXT, status TEXT, start_time INTEGER, end_time INTEGER, deleted_time INTEGER, source_version TEXT,
  lifecycle_stage TEXT, artifact_uri TEXT, experiment_id INTEGER);
CREATE TABLE metrics (key TEXT, value REAL, timestamp INTEGER, step INTEGER, is_nan INTEGER, run_uuid TEXT,
  PRIMARY KEY (key, timestamp, step, run_uuid, value, is_nan));
CREATE INDEX {KEY_STEP_INDEX} ON metrics (run_uuid, key, step);
CREATE TABLE latest_metrics (key TEXT, value REAL, timestamp INTEGER, step INTEGER, is_nan INTEGER, run_uuid TEXT,
  PRIMARY KEY (key, run_uuid));
CREATE INDEX latest_run ON latest_metrics (run_uuid);
CREATE TABLE params (key TEXT, value TEXT, run_uuid TEXT, PRIMARY KEY (key, run_uuid));
CREATE INDEX params_run ON params (run_uuid);
CREATE TABLE tags (key TEXT, value TEXT, run_uuid TEXT, PRIMARY KEY (key, run_uuid));
CREATE INDEX tags_run ON tags (run_uuid);
CREATE TABLE datasets (dataset_uuid TEXT, experiment_id INTEGER, name TEXT, digest TEXT, dataset_source_type TEXT,
  dataset_source TEXT, dataset_schema TEXT, dataset_profile TEXT, PRIMARY KEY (dataset_uuid, experiment_id));
CREATE TABLE inputs (input_uuid TEXT, source_type TEXT, source_id TEXT, destination_type TEXT, destination_id TEXT,
  step INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (source_type, source_id, destination_type, destination_id));
CREATE TABLE input_tags (input_uuid TEXT, name TEXT, value TEXT, PRIMARY KEY (input_uuid, name));
CREATE TABLE logged_models (model_id TEXT PRIMARY KEY, experiment_id INTEGER, name TEXT, artifact_location TEXT,
  creation_timestamp_ms INTEGER, last_updated_timestamp_ms INTEGER, status INTEGER, lifecycle_stage TEXT,
  model_type TEXT, source_run_id TEXT, status_message TEXT);
CREATE TABLE seen (path TEXT PRIMARY KEY, run_uuid TEXT, signature TEXT);
PRAGMA user_version = {VERSION};
"""


def refresh(root: Path, database: Path) -> int:
    """Bring the tables up to date with the folder; returns how many runs were read. Blocks. Raises OSError, sqlite3.Error."""
    database.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with closing(_open(database)) as db:
        return _Reader(db).read(root)


def _open(database: Path) -> sqlite3.Connection:
    for _ in range(2):
        db = sqlite3.connect(database, isolation_level=None, timeout=30)
        try:
            (version,) = db.execute("PRAGMA user_version").fetchone()
            if version == 0:
                if not on_network(str(database.parent)):
                    db.execute("PRAGMA journal_mode = WAL")
                db.executescript(_TABLES)
                version = VERSION
            if version == VERSION:
                db.execute("PRAGMA synchronous = OFF")
                return db
        except sqlite3.DatabaseError:
            pass
        # Of another version of ours, or broken by a crash: it is only a copy.
        db.close()
        for suffix in ("", "-wal", "-shm"):
            database.with_name(database.name + suffix).unlink(missing_ok=True)
    raise sqlite3.OperationalError(f"{database} can't be made")


class _Reader:
    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def read(self, root: Path) -> int:
        """One transaction: readers see the state before until all is there."""
        db = self._db
        seen = {path: (run, sign) for path, run, sign in db.execute("SELECT path, run_uuid, signature FROM seen")}
        found: set[str] = set()
        count = 0
        db.execute("BEGIN IMMEDIATE")
        try:
            for table in ("experiments", "experiment_tags", "datasets", "logged_models"):
                db.execute(f"DELETE FROM {table}")
            for experiment in files.experiments(root):
                self._experiment(experiment)
                for run in files.run_folders(experiment.path):
                    path = str(run)
                    sign = hashlib.sha256(f"{experiment.deleted}|{files.signature(run)}".encode()).hexdigest()
                    found.add(path)
                    if seen.get(path, ("", ""))[1] != sign:
                        self._forget(seen.get(path, ("", ""))[0])
                        self._run(run, experiment, sign)
                        count += 1
            for path, (run_uuid, _) in seen.items():
                if path not in found:
                    self._forget(run_uuid)
                    db.execute("DELETE FROM seen WHERE path = ?", (path,))
            db.execute("COMMIT")
        except BaseException:
            db.execute("ROLLBACK")
            raise
        return count

    def _experiment(self, folder: files.ExperimentFolder) -> None:
        meta = folder.meta
        self._db.execute(
            "INSERT OR IGNORE INTO experiments VALUES (?, ?, ?, ?, ?, ?, 'default')",
            (
                folder.id, str(meta.get("name", f"experiment_{folder.id}")), _text(meta.get("artifact_location")),
                "deleted" if folder.deleted else "active", _int(meta.get("creation_time")),
                _int(meta.get("last_update_time")),
            ),
        )
        self._many("experiment_tags", ((k, v, folder.id) for k, v in files.texts(folder.path / "tags").items()))
        for path in files.subfolders(folder.path / "datasets"):
            if (found := files.read_meta(path)) is not None:
                self._db.execute(
                    "INSERT OR IGNORE INTO datasets VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                    (
                        path.name, folder.id, str(found.get("name", "")), str(found.get("digest", "")),
                        str(found.get("source_type", "")), _text(found.get("source")), _text(found.get("schema")),
                        _text(found.get("profile")),
                    ),
                )
        for path in files.subfolders(folder.path / "models"):
            if (found := files.read_meta(path)) is not None:
                self._db.execute(
                    "INSERT OR IGNORE INTO logged_models (model_id, experiment_id, name, artifact_location, "
                    "creation_timestamp_ms, last_updated_timestamp_ms, status, lifecycle_stage, model_type, "
                    "source_run_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    (
                        str(found.get("model_id", path.name)), folder.id, _text(found.get("name")),
                        _text(found.get("artifact_location")), _int(found.get("creation_timestamp")),
                        _int(found.get("last_updated_timestamp")), _int(found.get("status")),
                        str(found.get("lifecycle_stage", "active")), _text(found.get("model_type")),
                        _text(found.get("source_run_id")),
                    ),
                )

    def _run(self, path: Path, experiment: files.ExperimentFolder, sign: str) -> None:
        meta = files.read_meta(path)
        if meta is None:
            return
        run = str(meta.get("run_uuid") or meta.get("run_id") or path.name)
        tags = files.texts(path / "tags")
        name = meta.get("run_name") or meta.get("name") or tags.get("mlflow.runName")
        deleted = experiment.deleted or meta.get("lifecycle_stage") == "deleted"
        self._forget(run)
        self._db.execute(
            "INSERT INTO runs VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                run, _text(name), "UNKNOWN", "", "", _text(meta.get("user_id")), files.status(meta),
                _int(meta.get("start_time")), _int(meta.get("end_time")), _int(meta.get("deleted_time")), "",
                "deleted" if deleted else "active", _text(meta.get("artifact_uri")), experiment.id,
            ),
        )
        self._many("tags", ((k, v, run) for k, v in tags.items()))
        self._many("params", ((k, v, run) for k, v in files.texts(path / "params").items()))
        for key, points in files.metrics(path / "metrics"):
            rows = [_row(key, value, timestamp, step, run) for value, timestamp, step in points]
            self._many("metrics", rows)
            if rows:
                # The rule of MLflow's SQL stores: the largest (step, timestamp, value), NaN counting as 0.
                self._many("latest_metrics", [max(rows, key=lambda row: (row[3], row[2], row[1]))])
        self._inputs(path, run)
        self._db.execute("INSERT OR REPLACE INTO seen VALUES (?, ?, ?)", (str(path), run, sign))

    def _inputs(self, path: Path, run: str) -> None:
        for folder, outputs in ((path / "inputs", False), (path / "outputs", True)):
            for one in files.subfolders(folder):
                found = files.read_meta(one)
                if found is None:
                    continue
                kind, source = str(found.get("source_type", "DATASET")), str(found.get("source_id", ""))
                number = str(uuid.uuid5(uuid.NAMESPACE_OID, f"{run}/{one.name}"))
                if outputs:
                    model = str(found.get("destination_id", one.name))
                    row = (number, "RUN_OUTPUT", run, "MODEL_OUTPUT", model, _int(found.get("step")) or 0)
                elif kind == "DATASET":
                    row = (number, "DATASET", source, "RUN", run, 0)
                else:
                    row = (number, "RUN_INPUT", run, "MODEL_INPUT", source, 0)
                self._many("inputs", [row])
                tags = found.get("tags")
                if isinstance(tags, dict):
                    self._many("input_tags", ((number, str(k), str(v)) for k, v in tags.items()))

    def _forget(self, run: str) -> None:
        if not run:
            return
        db = self._db
        db.execute(
            "DELETE FROM input_tags WHERE input_uuid IN "
            "(SELECT input_uuid FROM inputs WHERE destination_id = ? OR source_id = ?)",
            (run, run),
        )
        db.execute("DELETE FROM inputs WHERE destination_id = ? OR source_id = ?", (run, run))
        for table in ("runs", "metrics", "latest_metrics", "params", "tags"):
            db.execute(f"DELETE FROM {table} WHERE run_uuid = ?", (run,))

    def _many(self, table: str, rows: Any) -> None:
        rows = list(rows)
        if rows:
            marks = ", ".join("?" * len(rows[0]))
            self._db.executemany(f"INSERT OR IGNORE INTO {table} VALUES ({marks})", rows)


def _row(key: str, value: float, timestamp: int, step: int, run: str) -> tuple[str, float, int, int, int, str]:
    if math.isnan(value):
        return key, 0.0, timestamp, step, 1, run
    return key, max(-INFINITE, min(INFINITE, value)), timestamp, step, 0, run


def _int(value: Any) -> int | None:
    return int(value) if isinstance(value, (int, float)) and not isinstance(value, bool) and value == value else None


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


class Refresher:
    """Refreshes when somebody looks, and not more often than one twentieth of the time."""

    def __init__(self, root: Path, database: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self._root = root
        self._database = database
        self._clock = clock
        self._next = -math.inf

    def look(self) -> None:
        """Bring the tables up to date where it is time. Blocks; call it under a lock."""
        began = self._clock()
        if began < self._next:
            return
        refresh(self._root, self._database)
        ended = self._clock()
        self._next = ended + max(3.0, 20 * (ended - began))
