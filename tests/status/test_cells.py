"""A run ends as it really ended: blocks, failed and interrupted cells, parents, autologging, MlflowClient, threads."""

from __future__ import annotations

import json
from typing import Any

from ..lab import Kernel, Lab, wait

WITHIN = 5.0
"""Seconds in which a run has its status."""


def kernel_of(lab: Lab, name: str) -> Kernel:
    kernel = lab.notebook(f"{name}.ipynb").ready()
    assert kernel.run("import mlflow, os, time, threading\nfrom mlflow import MlflowClient").status == "ok"
    return kernel


def statuses(lab: Lab, *runs: str) -> list[str]:
    found = dict(lab.rows("SELECT run_uuid, status FROM runs"))
    return [found.get(run, "?") for run in runs]


def becomes(lab: Lab, runs: list[str], wanted: list[str]) -> None:
    wait(lambda: statuses(lab, *runs) == wanted, WITHIN)
    assert statuses(lab, *runs) == wanted


def active(lab: Lab, kernel: Kernel) -> list[str]:
    return [r["run_id"] for r in lab.fetch(f"cellruns/status?kernel={kernel.id}")["kernel"]["active_runs"]]


def interrupt(lab: Lab, kernel: Kernel, code: str) -> Any:
    """Run a cell until it prints "go", then interrupt it."""
    sent = kernel.send(code)
    while True:
        message = kernel.client.get_iopub_msg(timeout=60)
        assert message["msg_type"] != "error", message["content"]
        if message["msg_type"] == "stream" and "go" in message["content"]["text"]:
            break
    lab.fetch(f"api/kernels/{kernel.id}/interrupt", "POST", {})
    reply = kernel.wait(sent)
    assert reply.status == "error"
    return message["content"]["text"].split()[:-1]


def test_blocks_end_as_they_are_left(lab: Lab) -> None:
    kernel = kernel_of(lab, "blocks")
    reply = kernel.run("""
with mlflow.start_run() as a: pass
try:
    with mlflow.start_run() as b:
        with mlflow.start_run(nested=True) as c: raise ValueError
except ValueError: pass
with mlflow.start_run() as d:
    try: raise KeyboardInterrupt
    except KeyboardInterrupt: pass
print(*(r.info.run_id for r in (a, b, c, d)))
""")
    becomes(lab, reply.text.split(), ["FINISHED", "FAILED", "FAILED", "FINISHED"])


def test_an_interrupt_kills_with_the_parents_and_what_the_user_says_counts(lab: Lab) -> None:
    kernel = kernel_of(lab, "interrupt")
    runs = interrupt(lab, kernel, """
with mlflow.start_run() as a:
    with mlflow.start_run(nested=True) as b:
        print(a.info.run_id, b.info.run_id, "go", flush=True)
        while True: mlflow.log_metric("x", 1); time.sleep(0.01)
""")
    becomes(lab, runs, ["KILLED", "KILLED"])
    runs = interrupt(lab, kernel, """
a = mlflow.start_run()
b = mlflow.start_run(nested=True)
c = MlflowClient().create_run(a.info.experiment_id)
print(a.info.run_id, b.info.run_id, c.info.run_id, "go", flush=True)
while True: time.sleep(0.01)
""")
    becomes(lab, runs, ["KILLED", "KILLED", "KILLED"])
    reply = kernel.run("""
mlflow.end_run(); mlflow.end_run()
with mlflow.start_run() as d:
    pass
d = mlflow.start_run()
try: raise KeyboardInterrupt
except KeyboardInterrupt: mlflow.end_run("FAILED")
print(d.info.run_id)
""")
    assert reply.status == "ok", reply.error
    becomes(lab, [reply.text.strip()], ["FAILED"])


def test_a_failed_cell_fails_what_it_started_and_nothing_else(lab: Lab) -> None:
    kernel = kernel_of(lab, "failed")
    earlier = kernel.run("first = mlflow.start_run(); mlflow.log_metric('x', 1); print(first.info.run_id)").text.strip()
    reply = kernel.run("""
child = mlflow.start_run(nested=True)
made = MlflowClient().create_run(first.info.experiment_id)
def work():
    with mlflow.start_run() as run:
        seen.append(run.info.run_id)
        while not stop: mlflow.log_metric("y", 1); time.sleep(0.01)
seen, stop = [], []
thread = threading.Thread(target=work); thread.start()
while not seen: time.sleep(0.01)
print(child.info.run_id, made.info.run_id, *seen)
mlflow.log_metric("z", 1)
raise ValueError("no good")
""")
    assert reply.status == "error"
    child, made, background = reply.text.split()
    becomes(lab, [earlier, child, made, background], ["RUNNING", "FAILED", "FAILED", "RUNNING"])
    assert wait(lambda: set(active(lab, kernel)) == {earlier, background}, WITHIN)
    payload = reply.charts()[0]["application/vnd.cellruns.chart.v1+json"]
    assert {r["run"]: r["status"] for r in payload["runs"]}[child] == "FAILED"
    assert kernel.run("stop.append(1); thread.join(); mlflow.end_run(); mlflow.end_run()").status == "ok"
    becomes(lab, [earlier, child, background], ["FINISHED", "FAILED", "FINISHED"])


def test_the_run_of_a_failed_cell_is_still_the_users(lab: Lab) -> None:
    kernel = kernel_of(lab, "goes_on")
    reply = kernel.run("parent = mlflow.start_run(); run = mlflow.start_run(nested=True)\n"
                       "print(parent.info.run_id, run.info.run_id); mlflow.log_metric('x', 1, step=0); 1 / 0")
    parent, run = reply.text.split()
    becomes(lab, [parent, run], ["FAILED", "FAILED"])
    assert wait(lambda: active(lab, kernel) == [], WITHIN)
    # The user mends it and goes on in the next cell: the same run, as MLflow alone would have it.
    reply = kernel.run("mlflow.log_metric('x', 2, step=1); print(mlflow.active_run().info.run_id)")
    assert (reply.status, reply.text.strip()) == ("ok", run)
    becomes(lab, [parent, run], ["RUNNING", "RUNNING"])
    assert wait(lambda: set(active(lab, kernel)) == {parent, run}, WITHIN)
    # It is a run that is open across cells now; the failure of another cell is not its end.
    assert kernel.run("mlflow.log_metric('x', 3, step=2); 1 / 0").status == "error"
    becomes(lab, [parent, run], ["RUNNING", "RUNNING"])
    kernel.run("mlflow.set_tag('mended', 'yes'); mlflow.end_run(); mlflow.end_run()")
    becomes(lab, [parent, run], ["FINISHED", "FINISHED"])
    assert lab.rows("SELECT step, value FROM metrics WHERE run_uuid=? ORDER BY step", run) == [(0, 1), (1, 2), (2, 3)]


def test_a_run_that_a_failed_cell_left_does_not_stand_in_the_way_of_the_next(lab: Lab) -> None:
    kernel = kernel_of(lab, "again")
    cell = "run = mlflow.start_run(); print(run.info.run_id); mlflow.log_metric('x', 1); 1 / zero; mlflow.end_run()"
    kernel.run("zero = 0")
    first = kernel.run(cell, "c1").text.strip()
    kernel.run("zero = 1")
    reply = kernel.run(cell, "c1")
    assert reply.status == "ok", reply.error
    becomes(lab, [first, reply.text.strip()], ["FAILED", "FINISHED"])
    # A run that a cell has left open without a failure is the user's: MLflow's own answer.
    kernel.run("mlflow.start_run()", "c2")
    assert "already active" in kernel.run("mlflow.start_run()", "c2").error
    assert kernel.run("mlflow.end_run()").status == "ok"


def test_autologged_runs_fail_and_are_killed(lab: Lab) -> None:
    kernel = kernel_of(lab, "auto")
    assert kernel.run("""
import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.linear_model import LogisticRegression
mlflow.sklearn.autolog(log_models=False)
ran = lambda: MlflowClient().search_runs([mlflow.tracking.fluent._get_experiment_id()], max_results=1)[0].info
""").status == "ok"
    reply = kernel.run("LogisticRegression().fit(np.zeros((4, 2)), np.zeros(4))")
    assert reply.status == "error"
    run = kernel.run("print(ran().run_id, ran().status)").text.split()
    assert run[1] == "FAILED"
    # The same call, interrupted in the middle of the fit.
    interrupt(lab, kernel, """
original = LogisticRegression.__dict__['fit']
import sklearn.linear_model._logistic as module
def slow(*a, **k):
    print("go", flush=True)
    while True: time.sleep(0.01)
module._fit_liblinear = module._logistic_regression_path = slow
LogisticRegression(solver='liblinear').fit(np.random.rand(20, 2), np.arange(20) % 2)
""")
    killed = kernel.run("print(ran().run_id, ran().status)").text.split()
    assert killed[0] != run[0]
    assert killed[1] == "KILLED"


def test_another_store_ends_its_runs_as_mlflow_does(lab: Lab) -> None:
    kernel = kernel_of(lab, "foreign")
    reply = kernel.run(f"""
mlflow.set_tracking_uri("sqlite:///{lab.folder}/foreign.db")
a = mlflow.start_run(); mlflow.log_metric("x", 1)
print(a.info.run_id)
1 / 0
""")
    run = reply.text.split()[-1]
    said = kernel.run(f"print(mlflow.get_run({run!r}).info.status, mlflow.active_run().info.run_id)").text.split()
    assert said == ["RUNNING", run]
    assert json.loads(kernel.run("mlflow.end_run(); print(0)").text) == 0
