"""The REST store against real MLflow servers behind a bad network: what is sent is stored once, whatever the answer was."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from jupyterlab_cellruns.capture.events import Event, Metrics, Params, RunEnd, Tags
from jupyterlab_cellruns.stores.base import Refusal, StoreUnavailable
from jupyterlab_cellruns.stores.endpoint import Endpoint
from jupyterlab_cellruns.stores.rest import RestStore

from .proxy import FaultProxy, Faults
from .servers import MlflowServer


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MlflowServer]:
    with MlflowServer(tmp_path_factory.mktemp("sql")) as running:
        yield running


def insist(store: RestStore, events: list[Event], tries: int = 30) -> list[Refusal]:
    """Write as the writer thread does: again and again until it is through."""
    for _ in range(tries):
        try:
            return store.write(events)
        except StoreUnavailable:
            continue
    raise AssertionError(f"not through after {tries} tries")


def test_many_keys_get_through_errors_and_cut_connections_and_none_is_doubled(server: MlflowServer) -> None:
    with FaultProxy(server.port) as proxy:
        store = RestStore(Endpoint(proxy.url))
        run = store.create_run("0", "many", 1, {})
        proxy.faults = Faults(error=0.1, cut=0.1)
        events: list[Event] = [
            Metrics(run, f"key{i}", [float(i), "NaN", 7.0], [5, 6, 7], [0, 1, 2]) for i in range(400)
        ]
        events += [Params(run, {f"p{i}": "1" for i in range(250)}), Tags(run, {"t": "1"}), RunEnd(run, "FINISHED", 9)]
        before = proxy.seen["requests"]
        assert insist(store, events) == []
        sent = proxy.seen["requests"] - before
    # Keys share calls: 1 200 points, 250 params, a tag and the end need 7 calls when all goes well.
    assert sent < 400 or proxy.seen["error after"] + proxy.seen["cut after"] > 0
    assert server.rows("SELECT count(*), sum(is_nan) FROM metrics WHERE run_uuid=?", run) == [(1200, 400)]
    assert server.rows("SELECT count(*) FROM params WHERE run_uuid=?", run) == [(250,)]
    assert server.rows("SELECT status FROM runs WHERE run_uuid=?", run) == [("FINISHED",)]
    # The answer to some of it was lost, and it comes again: MLflow's SQL stores take a NaN that is there for a fault.
    assert RestStore(Endpoint(f"http://127.0.0.1:{server.port}")).write(events[:3]) == []
    assert server.rows("SELECT count(*), sum(is_nan) FROM metrics WHERE run_uuid=?", run) == [(1200, 400)]


def test_one_failure_in_five_calls_does_not_hold_up_a_batch_of_many(server: MlflowServer) -> None:
    with FaultProxy(server.port) as proxy:
        store = RestStore(Endpoint(proxy.url))
        runs = [store.create_run("0", f"run {i}", 1, {}) for i in range(60)]
        proxy.faults = Faults(error=0.1, cut=0.1)
        # A run is a call: all of them get through at once once in a million times.
        assert insist(store, [Tags(run, {"t": "1"}) for run in runs], 10) == []
    marks = ",".join("?" * len(runs))
    assert server.rows(f"SELECT count(*) FROM tags WHERE key='t' AND run_uuid IN ({marks})", *runs) == [(60,)]


def test_points_share_calls_whatever_their_keys(server: MlflowServer) -> None:
    with FaultProxy(server.port) as proxy:
        store = RestStore(Endpoint(proxy.url))
        run = store.create_run("0", "share", 1, {})
        store.write([Metrics(run, "first", [1.0], [5], [0])])
        before = proxy.seen["requests"]
        store.write([Metrics(run, f"key{i}", [1.0, 2.0], [5, 6], [0, 1]) for i in range(1000)])
        assert proxy.seen["requests"] - before == 2


def test_an_entry_that_the_server_always_fails_at_is_left_out_and_said(server: MlflowServer) -> None:
    # Stands for a value that only some databases take, such as NUL with PostgreSQL: SQLite takes it.
    with FaultProxy(server.port, Faults(poison=b"\\u0000poison")) as proxy:
        store = RestStore(Endpoint(proxy.url))
        run = store.create_run("0", "poison", 1, {})
        values = {"a": "1", "b": "\0poison", "c": "3"}
        (refusal,) = insist(store, [Tags(run, values), Metrics(run, "m", [1.0], [1], [1])])
    assert 'tag "b"' in refusal.message
    tags = dict(server.rows("SELECT key, value FROM tags WHERE run_uuid=?", run))
    assert (tags["a"], tags["c"]) == ("1", "3")
    assert "b" not in tags
    assert 'tag "b"' in tags["cellruns.refused"]
    assert server.rows("SELECT count(*) FROM metrics WHERE run_uuid=?", run) == [(1,)]


def test_a_server_that_fails_at_everything_is_away_and_nothing_is_given_up(server: MlflowServer) -> None:
    with FaultProxy(server.port) as proxy:
        store = RestStore(Endpoint(proxy.url))
        run = store.create_run("0", "away", 1, {})
        proxy.faults = Faults(error=1.0)
        with pytest.raises(StoreUnavailable):
            store.write([Tags(run, {"a": "1"})])
        proxy.faults = Faults()
        assert store.write([Tags(run, {"a": "1"})]) == []


def test_a_server_that_keeps_runs_in_files_gets_no_point_twice(tmp_path: Path) -> None:
    with MlflowServer(tmp_path / "files", files=True) as files, FaultProxy(files.port, seed=3) as proxy:
        store = RestStore(Endpoint(proxy.url))
        run = store.create_run(store.ensure_experiment("mine", {}), "files", 1, {})
        proxy.faults = Faults(error=0.2, cut=0.2)
        for part in range(20):
            steps = list(range(part * 50, part * 50 + 50))
            insist(store, [Metrics(run, "loss", [s / 3 for s in steps], [1000 + s for s in steps], steps)])
        assert proxy.seen["error after"] + proxy.seen["cut after"] > 2
        (file,) = files.folder.glob(f"mlruns/*/{run}/metrics/loss")
        lines = file.read_text().splitlines()
    assert [int(line.split()[2]) for line in lines] == list(range(1000))
