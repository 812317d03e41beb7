"""Runs, proofs and sweeps on a real server, with real MLflow and kernels."""

from __future__ import annotations

import contextlib
import json
import platform
import sqlite3
import subprocess
import time
import urllib.error
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psutil
import pytest

from jupyterlab_cellruns.stores.sqlite import BUSY_SECONDS

from ..lab import Lab, wait

NOTEBOOK = [
    "import mlflow\nfrom helper import half",
    "rate = 0.5\nsteps = 4",
    "with mlflow.start_run():\n    value = 100.0\n    for step in range(steps):\n        value = half(value) * (1 + rate)\n"
    "        mlflow.log_metric('value', value, step=step)",
]
PROJECT = """
name: small
entry_points:
  main:
    parameters:
      size: {type: int, default: 1}
      mode: {type: string, default: quick}
    command: python go.py {size} {mode}
"""
CODE = """
import subprocess, sys, time, mlflow
size, mode = int(sys.argv[1]), sys.argv[2]
mlflow.log_metric("size", size)
if mode == "fail":
    import no_such_package
if mode == "slow":
    # A child that leaves the session, as the kernel of papermill does.
    subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
    print("begun", flush=True)
    time.sleep(600)
"""


def ended(lab: Lab, job: dict[str, Any], seconds: float = 150) -> dict[str, Any]:
    done = wait(lambda: (j := lab.fetch(f"cellruns/projects/jobs/{job['id']}"))["ended"] and j, seconds, 0.3)
    assert done, lab.fetch(f"cellruns/projects/jobs/{job['id']}/log")["text"]
    return dict(done)


def start(lab: Lab, **body: Any) -> dict[str, Any]:
    return dict(lab.fetch("cellruns/projects/jobs", "POST", {"kind": "run", "env_manager": "local", **body}))


def refused(lab: Lab, path: str, body: Any) -> dict[str, Any]:
    with pytest.raises(urllib.error.HTTPError) as caught:
        lab.fetch(path, "POST", body)
    return {"status": caught.value.code, **json.loads(caught.value.read())}


@pytest.fixture(scope="module")
def small(lab: Lab) -> Path:
    folder = lab.root / "small"
    folder.mkdir()
    (folder / "MLproject").write_text(PROJECT)
    (folder / "go.py").write_text(CODE)
    return folder


def test_export_and_proof_of_a_notebook_that_ran_here(lab: Lab) -> None:
    (lab.root / "helper.py").write_text("def half(x):\n    return x / 2\n")
    cells = [{"cell_type": "code", "id": f"c{i}", "metadata": {}, "source": source, "outputs": [],
              "execution_count": i + 1} for i, source in enumerate(NOTEBOOK)]
    content = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    (lab.root / "train.ipynb").write_text(json.dumps(content))
    kernel = lab.notebook("train.ipynb").ready()
    try:
        for i, source in enumerate(NOTEBOOK):
            assert kernel.run(source, f"c{i}").status == "ok"
    finally:
        kernel.close()
    [(notebook_run,)] = wait(lambda: lab.rows("SELECT run_uuid FROM runs WHERE status = 'FINISHED'"))

    asked = {"path": "train.ipynb", "kernel": kernel.id}
    plan = lab.fetch("cellruns/projects/plan", "POST", asked)
    assert plan["chosen"] == ["rate", "steps"]
    assert not (lab.root / "train-project").exists(), "a plan writes nothing"
    written = lab.fetch("cellruns/projects/export", "POST", asked)
    assert written["folder"] == "train-project"
    assert "helper.py" in written["written"]
    readme = lab.root / "train-project/README.md"
    readme.write_text("mine")
    answer = refused(lab, "cellruns/projects/export", {**asked, "form": "script"})
    assert (answer["status"], answer["code"]) == (409, "exists")
    assert readme.read_text() == "mine"
    assert not (lab.root / "train-project/train.py").exists(), "nothing is written where something is in the way"

    job = ended(lab, start(lab, kind="proof", uri="train-project", notebook="train.ipynb", kernel=kernel.id))
    assert job["status"] == "finished", job
    [pair] = job["verdict"]["pairs"]
    assert job["verdict"]["outcome"] == "same"
    assert pair["notebook"] == notebook_run
    for run, other in ((pair["notebook"], pair["project"]), (pair["project"], pair["notebook"])):
        tags = wait(lambda run=run: "cellruns.proof" in lab.tags(run) and lab.tags(run))
        assert (tags["cellruns.proof"], tags["cellruns.proof.run"]) == ("same", other)
    kept = json.loads((lab.root / "train-project/cellruns-proof.json").read_text())
    assert kept["outcome"] == "same"

    # A changed constant in the export: the metric is another one, and the proof says which.
    entry = lab.root / "train-project/MLproject"
    entry.write_text(entry.read_text().replace("default: 0.5", "default: 0.25"))
    job = ended(lab, start(lab, kind="proof", uri="train-project", notebook="train.ipynb", baseline=notebook_run))
    assert job["verdict"]["outcome"] == "different"
    assert [d["key"] for d in job["verdict"]["differences"]] == ["value"]
    assert lab.tags(notebook_run)["cellruns.proof"] == "different"


def test_a_run_goes_to_the_attached_store(lab: Lab, small: Path) -> None:
    job = start(lab, uri="small", parameters={"size": "7"}, experiment="shop")
    job = ended(lab, job)
    assert job["status"] == "finished", job
    run = job["items"][0]["run_id"]
    assert lab.rows("SELECT status FROM runs WHERE run_uuid = ?", run) == [("FINISHED",)]
    assert lab.rows("SELECT value FROM metrics WHERE run_uuid = ?", run) == [(7.0,)]
    assert dict(lab.rows("SELECT key, value FROM params WHERE run_uuid = ?", run)) == {"size": "7", "mode": "quick"}
    tags = lab.tags(run)
    assert json.loads(tags["cellruns.project"])["parameters"] == {"size": "7"}
    assert tags["mlflow.source.type"] == "PROJECT"
    log = lab.fetch(f"cellruns/projects/jobs/{job['id']}/log")
    assert "=== Running command" in log["text"]
    rest = lab.fetch(f"cellruns/projects/jobs/{job['id']}/log?offset={log['next']}")
    assert rest["text"] == ""
    token = [line for line in log["text"].splitlines() if "job-" in line]
    assert not token, "the log holds no token"


def test_cancel_ends_the_whole_tree(lab: Lab, small: Path) -> None:
    job = start(lab, uri="small", parameters={"mode": "slow"})
    path = f"cellruns/projects/jobs/{job['id']}"
    assert wait(lambda: "begun" in lab.fetch(f"{path}/log")["text"], 90)

    def members() -> list[int]:
        found = []
        for process in psutil.process_iter():
            try:
                if process.environ().get("CELLRUNS_JOB") == job["id"] and process.status() != psutil.STATUS_ZOMBIE:
                    found.append(process.pid)
            except psutil.Error:
                continue
        return found

    assert len(members()) >= 3
    assert lab.fetch(path, "DELETE")["ended"]
    assert wait(lambda: not members(), 15)
    done = ended(lab, job)
    assert done["status"] == "cancelled"
    assert not done["message"], done
    assert lab.rows("SELECT status FROM runs WHERE run_uuid = ?", done["items"][0]["run_id"]) == [("KILLED",)]
    assert lab.fetch(path, "DELETE")["removed"]


def test_a_cancelled_run_ends_in_a_store_that_is_locked(lab: Lab, small: Path) -> None:
    job = start(lab, uri="small", parameters={"mode": "slow"})
    path = f"cellruns/projects/jobs/{job['id']}"
    assert wait(lambda: "begun" in lab.fetch(f"{path}/log")["text"], 90)
    run = lab.fetch(path)["items"][0]["run_id"]
    with contextlib.closing(sqlite3.connect(lab.root / "mlflow.db", isolation_level=None, timeout=20)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert lab.fetch(path, "DELETE")["ended"]
        # Longer than one attempt waits for the lock.
        time.sleep(BUSY_SECONDS + 2)
        assert lab.rows("SELECT status FROM runs WHERE run_uuid = ?", run) == [("RUNNING",)]
        other.execute("ROLLBACK")
    done = ended(lab, job)
    assert (done["status"], done["message"]) == ("cancelled", None)
    assert lab.rows("SELECT status FROM runs WHERE run_uuid = ?", run) == [("KILLED",)]


def test_a_failed_run_says_where_and_what_to_try(lab: Lab, small: Path) -> None:
    job = ended(lab, start(lab, uri="small", parameters={"mode": "fail"}))
    assert (job["status"], job["step"]) == ("failed", "running")
    assert any("no_such_package" in line for line in job["tail"])
    assert any("requirements.txt" in line for line in job["advice"])
    run = job["items"][0]["run_id"]
    assert lab.rows("SELECT status FROM runs WHERE run_uuid = ?", run) == [("FAILED",)]


def test_a_sweep_at_once_makes_its_environment_once(lab: Lab) -> None:
    folder = lab.root / "own"
    folder.mkdir()
    (folder / "MLproject").write_text(PROJECT.replace("name: small", "name: own\npython_env: python_env.yaml"))
    (folder / "go.py").write_text("import sys, mlflow\nmlflow.log_metric('size', int(sys.argv[1]))\n")
    # A requirement that nobody has had before: MLflow keeps environments by what they hold.
    (folder / "python_env.yaml").write_text(
        f"python: '{platform.python_version()}'\n"
        f"dependencies:\n  - mlflow-skinny=={version('mlflow')}\n  - pip<{1000 + time.time_ns() % 10**6}\n"
    )
    rows = [{"size": str(size)} for size in (1, 2, 3)]
    job = start(lab, kind="sweep", uri="own", rows=rows, at_once=3, env_manager="uv", title="own")
    done = ended(lab, job, 240)
    log = lab.fetch(f"cellruns/projects/jobs/{job['id']}/log")["text"]
    assert done["status"] == "finished", (done["tail"], log[-3000:])
    sizes = [lab.rows("SELECT value FROM metrics WHERE run_uuid = ?", item["run_id"]) for item in done["items"]]
    assert sizes == [[(1.0,)], [(2.0,)], [(3.0,)]]
    assert log.count("Creating a new environment") == 1, log


def test_a_sweep_has_a_parent_and_children(lab: Lab, small: Path) -> None:
    rows = [{"size": str(size)} for size in (1, 2, 3)]
    job = start(lab, kind="sweep", uri="small", rows=rows, at_once=2, experiment="sweep", title="sizes")
    job = ended(lab, job, 240)
    assert job["status"] == "finished", job
    children = [item["run_id"] for item in job["items"]]
    assert len(set(children)) == 3
    assert all(lab.tags(run)["mlflow.parentRunId"] == job["parent"] for run in children)
    sizes = [lab.rows("SELECT value FROM metrics WHERE run_uuid = ?", run) for run in children]
    assert sizes == [[(1.0,)], [(2.0,)], [(3.0,)]]
    assert lab.rows("SELECT status, name FROM runs WHERE run_uuid = ?", job["parent"]) == [("FINISHED", "sizes")]


def test_git_at_a_tag(lab: Lab, tmp_path: Path) -> None:
    inner = tmp_path / "repo/sub"
    inner.mkdir(parents=True)
    (inner / "MLproject").write_text(PROJECT)
    (inner / "go.py").write_text(CODE)

    def git(*words: str) -> str:
        command = ["git", "-C", str(tmp_path / "repo"), "-c", "user.name=a", "-c", "user.email=a@b.c", *words]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    git("init", "-q")
    git("add", ".")
    git("commit", "-qm", "first")
    git("tag", "v1")
    commit = git("rev-parse", "HEAD")
    (inner / "go.py").write_text("raise SystemExit('the wrong version')")
    git("commit", "-qam", "second")
    uri = f"file://{tmp_path}/repo#sub"
    found = lab.fetch("cellruns/projects/fetch", "POST", {"uri": uri, "version": "v1"})
    assert found["commit"] == commit
    assert found["texts"]["MLproject"] == PROJECT
    job = ended(lab, start(lab, uri=uri, version="v1", parameters={"size": "5"}))
    assert job["status"] == "finished", job
    assert lab.tags(job["items"][0]["run_id"])["mlflow.source.git.commit"] == commit
    answer = refused(lab, "cellruns/projects/fetch", {"uri": uri, "version": "nothing"})
    assert answer["status"] == 409
    assert "tag" in answer["hint"]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("plan", {}),
        ("plan", {"path": "../../etc/passwd"}),
        ("plan", {"path": "small/MLproject"}),
        ("plan", {"path": "train.ipynb", "folder": "../out"}),
        ("plan", {"path": "train.ipynb", "form": "other"}),
        ("plan", {"path": "train.ipynb", "parameters": ["nothing"]}),
        ("jobs", {"kind": "other", "uri": "small"}),
        ("jobs", {"uri": "../.."}),
        ("jobs", {"uri": "nowhere"}),
        ("jobs", {"uri": "small", "env_manager": "nix"}),
        ("jobs", {"uri": "ext::sh -c id"}),
        ("jobs", {"uri": "https://me:secret@example.org/x.git"}),
        ("jobs", {"kind": "sweep", "uri": "small", "rows": []}),
        ("fetch", {"uri": "file:///x#../y"}),
        ("fetch", {"uri": "--upload-pack=id"}),
        ("fetch", {"uri": "https://example.org/x.git", "version": "--upload-pack=id"}),
    ],
)
def test_refuses(lab: Lab, small: Path, path: str, body: Any) -> None:
    answer = refused(lab, f"cellruns/projects/{path}", body)
    assert answer["status"] in (400, 409)
    assert answer["message"]


def test_hosts_can_be_limited() -> None:
    from jupyterlab_cellruns.projects import git

    git.check("git@github.com:mlflow/mlflow-example.git", ["github.com"])
    git.check("https://git.example.org/x", ["*.example.org"])
    git.check("file:///srv/x", ["file"])
    for uri in ("file:///srv/x", "https://github.com.evil.org/x", "git@evil.org:github.com/x", "ssh://evil.org/x"):
        with pytest.raises(git.GitRefused):
            git.check(uri, ["github.com", "*.example.org"])


def test_managers_are_those_that_mlflow_finds(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from mlflow.utils.virtualenv import _is_pyenv_available

    from jupyterlab_cellruns.projects import managers

    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    # A root that is not in PATH does not help: MLflow does not look there.
    root = tmp_path / "pyenv"
    (root / "bin").mkdir(parents=True)
    program = root / "bin/pyenv"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    monkeypatch.setenv("PYENV_ROOT", str(root))
    assert not _is_pyenv_available()
    assert "pyenv" in (managers.reason_against("virtualenv") or "")
    monkeypatch.setenv("PATH", f"{root}/bin:/usr/bin:/bin")
    assert _is_pyenv_available()
    assert managers.reason_against("virtualenv") is None
    assert managers.reason_against("local") is None
