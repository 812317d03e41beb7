"""The local store while its database is being made, and where only MLflow's server can be used for it; a real server."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sqlite3
import sys
import time
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest

from jupyterlab_cellruns.stores import schema
from jupyterlab_cellruns.stores.base import StoreRefused
from jupyterlab_cellruns.stores.local import LocalStore
from jupyterlab_cellruns.stores.rest import RestStore
from jupyterlab_cellruns.stores.sqlite import SqliteStore

from ..lab import ROOT, wait


def local(folder: Path, name: str = "one") -> LocalStore:
    root = folder / "root"
    root.mkdir(exist_ok=True)
    return LocalStore(root, folder / "fallback", folder / "run" / name, logging.getLogger("test"))


SECOND = """
import asyncio, sys
from pathlib import Path
from tests.stores.test_local import local
async def main():
    store = local(Path(sys.argv[1]), "two")
    print(store.database, store.message)
    store.bind()
    print(type(await asyncio.to_thread(store.store)).__name__)
    await store.stop()
asyncio.run(main())
"""


async def half_made(database: Path) -> Path:
    """Wait until there is something of a database under its name for the time being, and not all of it."""
    new = database.with_name(f".{database.name}.new")
    end = time.monotonic() + 60
    while time.monotonic() < end:
        assert schema.check(database).kind == "new"
        if schema.check(new).kind not in ("new", "ready", "busy"):
            return new
        await asyncio.sleep(0.001)
    raise AssertionError("the database was never seen half made")


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[LocalStore]:
    made = local(tmp_path)
    yield made
    await made.stop()


async def test_whoever_asks_while_the_database_is_made_waits_for_it(store: LocalStore, tmp_path: Path) -> None:
    store.prepare()
    new = await half_made(store.database)
    # Another Jupyter Server in the same folder, started in the middle of it, waits for it too.
    other = await asyncio.create_subprocess_exec(sys.executable, "-c", SECOND, str(tmp_path), stdout=-1, cwd=ROOT)
    assert isinstance(await asyncio.to_thread(store.store), SqliteStore)
    said, _ = await asyncio.wait_for(other.communicate(), 90)
    assert said.decode().split() == [str(store.database), "None", "SqliteStore"]
    assert not list(new.parent.glob(new.name + "*"))
    with closing(sqlite3.connect(store.database)) as db:
        assert db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert db.execute("SELECT artifact_location FROM experiments").fetchall() == [("mlflow-artifacts:/0",)]


async def test_a_kill_while_the_database_is_made_leaves_none_and_it_is_made_anew(store: LocalStore) -> None:
    store.prepare()
    new = await half_made(store.database)
    pid = store._server.pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    assert isinstance(await asyncio.to_thread(store.store), SqliteStore)
    assert store.state()["message"] is None
    assert not list(new.parent.glob(new.name + "*"))


async def test_a_database_that_another_program_makes_meanwhile_is_left_alone(store: LocalStore) -> None:
    store.prepare()
    await half_made(store.database)
    with closing(sqlite3.connect(store.database)) as db:
        db.execute("CREATE TABLE mine (x)")
        db.commit()
    with pytest.raises(StoreRefused, match="not one of MLflow"):
        await store.endpoint(90)
    with closing(sqlite3.connect(store.database)) as db:
        assert db.execute("SELECT name FROM sqlite_master").fetchall() == [("mine",)]


async def test_a_store_by_mlflows_server_goes_on_with_the_next_server(
    store: LocalStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    odd = {**schema.HOT_COLUMNS, "runs": schema.HOT_COLUMNS["runs"] | {"a_column_that_is_not_there"}}
    monkeypatch.setattr(schema, "HOT_COLUMNS", odd)
    store.bind()
    first = await asyncio.to_thread(store.store)
    assert isinstance(first, RestStore)
    await asyncio.to_thread(first.ensure_experiment, "before", {})
    assert await asyncio.to_thread(store.store) is first
    pid = store._server.pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    assert await asyncio.to_thread(wait, lambda: store._server.pid != pid)
    second = await asyncio.to_thread(store.store)
    await asyncio.to_thread(second.ensure_experiment, "after", {})
    with closing(sqlite3.connect(store.database)) as db:
        assert {name for (name,) in db.execute("SELECT name FROM experiments")} >= {"before", "after"}
