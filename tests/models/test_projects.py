"""Lineage between projects and models: runs that the server started, and those of a plain `mlflow run`."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from ..lab import Lab, wait

PROJECT = "name: lines\nentry_points:\n  main:\n    command: python go.py\n"
CODE = """
import mlflow
from sklearn.linear_model import LinearRegression
fitted = LinearRegression().fit([[0.0], [1.0]], [0.0, 2.0])
with mlflow.start_run():
    mlflow.sklearn.log_model(fitted, name="line", input_example=[[0.0]])
with mlflow.start_run(run_name="another"):
    mlflow.sklearn.log_model(fitted, name="line", input_example=[[0.0]])
"""


def uses(lab: Lab, **query: str) -> dict[str, Any]:
    """What `GET projects/uses` answers."""
    found: dict[str, Any] = lab.fetch(f"cellruns/projects/uses?{urlencode(query)}")
    return found


def project(folder: Path) -> None:
    """A project that logs a model in its own run and one in another."""
    folder.mkdir(parents=True)
    (folder / "MLproject").write_text(PROJECT)
    (folder / "go.py").write_text(CODE)


def test_a_project_leads_to_its_models_and_each_of_its_runs_to_the_project(lab: Lab) -> None:
    # An underscore is a wildcard of the search: the other folder must not be found by it.
    for name in ("in_here", "in-here"):
        project(lab.root / name)
        assert uses(lab, uri=name)["runs"] == []
        asked = {"kind": "run", "env_manager": "local", "uri": name}
        job = lab.fetch("cellruns/projects/jobs", "POST", asked)
        path = f"cellruns/projects/jobs/{job['id']}"
        job = wait(lambda path=path: (j := lab.fetch(path))["ended"] and j, 150, 0.3)
        assert job["status"] == "finished", lab.fetch(f"{path}/log")["text"]
    run = job["items"][0]["run_id"]
    for address in ("in-here", str(lab.root / "in-here")):
        found = uses(lab, uri=address)
        assert (found["uri"], found["folder"]) == (str((lab.root / "in-here").resolve()), "in-here")
        assert [one["run_id"] for one in found["runs"]] == [run]
        [model] = found["runs"][0]["models"]
        assert lab.rows("SELECT source_run_id FROM logged_models WHERE model_id = ?", model) == [(run,)]
    # The run that the code made beside its own knows the job only.
    [(other,)] = lab.rows("SELECT run_uuid FROM tags WHERE key = 'cellruns.job' AND value = ? AND run_uuid != ?",
                          job["id"], run)
    assert "cellruns.project" not in lab.tags(other)
    assert uses(lab, job=job["id"])["folder"] == "in-here"
    assert uses(lab, job="0" * 32) == {"uri": None, "folder": None, "runs": [], "is_cut": False}


def test_a_run_of_plain_mlflow_leads_to_its_project(lab: Lab) -> None:
    tree = lab.root / "tree"
    project(tree / "inner")
    project(lab.root / "bare")
    git = ["git", "-C", str(tree), "-c", "user.name=t", "-c", "user.email=t@example.org"]
    subprocess.run([*git, "init", "-q"], check=True)
    subprocess.run([*git, "add", "."], check=True)
    subprocess.run([*git, "commit", "-q", "-m", "first"], check=True)
    keep = {k: v for k, v in os.environ.items() if not k.startswith("MLFLOW_")}
    env = {**keep, "MLFLOW_TRACKING_URI": f"sqlite:///{lab.root}/mlflow.db", "MLFLOW_DISABLE_TELEMETRY": "true",
           "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    for name in ("tree/inner", "bare"):
        before = {run for (run,) in lab.rows("SELECT run_uuid FROM runs")}
        # An experiment of its own: a client of the file does not reach artifacts that the server keeps.
        command = [sys.executable, "-m", "mlflow", "run", name, "--env-manager", "local", "--experiment-name", "plain"]
        done = subprocess.run(command, cwd=lab.root, env=env, capture_output=True, text=True, timeout=200, check=False)
        assert done.returncode == 0, done.stderr
        [(run, said)] = lab.rows("SELECT run_uuid, value FROM tags WHERE key = 'mlflow.source.name' AND run_uuid IN "
                                 "(SELECT run_uuid FROM tags WHERE key = 'mlflow.project.entryPoint') AND run_uuid "
                                 f"NOT IN ({','.join(repr(one) for one in before) or repr('')})")
        for address in (name, said):
            found = uses(lab, uri=address)
            assert found["folder"] == name
            assert [one["run_id"] for one in found["runs"]] == [run]
            assert len(found["runs"][0]["models"]) == 1
