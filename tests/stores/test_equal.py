"""The direct way, MLflow's REST and MLflow's own client write the same rows and give the same answers."""

from __future__ import annotations

import asyncio
import json
import logging
import math
import random
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from jupyterlab_cellruns.capture.events import Artifact, Event, Metrics, Params, RunEnd, RunStart, Tags
from jupyterlab_cellruns.stores.base import LISTED, RunQuery, Store
from jupyterlab_cellruns.stores.history import Window
from jupyterlab_cellruns.stores.local import LocalStore
from jupyterlab_cellruns.stores.rest import RestStore
from jupyterlab_cellruns.stores.sqlite import SqliteStore

KEYS = ["loss", "val/loss", "acc 1", "ünï", "system/cpu"]


def generated(seed: int, run: str) -> list[Event]:
    """Events as kernels send them: repeats, equal steps, negative steps, NaN, infinities, refused names and changes."""
    rng = random.Random(seed)
    events: list[Event] = []
    for _ in range(25):
        kind = rng.choice(["metrics"] * 4 + ["params", "tags"])
        if kind == "metrics":
            n = rng.randint(1, 30)
            values: list[float | str] = [
                rng.choice([rng.gauss(0, 1), 0.0, -1e300, 3, "NaN", "Infinity", "-Infinity"]) for _ in range(n)
            ]
            timestamps = [1_700_000_000_000 + rng.randint(0, 3) for _ in range(n)]
            steps = [rng.randint(-2, 6) for _ in range(n)]
            events.append(Metrics(run, rng.choice([*KEYS, "bad key!"]), values, timestamps, steps))
        elif kind == "params":
            events.append(Params(run, {rng.choice(["a", "b", "c", "../d"]): rng.choice(["1", "2", "ж" * 9])}))
        else:
            events.append(Tags(run, {rng.choice(["t", "u", "mlflow.runName", "x" * 251]): rng.choice(["p", "q", ""])}))
    return events


class Pair:
    """Two databases of MLflow's own making: one for the direct way, one behind MLflow's server."""

    def __init__(self, folder: Path) -> None:
        self.loop = asyncio.new_event_loop()
        self.managers = []
        for name in ("direct", "served"):
            root = folder / name
            root.mkdir()
            log = logging.getLogger(name)
            self.managers.append(LocalStore(root, folder / "fallback", folder / "run" / name, log))
        self.endpoints = [self.loop.run_until_complete(self.start(m)) for m in self.managers]
        self.direct: Store = SqliteStore(self.managers[0].database)
        self.served: Store = RestStore(self.endpoints[1])

    async def start(self, manager: LocalStore) -> Any:
        return await manager.endpoint(90)

    def rows(self, which: int, table: str, run_id: str) -> list[tuple[Any, ...]]:
        columns = {
            "metrics": "key, value, timestamp, step, is_nan", "latest_metrics": "key, value, timestamp, step, is_nan",
            "params": "key, value", "tags": "key, value", "runs": "name, status, end_time, lifecycle_stage, experiment_id",
        }[table]
        database = sqlite3.connect(self.managers[which].database)
        try:
            return sorted(database.execute(f"SELECT {columns} FROM {table} WHERE run_uuid = ?", (run_id,)))
        finally:
            database.close()

    def close(self) -> None:
        for manager in self.managers:
            self.loop.run_until_complete(manager.stop())
        self.loop.close()


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    made = Pair(tmp_path_factory.mktemp("pair"))
    yield made
    made.close()


@pytest.mark.parametrize("seed", range(12))
def test_generated_events_give_equal_rows_refusals_and_answers(pair: Pair, seed: int) -> None:
    ids = [s.create_run("0", f"run {seed}", 1_700_000_000_000 + seed, {"mlflow.user": "u"}) for s in (pair.direct, pair.served)]
    refused = []
    for store, run_id in zip((pair.direct, pair.served), ids, strict=True):
        events = [*generated(seed, run_id), RunEnd(run_id, "FAILED", 1_700_000_009_000)]
        refused.append([r.message for r in store.write(events)])
        # Once more: nothing changes.
        store.write(events)
    for table in ("metrics", "latest_metrics", "params", "tags", "runs"):
        assert pair.rows(0, table, ids[0]) == pair.rows(1, table, ids[1]), table
    assert len(refused[0]) == len(refused[1])

    def plain(store: Store, run_id: str) -> Any:
        found = store.run(run_id)
        assert found is not None
        series = store.series(run_id, None, 40)
        text = json.dumps([found, series], sort_keys=True).replace(run_id, "RUN")
        return json.loads(text)

    assert plain(pair.direct, ids[0]) == plain(pair.served, ids[1])


def test_rows_are_those_of_mlflows_own_client(pair: Pair) -> None:
    code = f"""
import json, math, mlflow
mlflow.set_tracking_uri("sqlite:///{pair.managers[1].database}")
client = mlflow.MlflowClient()
run = client.create_run("0", run_name="plain", start_time=5)
for i, v in enumerate([1.0, math.nan, math.inf, -math.inf, 0.1 + 0.2, 5]):
    client.log_metric(run.info.run_id, "m", v, timestamp=100 + i // 2, step=i % 4)
client.log_param(run.info.run_id, "p", 1)
client.set_tag(run.info.run_id, "mlflow.runName", "other")
client.set_terminated(run.info.run_id, "KILLED", 77)
print(run.info.run_id)
"""
    theirs = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()[-1]
    ours = pair.direct.create_run("0", "plain", 5, {})
    values: list[float | str] = [1.0, "NaN", "Infinity", "-Infinity", 0.1 + 0.2, 5]
    refusals = pair.direct.write([
        Metrics(ours, "m", values, [100, 100, 101, 101, 102, 102], [0, 1, 2, 3, 0, 1]), Params(ours, {"p": "1"}),
        Tags(ours, {"mlflow.runName": "other"}), RunEnd(ours, "KILLED", 77),
    ])
    assert refusals == []
    for table in ("metrics", "latest_metrics", "params", "runs"):
        assert pair.rows(0, table, ours) == pair.rows(1, table, theirs), table


def test_a_run_with_a_local_id_is_made_once(pair: Pair) -> None:
    for which, store in enumerate((pair.direct, pair.served)):
        start = RunStart("r-kernel-1", "from R", "0", exists=False, start_time=9, tags={"a": "b"})
        for _ in range(2):
            assert store.write([start, Params("r-kernel-1", {"p": "1"})]) == []
        page = store.runs(RunQuery(text="from"))
        assert [r["name"] for r in page.runs] == ["from R"], which
        assert page.runs[0]["params"] == {"p": "1"}


def test_files_of_events_are_stored_and_what_cannot_be_is_said(pair: Pair) -> None:
    said = []
    for which, store in enumerate((pair.direct, pair.served)):
        run_id = store.create_run("0", "file", 1, {})
        refused = store.write([
            Params(run_id, {"a": "1"}), Artifact(run_id, "plots/a b.txt", "aGVsbG8="),
            Artifact(run_id, "kept.png", mirrored=True), Artifact(run_id, "../out.txt", "aGVsbG8="),
            Artifact(run_id, "bad.txt", "%%%"), Artifact(run_id, "other.txt", None, "/etc/passwd"), Tags(run_id, {"b": "2"}),
        ])
        said.append([(r.run == run_id, r.message) for r in refused])
        # Again, as after a crash between file and row.
        store.write([Artifact(run_id, "plots/a b.txt", "aGVsbG8=")])
        assert pair.rows(which, "params", run_id) == [("a", "1")]
        assert ("b", "2") in pair.rows(which, "tags", run_id)
        folder = pair.managers[which].database.parent / "mlartifacts"
        files = {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}
        assert files == {f"0/{run_id}/artifacts/plots/a b.txt": b"hello"}
    assert said[0] == said[1] and len(said[0]) == 3
    assert all(own for own, _ in said[0])
    assert [word in text for word, (_, text) in zip(("..", "base64", "content"), said[0], strict=True)] == [True] * 3


def test_deleted_and_unknown_runs_are_refused_with_mlflows_words(pair: Pair) -> None:
    for which, store in enumerate((pair.direct, pair.served)):
        run_id = store.create_run("0", "gone", 1, {})
        database = sqlite3.connect(pair.managers[which].database)
        database.execute("UPDATE runs SET lifecycle_stage = 'deleted' WHERE run_uuid = ?", (run_id,))
        database.commit()
        database.close()
        said = store.write([Metrics(run_id, "m", [1.0], [1], [1]), Metrics("f" * 32, "m", [1.0], [1], [1])])
        assert [r.run for r in said] == [run_id, "f" * 32]
        assert "active" in said[0].message
        assert "not found" in said[1].message


def test_experiments_are_found_made_and_tagged_alike(pair: Pair) -> None:
    for store in (pair.direct, pair.served):
        first = store.ensure_experiment("nöte's.ipynb", {"cellruns.notebook": "nöte's.ipynb"})
        assert store.ensure_experiment("nöte's.ipynb", {}) == first
        store.set_experiment_tag(first, "cellruns.notebook", "moved.ipynb")
        assert store.find_experiment("cellruns.notebook", "nöte's.ipynb") is None
        assert store.find_experiment("cellruns.notebook", "moved.ipynb") == {
            "experiment_id": first, "name": "nöte's.ipynb"}
        assert store.experiments()[0]["name"] == "nöte's.ipynb"


def test_a_single_spike_survives_the_reduction(pair: Pair) -> None:
    for store in (pair.direct, pair.served):
        run_id = store.create_run("0", "spike", 1, {})
        steps = list(range(30_000))
        values: list[float | str] = [math.sin(s / 500) for s in steps]
        values[17_123] = 50.0
        values[21_000] = "NaN"
        store.write([Metrics(run_id, "m", values, steps, steps)])
        (found,) = store.series(run_id, ["m"], 500)
        assert found["total"] == 30_000
        assert found["reduced"]
        assert len(found["steps"]) <= 500
        assert found["values"][found["steps"].index(17_123)] == 50.0
        assert "NaN" in found["values"]
        assert found["steps"] == sorted(found["steps"])


def bulk(pair: Pair, points: list[tuple[int, int, float, int]]) -> list[str]:
    """A run in both databases with the points of a metric `m`, as (step, timestamp, value, is_nan)."""
    made = []
    for which in (0, 1):
        run_id = (pair.direct, pair.served)[which].create_run("0", "long", 1, {})
        database = sqlite3.connect(pair.managers[which].database, timeout=30)
        database.executemany(
            "INSERT INTO metrics (key, run_uuid, step, timestamp, value, is_nan) VALUES ('m', ?, ?, ?, ?, ?)",
            [(run_id, *point) for point in points],
        )
        database.execute(
            "INSERT INTO latest_metrics (key, run_uuid, step, timestamp, value, is_nan) VALUES ('m', ?, ?, ?, ?, ?)",
            (run_id, *max(points)),
        )
        database.commit()
        database.close()
        made.append(run_id)
    return made


def steps_of(kind: str, n: int, rng: random.Random) -> list[int]:
    return {
        "even": lambda: list(range(n)),
        "gaps": lambda: [i * 1000 + (50_000_000 if i > n // 3 else 0) for i in range(n)],
        "one far away": lambda: [*range(n - 1), 10**12],
        "few": lambda: [i * 7 // n for i in range(n)],
        "none": lambda: [0] * n,
        "any": lambda: [rng.randint(-n, n) for _ in range(n)],
    }[kind]()


@pytest.mark.parametrize("kind", ["even", "gaps", "one far away", "few", "none", "any"])
def test_long_series_keep_their_peaks_and_zoom_to_every_point(pair: Pair, kind: str) -> None:
    rng = random.Random(kind)
    n = 24_000
    points = [(s, 1000 + i, rng.gauss(0, 1), 0) for i, s in enumerate(steps_of(kind, n, rng))]
    for value, is_nan in ((40.0, 0), (-30.0, 0), (0.0, 1), (1.7976931348623157e308, 0)):
        i = rng.randrange(n)
        points[i] = (points[i][0], points[i][1], value, is_nan)
    ids = bulk(pair, points)
    answers = []
    for store, run_id in zip((pair.direct, pair.served), ids, strict=True):
        (found,) = store.series(run_id, ["m"], 900)
        assert found["total"] == n
        assert len(found["steps"]) <= 900
        assert {40.0, -30.0, "NaN", "Infinity"} <= set(found["values"])
        order = list(zip(found["steps"], found["timestamps"], strict=True))
        assert order == sorted(order)
        assert {order[0][0], order[-1][0]} == {min(points)[0], max(points)[0]}
        # Into the fullest third again and again, until nothing is left out.
        window, depth = Window(), 0
        while found["reduced"]:
            depth += 1
            assert depth < 40
            middle = found["timestamps"][len(found["timestamps"]) // 2]
            spread = n // 3**depth
            window = Window(first_time=middle - spread, last_time=middle + spread)
            (found,) = store.series(run_id, ["m"], 900, window)
        inside = [p for p in points if window.first_time <= p[1] <= window.last_time]  # type: ignore[operator]
        assert found["total"] == len(inside) == len(found["values"])
        (steps,) = store.series(run_id, ["m"], 900, Window(first_step=-5, last_step=40))
        assert steps["total"] == sum(1 for p in points if -5 <= p[0] <= 40)
        answers.append([store.series(run_id, ["m"], 900), found, steps])
    assert answers[0] == answers[1]


@pytest.mark.parametrize("kind", ["even", "one far away", "few"])
def test_a_very_long_series_is_counted_kept_and_read_anew_after_a_write(pair: Pair, kind: str) -> None:
    n = 120_000
    points = [(s, 1000 + i, math.sin(i), 0) for i, s in enumerate(steps_of(kind, n, random.Random(kind)))]
    points[70_001] = (points[70_001][0], points[70_001][1], 40.0, 0)
    run_id = bulk(pair, points)[0]
    (first,) = pair.direct.series(run_id, ["m"], 900)
    assert first["total"] == n and 40.0 in first["values"]
    (again,) = pair.direct.series(run_id, ["m"], 900)
    assert again is first
    late = points[-1][0]
    pair.direct.write([Metrics(run_id, "m", [70.0, -70.0], [2_000_000, 2_000_001], [late, late])])
    (newer,) = pair.direct.series(run_id, ["m"], 900)
    assert newer["total"] == n + 2 and {70.0, -70.0, 40.0} <= set(newer["values"])


def test_briefs_of_runs_are_equal_and_leave_out_what_is_gone(pair: Pair) -> None:
    answers = []
    for store in (pair.direct, pair.served):
        ids = [store.create_run("0", name, 7, {"mlflow.user": "u", "t": name}) for name in ("one", "two")]
        store.write([Params(ids[0], {"lr": "0.1"}), Metrics(ids[0], "m", [1.0, "NaN"], [1, 2], [1, 2])])
        found = store.briefs([ids[1], "f" * 32, ids[0]])
        assert [b["run"]["run_id"] for b in found] == [ids[1], ids[0]]
        text = json.dumps(found, sort_keys=True)
        for run_id, name in zip(ids, ("ID1", "ID2"), strict=True):
            text = text.replace(run_id, name)
        answers.append(json.loads(text))
    assert answers[0] == answers[1]
    assert answers[0][1]["run"]["params"] == {"lr": "0.1"}
    assert answers[0][0]["tags"]["t"] == "two"


def test_of_very_many_params_and_metrics_the_first_are_listed_and_all_counted(pair: Pair) -> None:
    many = [f"k{number}" for number in range(LISTED + 60)]
    answers = []
    for store in (pair.direct, pair.served):
        run_id = store.create_run("0", "many", 7, {"mlflow.user": "u"})
        for part in range(0, len(many), 100):
            store.write([Params(run_id, dict.fromkeys(many[part : part + 100], "1"))])
        store.write([Metrics(run_id, key, [1.0], [1], [1]) for key in many])
        found = store.run(run_id, LISTED)
        assert found is not None
        # Who counts or compares gets all.
        whole = store.run(run_id)
        assert whole is not None and len(whole["metrics"]) == len(whole["params"]) == len(many)
        answers.append({"run": found["run"] | {"run_id": ""}, "metrics": [m["key"] for m in found["metrics"]]})
    assert answers[0] == answers[1]
    run = answers[0]["run"]
    assert (run["params_total"], run["metrics_total"]) == (len(many), len(many))
    assert sorted(run["params"]) == sorted(run["metrics"]) == answers[0]["metrics"] == sorted(many)[:LISTED]


def test_an_end_ends_once_and_is_taken_back_only_itself(pair: Pair) -> None:
    for which, store in enumerate((pair.direct, pair.served)):
        run = store.create_run("0", "ends", 1_700_000_000_000, {"mlflow.user": "u"})

        def row(which: int = which, run: str = run) -> tuple[object, ...]:
            return pair.rows(which, "runs", run)[0][1:3]

        failed, killed = RunEnd(run, "FAILED", 1_700_000_001_000), RunEnd(run, "KILLED", 1_700_000_002_000)
        store.write([failed, killed])
        assert row() == ("FAILED", 1_700_000_001_000)
        store.write([RunStart(run, "ends", resumed=1_700_000_002_000)])
        assert row() == ("FAILED", 1_700_000_001_000)
        store.write([RunStart(run, "ends", resumed=1_700_000_001_000)])
        assert row()[0] == "RUNNING"
        found = store.run(run)
        assert found is not None and found["run"]["end_time"] is None
        assert store.end_run(run, "FINISHED", 1_700_000_003_000)
        # A spool that is read again, in another order even, changes nothing.
        store.write([failed, RunStart(run, "ends", resumed=1_700_000_001_000), killed])
        assert row() == ("FINISHED", 1_700_000_003_000)
        assert not store.end_run(run, "KILLED", 1_700_000_004_000)


def test_runs_are_found_by_all_of_their_tags(pair: Pair) -> None:
    for store in (pair.direct, pair.served):
        tags = {"cellruns.source": "py-it's", "cellruns.cell_id": "c"}
        first = store.create_run("0", "first", 1_700_000_000_000, {**tags, "mlflow.user": "u"})
        second = store.create_run("0", "second", 1_700_000_000_001, {**tags, "mlflow.parentRunId": first})
        store.create_run("0", "other", 1_700_000_000_002, {"cellruns.source": "py-it's"})
        store.write([Metrics(second, "x", [1.0, 2.0], [1_700_000_000_005, 1_700_000_000_009], [0, 1])])
        store.end_run(second, "FINISHED", 1_700_000_000_010)
        assert [(r.run_id, r.status, r.parent, r.source, r.last) for r in store.tagged(tags)] == [
            (second, "FINISHED", first, "py-it's", 1_700_000_000_009), (first, "RUNNING", None, "py-it's", None)
        ]
        assert [r.run_id for r in store.tagged(tags, open_only=True)] == [first]
        assert [r.run_id for r in store.tagged(tags, limit=1)] == [second]
        assert store.tagged({**tags, "no": "such"}) == []


@pytest.mark.parametrize("path", ["it's.ipynb", 'a "b".ipynb', "plain.ipynb"])
def test_a_notebook_with_quotes_in_its_name_is_found(pair: Pair, path: str) -> None:
    for store in (pair.direct, pair.served):
        made = store.ensure_experiment(path, {"cellruns.notebook": path})
        assert (store.find_experiment("cellruns.notebook", path) or {})["experiment_id"] == made
        run = store.create_run(made, "x", 1_700_000_000_000, {"mlflow.source.name": path, "mlflow.user": "u"})
        assert [r["run_id"] for r in store.runs(RunQuery(notebook=path)).runs] == [run]
