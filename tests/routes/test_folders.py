"""A folder `mlruns` in the root directory or beside a notebook: found, shown, its artifacts served, migrated."""

from __future__ import annotations

import urllib.error
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ..lab import Lab, wait
from ..mlruns import make_mlruns, snapshot


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    folder = tmp_path_factory.mktemp("lab")
    make_mlruns(folder / "root" / "mlruns")
    (folder / "root" / "sub").mkdir()
    make_mlruns(folder / "root" / "sub" / "mlruns")
    (folder / "root" / "secret.txt").write_text("secret")
    with Lab(folder) as running:
        yield running


def folders(lab: Lab, notebook: str = "") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = lab.fetch(f"cellruns/folders?notebook={notebook}")["folders"]
    return found


def migrated(lab: Lab, store: str) -> dict[str, Any]:
    assert lab.fetch(f"cellruns/folders/{store}/migrate", "POST", {})["migration"]["state"] == "running"
    found: dict[str, Any] = wait(
        lambda: (m := lab.fetch(f"cellruns/folders/{store}")["migration"])["state"] != "running" and m, 120
    )
    return found


def test_both_are_found_and_shown_and_neither_is_changed(lab: Lab) -> None:
    before = snapshot(lab.root / "mlruns")
    assert [f["label"] for f in folders(lab)] == ["mlruns"]
    assert [f["label"] for f in folders(lab, "sub/a.ipynb")] == ["mlruns", "sub/mlruns"]
    assert all(f["read_only"] and f["kind"] == "files" for f in folders(lab))
    runs = lab.fetch("cellruns/runs?store=mlruns")
    assert runs["total"] == 3
    first = next(run for run in runs["runs"] if run["name"] == "first")
    run_id = first["run_id"]
    assert lab.fetch(f"cellruns/runs/{run_id}?store=mlruns")["params"]["deep/key"] == "x"
    (series,) = lab.fetch(f"cellruns/runs/{run_id}/series?store=mlruns&key=loss")["series"]
    assert series["total"] == 300
    listed = lab.fetch(f"cellruns/runs/{run_id}/artifacts?store=mlruns&path=notes")["files"]
    assert listed == [{"path": "notes/a.txt", "is_dir": False, "file_size": 5}]
    content = f"cellruns/runs/{run_id}/artifacts/content?store=mlruns&path="
    assert lab.read(content + "notes/a.txt") == b"hello"
    assert lab.read(content + "notes/a.txt&limit=2") == b"he"
    link = next((lab.root / "mlruns").glob(f"*/{run_id}/artifacts")) / "out"
    link.symlink_to(lab.root / "secret.txt")
    for path in ("out", "nothing", "../meta.yaml"):
        with pytest.raises(urllib.error.HTTPError):
            lab.read(content + path)
    link.unlink()
    changed = {path for path, stamp in snapshot(lab.root / "mlruns").items() if before.get(path) != stamp}
    assert all(path.endswith("/artifacts") for path in changed)  # our own link above


def test_nothing_of_it_can_be_chosen_or_written(lab: Lab) -> None:
    with pytest.raises(urllib.error.HTTPError, match="404"):
        lab.fetch("cellruns/notebooks", "PUT", {"path": "a.ipynb", "store": "mlruns"})
    assert "mlruns" not in [s["id"] for s in lab.fetch("cellruns/status")["stores"]]


def test_migration_makes_the_database_or_adds_to_it_and_repeats_without_doubles(lab: Lab) -> None:
    before = snapshot(lab.root / "mlruns")
    assert not (lab.root / "mlflow.db").exists()
    assert len(folders(lab, "sub/a.ipynb")) == 2
    first = migrated(lab, "mlruns")
    assert (first["state"], first["result"]["runs"], first["result"]["new_runs"]) == ("done", 4, 4), first
    assert lab.rows("SELECT count(*) FROM runs") == [(4,)]
    kernel = lab.notebook("after.ipynb").ready()
    reply = kernel.run("import mlflow\nwith mlflow.start_run(): mlflow.log_metric('m', 1)")
    assert reply.status == "ok", reply.error
    sub = next(f["id"] for f in folders(lab, "sub/a.ipynb") if f["label"] == "sub/mlruns")
    second = migrated(lab, sub)
    assert (second["state"], second["result"]["new_runs"]) == ("done", 4), second
    assert lab.rows("SELECT count(*) FROM runs") == [(9,)]
    assert lab.rows("SELECT count(*) FROM metrics WHERE key='loss'") == [(600,)]
    assert lab.rows("SELECT count(*) FROM experiments WHERE name='old times'") == [(1,)]
    again = migrated(lab, sub)
    assert (again["state"], again["result"]["new_runs"]) == ("done", 0), again
    assert lab.rows("SELECT count(*) FROM inputs") == [(2,)]
    assert lab.rows("SELECT count(*) FROM input_tags") == [(2,)]
    assert lab.rows("PRAGMA foreign_key_check") == []
    assert snapshot(lab.root / "mlruns") == before
    total = lab.fetch("cellruns/runs?store=local")["total"]
    assert total == 7
    child = lab.rows("SELECT run_uuid FROM runs WHERE name='child'")[0][0]
    inner = kernel.run(f"print(mlflow.get_run('{child}').data.metrics)").text
    assert inner.strip() == "{'inner': 2.0}"


def test_a_folder_that_mlflow_cannot_migrate_says_why(lab: Lab) -> None:
    folder = lab.root / "twice" / "mlruns" / "0"
    (folder / "b" / "metrics").mkdir(parents=True)
    (folder / "meta.yaml").write_text("experiment_id: '0'\nname: Default\nlifecycle_stage: active\n")
    (folder / "b" / "meta.yaml").write_text("run_id: b\nstatus: 3\nstart_time: 5\nartifact_uri: x\n")
    (folder / "b" / "metrics" / "loss").write_text("1 0.5 0\n1 0.5 0\n")
    store = next(f["id"] for f in folders(lab, "twice/a.ipynb") if f["label"] == "twice/mlruns")
    rows = lab.rows("SELECT count(*) FROM runs")
    failed = migrated(lab, store)
    assert failed["state"] == "failed"
    assert "same point twice" in failed["error"]["message"]
    assert lab.rows("SELECT count(*) FROM runs") == rows
    assert not list(Path(lab.root).glob(".mlruns-*"))
