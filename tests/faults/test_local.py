"""What can happen to kernels, server and database with the local store, one real fault each, every point counted."""

from __future__ import annotations

import os
import signal
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ..lab import Lab
from . import faults
from .scene import Tally

LOCK_SECONDS = float(os.environ.get("CELLRUNS_LOCK_SECONDS", "12"))
"""How long the database is locked: longer than one write waits for it (sqlite.BUSY_SECONDS). A minute takes too long for
every run of the tests."""


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with faults.new_lab(tmp_path_factory.mktemp("faults")) as running:
        yield running


@pytest.fixture(autouse=True)
def _no_kernels_left(lab: Lab) -> Iterator[None]:
    yield
    for kernel in lab.fetch("api/kernels"):
        faults.gone(lab, kernel["id"])


def check(tally: Tally, *statuses: str) -> None:
    assert tally.stored > 0
    assert tally.clean, tally
    assert tally.status in statuses, tally


def test_kernel_killed_in_mid_loop(lab: Lab) -> None:
    check(faults.kernel_killed(lab, "killed"), "KILLED")


def test_kernel_killed_while_nobody_listens(lab: Lab) -> None:
    check(faults.killed_unheard(lab, "unheard"), "KILLED")


def test_kernel_restarted_in_mid_loop(lab: Lab) -> None:
    check(faults.restarted(lab, "restarted"), "KILLED")


def test_kernel_restarted_by_itself_after_a_crash(lab: Lab) -> None:
    check(faults.restarted_by_itself(lab, "itself"), "KILLED, FINISHED")


def test_kernel_interrupted_in_mid_loop(lab: Lab) -> None:
    check(faults.interrupted(lab, "interrupted"), "KILLED")


def test_a_storm_of_twenty_restarts(lab: Lab) -> None:
    check(faults.restart_storm(lab, "storm"), "KILLED")


def test_mlflow_process_killed(lab: Lab) -> None:
    check(faults.child_killed(lab, "child"), "FINISHED")


def test_event_loop_stalled_for_five_seconds(lab: Lab) -> None:
    check(faults.loop_stalled(lab, "stalled"), "FINISHED")


def test_two_kernels_at_once(lab: Lab) -> None:
    check(faults.two_kernels(lab, "two"), "FINISHED")


def test_database_locked_by_another_process(lab: Lab) -> None:
    check(faults.database_locked(lab, "locked", LOCK_SECONDS), "FINISHED")


def test_disk_full_while_spooling(lab: Lab) -> None:
    check(faults.disk_full(lab, "full"), "FINISHED")


def test_server_killed_and_its_kernel_with_it(lab: Lab) -> None:
    check(faults.server_killed(lab, "crash", "python3"), "KILLED")


def test_server_killed_and_the_kernel_goes_on(lab: Lab) -> None:
    check(faults.server_killed(lab, "outlived", "outliving"), "FINISHED")


def test_a_later_server_undoes_nothing_that_others_have_changed_since(lab: Lab) -> None:
    name = "changed"
    after = "mlflow.log_metric('last', 1)"
    scene = faults.Scene(lab, name, before="mlflow.set_tag('colour', 'blue')", after=after, kernel="outliving").start(200)
    assert faults.wait(lambda: lab.tags(scene.run_id).get("colour") == "blue")
    # How far a source is stored is noted every two seconds.
    time.sleep(3)
    scene.more(200)
    time.sleep(1)
    with sqlite3.connect(lab.root / "mlflow.db", timeout=20) as database:
        database.execute("UPDATE tags SET value = 'red' WHERE run_uuid = ? AND key = 'colour'", (scene.run_id,))
    database.close()
    lab.kill()
    lab.start()
    assert scene.finish().status == "ok"
    last = "SELECT count(*) FROM metrics WHERE run_uuid = ? AND key = 'last'"
    assert faults.wait(lambda: lab.rows(last, scene.run_id) == [(1,)], 60)
    os.kill(scene.pid, signal.SIGKILL)
    assert lab.tags(scene.run_id)["colour"] == "red"


def test_spool_is_private_bounded_and_empty_in_the_end(lab: Lab) -> None:
    base: Path = lab.folder / "data/cellruns/spool"
    assert base.stat().st_mode & 0o777 == 0o700
    scene = faults.Scene(lab, "private").start()
    files = [p for p in base.glob("*/*") if p.is_file()]
    assert any(p.suffix == ".jsonl" for p in files)
    assert {p.stat().st_mode & 0o077 for p in files} == {0}
    scene.finish()
    faults.gone(lab, scene.kernel.id)
    assert faults.wait(lambda: not list(base.glob("*/*.jsonl"))), list(base.glob("*/*"))
