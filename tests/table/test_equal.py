"""The table over the database file and over a copy of a server's runs: the same answers, and MLflow's own search results."""

from __future__ import annotations

import asyncio
import json
import logging
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from jupyterlab_cellruns.capture.events import Event, Metrics, Params, RunEnd, Tags
from jupyterlab_cellruns.stores.edit import End, Rename, SetTags, Stage
from jupyterlab_cellruns.stores.local import LocalStore
from jupyterlab_cellruns.stores.rest import Rest, RestStore
from jupyterlab_cellruns.stores.rest_write import ApiError
from jupyterlab_cellruns.stores.sqlite import SqliteStore
from jupyterlab_cellruns.table.filters import parse
from jupyterlab_cellruns.table.query import read_query, read_selection
from tests.lab import wait

from .test_filters import filters

RUNS = 150
KEYS = ["loss", "acc", "val/loss", "a.b", "l2", "_x"]


class Served:
    """A database of MLflow's making behind MLflow's server, and both of our stores on it."""

    def __init__(self, folder: Path) -> None:
        self.loop = asyncio.new_event_loop()
        root = folder / "root"
        root.mkdir()
        self.manager = LocalStore(root, folder / "fallback", folder / "run", logging.getLogger("served"))
        endpoint = self.loop.run_until_complete(self._start())
        self.rest = Rest(endpoint)
        self.file = SqliteStore(self.manager.database)
        self.server = RestStore(endpoint)
        self.fill()

    async def _start(self) -> Any:
        return await self.manager.endpoint(90)

    def fill(self) -> None:
        rng = random.Random(3)
        experiments = [self.file.ensure_experiment(name, {}) for name in ("one", "two")]
        ids: list[str] = []
        for index in range(RUNS):
            tags = {"mlflow.user": rng.choice(["u", "v"]), "mlflow.source.name": rng.choice(["a.ipynb", "b.ipynb", "x.py"]),
                    "cellruns.cell_id": f"c{index % 3}"}  # fmt: skip
            if index > 20 and rng.random() < 0.3:
                tags["mlflow.parentRunId"] = rng.choice(ids[:20])
            name = rng.choice(["a", "b", "Brisk", "brisk"])
            run = self.file.create_run(rng.choice(experiments), name, 1_000 + index // 2, tags)
            ids.append(run)
            events: list[Event] = []
            for key in KEYS:
                if rng.random() < 0.7:
                    n = rng.randint(1, 4)
                    some: list[float | str] = [0, 0.5, 1, -1, 2.5, 1e5, "NaN", "Infinity", "-Infinity"]
                    values = [rng.choice(some) for _ in range(n)]
                    events.append(Metrics(run, key, values, list(range(5, 5 + n)), list(range(n))))
                if rng.random() < 0.6:
                    events.append(Params(run, {key: rng.choice(["a", "b", "0.1", "it''s", "50%", "A", "ä", "Ä", "10", "9"])}))
                if rng.random() < 0.6:
                    events.append(Tags(run, {key: rng.choice(["a", "b", "_x%", "B", "x = 1 and y"])}))
            if rng.random() < 0.8:
                events.append(RunEnd(run, rng.choice(["FINISHED", "FAILED"]), 2_000 + index))
            assert self.file.write(events) == []
            if rng.random() < 0.3:
                dataset = {"name": rng.choice(["a", "b"]), "digest": "d1", "source_type": "local", "source": "{}"}
                inputs = [{"tags": [{"key": "mlflow.data.context", "value": rng.choice(["a", "train"])}], "dataset": dataset}]
                self.rest.call("POST", "runs/log-inputs", json={"run_id": run, "datasets": inputs})
        self.file.edit(ids[5:12], Stage(True))
        self.ids, self.experiments = ids, experiments

    def search(self, text: str, order: list[str], view: str = "ACTIVE_ONLY") -> list[str]:
        body = {"experiment_ids": self.experiments, "filter": text, "run_view_type": view, "max_results": 1000, "order_by": order}
        return [run["info"]["run_id"] for run in self.rest.call("POST", "runs/search", json=body).get("runs", [])]

    def close(self) -> None:
        self.file.close()
        self.server.close()
        self.loop.run_until_complete(self.manager.stop())
        self.loop.close()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    made = Served(tmp_path_factory.mktemp("served"))
    yield made
    made.close()


def ask(store: Any, **body: Any) -> dict[str, Any]:
    """The whole answer once everything has come, without what names the moment."""

    def answer() -> dict[str, Any] | None:
        found: dict[str, Any] = store.table.answer(read_query({"limit": 500, "nested": False, **body}))
        return found if found["loaded"] is None and not found["pending"] else None

    found = wait(answer, 30)
    assert found is not None
    found.pop("snapshot")
    return json.loads(json.dumps(found))  # type: ignore[no-any-return]


def both(served: Served, **body: Any) -> dict[str, Any]:
    here, there = ask(served.file, **body), ask(served.server, **body)
    for column, cells in here["cells"].items():
        assert cells == there["cells"][column], column
    assert here == there
    return here


def test_a_thousand_filters_find_what_mlflows_search_finds(served: Served) -> None:
    texts = [text for seed in range(2) for text in filters(10 + seed)] + ["", "params.acc LIKE '%a'", "tags.loss ILIKE 'B'"]
    hits = 0
    for text in dict.fromkeys(texts):
        wanted = served.search(text, [])
        parse(text)
        assert served.file.table.ids(read_query({"filter": text, "nested": False}), 0, 10**6) == wanted, text
        assert ask(served.server, filter=text)["rows"]["id"] == wanted, text
        hits += len(wanted) > 0
    assert hits > 50
    for text in ["metrics.loss >> 1", "params.a = b", "nothing = 'x'"]:
        with pytest.raises(ApiError):
            served.search(text, [])


def test_orders_are_those_of_mlflows_search(served: Served) -> None:
    for key in KEYS:
        for direction in ("ASC", "DESC"):
            wanted = served.search("", [f"metrics.`{key}` {direction}"])
            found = both(served, sort=[{"column": f"metric:{key}", "descending": direction == "DESC"}])
            assert found["rows"]["id"] == wanted, (key, direction)
    wanted = served.search("", ["attributes.status ASC", "metrics.loss DESC"])
    found = both(served, sort=[{"column": "attribute:status"}, {"column": "metric:loss", "descending": True}])
    assert found["rows"]["id"] == wanted
    numbers = [v for v in both(served, sort=[{"column": "param:loss"}], columns=["param:loss"])["cells"]["param:loss"] if v]
    assert numbers.index("9") < numbers.index("10") < numbers.index("a"), "params that are numbers sort as numbers"


def test_every_column_has_the_same_cells_over_file_and_server(served: Served) -> None:
    selection = read_selection({})
    ask(served.server)
    offers = served.file.table.columns(selection)
    assert offers == served.server.table.columns(selection)
    names = [offer["column"] for offer in offers["columns"]]
    assert "param:a.b" in names
    assert "attribute:dataset" in names
    columns = [*names, *(f"{kind}:{key}" for kind in ("min", "max", "best") for key in KEYS)]
    found = both(served, columns=columns, stage="all")
    assert found["runs"] == RUNS
    assert len(found["cells"]) == len(columns)
    both(served, columns=None, most=5)
    for group in ("param:loss", "metric:acc", "attribute:status", "tag:_x", "attribute:dataset"):
        closed = both(served, group=group, columns=["metric:loss", "param:acc", "max:acc"], sort=[{"column": "metric:loss"}])
        groups = closed["rows"]["id"]
        assert len(groups) > 1
        assert sum(closed["rows"]["children"]) == closed["runs"]
        opened = both(served, group=group, toggled=groups[:1], columns=["metric:loss"])
        assert opened["total"] == len(groups) + next(
            n for n, g in zip(opened["rows"]["children"], opened["rows"]["id"], strict=True) if g == groups[0]
        )


def test_scopes_texts_and_nested_runs(served: Served) -> None:
    assert both(served, stage="deleted")["runs"] == 7
    assert both(served, experiments=[served.experiments[0]])["runs"] < RUNS
    notebook = both(served, notebook="a.ipynb", columns=["attribute:notebook", "attribute:cell_id"])
    assert set(notebook["cells"]["attribute:notebook"]) == {"a.ipynb"}
    cell = both(served, notebook="a.ipynb", cell="c1", columns=["attribute:cell_id"])
    assert set(cell["cells"]["attribute:cell_id"]) == {"c1"}
    cells = served.file.cells("a.ipynb")
    ask(served.server, notebook="a.ipynb")
    assert cells == served.server.cells("a.ipynb")
    assert next(c["runs"] for c in cells if c["cell_id"] == "c1") == cell["runs"]
    text = both(served, text="BRISK acc=0.1", columns=["attribute:name", "param:acc"])
    assert text["runs"] > 0
    assert set(text["cells"]["param:acc"]) == {"0.1"}
    nested = both(served, nested=True)
    depths = nested["rows"]["depth"]
    assert max(depths) == 1
    assert nested["total"] == nested["runs"]
    folded = both(served, nested=True, folded=True)
    assert folded["total"] == depths.count(0)
    parent = nested["rows"]["id"][depths.index(1) - 1]
    assert parent not in both(served, nested=True, toggled=[parent])["rows"]["parent"][depths.index(1) :][:1]


def test_an_order_that_was_shown_does_not_jump(served: Served) -> None:
    by_loss = [{"column": "metric:loss", "descending": True}]
    query = {"sort": by_loss, "limit": 500, "nested": False, "columns": ["metric:loss"]}
    before = served.file.table.answer(read_query(query))
    shown = zip(before["rows"]["id"], before["cells"]["metric:loss"], strict=True)
    last = [run for run, value in shown if value is not None][-1]
    served.file.write([Metrics(last, "loss", [1e9], [10**6], [10**6])])
    made = served.file.create_run(served.experiments[0], "new", 5_000, {"mlflow.user": "u"})
    try:
        after = served.file.table.answer(read_query({**query, "snapshot": before["snapshot"]}))
        assert after["rows"]["id"] == [made, *before["rows"]["id"]]
        assert after["added"] == 1
        assert after["outdated"]
        assert 1e9 in after["cells"]["metric:loss"]
        again = served.file.table.answer(read_query(query))
        assert again["rows"]["id"].index(last) < before["rows"]["id"].index(last)
        assert not again["outdated"]
    finally:
        served.file.edit([made], Stage(True))


def test_edits_do_the_same_over_file_and_server_and_mlflow_sees_them(served: Served) -> None:
    runs = [run for run in served.search("attributes.status = 'FINISHED'", [])][:4]
    going = served.search("attributes.status = 'RUNNING'", [])[:2]
    ask(served.server)
    for store, mine, live in ((served.file, runs[:2], going[0]), (served.server, runs[2:], going[1])):
        assert store.edit(mine, SetTags({"team": "x", "mlflow.note.content": "**bold**"}, ("loss", "never was"))) == []
        assert store.edit(mine, Rename("other name")) == []
        assert store.edit([live], End("KILLED")) == []
        assert [r.run for r in store.edit([live, mine[0]], End("KILLED"))] == [live, mine[0]]
        assert store.edit(mine[:1], Stage(True)) == []
        assert "active" in store.edit(mine[:1], Rename("no"))[0].message
        assert "not found" in store.edit(["f" * 32], Rename("no"))[0].message
        if store is served.file:  # the server's copy cannot know of that until it reads all anew
            served.server.table.answer(read_query({"refresh": "all"}))
        found = both(served, columns=["tag:team", "attribute:note"], filter="attributes.run_name = 'other name'")
        assert mine[0] not in found["rows"]["id"]
        assert mine[1] in found["rows"]["id"]
        assert set(found["cells"]["attribute:note"]) == {"**bold**"}
        assert store.edit(mine[:1], Stage(False)) == []
        served.server.table.answer(read_query({"refresh": "all"}))
        again = served.rest.call("GET", "runs/get", params={"run_id": mine[0]})["run"]
        assert again["info"]["lifecycle_stage"] == "active"
        assert again["info"]["run_name"] == "other name"
        assert {"key": "team", "value": "x"} in again["data"]["tags"]
        assert not any(tag["key"] == "loss" for tag in again["data"]["tags"])
        assert served.rest.call("GET", "runs/get", params={"run_id": live})["run"]["info"]["status"] == "KILLED"
    both(served, stage="all", columns=["attribute:status", "attribute:name"])


def test_a_server_shows_its_first_page_and_says_how_many_have_come(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    from jupyterlab_cellruns.table import mirror

    monkeypatch.setattr(mirror, "FIRST_PAGE", 10)
    monkeypatch.setattr(mirror, "PAGE", 20)
    store = RestStore(served.loop.run_until_complete(served.manager.endpoint(60)))
    try:
        seen = []
        for _ in range(3000):
            answer = store.table.answer(read_query({"limit": 1, "nested": False}))
            seen.append((answer["loaded"], answer["runs"]))
            if answer["loaded"] is None:
                break
        counts = [loaded for loaded, _ in seen if loaded is not None]
        assert counts[0] < RUNS, "the first answer did not wait for all"
        assert counts == sorted(counts)
        assert seen[-1][1] == len(served.search("", []))
        # What another program does shows after a look for news.
        other = served.rest.call("POST", "runs/create", json={"experiment_id": served.experiments[0], "start_time": 9_000})
        made = other["run"]["info"]["run_id"]
        assert store.table.answer(read_query({"refresh": "news", "limit": 1}))["rows"]["id"] == [made]
    finally:
        store.close()
