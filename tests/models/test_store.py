"""Models in a store, by our routes: files, content, registry, lineage, serving. Local store and a remote server."""

from __future__ import annotations

import base64
import json
import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import psutil
import pytest

from ..lab import Lab, free_port, wait

TRAIN = """
import mlflow, pandas as pd, numpy as np
from mlflow.models import infer_signature
from sklearn.linear_model import LinearRegression
frame = pd.DataFrame({"width": [0.1, 0.2, 0.4]})
ids = []
for n in (1, 2):
    with mlflow.start_run(run_name=f"fit {n}") as run:
        mlflow.log_input(mlflow.data.from_pandas(frame, name="widths"), context="training")
        mlflow.log_metric("rmse", 1 / n)
        fitted = LinearRegression(fit_intercept=n == 1).fit(frame, [1.0, 2.0, 3.0])
        info = mlflow.sklearn.log_model(fitted, name="line", input_example=frame,
                                        signature=infer_signature(frame, fitted.predict(frame)),
                                        registered_model_name="lines" if n == 1 else None)
        ids.append((run.info.run_id, info.model_id))
        if n == 1:
            path = "old/line"
            import tempfile, os
            folder = tempfile.mkdtemp() + "/line"
            mlflow.sklearn.save_model(fitted, folder)
            mlflow.log_artifacts(folder, path)
print(ids)
"""


class Remote:
    """An `mlflow server` with a password, as a team has it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.uri = f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Remote:
        self.folder.mkdir()
        config = self.folder / "auth.ini"
        config.write_text(
            f"[mlflow]\ndefault_permission = READ\ndatabase_uri = sqlite:///{self.folder}/auth.db\n"
            "admin_username = admin\nadmin_password = not-the-default-1\n"
            "authorization_function = mlflow.server.auth:authenticate_request_basic_auth\n"
        )
        env = {
            **os.environ, "MLFLOW_FLASK_SERVER_SECRET_KEY": "k", "MLFLOW_AUTH_CONFIG_PATH": str(config),
            "MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
        }
        command = [
            sys.executable, "-m", "mlflow", "server", "--app-name", "basic-auth", "--host", "127.0.0.1", "--port",
            str(self.port), "--workers", "1", "--backend-store-uri", f"sqlite:///{self.folder}/mlflow.db",
            "--artifacts-destination", str(self.folder / "artifacts"),
        ]
        with (self.folder / "log").open("wb") as log:
            self.process = subprocess.Popen(
                command, env=env, cwd=self.folder, stdout=log, stderr=log, start_new_session=True
            )
        wait(lambda: self.process.poll() is not None or self._answers(), 120)
        assert self._answers(), (self.folder / "log").read_text()
        self._ask("users/create", {"username": "sam", "password": "sam's password"})
        self._ask("registered-models/create", {"name": "guarded"})
        return self

    def _ask(self, path: str, body: dict[str, Any]) -> None:
        login = base64.b64encode(b"admin:not-the-default-1").decode()
        request = urllib.request.Request(
            f"{self.uri}/api/2.0/mlflow/{path}", json.dumps(body).encode(), method="POST",
            headers={"Authorization": f"Basic {login}", "Content-Type": "application/json"},
        )
        urllib.request.urlopen(request, timeout=30).close()

    def __exit__(self, *_: object) -> None:
        os.killpg(self.process.pid, signal.SIGTERM)
        self.process.wait(20)

    def _answers(self) -> bool:
        try:
            urllib.request.urlopen(f"{self.uri}/health", timeout=5).close()
        except OSError:
            return False
        return True


class Trained:
    """A lab in whose store a notebook has logged two models."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.remote = "MLFLOW_TRACKING_URI" in lab.env
        kernel = lab.notebook("train.ipynb").ready()
        reply = kernel.run(TRAIN, cell_id="c0")
        kernel.close()
        assert reply.status == "ok", reply.error
        import ast

        (self.run, self.model), (self.run2, self.model2) = ast.literal_eval(reply.text.strip().splitlines()[-1])

    def files(self, uri: str) -> dict[str, Any]:
        found: dict[str, Any] = self.lab.fetch(f"cellruns/models/files?uri={quote(uri)}")
        return found

    def content(self, uri: str, path: str, **query: Any) -> bytes:
        return self.lab.read(f"cellruns/models/content?{urlencode({'uri': uri, 'path': path, **query})}")

    def registry(self, path: str, method: str = "GET", body: Any = None, **query: Any) -> Any:
        return self.lab.fetch(f"cellruns/registry/{path}?{urlencode(query)}", method, body)


@pytest.fixture(scope="module", params=["local", "remote"])
def trained(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trained]:
    folder: Path = tmp_path_factory.mktemp(request.param)
    if request.param == "local":
        with Lab(folder) as lab:
            yield Trained(lab)
        return
    with Remote(folder / "server") as server:
        env = {
            "MLFLOW_TRACKING_URI": server.uri, "MLFLOW_TRACKING_USERNAME": "sam",
            "MLFLOW_TRACKING_PASSWORD": "sam's password",
        }
        with Lab(folder, env=env) as lab:
            yield Trained(lab)


def test_files_of_a_logged_model_a_run_path_and_a_version(trained: Trained) -> None:
    logged = trained.files(f"models:/{trained.model}")
    assert logged["run_id"] == trained.run
    names = {file["path"]: file["file_size"] for file in logged["files"]}
    assert {"MLmodel", "requirements.txt", "conda.yaml", "input_example.json"} <= set(names)
    assert names["MLmodel"] > 100
    assert not logged["is_cut"]
    for uri in ("models:/lines/1", f"runs:/{trained.run}/old/line"):
        found = trained.files(uri)
        assert "MLmodel" in {file["path"] for file in found["files"]}
        assert found["run_id"] == trained.run
        text = trained.content(uri, "MLmodel").decode()
        assert "sklearn_version" in text
    assert trained.files("models:/lines/1")["model_id"] == trained.model
    assert trained.content(f"models:/{trained.model}", "MLmodel", limit=8) == text.encode()[:0] + b"artifact"


def test_says_what_is_not_there(trained: Trained) -> None:
    for uri, status in (
        # A server that guards models says no of what is not there.
        ("models:/m-nothing", 403 if trained.remote else 404),
        ("models:/none/1", 403 if trained.remote else 404),
        ("s3://x/y", 400),
        (f"runs:/{trained.run}/../x", 400),
    ):
        with pytest.raises(urllib.error.HTTPError) as caught:
            trained.files(uri)
        assert caught.value.code == status, caught.value.read()
    with pytest.raises(urllib.error.HTTPError) as caught:
        trained.content(f"models:/{trained.model}", "../../../mlflow.db")
    assert caught.value.code == 400


def test_registers_a_runs_model_and_moves_an_alias(trained: Trained) -> None:
    made = trained.registry("register", "POST", {
        "uri": f"models:/{trained.model2}", "name": "lines", "description": "no intercept", "tags": {"by": "hand"},
    })["model_version"]
    assert (made["name"], str(made["version"])) == ("lines", "2")
    old = trained.registry("register", "POST", {"uri": f"runs:/{trained.run}/old/line", "name": "older"})
    assert old["model_version"]["run_id"] == trained.run
    for version in ("1", "2"):
        trained.registry("registered-models/alias", "POST", {"name": "lines", "alias": "best", "version": version})
    assert trained.files("models:/lines@best")["version"] == "2"
    trained.registry("registered-models/update", "PATCH", {"name": "lines", "description": "straight"})
    trained.registry("model-versions/set-tag", "POST", {"name": "lines", "version": "2", "key": "a", "value": "b"})
    trained.registry("model-versions/delete-tag", "DELETE", {"name": "lines", "version": "2", "key": "by"})
    model = trained.registry("registered-models/get", name="lines")["registered_model"]
    assert model["description"] == "straight"
    assert model["aliases"] == [{"alias": "best", "version": "2"}]
    version = trained.registry("model-versions/get", name="lines", version="2")["model_version"]
    assert version["description"] == "no intercept"
    assert {tag["key"]: tag["value"] for tag in version["tags"]} == {"a": "b"}
    found = trained.registry("registered-models/search", filter="name ILIKE '%LIN%'", max_results=50)
    assert [one["name"] for one in found["registered_models"]] == ["lines"]
    trained.registry("registered-models/alias", "DELETE", {"name": "lines", "alias": "best"})
    assert "aliases" not in trained.registry("registered-models/get", name="lines")["registered_model"]


def test_lineage_from_run_and_model_to_versions_and_from_the_dataset_to_both(trained: Trained) -> None:
    versions = trained.registry("versions", run=trained.run, model=trained.model)["versions"]
    assert [(v["name"], str(v["version"])) for v in versions] == [("lines", "1")] or len(versions) == 2
    run = trained.lab.fetch(f"cellruns/runs/{trained.run}")
    assert [m["model_id"] for m in run["models"]] == [trained.model]
    [dataset] = run["datasets"]
    uses = trained.lab.fetch(
        f"cellruns/datasets/uses?{urlencode({'name': dataset['name'], 'digest': dataset['digest']})}"
    )
    assert {one["run_id"]: one["models"] for one in uses["runs"]} == {
        trained.run: [trained.model], trained.run2: [trained.model2]
    }


def test_passes_the_servers_refusal_on(trained: Trained) -> None:
    with pytest.raises(urllib.error.HTTPError) as caught:
        trained.registry("registered-models/create", "POST", {"name": "lines"})
    said = json.loads(caught.value.read())
    assert "lines" in said["message"] and "already exists" in said["message"]
    if trained.remote:
        with pytest.raises(urllib.error.HTTPError) as caught:
            trained.registry("registered-models/update", "PATCH", {"name": "guarded", "description": "mine"})
        said = json.loads(caught.value.read())
        assert (caught.value.code, said["message"]) == (403, "Permission denied")
    with pytest.raises(urllib.error.HTTPError) as caught:
        trained.registry("registered-models/delete", "DELETE", {"name": "lines"})
    assert caught.value.code == 404
    assert trained.registry("registered-models/get", name="lines")


@pytest.mark.parametrize("uri", ["models:/lines/1", "runs:/{run}/old/line"])
def test_tries_a_stored_model_without_credentials(trained: Trained, uri: str) -> None:
    body = {"uri": uri.format(run=trained.run), "kernel_name": "python3", "input": '[{"width": 0.2}]'}
    key = trained.lab.fetch("cellruns/models/tries", "POST", body)["id"]
    while (answer := trained.lab.fetch(f"cellruns/models/tries/{key}?wait=1"))["state"] == "running":
        pass
    assert answer["state"] == "done", answer
    assert answer["result"]["total"] == 1


def test_serves_a_model_and_stops_with_the_server(trained: Trained) -> None:
    lab = trained.lab
    body = {"uri": f"models:/{trained.model}", "kernel_name": "python3"}
    key = lab.fetch("cellruns/models/servers", "POST", body)["id"]

    def state() -> dict[str, Any]:
        found: dict[str, Any] = lab.fetch(f"cellruns/models/servers/{key}")
        return found

    assert wait(lambda: state()["state"] in ("ready", "failed"), 120, 0.3)
    assert state()["state"] == "ready", state()
    sent = json.dumps({"dataframe_records": [{"width": 0.2}]})
    answer = lab.fetch(f"cellruns/models/servers/{key}/invocations", "POST", {"body": sent})
    assert answer["status"] == 200
    assert len(json.loads(answer["text"])["predictions"]) == 1
    wrong = lab.fetch(f"cellruns/models/servers/{key}/invocations", "POST", {"body": "{}"})
    assert wrong["status"] == 400
    assert any("models serve" in line for line in state()["log"])
    assert lab.process is not None
    mine = [p for p in psutil.Process(lab.process.pid).children(recursive=True) if "serve" in " ".join(p.cmdline())]
    assert mine
    assert lab.fetch(f"cellruns/models/servers/{key}", "DELETE")["state"] == "stopped"
    assert not any(p.is_running() and p.status() != "zombie" for p in mine)
    again = lab.fetch("cellruns/models/servers", "POST", body)["id"]
    assert wait(lambda: lab.fetch(f"cellruns/models/servers/{again}")["state"] == "ready", 120, 0.3)
    mine = psutil.Process(lab.process.pid).children(recursive=True)
    port = lab.fetch(f"cellruns/models/servers/{again}")["port"]
    lab.kill()

    def free() -> bool:
        return not any(
            c.laddr.port == port and c.status == "LISTEN" for p in mine if p.is_running()
            for c in (p.net_connections() if p.status() != "zombie" else [])
        )

    assert wait(free, 15)
