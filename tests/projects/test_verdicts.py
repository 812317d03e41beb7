"""What a proof says of notebooks that ran in a real kernel, and where the verdict is kept."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ..lab import Lab, wait
from .test_jobs import ended, start


def ran(lab: Lab, name: str, cells: list[str], order: list[str | int]) -> str:
    """Write a notebook, run what `order` says (a cell by its place, or a text that is in no cell); id of its run."""
    nodes = [{"cell_type": "code", "id": f"c{i}", "metadata": {}, "source": source, "outputs": [],
              "execution_count": i + 1} for i, source in enumerate(cells)]
    content = {"cells": nodes, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    (lab.root / f"{name}.ipynb").write_text(json.dumps(content))
    known = {row for (row,) in lab.rows("SELECT run_uuid FROM runs")} if (lab.root / "mlflow.db").exists() else set()
    kernel = lab.notebook(f"{name}.ipynb").ready()
    try:
        for step in order:
            source, cell = (cells[step], f"c{step}") if isinstance(step, int) else (step, "gone")
            assert kernel.run(source, cell).status == "ok"
    finally:
        kernel.close()
    new = wait(lambda: [r for (r,) in lab.rows("SELECT run_uuid FROM runs WHERE status = 'FINISHED'") if r not in known])
    assert len(new) == 1
    return str(new[0])


def proven(lab: Lab, name: str, form: str = "notebook", manager: str = "local", **files: str) -> dict[str, Any]:
    """Export and prove; `files` are written into the export before."""
    written = lab.fetch("cellruns/projects/export", "POST", {"path": f"{name}.ipynb", "form": form, "kernel_name": "python3"})
    for file, text in files.items():
        (lab.root / written["folder"] / file.replace("_txt", ".txt")).write_text(text)
    body = {"kind": "proof", "uri": written["folder"], "notebook": f"{name}.ipynb", "env_manager": manager}
    job = ended(lab, start(lab, **body), 240)
    kept = json.loads((lab.root / written["folder"] / "cellruns-proof.json").read_text())
    assert kept == job["verdict"], "the verdict is kept with the export"
    return job


def assert_tagged(lab: Lab, job: dict[str, Any], notebook_run: str, outcome: str) -> str:
    """Both runs say the outcome and name each other; the id of the project's run."""
    [pair] = job["verdict"]["pairs"]
    assert pair["notebook"] == notebook_run
    assert pair["project"] == job["items"][0]["run_id"] != notebook_run
    for run, other in ((notebook_run, pair["project"]), (pair["project"], notebook_run)):
        tags = wait(lambda run=run: (t := lab.tags(run)).get("cellruns.proof.run") and t)
        assert tags, f"no tags on {run}"
        assert (tags["cellruns.proof"], tags["cellruns.proof.run"]) == (outcome, other)
    return str(pair["project"])


def test_within_tolerance(lab: Lab) -> None:
    cells = [
        "import mlflow, random, time", "scale = 2.0",
        "with mlflow.start_run():\n    mlflow.log_metric('loss', scale + 1e-6 * random.random())\n"
        "    mlflow.log_metric('exact', scale)\n    mlflow.log_metric('fit_seconds', time.perf_counter())",
    ]  # fmt: skip
    run = ran(lab, "within", cells, [0, 1, 2])
    job = proven(lab, "within")
    verdict = job["verdict"]
    assert (job["status"], verdict["outcome"]) == ("finished", "within"), job
    assert 0 < verdict["largest"] <= 1e-6
    assert verdict["compared"] == 2, "time does not count"
    assert [(d["key"], d["timing"]) for d in verdict["differences"]] == [("fit_seconds", True), ("loss", False)]
    assert verdict["sentence"].startswith("Within tolerance: 2 metrics")
    assert_tagged(lab, job, run, "within")


def test_different_says_which(lab: Lab) -> None:
    """A cell that was run twice: a fresh kernel runs it once."""
    cells = ["import mlflow", "total = 3.0", "total = total * 2",
             "with mlflow.start_run():\n    mlflow.log_metrics({'total': total, 'exact': 1.0})"]
    run = ran(lab, "twice", cells, [0, 1, 2, 2, 3])
    job = proven(lab, "twice")
    verdict = job["verdict"]
    assert verdict["outcome"] == "different", job
    assert verdict["sentence"] == "Different: total."
    assert [(d["key"], d["notebook"], d["project"]) for d in verdict["differences"]] == [("total", 12.0, 6.0)]
    assert_tagged(lab, job, run, "different")


@pytest.mark.parametrize(("form", "where"), [("notebook", "in cell 3"), ("script", "in line ")])
def test_failed_says_where(lab: Lab, form: str, where: str) -> None:
    """What a deleted cell defined is not there."""
    name = f"hidden_{form}"
    cells = ["import mlflow", "scale = 2", "with mlflow.start_run():\n    mlflow.log_metric('score', bonus * scale)"]
    run = ran(lab, name, cells, [0, 1, "bonus = 5", 2])
    job = proven(lab, name, form)
    verdict = job["verdict"]
    assert (job["status"], verdict["outcome"], verdict["step"]) == ("failed", "failed", "running")
    assert verdict["sentence"].startswith(f"The clean run failed while it ran, {where}"), verdict
    assert verdict["sentence"].endswith("NameError: name 'bonus' is not defined")
    assert (verdict["cell"], verdict["cell_id"]) == ((2, "c2") if form == "notebook" else (None, None))
    if form == "script":
        number = int(verdict["sentence"].split("in line ")[1].split()[0])
        assert "bonus" in (lab.root / f"{name}-project/{name}.py").read_text().splitlines()[number - 1]
    project = assert_tagged(lab, job, run, "failed")
    assert lab.rows("SELECT status FROM runs WHERE run_uuid = ?", project) == [("FAILED",)]


def test_failed_while_the_environment_was_made(lab: Lab) -> None:
    """MLflow has made the run by then, but has not told its id, and would leave it running."""
    pytest.importorskip("uv")
    run = ran(lab, "lonely", ["import mlflow", "with mlflow.start_run():\n    mlflow.log_metric('a', 1)"], [0, 1])
    job = proven(lab, "lonely", manager="uv", requirements_txt="mlflow==0.0.0.1\n")
    verdict = job["verdict"]
    assert (job["status"], verdict["outcome"], verdict["step"]) == ("failed", "failed", "environment")
    assert verdict["sentence"].startswith("The clean run failed while its environment was made"), verdict
    assert any("requirements.txt" in line for line in verdict["advice"])
    project = assert_tagged(lab, job, run, "failed")
    assert lab.rows("SELECT status FROM runs WHERE run_uuid = ?", project) == [("FAILED",)]
