"""A file store made by MLflow gives the answers that its migration by MLflow's own command gives, and is not changed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from jupyterlab_cellruns.capture.events import Tags
from jupyterlab_cellruns.stores.base import RunQuery, StoreRefused, StoreUnavailable
from jupyterlab_cellruns.stores.edit import SetTags
from jupyterlab_cellruns.stores.mlruns import MlrunsStore
from jupyterlab_cellruns.stores.mlruns_files import is_file_store
from jupyterlab_cellruns.stores.sqlite import SqliteStore

from ..mlruns import make_mlruns, snapshot


@pytest.fixture(scope="module")
def mlruns(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("old") / "mlruns"
    make_mlruns(folder)
    return folder


@pytest.fixture(scope="module")
def migrated(mlruns: Path, tmp_path_factory: pytest.TempPathFactory) -> SqliteStore:
    database = tmp_path_factory.mktemp("new") / "mlflow.db"
    subprocess.run(
        [sys.executable, "-m", "mlflow", "migrate-filestore", "--source", str(mlruns), "--target", f"sqlite:///{database}"],
        check=True, capture_output=True,
    )
    return SqliteStore(database)


def test_all_answers_are_those_of_the_migrated_database(mlruns: Path, migrated: SqliteStore, tmp_path: Path) -> None:
    before = snapshot(mlruns)
    store = MlrunsStore("mlruns", "mlruns", mlruns, tmp_path / "index.db").store()
    ours, theirs = store.runs(RunQuery()), migrated.runs(RunQuery())
    assert ours.total == theirs.total == 3
    assert ours.runs == theirs.runs
    assert {r["name"] for r in ours.runs} == {"first", "child", "still running"}
    assert store.experiments() == migrated.experiments()
    for run in theirs.runs:
        run_id = run["run_id"]
        assert store.run(run_id) == migrated.run(run_id)
        assert store.series(run_id, None, 1000) == migrated.series(run_id, None, 1000)
        assert store.briefs([run_id]) == migrated.briefs([run_id])
    assert store.runs(RunQuery(text="ä")).total == 1
    assert snapshot(mlruns) == before


def test_nothing_can_be_written(mlruns: Path, tmp_path: Path) -> None:
    store = MlrunsStore("mlruns", "mlruns", mlruns, tmp_path / "index.db").store()
    run_id = store.runs(RunQuery()).runs[0]["run_id"]
    for write in (
        lambda: store.write([Tags(run_id, {"a": "b"})]), lambda: store.end_run(run_id, "FINISHED", 1),
        lambda: store.ensure_experiment("x", {}), lambda: store.create_run("0", "x", 0, {}),
        lambda: store.set_experiment_tag("0", "a", "b"), lambda: store.edit([run_id], SetTags({"a": "b"})),
    ):
        with pytest.raises((StoreRefused, StoreUnavailable)) as caught:
            write()
        assert isinstance(caught.value, StoreRefused) and "only shown" in str(caught.value)


def test_what_changes_in_the_folder_is_seen_and_broken_parts_hide_no_others(tmp_path: Path) -> None:
    import shutil

    folder = tmp_path / "mlruns"
    run = folder / "0" / "a1"
    (run / "metrics").mkdir(parents=True)
    (folder / "0" / "meta.yaml").write_text("experiment_id: '0'\nname: Default\n")
    (run / "meta.yaml").write_text("run_id: a1\nstatus: 1\nstart_time: 5\nartifact_uri: x\n")
    (run / "metrics" / "loss").write_text("1 0.5 0\nhalf a li\n2 nan 1\n2 nan 1\n3\n")
    broken = folder / "0" / "b2"
    broken.mkdir()
    (broken / "meta.yaml").write_text("status: [\n")
    assert is_file_store(folder)
    assert not is_file_store(tmp_path)
    attached = MlrunsStore("mlruns", "mlruns", folder, tmp_path / "index.db")
    (found,) = attached.store().runs(RunQuery()).runs
    assert (found["run_id"], found["status"], found["name"]) == ("a1", "RUNNING", "a1")
    assert found["metrics"]["loss"] == {"value": "NaN", "step": 1, "timestamp": 2}
    (series,) = attached.store().series("a1", None, 10)
    assert series["steps"] == [0, 1]
    with (run / "metrics" / "loss").open("a") as file:
        file.write("4 0.25 2\n")
    (run / "meta.yaml").write_text("run_id: a1\nstatus: 3\nstart_time: 5\nend_time: 9\nartifact_uri: x\n")
    attached._refresher._next = 0.0
    (found,) = attached.store().runs(RunQuery()).runs
    assert (found["status"], found["metrics"]["loss"]["value"]) == ("FINISHED", 0.25)
    shutil.rmtree(run)
    attached._refresher._next = 0.0
    assert attached.store().runs(RunQuery()).total == 0
