"""Notebooks are exported and run by plain `mlflow run`; the metrics must be those of the notebook itself."""

from __future__ import annotations

import contextlib
import json
import os
import platform
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from mlflow import MlflowClient

from jupyterlab_cellruns.models.executable import Interpreter
from jupyterlab_cellruns.projects import lock
from jupyterlab_cellruns.projects.export import Export, Request, prepare
from jupyterlab_cellruns.projects.managers import path_with
from jupyterlab_cellruns.projects.plan import Options

from .styles import STYLES, Style

HERE = Interpreter(sys.executable)


def environment(store: Path, **more: str) -> dict[str, str]:
    keep = {k: v for k, v in os.environ.items() if not k.startswith(("MLFLOW_", "CELLRUNS_", "JPY_", "PYTHONPATH"))}
    return {**keep, "MLFLOW_TRACKING_URI": f"sqlite:///{store}", "MLFLOW_DISABLE_TELEMETRY": "true", "PATH": path_with(),
            "PYTHONWARNINGS": "ignore", "PYDEVD_DISABLE_FILE_VALIDATION": "1", **more}


SHELL = """
import json, sys
from IPython.core.interactiveshell import InteractiveShell
class Shell(InteractiveShell):
    def enable_gui(self, gui=None):
        pass
shell = Shell.instance()
for cell in json.load(open(sys.argv[1]))["cells"]:
    if cell["cell_type"] == "code":
        shell.run_cell("".join(cell["source"])).raise_error()
"""


def execute(notebook: Path, store: Path) -> None:
    """Run the cells of a notebook by IPython from top to bottom, in its folder."""
    done = subprocess.run([sys.executable, "-c", SHELL, str(notebook)], cwd=notebook.parent, env=environment(store),
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-3000:]


@pytest.fixture(scope="module")
def empty_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with no runs: made once, because MLflow takes seconds for it."""
    path = tmp_path_factory.mktemp("store") / "mlflow.db"
    code = "import mlflow; mlflow.search_experiments()"
    subprocess.run([sys.executable, "-c", code], env=environment(path), check=True, capture_output=True)
    return path


@pytest.fixture
def stores(empty_store: Path, tmp_path: Path) -> tuple[Path, Path]:
    """One store for the project's runs and one for the notebook's."""
    pair = tmp_path / "project.db", tmp_path / "notebook.db"
    for path in pair:
        shutil.copy(empty_store, path)
    return pair


def mlflow_run(project: Path, store: Path, cwd: Path, parameters: dict[str, str], manager: str = "local",
               **env: str) -> str:
    words = [sys.executable, "-m", "mlflow", "run", str(project), "--env-manager", manager]
    for key, value in parameters.items():
        words += ["-P", f"{key}={value}"]
    done = subprocess.run(words, cwd=cwd, env=environment(store, **env), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    return done.stdout + done.stderr


def histories(store: Path) -> list[dict[str, list[tuple[int, float]]]]:
    """Metrics of all runs, oldest first, each as (step, value)."""
    connection = sqlite3.connect(store)
    try:
        runs = connection.execute("SELECT run_uuid, status FROM runs ORDER BY start_time, rowid").fetchall()
        assert {status for _, status in runs} == {"FINISHED"}
        found = []
        for run, _ in runs:
            metrics: dict[str, list[tuple[int, float]]] = {}
            for key, step, value in connection.execute(
                "SELECT key, step, value FROM metrics WHERE run_uuid=? ORDER BY key, step, timestamp", (run,)
            ):
                metrics.setdefault(key, []).append((step, value))
            found.append(metrics)
        return found
    finally:
        connection.close()


def exported(style: Style, folder: Path, **options: Any) -> Export:
    export = prepare(Request(
        style.build(folder / "nb"), folder / "project", Options(form=style.form, **options), interpreter=HERE,
    ))
    assert not export.plan.errors, [f.text() for f in export.plan.errors]
    return export


@pytest.mark.parametrize("style", STYLES, ids=lambda s: s.name)
def test_export_runs_by_plain_mlflow_and_gives_the_same(style: Style, tmp_path: Path, stores: tuple[Path, Path]) -> None:
    export = exported(style, tmp_path)
    original = export.request.notebook.read_bytes()
    export.write()
    assert export.request.notebook.read_bytes() == original
    assert {p.name: str(p.default) for p in export.plan.parameters} == style.parameters
    names = [line.split("==")[0] for line in (tmp_path / "project/requirements.txt").read_text().splitlines()]
    assert set(style.requirements) <= set(names)
    assert set(style.codes) <= {f.code for f in export.plan.findings}

    work = tmp_path / "empty"
    work.mkdir()
    mlflow_run(tmp_path / "project", stores[0], work, style.changed)
    assert {p.name for p in work.iterdir()} <= {"mlruns"}, "nothing of the project in the folder it was started from"
    by_hand = style.build(tmp_path / "by-hand", style.changed)
    execute(by_hand, stores[1])
    assert histories(stores[0]) == histories(stores[1])


def test_export_runs_in_a_new_environment(tmp_path: Path, stores: tuple[Path, Path]) -> None:
    """Nothing of this environment is used: the packages come from requirements.txt."""
    pytest.importorskip("uv")
    style = next(s for s in STYLES if s.name == "data_file")
    exported(style, tmp_path).write()
    work = tmp_path / "empty"
    work.mkdir()
    said = mlflow_run(tmp_path / "project", stores[0], work, {}, "uv", MLFLOW_ENV_ROOT=str(tmp_path / "envs"))
    assert str(tmp_path / "envs") in said
    execute(style.build(tmp_path / "again"), stores[1])
    assert histories(stores[0]) == histories(stores[1])


def test_export_runs_from_its_lock(tmp_path: Path, stores: tuple[Path, Path]) -> None:
    """`uv.lock` and `pyproject.toml` beside the MLproject: MLflow restores the lock, not requirements.txt."""
    pytest.importorskip("uv")
    style = next(s for s in STYLES if s.name == "data_file")
    export = exported(style, tmp_path, environment="uv")
    project = tmp_path / "project"
    export.write()
    text = (project / "uv.lock").read_text()
    for line in (project / "requirements.txt").read_text().splitlines():
        name, version = line.split("==")
        assert f'name = "{name}"\nversion = "{version}"' in text
    assert {f.path for f in prepare(export.request).plan.files} == {f.path for f in export.plan.files}
    work = tmp_path / "empty"
    work.mkdir()
    said = mlflow_run(project, stores[0], work, style.changed, "uv", MLFLOW_ENV_ROOT=str(tmp_path / "envs"))
    assert "restoring environment with uv sync" in said
    execute(style.build(tmp_path / "again", style.changed), stores[1])
    assert histories(stores[0]) == histories(stores[1])


def test_what_cannot_be_locked_is_said() -> None:
    texts, found = lock.files("x", "3.11.7", ["no-such-package-of-cellruns==1"])
    assert (texts, [f.code for f in found]) == ({}, ["lock_failed"])
    assert "no-such-package-of-cellruns" in found[0].message
    texts, found = lock.files("x", "3.11.7", ["-r other.txt"])
    assert (texts, [f.code for f in found]) == ({}, ["lock_line"])


def test_export_runs_in_a_new_virtualenv(tmp_path: Path, stores: tuple[Path, Path]) -> None:
    """By pyenv and pip, where pyenv has the Python of this environment; MLflow would compile it for minutes else."""
    pyenv = shutil.which("pyenv")
    root = subprocess.run([pyenv, "root"], capture_output=True, text=True, check=True).stdout.strip() if pyenv else ""
    if not (pyenv and (Path(root) / "versions" / platform.python_version()).exists()):
        pytest.skip(f"pyenv has no Python {platform.python_version()}")
    style = next(s for s in STYLES if s.name == "data_file")
    exported(style, tmp_path).write()
    work = tmp_path / "empty"
    work.mkdir()
    said = mlflow_run(
        tmp_path / "project", stores[0], work, style.changed, "virtualenv", MLFLOW_ENV_ROOT=str(tmp_path / "envs"),
    )
    assert str(tmp_path / "envs") in said
    execute(style.build(tmp_path / "again", style.changed), stores[1])
    assert histories(stores[0]) == histories(stores[1])


def tags(store: Path, run: str) -> dict[str, str]:
    with contextlib.closing(sqlite3.connect(store)) as connection:
        return dict(connection.execute("SELECT key, value FROM tags WHERE run_uuid = ?", (run,)))


def test_proofs_in_a_terminal(tmp_path: Path, stores: tuple[Path, Path]) -> None:
    """Exit codes and tags: the same, then another default, then a line that fails.

    The notebook's experiment is one that a server has made, as that of JupyterLab does: its artifacts need a server.
    """
    store, project = stores[0], tmp_path / "project"
    style = Style("job", ["import mlflow\nsize = 2", "with mlflow.start_run():\n    mlflow.log_metric('size', size)\n"
                          "    mlflow.log_text('of the project', 'note.txt')"], "script", {}, {})
    exported(style, tmp_path).write()
    client = MlflowClient(f"sqlite:///{store}")
    experiment = client.create_experiment("job.ipynb", "mlflow-artifacts:/job")
    notebook = client.create_run(experiment).info.run_id
    client.log_metric(notebook, "size", 2)
    client.set_terminated(notebook)
    words = [sys.executable, "-m", "jupyterlab_cellruns.projects", "prove", "project", "--env-manager", "local",
             "--baseline", notebook, "--tracking-uri", f"sqlite:///{store}"]
    env = {**environment(store), "PYTHONPATH": str(Path(__file__).parents[2])}

    def prove(code: int, outcome: str) -> str:
        done = subprocess.run(words, cwd=tmp_path, env=env, capture_output=True, text=True, check=False)
        assert done.returncode == code, done.stdout + done.stderr
        kept = json.loads((project / "cellruns-proof.json").read_text())
        assert kept["outcome"] == outcome
        assert kept["sentence"] in done.stdout
        [pair] = kept["pairs"]
        assert pair["notebook"] == notebook
        for run, other in ((notebook, pair["project"]), (pair["project"], notebook)):
            found = tags(store, run)
            assert (found["cellruns.proof"], found["cellruns.proof.run"]) == (outcome, other)
        return str(kept["sentence"])

    assert prove(0, "same") == "The same: the one metric is equal."
    [note] = (tmp_path / "mlartifacts/job").glob("*/artifacts/note.txt")
    assert note.read_text() == "of the project"
    entry = project / "MLproject"
    entry.write_text(entry.read_text().replace("default: 2", "default: 3"))
    assert prove(3, "different") == "Different: size."
    script = project / "job.py"
    lines = script.read_text().splitlines()
    script.write_text("\n".join([*lines, "1 / 0", ""]))
    assert f"in line {len(lines) + 1} of job.py: ZeroDivisionError" in prove(4, "failed")
