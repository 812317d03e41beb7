"""What no store can take: refused or handled with a word on what, where and what to do, and all around it is kept."""

from __future__ import annotations

import json
import os
import sqlite3
from typing import Any

import pytest

from jupyterlab_cellruns.stores.base import LISTED
from jupyterlab_cellruns.table.engine import MOST_OFFERS

from ..lab import Kernel, Lab, wait

MANY_KEYS = int(os.environ.get("CELLRUNS_MANY_KEYS", "20000"))
"""Distinct metric keys of one run; the issue's million takes minutes."""

SEND = """
import json, sys, mlflow
run = mlflow.start_run()
mlflow.log_metric("before", 1)
session = sys.modules["_cellruns"]._attached
recorder = session.tracking.recorder
recorder.flush()
from _cellruns.channel import Channel
channel, seq = Channel(session, "other"), 0
def send(event, **more):
    global seq
    envelope = {"v": 1, "source": "other", "seq": seq, "sent_at": 0, "cell": None, "events": [event]}
    envelope["store"] = next(iter(recorder.lanes)); envelope.update(more)
    data = envelope if isinstance(event, bytes) else json.dumps(envelope).encode()
    channel.send("cellruns_events", event if isinstance(event, bytes) else data, None)
    seq += 1
def point(key, step=0, time=5): return {"kind": "metrics", "run": run.info.run_id, "key": key, "values": [1.0],
                                        "timestamps": [time], "steps": [step]}
"""


class Sender:
    """A kernel that sends envelopes which our own recorder would never make, on the same socket."""

    def __init__(self, lab: Lab, name: str) -> None:
        self.lab = lab
        self.kernel: Kernel = lab.notebook(f"{name}.ipynb").ready()
        reply = self.kernel.run(SEND + "print(run.info.run_id)")
        assert reply.status == "ok", reply.error
        self.run_id = reply.text.split()[-1]

    def send(self, code: str) -> None:
        # By the shell channel alone: our own client could not read what is no JSON either.
        assert self.kernel.evaluate(f"exec({code!r}, globals())") == "None"

    def problems(self) -> list[str]:
        state = self.lab.fetch(f"cellruns/status?kernel={self.kernel.id}")["kernel"]
        return [problem["message"] for problem in state["problems"]]

    def said(self, *words: str) -> str:
        """The notice with these words, in the notebook's status and in the log."""
        found = wait(lambda: [p for p in self.problems() if all(w in p for w in words)], 10)
        assert found, (words, self.problems())
        assert found[0] in self.lab.log()
        return str(found[0])

    def stored_keys(self) -> set[str]:
        return {k for (k,) in self.lab.rows("SELECT DISTINCT key FROM metrics WHERE run_uuid=?", self.run_id)}


@pytest.fixture(scope="module")
def sender(lab: Lab) -> Sender:
    return Sender(lab, "sender")


def test_a_malformed_envelope_is_refused_whole_and_those_around_it_are_kept(sender: Sender) -> None:
    sender.send("""
send(point("a"))
send(b"this is no JSON")
send(b"[" * 100000)
send(point("never"), v=2)
send({"kind": "run.end", "run": run.info.run_id, "status": "GONE"})
send({**point("never"), "steps": [2**63]})
seq = 1
send(point("b"))
""")
    assert wait(lambda: {"a", "b"} <= sender.stored_keys())
    sender.said("not JSON", "Mend what sends it")
    sender.said("version '2' is not known", "docs/events.md")
    sender.said("events[0].status", "GONE")
    sender.said("events[0].steps[0]", "does not fit in 64 bits")
    assert "never" not in sender.stored_keys()


def test_names_and_values_that_the_store_refuses_are_said_and_the_rest_is_kept(sender: Sender) -> None:
    sender.send("""
rid = run.info.run_id
events = [point("k" * 251), point("good/1"), point("bad key!"), point("early", time=-5), point("good/2"),
          {"kind": "params", "run": rid, "entries": {"long": "x" * 8001, "p" * 251: "1", "short": "1"}},
          {"kind": "tags", "run": rid, "entries": {"nul": "a\\0b", "emoji": "🦉 done", "half": "\\ud800"}},
          {"kind": "metrics", "run": "f" * 32, "key": "x", "values": [1.0], "timestamps": [1], "steps": [1]},
          {"kind": "params", "run": rid, "entries": {"short": "2"}}, point("good/3")]
send(events[0], events=events)
""")
    assert wait(lambda: "good/3" in sender.stored_keys())
    assert {"good/1", "good/2"} <= sender.stored_keys()
    sender.said("Metric name", "maximum length of 250", "Choose a shorter name")
    sender.said("Param key", "maximum length of 250", "Choose a shorter name")
    assert "k" * 251 not in sender.stored_keys()
    sender.said("bad key!", "Choose another name")
    sender.said("'early'", "Set the clock")
    sender.said("'long'", "8001 characters", "truncated to 6000", "log it as an artifact")
    sender.said("'half'", "lone surrogate")
    sender.said("Changing param values", "another key")
    tags = sender.lab.tags(sender.run_id)
    assert (tags["nul"], tags["emoji"]) == ("a\0b", "🦉 done")
    assert "half" not in tags
    params = dict(sender.lab.rows("SELECT key, value FROM params WHERE run_uuid=?", sender.run_id))
    assert params == {"long": "x" * 6000, "short": "1"}
    assert f"{'f' * 32}" in sender.lab.log()


def test_a_heap_of_refusals_drowns_neither_the_log_nor_the_other_notices(sender: Sender) -> None:
    before = len(sender.lab.log())
    sender.send("for i in range(3): send(point('x'), events=[point('bad key %d!' % j) for j in range(1000)])\nsend(point('end'))")
    assert wait(lambda: "end" in sender.stored_keys())
    sender.said("things of this run were refused so far")
    assert len(sender.lab.log()) - before < 30_000


def test_what_mlflow_itself_says_comes_at_the_call(lab: Lab) -> None:
    kernel = lab.notebook("calls.ipynb").ready()
    reply = kernel.run("""
import mlflow
from mlflow import MlflowClient
said = []
def caught(call):
    try: call()
    except Exception as error: said.append(type(error).__name__)
    else: said.append("nothing")
with mlflow.start_run() as run:
    caught(lambda: mlflow.log_metric("k" * 251, 1))
    caught(lambda: mlflow.log_param("p" * 251, 1))
    caught(lambda: mlflow.log_metric("m", 1, step=2**63))
    caught(lambda: mlflow.log_metric("🦉!", 1))
    caught(lambda: mlflow.log_param("long", "x" * 8001))
    caught(lambda: mlflow.set_tag("owl", "🦉"))
    caught(lambda: mlflow.log_param("nul", "a\\0b"))
    mlflow.log_metric("good", 2.5)
print(run.info.run_id, said)
""")
    assert reply.status == "ok", reply.error
    run_id, said = reply.text.strip().splitlines()[-1].split(" ", 1)
    assert [s != "nothing" for s in json.loads(said.replace("'", '"'))] == [True, True, True, True, False, False, False]
    assert lab.rows("SELECT key, value FROM latest_metrics WHERE run_uuid=?", run_id) == [("good", 2.5)]
    params = dict(lab.rows("SELECT key, value FROM params WHERE run_uuid=?", run_id))
    assert (len(params["long"]), params["nul"]) == (6000, "a\0b")
    assert lab.tags(run_id)["owl"] == "🦉"


def test_a_clock_that_jumps_back_loses_nothing(lab: Lab) -> None:
    # The kernel's own clock: the machine's is not ours to turn.
    kernel = lab.notebook("clock.ipynb").ready()
    reply = kernel.run("""
import time
real, shift = time.time, 0.0
time.time = lambda: real() + shift
import mlflow
with mlflow.start_run() as run:
    for i in range(600):
        if i == 300: shift = -86400.0
        mlflow.log_metric("loss", i, step=i)
    shift = 0.0
print(run.info.run_id)
""")
    assert reply.status == "ok", reply.error
    rows = lab.rows("SELECT step, timestamp FROM metrics WHERE run_uuid=? ORDER BY rowid", reply.text.split()[-1])
    assert [step for step, _ in rows] == list(range(600))
    assert rows[299][1] - rows[300][1] > 80_000_000
    series = lab.fetch(f"cellruns/runs/{reply.text.split()[-1]}/series?key=loss&points=1000")["series"][0]
    assert series["steps"] == list(range(600))


@pytest.mark.timeout(1800)
def test_many_distinct_keys_are_stored_and_the_panel_still_answers(lab: Lab) -> None:
    kernel = lab.notebook("keys.ipynb").ready()
    reply = kernel.run(f"""
import mlflow
def rss():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS")) / 1024
with mlflow.start_run() as run:
    mlflow.log_metric("first", 1)
    before = rss()
    for i in range({MANY_KEYS}): mlflow.log_metric("key/%d" % i, i)
print(run.info.run_id, rss() - before)
""", timeout=1800)
    assert reply.status == "ok", reply.error
    run_id, growth = reply.text.split()[-2:]
    count = "SELECT count(*) FROM latest_metrics WHERE run_uuid=?"
    assert wait(lambda: lab.rows(count, run_id) == [(MANY_KEYS + 1,)], 600)
    assert float(growth) < 120
    assert len(reply.charts()) == 1
    assert sum(len(json.dumps(value)) for value in reply.charts()[0].values()) <= 70_000
    # A browser gets what it can show, and how much there is besides.
    (listed,) = [run for run in lab.fetch("cellruns/runs?limit=100")["runs"] if run["run_id"] == run_id]
    assert (len(listed["metrics"]), listed["metrics_total"]) == (LISTED, MANY_KEYS + 1)
    detail = lab.fetch(f"cellruns/runs/{run_id}")
    assert [metric["key"] for metric in detail["metrics"]] == sorted(listed["metrics"])
    columns = lab.fetch("cellruns/runs/table/columns", "POST", {})
    assert sum(offer["column"].startswith("metric:") for offer in columns["columns"]) == MOST_OFFERS
    assert columns["more"] >= MANY_KEYS + 1 - MOST_OFFERS
    assert lab.fetch(f"cellruns/runs/{run_id}/series?key=key/7&points=10")["series"][0]["values"] == [7]


ONE = "import mlflow\nrun = mlflow.start_run(); mlflow.log_metric('m', 0, step=0)\nprint(run.info.run_id)"
MORE = "for i in range(1, 500): mlflow.log_metric('m', i, step=i)"


def change_revision(lab: Lab, revision: str) -> str:
    database = sqlite3.connect(lab.root / "mlflow.db", timeout=20)
    [(old,)] = database.execute("SELECT version_num FROM alembic_version").fetchall()
    database.execute("UPDATE alembic_version SET version_num = ?", (revision,))
    database.commit()
    database.close()
    return str(old)


def test_a_database_that_a_newer_mlflow_takes_over_in_mid_run_is_left_alone_and_nothing_is_lost(lab: Lab) -> None:
    kernel = lab.notebook("newer.ipynb").ready()
    run_id = kernel.run(ONE).text.split()[-1]
    count = "SELECT count(*) FROM metrics WHERE run_uuid=?"
    assert wait(lambda: lab.rows(count, run_id) == [(1,)])
    old = change_revision(lab, "ffffffffffff")
    try:
        assert kernel.run(MORE).status == "ok"

        def store() -> dict[str, Any]:
            return dict(lab.fetch("cellruns/status")["store"])

        assert wait(lambda: "another MLflow" in (store()["message"] or ""), 20), store()
        assert "restart JupyterLab" in store()["message"]
        assert wait(lambda: store()["waiting"] == 499), store()
        assert lab.rows(count, run_id) == [(1,)]
    finally:
        change_revision(lab, old)
    assert wait(lambda: lab.rows(count, run_id) == [(500,)], 40)


def test_a_database_that_is_moved_away_in_mid_run_loses_nothing(lab: Lab) -> None:
    kernel = lab.notebook("moved.ipynb").ready()
    run_id = kernel.run(ONE).text.split()[-1]
    count = "SELECT count(*) FROM metrics WHERE run_uuid=?"
    assert wait(lambda: lab.rows(count, run_id) == [(1,)])
    files = [p for p in lab.root.glob("mlflow.db*")]
    for path in files:
        path.rename(path.with_name("away-" + path.name))
    try:
        assert kernel.run(MORE).status == "ok"
        assert wait(lambda: "the file is gone" in (lab.fetch("cellruns/status")["store"]["message"] or ""), 20)
    finally:
        for path in files:
            path.with_name("away-" + path.name).rename(path)
    assert wait(lambda: lab.rows(count, run_id) == [(500,)], 40), lab.rows(count, run_id)
