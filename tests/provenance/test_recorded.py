"""Runs of plain mlflow code get cells, environment and git state; read back through MLflow's own client and routes."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import pytest

from ..lab import Kernel, Lab, wait


def ok(kernel: Kernel, code: str, cell_id: str | None = None) -> str:
    reply = kernel.run(code, cell_id)
    assert reply.status == "ok", reply.error
    return reply.text.strip()


def recorded(lab: Lab, run_id: str) -> dict[str, str]:
    """Tags of a run once its record is there."""
    assert wait(lambda: "cellruns.provenance" in lab.tags(run_id), 30), lab.log()
    return lab.tags(run_id)


def document(lab: Lab, run_id: str, name: str) -> Any:
    text = lab.read(f"cellruns/runs/{run_id}/artifacts/content?path=cellruns/{name}")
    return json.loads(text) if name.endswith(".json") else text.decode()


def files(lab: Lab, run_id: str) -> set[str]:
    return {f["path"] for f in lab.fetch(f"cellruns/runs/{run_id}/artifacts?path=cellruns")["files"]}


def git(lab: Lab, *arguments: str) -> str:
    done = subprocess.run(
        ["git", "-c", "user.name=A", "-c", "user.email=a@b", *arguments], cwd=lab.root, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


@pytest.fixture(scope="module")
def commit(lab: Lab) -> str:
    """The root folder as a repository with a change that is not committed."""
    git(lab, "init", "-q", "-b", "trunk")
    (lab.root / "model.py").write_text("DEPTH = 3\n")
    (lab.root / "old.ipynb").write_text("{}")
    git(lab, "add", "model.py", "old.ipynb")
    git(lab, "commit", "-q", "-m", "first")
    git(lab, "remote", "add", "origin", "https://ada:s3cretpw@git.example.org/lab/model.git?token=abc")
    (lab.root / "model.py").write_text('DEPTH = 5\nAPI_TOKEN = "hunter2hunter2"\n')
    (lab.root / "old.ipynb").write_text('{"outputs": "big"}')
    (lab.root / "scratch.py").write_text("x = 1\n")
    return git(lab, "rev-parse", "HEAD")


@pytest.fixture(scope="module")
def kernel(lab: Lab) -> Kernel:
    return lab.notebook("prov.ipynb").ready()


def test_executed_cells_packages_and_git_state(lab: Lab, kernel: Kernel, commit: str) -> None:
    ok(kernel, "import mlflow\npassword = 'correct-horse-battery'", "a1")
    ok(kernel, "depth = 5  # never saved", "a2")
    kernel.run("1 / 0", "a3")
    code = "with mlflow.start_run() as run:\n    mlflow.log_metric('loss', depth)\nprint(run.info.run_id)"
    run_id = ok(kernel, code, "a4")
    tags = recorded(lab, run_id)
    assert tags["cellruns.provenance"] == run_id
    assert tags["mlflow.source.git.commit"] == commit
    assert tags["mlflow.source.git.branch"] == "trunk"
    assert tags["mlflow.source.git.repoURL"] == "https://git.example.org/lab/model.git"
    cells = document(lab, run_id, "cells.json")
    assert cells["version"] == 1
    assert cells["omitted"] == 0
    by_id = {c["cell_id"]: c for c in cells["cells"]}
    assert [c["cell_id"] for c in cells["cells"]][-4:] == ["a1", "a2", "a3", "a4"]
    assert by_id["a2"]["source"] == "depth = 5  # never saved"
    assert by_id["a4"]["source"] == code
    assert [by_id[i]["status"] for i in ("a1", "a2", "a3")] == ["ok", "ok", "error"]
    assert "correct-horse" not in by_id["a1"]["source"]
    counts = [c["execution_count"] for c in cells["cells"]]
    assert counts == sorted(counts)
    environment = document(lab, run_id, "environment.json")
    said = json.loads(ok(kernel, """
import json, platform, importlib.metadata as m
print(json.dumps([platform.python_version(), m.version("mlflow"), m.version("jupyter_server")]))"""))
    assert [environment["python"], environment["packages"]["mlflow"], environment["packages"]["jupyter-server"]] == said
    assert "mlflow" in environment["imported"]
    assert "json" not in environment["imported"]
    state = document(lab, run_id, "git.json")
    assert (state["commit"], state["branch"], state["dirty"], state["folder"]) == (commit, "trunk", True, "")
    assert {"status": " M", "path": "model.py"} in state["changed"]
    assert {"status": "??", "path": "scratch.py"} in state["changed"]
    patch = document(lab, run_id, "patch.diff")
    assert "-DEPTH = 3\n+DEPTH = 5\n" in patch
    assert "hunter2" not in patch
    assert "old.ipynb" not in patch
    assert "s3cretpw" not in json.dumps([state, cells, tags, environment])


def test_nested_runs_refer_to_their_parent_and_what_the_user_tagged_stays(lab: Lab, kernel: Kernel, commit: str) -> None:
    parent, *children = ok(kernel, """
import mlflow
with mlflow.start_run() as parent:
    mlflow.set_tag("mlflow.source.git.branch", "mine")
    print(parent.info.run_id)
    for i in range(3):
        with mlflow.start_run(nested=True) as child:
            mlflow.log_metric("loss", i)
        print(child.info.run_id)
""").split()
    for run_id in (parent, *children):
        tags = recorded(lab, run_id)
        assert tags["cellruns.provenance"] == parent
        assert tags["mlflow.source.git.commit"] == commit
    assert lab.tags(parent)["mlflow.source.git.branch"] == "mine"
    assert files(lab, parent) == {f"cellruns/{n}" for n in ("cells.json", "environment.json", "git.json", "patch.diff")}
    assert all(files(lab, child) == set() for child in children)


def test_a_run_that_stays_open_across_cells_has_them_all(lab: Lab, kernel: Kernel) -> None:
    run_id = ok(kernel, "import mlflow\nrun = mlflow.start_run()\nprint(run.info.run_id)", "b1")
    recorded(lab, run_id)
    ok(kernel, "unrelated = 1", "b2")
    ok(kernel, "mlflow.log_metric('loss', 1)", "b3")
    ok(kernel, "later = 1", "b4")

    def ids() -> list[str]:
        return [c["cell_id"] for c in document(lab, run_id, "cells.json")["cells"] if c["cell_id"]]

    assert wait(lambda: ids()[-3:] == ["b1", "b2", "b3"], 30)
    ok(kernel, "mlflow.end_run()")


def test_a_kernel_that_ends_at_once_still_tells(lab: Lab) -> None:
    kernel = lab.notebook("quick.ipynb").ready()
    run_id = ok(kernel, "import mlflow\nwith mlflow.start_run() as run: pass\nprint(run.info.run_id)", "q1")
    lab.fetch(f"api/sessions/{kernel.session_id}", "DELETE")
    recorded(lab, run_id)
    assert document(lab, run_id, "cells.json")["cells"][-1]["cell_id"] == "q1"


def test_another_store_and_the_setting_leave_runs_alone(lab: Lab, kernel: Kernel) -> None:
    ok(kernel, "import mlflow")
    before = set(lab.rows("SELECT run_uuid FROM tags WHERE key='cellruns.provenance'"))
    ok(kernel, f"""
ours = mlflow.get_tracking_uri()
mlflow.set_tracking_uri("sqlite:///{lab.folder}/own.db")
with mlflow.start_run() as run: mlflow.log_metric("loss", 1)
mlflow.set_tracking_uri(ours)
""")
    lab.fetch("cellruns/settings", "PUT", {"enabled": True, "experiment_mode": "notebook", "provenance": False})
    off = ok(kernel, "import mlflow\nwith mlflow.start_run() as run: pass\nprint(run.info.run_id)")
    lab.fetch("cellruns/settings", "PUT", {"enabled": True, "experiment_mode": "notebook", "provenance": True})
    on = ok(kernel, "with mlflow.start_run() as run: pass\nprint(run.info.run_id)")
    recorded(lab, on)
    assert set(lab.rows("SELECT run_uuid FROM tags WHERE key='cellruns.provenance'")) - before == {(on,)}
    assert off != on
    assert lab.fetch(f"cellruns/status?kernel={kernel.id}")["kernel"]["problems"] == []
