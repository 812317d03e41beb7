"""Everything that plain mlflow code logs is in the store, row for row; reads see writes; errors are MLflow's."""

from __future__ import annotations

from ..lab import Kernel, Lab, wait


def kernel_of(lab: Lab, name: str) -> Kernel:
    kernel = lab.notebook(f"{name}.ipynb").ready()
    assert kernel.run("import mlflow, json\nfrom mlflow import MlflowClient").status == "ok"
    return kernel


def ok(kernel: Kernel, code: str, cell_id: str | None = None) -> str:
    reply = kernel.run(code, cell_id)
    assert reply.status == "ok", reply.error
    return reply.text.strip()


def test_a_loop_is_stored_point_for_point_and_reads_its_own_writes(lab: Lab) -> None:
    kernel = kernel_of(lab, "loop")
    text = ok(kernel, """
with mlflow.start_run() as run:
    mlflow.log_param("lr", 0.1)
    for i in range(5000):
        mlflow.log_metric("loss", 1 / (i + 1), step=i)
    history = MlflowClient().get_metric_history(run.info.run_id, "loss")
    data = mlflow.get_run(run.info.run_id).data
print(run.info.run_id, len(history), data.params, data.metrics)
""")
    run_id, rest = text.split(" ", 1)
    assert rest == "5000 {'lr': '0.1'} {'loss': 0.0002}"
    rows = lab.rows("SELECT step, value FROM metrics WHERE run_uuid=? AND key='loss' ORDER BY step", run_id)
    assert rows == [(i, 1 / (i + 1)) for i in range(5000)]
    assert lab.rows("SELECT step, value FROM latest_metrics WHERE run_uuid=?", run_id) == [(4999, 1 / 5000)]


def test_every_way_of_logging_arrives(lab: Lab) -> None:
    kernel = kernel_of(lab, "ways")
    run_id = ok(kernel, """
import numpy as np, threading, pandas as pd
with mlflow.start_run(run_name="all ways") as run:
    rid = run.info.run_id
    mlflow.log_metric("np", np.float32(0.5)); mlflow.log_metric("int", 3); mlflow.log_metric("arr", np.array([2.5]))
    mlflow.log_metrics({"a": 1.0, "b": float("nan"), "c": float("inf")}, step=4)
    mlflow.log_params({"p": 1, "q": "ü", "long": "x" * 7000})
    mlflow.set_tags({"t": "1", "u": "2"}); mlflow.set_tag("t", "3")
    client = MlflowClient()
    client.log_metric(rid, "client", 7, timestamp=123, step=-5)
    client.log_batch(rid, metrics=[mlflow.entities.Metric("batch", 8, 5, 6)], params=[mlflow.entities.Param("bp", "9")],
                     tags=[mlflow.entities.RunTag("bt", "10")])
    mlflow.log_metric("late", 1, synchronous=False).wait()
    assert client.get_run(rid).data.metrics["late"] == 1
    thread = threading.Thread(target=lambda: [client.log_metric(rid, "thread", i, step=i) for i in range(100)])
    thread.start(); thread.join()
    mlflow.log_dict({"a": 1}, "d.json"); mlflow.log_text("hi", "sub/t.txt")
    mlflow.log_input(mlflow.data.from_pandas(pd.DataFrame({"x": [1.0]}), name="tiny"), context="train")
    with mlflow.start_run(nested=True, run_name="child") as child:
        mlflow.log_metric("inner", 1)
    print(rid, child.info.run_id)
""").split()
    rid, child = run_id
    metrics = {k: (v, n, s, t) for k, v, n, s, t in lab.rows(
        "SELECT key, value, is_nan, step, timestamp FROM latest_metrics WHERE run_uuid=?", rid)}
    assert {k: metrics[k][0] for k in ("np", "int", "arr", "a", "client", "batch", "late")} == {
        "np": 0.5, "int": 3, "arr": 2.5, "a": 1, "client": 7, "batch": 8, "late": 1}
    assert metrics["b"][:2] == (0, 1)
    assert metrics["c"][0] == 1.7976931348623157e308
    assert metrics["client"][2:] == (-5, 123)
    assert lab.rows("SELECT count(*), sum(value) FROM metrics WHERE run_uuid=? AND key='thread'", rid) == [(100, 4950)]
    params = dict(lab.rows("SELECT key, value FROM params WHERE run_uuid=?", rid))
    assert params == {"p": "1", "q": "ü", "long": "x" * 6000, "bp": "9"}
    tags = lab.tags(rid)
    assert (tags["t"], tags["u"], tags["bt"], tags["mlflow.runName"]) == ("3", "2", "10", "all ways")
    assert lab.rows("SELECT name FROM datasets") == [("tiny",)]
    assert lab.tags(child)["mlflow.parentRunId"] == rid
    files = {f["path"] for f in lab.fetch(f"cellruns/runs/{rid}/artifacts")["files"]}
    assert {"d.json", "sub"} <= files


def test_autolog_is_seen(lab: Lab) -> None:
    kernel = kernel_of(lab, "auto")
    text = ok(kernel, """
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
mlflow.sklearn.autolog()
x, y = load_iris(return_X_y=True)
with mlflow.start_run() as run:
    LogisticRegression(max_iter=50).fit(x, y)
print(run.info.run_id)
""").splitlines()[-1]
    keys = {k for (k,) in lab.rows("SELECT key FROM latest_metrics WHERE run_uuid=?", text)}
    assert "training_accuracy_score" in keys
    assert lab.rows("SELECT value FROM params WHERE run_uuid=? AND key='max_iter'", text) == [("50",)]
    assert lab.rows("SELECT status FROM logged_models WHERE source_run_id=?", text) == [(2,)]
    models = lab.fetch(f"cellruns/runs/{text}")["models"]
    assert len(models) == 1


def test_a_metric_linked_to_a_model_is_drawn_once(lab: Lab) -> None:
    kernel = kernel_of(lab, "linked")
    reply = kernel.run("""
from sklearn.dummy import DummyClassifier
with mlflow.start_run() as run:
    for i in range(3): mlflow.log_metric("score", i / 10, step=i)
    mlflow.sklearn.log_model(DummyClassifier().fit([[0], [1]], [0, 1]), name="m", serialization_format="cloudpickle")
print(run.info.run_id)
""")
    assert reply.status == "ok", reply.error
    run_id = reply.text.strip().splitlines()[-1]
    assert lab.rows("SELECT count(*) FROM logged_model_metrics WHERE run_id=?", run_id) != [(0,)]
    assert lab.rows("SELECT count(*) FROM metrics WHERE run_uuid=?", run_id) == [(3,)]
    (series,) = reply.charts()[0]["application/vnd.cellruns.chart.v1+json"]["runs"][0]["series"]
    assert (series["key"], series["count"]) == ("score", 3)


def test_errors_are_mlflows_and_come_at_the_call(lab: Lab) -> None:
    kernel = kernel_of(lab, "errors")
    text = ok(kernel, """
from mlflow.exceptions import MlflowException
def caught(call):
    try: call()
    except MlflowException as error: return error.error_code
    except Exception as error: return type(error).__name__
    return "nothing"
client = MlflowClient()
with mlflow.start_run() as run:
    rid = run.info.run_id
    mlflow.log_param("a", 1)
    said = [
        caught(lambda: mlflow.log_metric("bad key!", 1)), caught(lambda: mlflow.log_metric("x", "text")),
        caught(lambda: mlflow.log_param("a", 2)), caught(lambda: mlflow.log_param("a", 1)),
        caught(lambda: client.log_metric("f" * 32, "x", 1)), caught(lambda: mlflow.set_tag("../x", 1)),
        caught(lambda: mlflow.log_metric("k" * 251, 1)), caught(lambda: mlflow.log_params({"a": 3})),
    ]
client.delete_run(rid)
said.append(caught(lambda: client.log_metric(rid, "x", 1)))
print(json.dumps(said))
""")
    bad = "INVALID_PARAMETER_VALUE"
    assert eval(text) == [bad, bad, bad, "nothing", "RESOURCE_DOES_NOT_EXIST", bad, bad, bad, bad]


def test_one_chart_output_per_cell_with_all_its_runs(lab: Lab) -> None:
    kernel = kernel_of(lab, "chart")
    reply = kernel.run("""
for lr in (0.1, 0.2, 0.3):
    with mlflow.start_run(run_name=f"lr {lr}"):
        mlflow.log_param("lr", lr)
        for i in range(300): mlflow.log_metric("loss", lr / (i + 1), step=i)
""", cell_id="abc")
    charts = reply.charts()
    assert len(charts) == len(reply.outputs) == 1
    payload = charts[0]["application/vnd.cellruns.chart.v1+json"]
    assert payload["ended"] is True
    assert payload["cell"] == {"id": "abc", "execution_count": reply.count}
    assert [r["name"] for r in payload["runs"]] == ["lr 0.1", "lr 0.2", "lr 0.3"]
    assert [r["series"][0]["count"] for r in payload["runs"]] == [300] * 3
    assert charts[0]["image/svg+xml"].startswith("<svg")
    anchors = lab.fetch(f"cellruns/kernels/{kernel.id}/anchors")["anchors"]
    assert [(a["cell_id"], len(a["run_ids"]), a["open"]) for a in anchors] == [("abc", 3, False)]
    bundle = lab.fetch("cellruns/charts", "POST", {k: anchors[0][k] for k in
                                                   ("anchor", "cell_id", "execution_count", "run_ids")})["bundle"]
    remade = bundle["application/vnd.cellruns.chart.v1+json"]
    assert [r["series"][0]["count"] for r in remade["runs"]] == [300] * 3
    assert remade["runs"][0]["series"][0]["last"] == payload["runs"][0]["series"][0]["last"]


def test_another_store_is_left_alone_and_mirrored(lab: Lab) -> None:
    kernel = kernel_of(lab, "other")
    reply = kernel.run(f"""
mlflow.set_tracking_uri("sqlite:///{lab.folder}/other.db")
with mlflow.start_run() as run:
    for i in range(5): mlflow.log_metric("loss", i, step=i)
print(run.info.run_id, len(MlflowClient().get_metric_history(run.info.run_id, "loss")), dict(run.data.tags))
""")
    assert reply.status == "ok", reply.error
    run_id, count, tags = reply.text.split(" ", 2)
    assert count == "5"
    assert "cellruns" not in tags
    assert lab.rows("SELECT * FROM runs WHERE run_uuid=?", run_id) == []
    assert reply.charts(), "what goes to another store is not drawn"
    payload = reply.charts()[0]["application/vnd.cellruns.chart.v1+json"]
    assert payload["store"].startswith("sqlite:")
    assert [series["count"] for run in payload["runs"] for series in run["series"]] == [5]


def test_a_killed_kernel_loses_nothing_that_was_batched_and_its_runs_end(lab: Lab) -> None:
    kernel = kernel_of(lab, "killed")
    kernel.send("""
import os, time, signal
run = mlflow.start_run()
print(run.info.run_id, flush=True)
for i in range(3000): mlflow.log_metric("loss", i, step=i)
time.sleep(0.3)
os.kill(os.getpid(), signal.SIGKILL)
""")
    name = "SELECT run_uuid FROM tags WHERE key='mlflow.source.name' AND value='killed.ipynb'"
    run_id = wait(lambda: lab.rows(name), 30)[0][0]
    count = "SELECT count(*), sum(step) FROM metrics WHERE run_uuid=?"
    assert wait(lambda: lab.rows(count, run_id) == [(3000, 2999 * 1500)], 15)
    assert wait(lambda: lab.rows("SELECT status FROM runs WHERE run_uuid=?", run_id) == [("KILLED",)], 15)
