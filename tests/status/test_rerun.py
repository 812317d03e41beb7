"""What a re-run of the same cell does is a setting: a new run, one nested under the cell's first run, or resume."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from ..lab import Kernel, Lab, wait
from .test_cells import kernel_of, statuses

Choose = Callable[[str | None], None]

LOOP = """
ids = []
for lr in (0.1, 0.2):
    with mlflow.start_run(run_name=f"lr {lr}") as run:
        mlflow.log_param("lr", lr)
        mlflow.log_metric("loss", number, step=number)
        with mlflow.start_run(nested=True) as child: pass
    ids += [run.info.run_id, child.info.run_id]
print(*ids)
"""


@pytest.fixture
def rerun(lab: Lab) -> Iterator[Choose]:
    def choose(choice: str | None) -> None:
        settings = {"enabled": True, "experiment_mode": "notebook", "experiment_name": "", "rerun": choice}
        assert lab.fetch("cellruns/settings", "PUT", settings)["rerun"] == (choice or "new")

    yield choose
    choose(None)


def runs(kernel: Kernel, cell_id: str, number: int, code: str = LOOP) -> list[str]:
    reply = kernel.run(f"number = {number}\n{code}", cell_id)
    assert reply.status == "ok", reply.error
    return reply.text.split()


def parent(lab: Lab, run: str) -> str | None:
    return lab.tags(run).get("mlflow.parentRunId")


def test_new_runs_by_default(lab: Lab) -> None:
    kernel = kernel_of(lab, "new")
    first, second = runs(kernel, "c", 1), runs(kernel, "c", 2)
    assert len({*first, *second}) == 8
    assert [parent(lab, r) for r in (first[0], second[0])] == [None, None]


def test_nested_under_one_parent_also_after_a_restart_and_a_rename(lab: Lab, rerun: Choose) -> None:
    rerun("nested")
    kernel = kernel_of(lab, "nested")
    first, other = runs(kernel, "c", 1), runs(kernel, "another", 1)
    second, third = runs(kernel, "c", 2), runs(kernel, "c", 3)
    assert [parent(lab, r) for r in (first[0], first[2], other[0])] == [None, None, None]
    # Place for place: the second run of the loop goes under the second of the first time.
    for later in (second, third):
        assert [parent(lab, r) for r in (later[0], later[2])] == [first[0], first[2]]
        assert [parent(lab, r) for r in (later[1], later[3])] == [later[0], later[2]]
    lab.fetch(f"api/kernels/{kernel.id}/restart", "POST", {})
    kernel.ready().run("import mlflow")
    assert parent(lab, runs(kernel, "c", 4)[0]) == first[0]
    lab.fetch("api/contents/nested.ipynb", "PATCH", {"path": "renamed.ipynb"})
    lab.fetch(f"api/sessions/{kernel.session_id}", "PATCH", {"path": "renamed.ipynb", "name": "renamed.ipynb"})
    assert wait(lambda: lab.rows("SELECT 1 FROM experiment_tags WHERE value='renamed.ipynb'"))
    renamed = runs(kernel, "c", 5)
    assert lab.tags(renamed[0])["cellruns.notebook"] == "renamed.ipynb"
    assert parent(lab, renamed[0]) == first[0]
    made = kernel.run(
        "from mlflow import MlflowClient\nprint(MlflowClient().create_run(run.info.experiment_id).info.run_id)", "c"
    ).text.strip()
    assert parent(lab, made) == first[0]


def test_resume_goes_on_with_the_same_runs(lab: Lab, rerun: Choose) -> None:
    rerun("resume")
    kernel = kernel_of(lab, "resume")
    first = runs(kernel, "c", 1)
    second = runs(kernel, "c", 2)
    assert [second[0], second[2]] == [first[0], first[2]]
    lab.fetch(f"api/kernels/{kernel.id}/restart", "POST", {})
    kernel.ready().run("import mlflow")
    third = runs(kernel, "c", 3)
    assert third[0] == first[0]
    history = lab.rows("SELECT step, value FROM metrics WHERE run_uuid=? ORDER BY step", first[0])
    assert history == [(1, 1.0), (2, 2.0), (3, 3.0)]
    assert statuses(lab, first[0]) == ["FINISHED"]
    # A cell that leaves its run open gets it back, and another cell still hears of it from MLflow.
    opened = runs(kernel, "open", 1, "print(mlflow.start_run().info.run_id)")
    assert runs(kernel, "open", 2, "print(mlflow.start_run().info.run_id)") == opened
    assert "already active" in kernel.run("mlflow.start_run()", "c").error
    kernel.run("mlflow.end_run()")
    # What the code says wins, and so does another experiment.
    named = runs(kernel, "c", 9, f"with mlflow.start_run(run_id='{opened[0]}') as r: print(r.info.run_id)")
    assert named == opened
    kernel.run("mlflow.set_experiment('elsewhere')")
    assert runs(kernel, "c", 4)[0] not in (first[0], second[0])


def test_a_run_that_goes_on_in_another_process_is_not_resumed(lab: Lab, rerun: Choose) -> None:
    rerun("resume")
    kernel = kernel_of(lab, "shared")
    going = runs(kernel, "c", 1, "print(mlflow.start_run().info.run_id)")
    second = Kernel(lab, lab.fetch("api/kernels", "POST", {"name": "python3", "path": "shared.ipynb"})["id"], None).ready()
    path = lab.root / "shared.ipynb"
    second.run(f"import os, mlflow; os.environ['JPY_SESSION_NAME'] = {str(path)!r}")
    other = runs(second, "c", 1, "with mlflow.start_run() as r: print(r.info.run_id)")
    assert other != going
    assert lab.tags(other[0])["cellruns.notebook"] == lab.tags(going[0])["cellruns.notebook"]
    assert statuses(lab, *going, *other) == ["RUNNING", "FINISHED"]


def test_the_administrators_choice_counts_until_the_user_makes_one(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> None:
    with Lab(tmp_path_factory.mktemp("admin"), "--CellrunsApp.rerun=nested") as own:
        assert own.fetch("cellruns/settings")["rerun"] == "nested"
        settings = {"enabled": True, "experiment_mode": "notebook", "experiment_name": "", "rerun": None}
        assert own.fetch("cellruns/settings", "PUT", settings)["rerun"] == "nested"
        assert own.fetch("cellruns/settings", "PUT", {**settings, "rerun": "new"})["rerun"] == "new"
