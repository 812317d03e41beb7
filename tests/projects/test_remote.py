"""A project from a local Git repository at a tag, run by the server and logged to a remote MLflow server."""

from __future__ import annotations

import os
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from ..lab import Lab, free_port, wait
from .test_jobs import CODE, PROJECT, ended, start


@pytest.fixture
def remote(tmp_path: Path) -> Iterator[str]:
    port = free_port()
    command = [
        sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1",
        "--backend-store-uri", f"sqlite:///{tmp_path}/remote.db", "--artifacts-destination", str(tmp_path / "remote"),
    ]  # fmt: skip
    env = {**os.environ, "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false", "MLFLOW_DISABLE_TELEMETRY": "true"}

    def answers() -> bool:
        try:
            return bool(urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5).read())
        except (urllib.error.URLError, OSError):
            return False

    with (tmp_path / "remote.log").open("wb") as log:
        child = subprocess.Popen(command, env=env, cwd=tmp_path, stdout=log, stderr=log, start_new_session=True)
    try:
        assert wait(answers, 120), (tmp_path / "remote.log").read_text()
        yield f"http://127.0.0.1:{port}"
    finally:
        os.killpg(child.pid, 15)
        child.wait(30)


def test_git_at_a_tag_to_a_remote_server(remote: str, tmp_path: Path) -> None:
    repo = tmp_path / "repo"
    repo.mkdir()
    (repo / "MLproject").write_text(PROJECT)
    (repo / "go.py").write_text(CODE)
    for words in (("init", "-q"), ("add", "."), ("commit", "-qm", "first"), ("tag", "v1")):
        command = ["git", "-C", str(repo), "-c", "user.name=a", "-c", "user.email=a@b.c", *words]
        subprocess.run(command, check=True, capture_output=True)
    with Lab(tmp_path / "lab", env={"MLFLOW_TRACKING_URI": remote}) as lab:
        job = ended(lab, start(lab, uri=f"file://{repo}", version="v1", parameters={"size": "9"}, experiment="far"))
        assert job["status"] == "finished", job
        run = lab.fetch(f"cellruns/runs/{job['items'][0]['run_id']}")
        assert run["run"]["experiment_name"] == "far"
        assert run["run"]["status"] == "FINISHED"
        assert run["params"] == {"size": "9", "mode": "quick"}
        assert run["tags"]["cellruns.job"] == job["id"]
        assert not (lab.root / "mlflow.db").exists(), "the remote server has it"
