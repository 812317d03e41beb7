"""Is this file an MLflow database that we may write? Looked up before anybody opens it for writing.

Never migrates, never writes: opening a user's database with another MLflow version can upgrade it and lock out the
kernels' MLflow (mlflow/store/db/utils.py: a missing table starts all migrations).
"""

from __future__ import annotations

import importlib.util
import os
import re
import sqlite3
from contextlib import closing
from functools import lru_cache
from pathlib import Path
from typing import Literal, NamedTuple
from urllib.parse import quote

Kind = Literal["new", "ready", "foreign", "older", "newer", "unknown", "unwritable", "busy", "no-mlflow"]

_MAGIC = b"SQLite format 3\0"

HOT_COLUMNS: dict[str, frozenset[str]] = {
    "experiments": frozenset(
        [
            "experiment_id",
            "name",
            "artifact_location",
            "lifecycle_stage",
            "creation_time",
            "last_update_time",
            "workspace",
        ]
    ),
    "experiment_tags": frozenset(["key", "value", "experiment_id"]),
    "runs": frozenset(
        [
            "run_uuid",
            "name",
            "source_type",
            "source_name",
            "entry_point_name",
            "user_id",
            "status",
            "start_time",
            "end_time",
            "deleted_time",
            "source_version",
            "lifecycle_stage",
            "artifact_uri",
            "experiment_id",
        ]
    ),
    "metrics": frozenset(["key", "value", "timestamp", "run_uuid", "step", "is_nan"]),
    "latest_metrics": frozenset(["key", "value", "timestamp", "step", "is_nan", "run_uuid"]),
    "params": frozenset(["key", "value", "run_uuid"]),
    "tags": frozenset(["key", "value", "run_uuid"]),
    "datasets": frozenset(["dataset_uuid", "name", "digest", "dataset_source_type"]),
    "inputs": frozenset(["input_uuid", "source_type", "source_id", "destination_type", "destination_id"]),
    "input_tags": frozenset(["input_uuid", "name", "value"]),
    "logged_models": frozenset(["model_id", "name"]),
}
"""Columns that the direct path reads or writes (mlflow/store/tracking/dbmodels/models.py)."""

_WRITTEN = ("experiments", "experiment_tags", "runs", "metrics", "latest_metrics", "params", "tags")
KEY_STEP_INDEX = "index_metrics_run_uuid_key_step"


class Verdict(NamedTuple):
    """What a database file is.

    `new`: absent or empty. `ready`: at the installed MLflow's revision, with the columns the direct path knows.
    `unknown`: at that revision, but of another shape: use MLflow's server. The rest must not be used: `foreign` (no
    SQLite, or not MLflow's), `older`, `newer`, `unwritable`, `busy` (locked, for now), `no-mlflow`.
    """

    kind: Kind
    path: Path
    message: str | None = None
    hint: str | None = None
    revision: str | None = None

    @property
    def usable(self) -> bool:
        """Whether runs may be kept in this file."""
        return self.kind in ("new", "ready", "unknown")


@lru_cache(maxsize=4)
def migrations(package: str | None = None) -> tuple[str | None, frozenset[str]]:
    """(head revision, all revisions) of the installed MLflow, read from its migration files as text.

    (None, empty) where MLflow is not installed or its migrations have not exactly one head.
    """
    folder = package or _mlflow_folder()
    if folder is None:
        return None, frozenset()
    revisions: set[str] = set()
    parents: set[str] = set()
    for file in Path(folder, "store", "db_migrations", "versions").glob("*.py"):
        text = file.read_text(encoding="utf-8", errors="replace")
        own = re.search(r"^revision\b[^=\n]*=\s*[\"']([^\"']+)", text, re.M)
        if own:
            revisions.add(own[1])
            below = re.search(r"^down_revision\b[^=\n]*=\s*(\([^)]*\)|[^\n]*)", text, re.M)
            parents.update(re.findall(r"[\"']([^\"']+)[\"']", below[1]) if below else ())
    heads = revisions - parents
    return (heads.pop() if len(heads) == 1 else None), frozenset(revisions)


def check(path: Path) -> Verdict:
    """Look at the file at `path`, without writing to it."""
    head, known = migrations()
    if head is None:
        return Verdict(
            "no-mlflow",
            path,
            "MLflow is not installed in Jupyter's own environment, or its database migrations can't be read",
            "Install mlflow where JupyterLab runs, for example `pip install mlflow`, and restart JupyterLab",
        )
    try:
        with open(path, "rb") as file:
            start = file.read(16)
    except FileNotFoundError:
        return _writable_folder(path) or Verdict("new", path)
    except IsADirectoryError:
        return Verdict("foreign", path, f"{path} is a folder, not a database", f"Move {path} out of the way")
    except OSError as error:
        return _unwritable(path, f"{path} can't be read: {error.strerror}")
    if not start:
        return _writable_file(path) or Verdict("new", path)
    if start != _MAGIC:
        return Verdict(
            "foreign",
            path,
            f"{path} is not an SQLite database",
            "Move this file away or open JupyterLab in another folder; Cellruns does not overwrite it",
        )
    try:
        with closing(open_readonly(path)) as db:
            return _inspect(db, path, head, known)
    except sqlite3.DatabaseError as error:
        if is_busy(error):
            return Verdict("busy", path, f"{path} is locked by another process", "Close the program that locks it")
        if not os.access(path.parent, os.W_OK):  # a WAL database can't be opened in a folder that is read-only
            return _unwritable(path, f"{path} can't be opened: {error}")
        return Verdict(
            "foreign",
            path,
            f"{path} is damaged or not an SQLite database: {error}",
            "Restore it from a backup or move it away; Cellruns does not overwrite it",
        )


def open_readonly(path: Path, timeout: float = 2.0) -> sqlite3.Connection:
    """A connection that can't write to the file. Waits `timeout` seconds for a lock."""
    uri = f"file:{quote(str(path))}?mode=ro"
    return sqlite3.connect(uri, timeout=timeout, isolation_level=None, uri=True, check_same_thread=False)


def is_busy(error: sqlite3.Error) -> bool:
    """Whether this error passes when another process lets go of the file."""
    text = str(error)
    return isinstance(error, sqlite3.OperationalError) and ("locked" in text or "busy" in text)


def revision_of(db: sqlite3.Connection) -> str | None:
    """The alembic revision that the database is at, or None."""
    rows = db.execute("SELECT version_num FROM alembic_version").fetchall()
    return rows[0][0] if len(rows) == 1 else None


def shape_fits(db: sqlite3.Connection) -> str | None:
    """What keeps the direct path from this database, or None where all columns are as it knows them."""
    for table, wanted in HOT_COLUMNS.items():
        columns = db.execute('SELECT name, "notnull", dflt_value FROM pragma_table_info(?)', (table,)).fetchall()
        missing = wanted - {name for name, _, _ in columns}
        if missing:
            return f"table {table} lacks {', '.join(sorted(missing))}"
        if table in _WRITTEN:
            strange = [
                name for name, required, default in columns if required and default is None and name not in wanted
            ]
            if strange:
                return f"table {table} wants {', '.join(strange)}"
    return None


def _inspect(db: sqlite3.Connection, path: Path, head: str, known: frozenset[str]) -> Verdict:
    tables = {name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if not tables:
        return _writable_file(path) or Verdict("new", path)
    if "alembic_version" not in tables or not {"experiments", "runs", "metrics"} <= tables:
        return Verdict(
            "foreign",
            path,
            f"{path} is an SQLite database, but not one of MLflow",
            "Rename this file or open JupyterLab in another folder; Cellruns does not write to it",
        )
    revision = revision_of(db)
    if revision != head:
        if revision in known:
            return Verdict(
                "older",
                path,
                f"{path} was made by an older MLflow (revision {revision}; the installed one wants {head})",
                f"Stop what uses it, make a backup, then run `mlflow db upgrade sqlite:///{path}` and restart JupyterLab",
                revision,
            )
        return Verdict(
            "newer",
            path,
            f"{path} was made by a newer MLflow (revision {revision}; the installed one knows {head})",
            "Install in Jupyter's environment the MLflow version that made it (`pip install -U mlflow`) and restart",
            revision,
        )
    unwritable = _writable_file(path)
    if unwritable:
        return unwritable
    strange = shape_fits(db)
    if strange:
        return Verdict("unknown", path, f"{path}: {strange}; using MLflow's server for everything", None, revision)
    return Verdict("ready", path, revision=revision)


def _writable_folder(path: Path) -> Verdict | None:
    folder = path.parent
    if not folder.is_dir():
        return _unwritable(path, f"The folder {folder} does not exist")
    if not os.access(folder, os.W_OK | os.X_OK):
        return _unwritable(path, f"The folder {folder} is read-only")
    return None


def _writable_file(path: Path) -> Verdict | None:
    if not os.access(path, os.W_OK):
        return _unwritable(path, f"{path} is read-only")
    return _writable_folder(path)  # SQLite makes its journal beside the file


def _unwritable(path: Path, message: str) -> Verdict:
    return Verdict("unwritable", path, message, f"Make {path.parent} writable or open JupyterLab in another folder")


def _mlflow_folder() -> str | None:
    try:
        spec = importlib.util.find_spec("mlflow")
    except (ImportError, ValueError):
        return None
    places = list(spec.submodule_search_locations or ()) if spec else []
    return places[0] if places else None
