"""Runs of unchanged code go to real remote servers of both generations, with logins, chosen per notebook at any time."""

from __future__ import annotations

import json
import time
import urllib.error
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ..lab import Kernel, Lab, wait
from ..remotes import PASSWORD, TrackingServer

RUN = """
import mlflow
with mlflow.start_run(run_name="{name}") as run:
    mlflow.log_param("lr", 0.1)
    for i in range(2500):
        mlflow.log_metric("loss", 1 / (i + 1), step=i)
    mlflow.set_tag("colour", "blue")
    mlflow.log_text("a few words", "notes/a.txt")
print(run.info.run_id)
"""

CHOSEN = "__import__('sys').modules['_cellruns']._attached.settings.store"
"""The choice as the kernel knows it: it is told in a moment of its own."""

# The last two: for servers that code names itself.
ENV = {"TWO_PASSWORD": PASSWORD, "MLFLOW_TRACKING_USERNAME": "admin", "MLFLOW_TRACKING_PASSWORD": PASSWORD}


@pytest.fixture(scope="module")
def stores(
    tmp_path_factory: pytest.TempPathFactory, server_3: TrackingServer, server_2: TrackingServer, plain_2: TrackingServer
) -> Iterator[Lab]:
    folder = tmp_path_factory.mktemp("stores")
    secret = folder / "secret"
    secret.write_text(PASSWORD + "\n")
    configured = {
        "three": {"label": "Team server", "url": server_3.url, "user": "admin", "password": {"file": str(secret)}},
        "two": {"url": server_2.url, "user": "admin", "password": {"env": "TWO_PASSWORD"}},
        "open": {"url": plain_2.url + "/"},
    }
    with Lab(folder, f"--CellrunsApp.stores={configured!r}", env=ENV) as lab:
        yield lab


def choose(lab: Lab, kernel: Kernel, path: str, store: str | None) -> None:
    lab.fetch("cellruns/notebooks", "PUT", {"path": path, "store": store, "kernel": kernel.id})


def done(kernel: Kernel, code: str) -> str:
    reply = kernel.run(code)
    assert reply.status == "ok", reply.error
    return reply.text.strip()


@pytest.mark.parametrize("store", ["three", "two", "open"])
def test_unchanged_code_logs_to_the_chosen_store(
    stores: Lab, server_3: TrackingServer, server_2: TrackingServer, plain_2: TrackingServer, store: str
) -> None:
    lab, server = stores, {"three": server_3, "two": server_2, "open": plain_2}[store]
    path = f"{store}.ipynb"
    lab.fetch("cellruns/notebooks", "PUT", {"path": path, "store": store})
    kernel = lab.notebook(path).ready()
    run_id = done(kernel, RUN.format(name="plain"))
    run = server.run(run_id)
    assert run["info"]["status"] == "FINISHED"
    assert {p["key"]: p["value"] for p in run["data"]["params"]} == {"lr": "0.1"}
    tags = {t["key"]: t["value"] for t in run["data"]["tags"]}
    assert (tags["colour"], tags["mlflow.source.name"]) == ("blue", path)
    assert server.history(run_id, "loss") == list(range(2500))
    # Reads come after writes, through the same client.
    assert done(kernel, f"print(len(mlflow.MlflowClient().get_metric_history('{run_id}', 'loss')))") == "2500"
    # What the panel asks for.
    status = lab.fetch(f"cellruns/status?kernel={kernel.id}")
    assert (status["store"]["id"], status["store"]["state"], status["store"]["waiting"]) == (store, "ready", 0)
    assert [s["id"] for s in status["stores"]] == ["local", "three", "two", "open"]
    (listed,) = lab.fetch(f"cellruns/runs?notebook={path}")["runs"]
    assert (listed["run_id"], listed["params"]) == (run_id, {"lr": "0.1"})
    (series,) = lab.fetch(f"cellruns/runs/{run_id}/series?key=loss&store={store}")["series"]
    assert series["total"] == 2500
    assert lab.fetch(f"cellruns/runs/{run_id}/artifacts?path=notes")["files"][0]["path"] == "notes/a.txt"
    assert lab.read(f"cellruns/runs/{run_id}/artifacts/content?path=notes/a.txt&store={store}") == b"a few words"
    assert lab.fetch(f"cellruns/runs/{run_id}?store={store}")["run"]["name"] == "plain"


def test_a_switch_counts_from_the_next_run_and_an_open_run_stays_where_it_is(
    stores: Lab, server_3: TrackingServer, server_2: TrackingServer
) -> None:
    lab, path = stores, "switch.ipynb"
    kernel = lab.notebook(path).ready()
    done(kernel, "import mlflow\nmlflow.set_experiment('by name')")
    first = done(kernel, "run = mlflow.start_run()\nmlflow.log_metric('m', 1.0, step=1)\nprint(run.info.run_id)")
    choose(lab, kernel, path, "three")
    # The kernel knows of the choice from now on.
    assert wait(lambda: kernel.evaluate(CHOSEN) == "'three'", 20)
    # The open run, and what is nested in it, go on in the local store.
    child = done(
        kernel,
        "mlflow.log_metric('m', 2.0, step=2)\n"
        "with mlflow.start_run(nested=True) as child: mlflow.log_metric('c', 1.0)\nprint(child.info.run_id)",
    )
    state = lab.fetch(f"cellruns/status?kernel={kernel.id}")["kernel"]
    assert (state["store"], [(r["run_id"], r["store"]) for r in state["active_runs"]]) == ("three", [(first, "local")])
    done(kernel, "mlflow.end_run()")
    second = done(kernel, "with mlflow.start_run() as run: mlflow.log_metric('m', 3.0)\nprint(run.info.run_id)")
    # A loop that is under way: the runs that start after the switch go to the new store.
    message = kernel.send(
        "import time, pathlib\nids, after = [], 0\n"
        "while after < 2:\n"
        "    after += pathlib.Path('switched').exists()\n"
        "    with mlflow.start_run() as run: mlflow.log_metric('m', 4.0)\n"
        "    ids.append((run.info.run_id, mlflow.get_tracking_uri().rpartition('/')[2]))\n"
        "    time.sleep(0.3)\n"
        "print(__import__('json').dumps(ids))"
    )
    assert wait(lambda: len(server_3.runs()) >= 3, 60)
    choose(lab, kernel, path, "two")
    (lab.root / "switched").touch()
    reply = kernel.wait(message)
    assert reply.status == "ok", reply.error
    loop = json.loads(reply.text)
    assert loop[0][1] == "three"
    assert [where for _, where in loop][-2:] == ["two", "two"]
    # By the store's own word, not ours.
    assert lab.rows("SELECT count(*) FROM metrics WHERE run_uuid=?", first) == [(2,)]
    assert lab.tags(child).get("mlflow.parentRunId") == first
    on_three, on_two = ({r["info"]["run_id"] for r in s.runs()} for s in (server_3, server_2))
    assert second in on_three
    assert all(run_id in (on_three if where == "three" else on_two) for run_id, where in loop)
    # The experiment that the code has set goes along by its name.
    by_id = server_2.ask(f"experiments/get?experiment_id={server_2.run(loop[-1][0])['info']['experiment_id']}")
    assert by_id["experiment"]["name"] == "by name"
    # Same after a restart of the kernel.
    lab.fetch(f"api/kernels/{kernel.id}/restart", "POST", {})
    kernel.ready()
    last = done(kernel, "import mlflow\nwith mlflow.start_run() as run: pass\nprint(run.info.run_id)")
    assert server_2.status(last) == "FINISHED"


def test_code_with_a_uri_of_its_own_runs_unchanged_and_is_mirrored(stores: Lab, server_3: TrackingServer) -> None:
    lab = stores
    kernel = lab.notebook("own.ipynb").ready()
    reply = kernel.run(
        f"import mlflow\nmlflow.set_tracking_uri('{server_3.url}')\n"
        "with mlflow.start_run() as run:\n    mlflow.log_metric('m', 1.5, step=3)\nprint(run.info.run_id)"
    )
    assert reply.status == "ok", reply.error
    run_id = reply.text.split()[-1]
    assert server_3.history(run_id, "m") == [3]
    (chart,) = reply.charts()
    payload = chart["application/vnd.cellruns.chart.v1+json"]
    assert (payload["store"], payload["runs"][0]["run"]) == (server_3.url, run_id)
    # A switch of the store does not touch it.
    choose(lab, kernel, "own.ipynb", "two")
    assert wait(lambda: kernel.evaluate(CHOSEN) == "'two'", 20)
    again = done(kernel, "with mlflow.start_run() as run: pass\nprint(mlflow.get_tracking_uri(), run.info.run_id)").split()
    assert again[0] == server_3.url
    assert server_3.status(again[-1]) == "FINISHED"
    assert run_id not in [run["run_id"] for run in lab.fetch("cellruns/runs?store=local")["runs"]]


def test_kernels_hold_no_credentials_and_no_target_comes_from_a_request(stores: Lab) -> None:
    kernel = stores.notebook("two.ipynb").ready()
    seen = done(kernel, "import os; print(dict(os.environ))")
    assert PASSWORD not in seen
    assert "TWO_PASSWORD" not in seen
    answers: list[Any] = json.loads(done(kernel, (
        "import json, urllib.request, urllib.error\n"
        "base, token = os.environ['MLFLOW_TRACKING_URI'].rpartition('/')[0], os.environ['MLFLOW_TRACKING_TOKEN']\n"
        "found = []\n"
        "for store in ('three', 'nowhere', '127.0.0.1:5000', 'http:%2F%2Fexample.org'):\n"
        "    request = urllib.request.Request(base + '/' + store + '/version', headers={'Authorization': 'Bearer ' + token})\n"
        "    try: found.append(urllib.request.urlopen(request).status)\n"
        "    except urllib.error.HTTPError as error: found.append(error.code)\n"
        "print(json.dumps(found))"
    )))
    assert answers == [200, 404, 404, 404]
    for bad in ("runs?store=nowhere", "runs/" + "a" * 32 + "?store=http://x", "experiments?store="):
        with pytest.raises(urllib.error.HTTPError) as refused:
            stores.read("cellruns/" + bad)
        assert refused.value.code == 404
        assert json.loads(refused.value.read())["code"] == "unknown_store"
    assert PASSWORD not in stores.log()


def test_mlflows_own_variables_name_the_default_store(tmp_path: Path, server_3: TrackingServer) -> None:
    login = {"MLFLOW_TRACKING_USERNAME": "admin", "MLFLOW_TRACKING_PASSWORD": PASSWORD}
    with Lab(tmp_path, env={"MLFLOW_TRACKING_URI": server_3.url, **login}) as lab:
        status = lab.fetch("cellruns/status")
        assert (status["default_store"], status["store"]["location"]) == ("environment", server_3.url)
        kernel = lab.notebook("plain.ipynb").ready()
        run_id = done(kernel, "import mlflow, os\nwith mlflow.start_run() as run: pass\nprint(run.info.run_id)")
        assert server_3.status(run_id) == "FINISHED"
        seen = done(kernel, "print(dict(os.environ), vars(__import__('_cellruns')._attached.settings))")
        assert PASSWORD not in seen
        assert server_3.url not in seen


def test_a_run_that_the_store_refuses_to_end_is_told_of_once_and_ended_when_it_is_permitted(
    tmp_path: Path, server_2: TrackingServer
) -> None:
    server_2.ask("users/create", {"username": "guest", "password": "the guest's own"})
    configured = {"guest": {"url": server_2.url, "user": "guest", "password": {"env": "GUEST_PASSWORD"}}}
    options = f"--CellrunsApp.stores={configured!r}", "--CellrunsApp.default_store=guest"
    with Lab(tmp_path, *options, env={"GUEST_PASSWORD": "the guest's own"}) as lab:
        kernel = lab.notebook("guest.ipynb").ready()
        run_id = done(kernel, "import mlflow\nrun = mlflow.start_run()\nmlflow.log_metric('m', 1.0)\nprint(run.info.run_id)")
        assert wait(lambda: server_2.history(run_id, "m"))
        experiment = server_2.run(run_id)["info"]["experiment_id"]

        def permit(permission: str) -> None:
            body = {"experiment_id": experiment, "username": "guest", "permission": permission}
            server_2.ask("experiments/permissions/update", body, method="PATCH")

        permit("READ")
        kernel.send("import os, signal; os.kill(os.getpid(), signal.SIGKILL)")
        assert wait(lambda: "cannot close" in lab.log(), 30)
        told = next(line for line in lab.log().splitlines() if "cannot close" in line)
        assert "Permission denied" in told
        assert "End it by hand" in told
        assert server_2.status(run_id) == "RUNNING"
        time.sleep(5)
        assert lab.log().count("cannot close") == 1, "it is said again and again"
        permit("EDIT")
        lab.stop()
        lab.start()
        assert wait(lambda: server_2.status(run_id) == "KILLED", 30)
