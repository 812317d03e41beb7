"""From a file store into the local database, by MLflow's own command (`mlflow migrate-filestore`, MLflow >= 3.10).

That command fills an empty database only. So it fills a new one beside the local database, which then takes its place
where there was none, or from which the rows are copied, in one transaction, where there is one. Ids stay, the folder
is only read, and artifacts stay in it.
"""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from . import schema
from .base import StoreRefused

_SECONDS = 6 * 3600.0
_AFTER = ("runs", "datasets", "inputs", "registered_models", "model_versions", "trace_info", "logged_models")
"""Tables that others refer to come first."""


@dataclass(frozen=True)
class Migrated:
    """What came of it: runs of the folder, of these new in the database; experiments that got another id or name."""

    runs: int
    new_runs: int
    experiments: int
    renamed: list[str]

    def json(self) -> dict[str, Any]:
        """As in `GET folders/<id>`."""
        return asdict(self)


def migrate(folder: Path, database: Path) -> Migrated:
    """Copy all runs of a file store into a database. Blocks. Raises StoreRefused; then the database is as before."""
    with tempfile.TemporaryDirectory(prefix=".mlruns-", dir=database.parent) as name:
        made = Path(name) / "mlflow.db"
        _run(folder, made)
        _settle(made)
        with closing(sqlite3.connect(made)) as db:
            runs = int(db.execute("SELECT count(*) FROM runs").fetchone()[0])
            experiments = int(db.execute("SELECT count(*) FROM experiments").fetchone()[0])
        verdict = schema.check(database)
        if verdict.kind == "new":
            try:
                if database.exists():
                    database.unlink()
                os.link(made, database)
                return Migrated(runs, runs, experiments, [])
            except FileExistsError:
                verdict = schema.check(database)
            except OSError as error:
                raise StoreRefused(f"{database} can't be made: {error}", "Look at the folder's permissions.") from error
        if verdict.kind != "ready":
            raise StoreRefused(verdict.message or f"{database} can't be written to", verdict.hint or "")
        return _merge(made, database, runs, experiments)


def _run(folder: Path, target: Path) -> None:
    command = [
        sys.executable, "-m", "mlflow", "migrate-filestore", "--source", str(folder), "--target", f"sqlite:///{target}",
        "--no-progress",
    ]  # fmt: skip
    env = {**os.environ, "MLFLOW_DISABLE_TELEMETRY": "true"}
    for variable in ("MLFLOW_TRACKING_URI", "MLFLOW_REGISTRY_URI"):
        env.pop(variable, None)
    try:
        done = subprocess.run(
            command, cwd=target.parent, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True,
            timeout=_SECONDS, check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        raise StoreRefused(f"mlflow migrate-filestore could not be run: {error}", "See the server's log.") from error
    if done.returncode == 0:
        return
    said = (done.stderr.strip() or done.stdout.strip()).splitlines()
    last = said[-1][:500] if said else f"status {done.returncode}"
    if "No such command" in done.stderr:
        raise StoreRefused(
            "The installed MLflow has no migrate-filestore", "Install MLflow 3.10 or later where Jupyter runs."
        )
    if "UNIQUE constraint failed: metrics" in done.stderr:
        last = "a metric in the folder has the same point twice, which mlflow migrate-filestore does not take"
    raise StoreRefused(f"mlflow migrate-filestore has failed: {last}", f"Nothing was changed. {folder} is as it was.")


def _settle(database: Path) -> None:
    """One file, with nothing left in a journal beside it."""
    with closing(sqlite3.connect(database, isolation_level=None)) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        db.execute("PRAGMA synchronous = FULL")


def _merge(made: Path, database: Path, runs: int, experiments: int) -> Migrated:
    with closing(sqlite3.connect(database, isolation_level=None, timeout=60)) as db:
        # Rows come table by table; all references are checked at the end.
        db.execute("PRAGMA foreign_keys = OFF")
        db.execute("ATTACH ? AS made", (str(made),))
        before = int(db.execute("SELECT count(*) FROM main.runs").fetchone()[0])
        try:
            db.execute("BEGIN IMMEDIATE")
            faults = len(db.execute("PRAGMA main.foreign_key_check").fetchall())
            renamed = _experiments(db)
            for table in _tables(db):
                _copy(db, table)
            if len(db.execute("PRAGMA main.foreign_key_check").fetchall()) > faults:
                raise StoreRefused(f"The runs do not fit into {database}", "Nothing was changed; see docs/mlruns.md.")
            after = int(db.execute("SELECT count(*) FROM main.runs").fetchone()[0])
            db.execute("COMMIT")
        except BaseException as error:
            if db.in_transaction:
                db.execute("ROLLBACK")
            if isinstance(error, sqlite3.Error):
                raise StoreRefused(f"{database} can't be written to: {error}", "Nothing was changed.") from error
            raise
    return Migrated(runs, after - before, experiments, renamed)


def _experiments(db: sqlite3.Connection) -> list[str]:
    """Experiments of the same name become one; one whose id is taken gets another. Fills `experiment_map`."""
    db.execute("CREATE TEMP TABLE experiment_map (old INTEGER PRIMARY KEY, new INTEGER)")
    renamed = []
    rows = db.execute("SELECT experiment_id, name, lifecycle_stage FROM made.experiments ORDER BY experiment_id").fetchall()
    columns = [c for c in _columns(db, "made", "experiments") if c in _columns(db, "main", "experiments")]
    for old, name, stage in rows:
        same = db.execute("SELECT experiment_id, lifecycle_stage FROM main.experiments WHERE name = ?", (name,)).fetchone()
        if same is not None and same[1] == stage:
            db.execute("INSERT INTO experiment_map VALUES (?, ?)", (old, same[0]))
            continue
        new, title = old, name
        if db.execute("SELECT 1 FROM main.experiments WHERE experiment_id = ?", (old,)).fetchone():
            new = db.execute("SELECT max(experiment_id) + 1 FROM main.experiments").fetchone()[0]
        if same is not None:
            number = 1
            while db.execute("SELECT 1 FROM main.experiments WHERE name = ?", (title,)).fetchone():
                title, number = f"{name} (mlruns{'' if number == 1 else f' {number}'})", number + 1
        if (new, title) != (old, name):
            renamed.append(f"{name}: {title}, id {new}")
        chosen = ", ".join({"experiment_id": "?", "name": "?"}.get(c, f'"{c}"') for c in columns)
        values = [{"experiment_id": new, "name": title}[c] for c in columns if c in ("experiment_id", "name")]
        names = ", ".join(f'"{c}"' for c in columns)
        db.execute(
            f"INSERT INTO main.experiments ({names}) SELECT {chosen} FROM made.experiments WHERE experiment_id = ?",
            (*values, old),
        )
        db.execute("INSERT INTO experiment_map VALUES (?, ?)", (old, new))
    db.execute(
        "CREATE TEMP TABLE dataset_map AS SELECT s.dataset_uuid AS old, d.dataset_uuid AS new FROM made.datasets s "
        "JOIN experiment_map m ON m.old = s.experiment_id JOIN main.datasets d "
        "ON d.experiment_id = m.new AND d.name = s.name AND d.digest = s.digest"
    )
    return renamed


def _tables(db: sqlite3.Connection) -> list[str]:
    names = {
        str(name) for (name,) in db.execute("SELECT name FROM made.sqlite_master WHERE type = 'table'")
        if not str(name).startswith("sqlite_") and name not in ("alembic_version", "experiments")
    }  # fmt: skip
    filled = [name for name in sorted(names) if db.execute(f'SELECT 1 FROM made."{name}" LIMIT 1').fetchone()]
    return sorted(filled, key=lambda name: (_AFTER.index(name) if name in _AFTER else len(_AFTER), name))


def _copy(db: sqlite3.Connection, table: str) -> None:
    columns = [c for c in _columns(db, "made", table) if c in _columns(db, "main", table)]
    chosen = []
    for column in columns:
        value = f's."{column}"'
        if column == "experiment_id":
            value = f"coalesce((SELECT new FROM experiment_map WHERE old = {value}), {value})"
        elif table == "inputs" and column == "source_id":
            value = f"coalesce((SELECT new FROM dataset_map WHERE old = {value}), {value})"
        chosen.append(value)
    names = ", ".join(f'"{c}"' for c in columns)
    # What a former migration has brought stays as it is; tags of its inputs go with them.
    only = " WHERE s.input_uuid IN (SELECT input_uuid FROM main.inputs)" if table == "input_tags" else ""
    db.execute(f'INSERT OR IGNORE INTO main."{table}" ({names}) SELECT {", ".join(chosen)} FROM made."{table}" s{only}')


def _columns(db: sqlite3.Connection, where: str, table: str) -> list[str]:
    return [str(row[1]) for row in db.execute(f'PRAGMA {where}.table_info("{table}")')]
