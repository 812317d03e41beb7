"""The local store while its database is being made, and where only MLflow's server can be used for it; a real server."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sqlite3
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from jupyterlab_cellruns.stores import schema
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


async def half_made(database: Path) -> None:
    """Wait until there is something of a database, and not all of it."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        if schema.check(database).kind not in ("new", "ready", "busy"):
            return
        await asyncio.sleep(0.001)
    raise AssertionError("the database was never seen half made")


async def test_whoever_asks_while_the_database_is_made_waits_for_it(tmp_path: Path) -> None:
    store = local(tmp_path)
    try:
        store.prepare()
        await half_made(store.database)
        # Another Jupyter Server in the same folder, started in the middle of it, waits for it too.
        other = await asyncio.create_subprocess_exec(sys.executable, "-c", SECOND, str(tmp_path), stdout=-1, cwd=ROOT)
        assert isinstance(await asyncio.to_thread(store.store), SqliteStore)
        said, _ = await asyncio.wait_for(other.communicate(), 90)
        assert said.decode().split() == [str(store.database), "None", "SqliteStore"]
    finally:
        await store.stop()


async def test_a_store_by_mlflows_server_goes_on_with_the_next_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    odd = {**schema.HOT_COLUMNS, "runs": schema.HOT_COLUMNS["runs"] | {"a_column_that_is_not_there"}}
    monkeypatch.setattr(schema, "HOT_COLUMNS", odd)
    store = local(tmp_path)
    try:
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
    finally:
        await store.stop()
