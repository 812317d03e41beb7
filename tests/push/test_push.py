"""Runs kept locally arrive whole in real MLflow servers, newest and 2.x; pushing again makes no doubles."""

from __future__ import annotations

import json
import math
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import mlflow
import pytest

from jupyterlab_cellruns.push.source import Source
from jupyterlab_cellruns.stores.endpoint import Endpoint
from jupyterlab_cellruns.stores.rest import Rest

from ..lab import Lab, wait
from ..mlflow_server import MlflowServer
from ..remotes import mlflow_2

TRAIN = """
import math, mlflow, numpy as np, pandas as pd
from sklearn.linear_model import LinearRegression
mlflow.set_experiment("houses")
with mlflow.start_run(run_name="sweep", description="all of it") as parent:
    mlflow.log_param("grid", 2)
    mlflow.set_tag("team", "ä")
    for i in range(2):
        with mlflow.start_run(run_name=f"child {i}", nested=True) as run:
            for j in range(2500):
                mlflow.log_metric("loss", 1 / (j + 1), step=j)
            mlflow.log_metrics({"odd": float("nan"), "big": math.inf}, step=3)
            mlflow.log_metric("odd", float("nan"), step=4)
            mlflow.log_params({f"p{k}": k for k in range(150)})
            mlflow.log_text("hello", "notes/a b.txt")
            mlflow.log_text("", "empty.txt")
            mlflow.log_input(mlflow.data.from_pandas(pd.DataFrame({"x": [1.0]}), name="tiny"), context="train")
            x = np.arange(6.0).reshape(-1, 1)
            info = mlflow.sklearn.log_model(LinearRegression().fit(x, 2 * x[:, 0]), name="model")
print(parent.info.run_id, run.info.run_id, info.model_id)
"""

READ = """
import json, sys, warnings
warnings.simplefilter("ignore")
import mlflow
from mlflow import MlflowClient
uri, run_id = sys.argv[1:]
mlflow.set_tracking_uri(uri)
client = MlflowClient()
run = client.get_run(run_id)
def files(path=""):
    found = {}
    for f in client.list_artifacts(run_id, path):
        found.update(files(f.path) if f.is_dir else {f.path: f.file_size})
    return found
points = lambda k: sorted([m.timestamp, m.step, repr(m.value)] for m in client.get_metric_history(run_id, k))
history = {k: points(k) for k in run.data.metrics}
models = []
try:
    found = client.search_logged_models([run.info.experiment_id], filter_string=f"source_run_id = '{run_id}'")
except (AttributeError, mlflow.exceptions.MlflowException):
    found = []  # MLflow 2
for m in found:
    models.append([m.model_id, m.name, str(m.status), m.model_uri])
uris = [m[3] for m in models]
predicted = [mlflow.pyfunc.load_model(u).predict([[10.0]]).tolist() for u in uris]
print(json.dumps({
    "info": [run.info.run_name, run.info.status, run.info.start_time, run.info.end_time, run.info.user_id],
    "experiment": client.get_experiment(run.info.experiment_id).name,
    "params": run.data.params, "tags": run.data.tags, "history": history, "files": files(), "models": models,
    "datasets": [[d.dataset.name, d.dataset.digest, [[t.key, t.value] for t in d.tags]] for d in run.inputs.dataset_inputs],
    "outputs": [m.model_id for m in getattr(run, "outputs", None).model_outputs] if getattr(run, "outputs", None) else [],
    "predicted": predicted,
}))
"""


def read(uri: str, run_id: str, python: Path | str = sys.executable) -> dict[str, Any]:
    """A run as MLflow's own client of an environment sees it."""
    done = subprocess.run(
        [str(python), "-c", READ, uri, run_id], capture_output=True, text=True, timeout=240, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


@pytest.fixture(scope="module")
def remotes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, MlflowServer]]:
    folder = tmp_path_factory.mktemp("remotes")
    with MlflowServer(folder / "new") as new, MlflowServer(folder / "old", mlflow_2()) as old:
        yield {"new": new, "old": old}


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory, remotes: dict[str, MlflowServer]) -> Iterator[Lab]:
    stores = {name: {"url": server.uri} for name, server in remotes.items()}
    with Lab(tmp_path_factory.mktemp("push"), f"--CellrunsApp.stores={stores!r}") as lab:
        yield lab


@pytest.fixture(scope="module")
def made(lab: Lab) -> list[str]:
    """Ids of a parent, a child and a logged model in the local store."""
    reply = lab.notebook("push.ipynb").ready().run(TRAIN, "p1", timeout=300)
    assert reply.status == "ok", reply.error
    ids = reply.text.split()[-3:]
    assert wait(lambda: "cellruns.provenance" in lab.tags(ids[1]), 30)
    return ids


def push(lab: Lab, store: str, run_ids: list[str], **options: Any) -> dict[str, Any]:
    """Push and wait for the end."""
    job = lab.fetch("cellruns/push", "POST", {"run_ids": run_ids, "store": store, **options})
    return over(lab, job["id"])


def over(lab: Lab, job_id: str) -> dict[str, Any]:
    found: dict[str, Any] = wait(
        lambda: (job := lab.fetch(f"cellruns/push/{job_id}"))["state"] in ("done", "failed", "cancelled") and job, 120
    )
    assert found, lab.fetch(f"cellruns/push/{job_id}")
    return found


def own(tags: dict[str, str]) -> dict[str, str]:
    return {k: v for k, v in tags.items() if not k.startswith(("cellruns.origin", "cellruns.pushed"))}


def test_a_child_arrives_with_its_parent_whole_and_once(
    lab: Lab, made: list[str], remotes: dict[str, MlflowServer]
) -> None:
    parent, child, model = made
    job = push(lab, "new", [child])
    assert job["state"] == "done", job
    copies = {run["run_id"]: run["remote_run_id"] for run in job["runs"]}
    assert list(copies) == [parent, child]
    assert [run["asked"] for run in job["runs"]] == [False, True]
    assert job["runs"][1]["points_sent"] == job["runs"][1]["points_total"] == 2503
    local = f"sqlite:///{lab.root}/mlflow.db"
    here, there = read_local(lab, local, child), read(remotes["new"].uri, copies[child])
    for name in ("info", "experiment", "params", "history", "datasets"):
        assert there[name] == here[name], name
    assert there["files"] == here["files"]
    assert len(there["history"]["loss"]) == 2500
    assert {v for _, _, v in there["history"]["odd"]} == {"nan"}
    tags, original = own(there["tags"]), own(here["tags"])
    assert tags.pop("mlflow.parentRunId") == copies[parent]
    assert tags.pop("cellruns.provenance") == copies[parent]
    original.pop("mlflow.parentRunId")
    original.pop("cellruns.provenance")
    assert tags == original
    assert len(there["models"]) == 1
    (copied,) = there["models"]
    assert copied[0] != model
    assert copied[1:3] == ["model", "READY"]
    assert there["outputs"] == [copied[0]]
    assert there["predicted"] == [[pytest.approx(20.0)]]
    assert lab.tags(child)["cellruns.pushed.new"] == copies[child]
    again = push(lab, "new", [child, parent])
    assert again["state"] == "done", again
    assert {run["run_id"]: run["remote_run_id"] for run in again["runs"]}.items() >= copies.items()
    assert [(r["made"], r["files_sent"], r["notices"]) for r in again["runs"] if r["run_id"] in copies] == [(False, 0, [])] * 2
    rest = Source(Rest(Endpoint(remotes["new"].uri)))
    copy = rest.run(copies[child])
    assert {key: sum(map(len, rest.history(copies[child], key))) for key in there["history"]} == {
        key: len(points) for key, points in there["history"].items()
    }
    assert {file.path: file.size for file in rest.files(copies[child])} == there["files"]
    assert [model["info"]["model_id"] for model in rest.models(copy)] == [copied[0]]
    assert len(rest.children(rest.run(copies[parent]))) == 2  # the parent brings its other child


def read_local(lab: Lab, uri: str, run_id: str) -> dict[str, Any]:
    """A local run; its artifacts are behind the lab's own server, so they are listed by the routes."""
    code = READ.replace("def files(path=\"\"):", "def files(path=\"\"):\n    return {}")
    done = subprocess.run(
        [sys.executable, "-c", code.replace("for u in uris]", "for u in []]"), uri, run_id], capture_output=True, text=True,
        timeout=240, check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])

    def files(path: str = "") -> dict[str, int]:
        listed: dict[str, int] = {}
        for file in lab.fetch(f"cellruns/runs/{run_id}/artifacts?path={path}")["files"]:
            listed.update(files(file["path"]) if file["is_dir"] else {file["path"]: file["file_size"]})
        return listed

    return {**found, "files": files()}


def test_mlflow_2_gets_the_model_as_a_folder_of_the_run(
    lab: Lab, made: list[str], remotes: dict[str, MlflowServer]
) -> None:
    parent, child, _ = made
    job = push(lab, "old", [parent])
    assert job["state"] == "done", job
    copies = {run["run_id"]: run["remote_run_id"] for run in job["runs"]}
    assert len(copies) == 3
    # Its own client: MLflow 3's loads no model of a run from such a server.
    there = read(remotes["old"].uri, copies[child], mlflow_2())
    here = read_local(lab, f"sqlite:///{lab.root}/mlflow.db", child)
    for name in ("info", "params", "history", "datasets"):
        assert there[name] == here[name], name
    assert set(here["files"]) < set(there["files"])
    # MLflow 2 can't load what MLflow 3 writes by default (skops); the folder itself is a whole model.
    (folder,) = (remotes["old"].folder / "mlartifacts").glob(f"*/{copies[child]}/artifacts/model")
    assert {f"model/{path.name}" for path in folder.iterdir()} <= set(there["files"])
    assert copies[child] in (folder / "MLmodel").read_text()
    assert child not in (folder / "MLmodel").read_text()
    assert mlflow.pyfunc.load_model(str(folder)).predict([[10.0]]).tolist() == [pytest.approx(20.0)]
    assert "MLflow 2" in next(run for run in job["runs"] if run["run_id"] == child)["notices"][0]
    again = push(lab, "old", [parent])
    assert [(r["made"], r["files_sent"]) for r in again["runs"]] == [(False, 0)] * 3
    rest = Source(Rest(Endpoint(remotes["old"].uri)))
    assert sum(map(len, rest.history(copies[child], "loss"))) == 2500


def test_a_push_that_broke_off_goes_on(lab: Lab, made: list[str], remotes: dict[str, MlflowServer]) -> None:
    kernel = lab.notebook("long.ipynb").ready()
    code = "import mlflow\nwith mlflow.start_run() as run:\n    for i in range(30_000): mlflow.log_metric('m', i, step=i)\n"
    run_id = kernel.run(code + "print(run.info.run_id)", timeout=240).text.split()[-1]
    assert wait(lambda: lab.rows("SELECT count(*) FROM metrics WHERE run_uuid=?", run_id) == [(30_000,)], 60)
    job = lab.fetch("cellruns/push", "POST", {"run_ids": [run_id], "store": "new"})

    def sent() -> int:
        return sum(run["points_sent"] for run in lab.fetch(f"cellruns/push/{job['id']}")["runs"])

    assert wait(lambda: sent() >= 10_000, 60, 0.02)
    remotes["new"].stop()
    time.sleep(0.5)
    lab.fetch(f"cellruns/push/{job['id']}", "DELETE")
    broken = over(lab, job["id"])
    assert broken["state"] == "cancelled"
    remotes["new"].start()
    whole = push(lab, "new", [run_id])
    assert whole["state"] == "done", whole
    copy = whole["runs"][0]["remote_run_id"]
    assert not whole["runs"][0]["made"]
    rest = Source(Rest(Endpoint(remotes["new"].uri)))
    steps = [step for page in rest.history(copy, "m") for _, _, step in page]
    assert sorted(steps) == list(range(30_000))
    assert rest.run(copy)["info"]["status"] == "FINISHED"


def test_errors_say_what_and_where(lab: Lab, made: list[str]) -> None:
    job = push(lab, "new", ["f" * 32, made[1]])
    assert job["state"] == "failed"
    states = {run["run_id"]: run for run in job["runs"]}
    assert states["f" * 32]["state"] == "failed"
    assert "not found" in states["f" * 32]["error"]["message"]
    assert states[made[1]]["state"] == "done"
    for body in ({"run_ids": [], "store": "new"}, {"run_ids": [made[1]], "store": "nowhere"},
                 {"run_ids": [made[1]], "store": "local"}, {"run_ids": ["../x"], "store": "new"}):
        with pytest.raises(OSError, match="40"):
            lab.fetch("cellruns/push", "POST", body)
    assert math.isfinite(len(lab.fetch("cellruns/push")["pushes"]))
