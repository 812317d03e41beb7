"""What an export writes and refuses, and the command line with its exit codes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from nbformat import read

from jupyterlab_cellruns.models.executable import Interpreter
from jupyterlab_cellruns.projects import proof
from jupyterlab_cellruns.projects.export import Export, Request, prepare
from jupyterlab_cellruns.projects.plan import Options
from jupyterlab_cellruns.projects.progress import Progress, advice
from jupyterlab_cellruns.projects.proof import RunValues
from jupyterlab_cellruns.projects.writer import Exists

from .styles import Style
from .test_order import build

ROOT = Path(__file__).parents[2]


def exported(folder: Path, *cells: str, target: str = "out", **options: object) -> Export:
    path = build(folder, *cells)
    return prepare(Request(path, folder / target, Options(**options), interpreter=Interpreter(sys.executable)))  # type: ignore[arg-type]


def text_of(export: Export, path: str) -> str:
    return next(str(f.text) for f in export.plan.files if f.path == path)


def cellruns(*words: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    env = {k: v for k, v in os.environ.items() if not k.startswith("MLFLOW_")}
    command = [sys.executable, "-m", "jupyterlab_cellruns.projects", *map(str, words)]
    return subprocess.run(command, cwd=cwd, env={**env, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False)


def test_nothing_is_replaced_without_being_asked_for(tmp_path: Path) -> None:
    export = exported(tmp_path, "import json\nn = 3\nprint(n)")
    (tmp_path / "out").mkdir()
    (tmp_path / "out/README.md").write_text("mine")
    with pytest.raises(Exists) as caught:
        export.write()
    assert caught.value.paths == ["README.md"]
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == ["README.md"]
    export.write(overwrite=True)
    assert (tmp_path / "out/README.md").read_text() != "mine"
    again = exported(tmp_path, "import json\nn = 3\nprint(n)")
    assert again.existing() == [], "the same export again changes nothing"
    again.write()


@pytest.mark.parametrize("form", ["notebook", "script"])
def test_the_notebooks_own_folder(tmp_path: Path, form: str) -> None:
    export = exported(tmp_path, "n = 3\nprint(n)", target=".", form=form)
    original = (tmp_path / "n.ipynb").read_bytes()
    export.write()
    assert (tmp_path / "n.ipynb").read_bytes() == original
    assert (tmp_path / ("n.project.ipynb" if form == "notebook" else "n.py")).exists()


def test_secrets_do_not_leave(tmp_path: Path) -> None:
    token = "ghp_" + "a1B2" * 9
    for form in ("notebook", "script"):
        export = exported(tmp_path, f"token = '{token}'\nn = 3", "print(token, n)", form=form)
        assert [f.code for f in export.plan.errors] == ["secret"]
        assert all(token not in str(f.text) for f in export.plan.files)


def test_parameters_by_name(tmp_path: Path) -> None:
    cells = ("a = 1\nb = [1, 2]\nc = 'x'\n_d = 4\ne = 5", "print(a, b, c, _d)")
    export = exported(tmp_path, *cells)
    assert [p.name for p in export.plan.parameters] == ["a", "c"]
    assert [p.name for p in export.analysis.parameters] == ["a", "b", "c"], "e is read nowhere"
    export = exported(tmp_path, *cells, parameters=("b",))
    spec = yaml.safe_load(text_of(export, "MLproject"))["entry_points"]["main"]["parameters"]
    assert spec == {"b": {"type": "string", "default": "[1, 2]"}}
    with pytest.raises(ValueError, match="no such parameter: e"):
        exported(tmp_path, *cells, parameters=("e",))


def test_what_mlflow_would_refuse_is_not_proposed(tmp_path: Path) -> None:
    export = exported(
        tmp_path, "import mlflow\nname = 'two words'\nepochs = 3\nrate = 0.1\nwhere = 'x'",
        "mlflow.set_experiment(where)\nmlflow.log_params({'name': name, 'epochs': epochs * 2, 'rate': rate})",
    )
    assert [p.name for p in export.plan.parameters] == ["rate"]
    notes = {p.name: p.note for p in export.analysis.parameters}
    assert "quotes" in notes["name"] and "another value" in notes["epochs"] and "experiment" in notes["where"]


def test_environment(tmp_path: Path) -> None:
    (tmp_path / "beside.py").write_text("import yaml\n")
    export = exported(
        tmp_path, "import json, numpy.linalg, sklearn, beside\ntry:\n    import not_there\nexcept ImportError:\n    pass",
        "import surely_missing", form="script",
    )
    lines = text_of(export, "requirements.txt").split()
    assert [line.split("==")[0].lower() for line in lines] == ["mlflow", "numpy", "pyyaml", "scikit-learn"]
    assert all("==" in line for line in lines)
    assert [(f.code, f.cell) for f in export.plan.errors] == [("unknown_import", 1)]
    env = yaml.safe_load(text_of(export, "python_env.yaml"))
    assert env["python"] == ".".join(map(str, sys.version_info[:3]))
    conda = yaml.safe_load(text_of(exported(tmp_path, "import numpy", environment="conda"), "conda.yaml"))
    assert conda["dependencies"][0] == f"python={env['python']}"


def test_files(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    for name in ("a.csv", "b.csv", "c.csv"):
        (tmp_path / "data" / name).write_text("1")
    (tmp_path / "big.csv").write_bytes(b"1" * 2000)
    (tmp_path / ".env").write_text("KEY=1")
    export = prepare(Request(
        build(tmp_path, "from pathlib import Path\nD = Path('data')\nopen(D / 'a.csv')\nopen('big.csv')\nopen('.env')",
              "'data/b.csv'\nprint('data')\nopen('out.csv', 'w')\nopen('out.csv')"),
        tmp_path / "out", interpreter=Interpreter(sys.executable), max_file=1000,
    ))
    copied = [f.path for f in export.plan.files if f.copy_of]
    assert copied == ["data/a.csv"]
    assert {f.code for f in export.plan.findings} >= {"data_large", "secret_file"}
    assert not export.plan.errors


def test_the_script_form_says_what_it_cannot_carry(tmp_path: Path) -> None:
    cells = ("%load_ext something\n%%unknown x" if False else "%store x", "await thing()", "get_ipython().run_cell('1')")
    script = exported(tmp_path, "thing = x = print", *cells, form="script")
    assert {f.code for f in script.plan.errors} == {"magic_unsupported", "await", "get_ipython"}
    book = exported(tmp_path, "thing = x = print", *cells)
    assert not book.plan.errors
    assert "%store x" in text_of(book, "n.ipynb")


def test_a_script_refuses_what_is_no_number(tmp_path: Path) -> None:
    export = exported(tmp_path, "n = 3\nflag = True", "print(n + 1, flag)", form="script")
    export.write()

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([sys.executable, "n.py", *words], cwd=tmp_path / "out", capture_output=True, text=True, check=False)

    assert run("--n=4", "--flag=false").stdout == "5 False\n"
    assert "invalid int value" in run("--n=x").stderr
    assert run("--other=1").returncode == 2
    assert "(default" not in run("--help").stderr


def test_command_line(tmp_path: Path) -> None:
    style = Style("job", ["import mlflow\nsize = 2", "mlflow.log_metric('size', size)"], "script", {}, {})
    path = style.build(tmp_path)
    words = ("export", path.name, "out", "--form", "script", "--python", sys.executable)
    assert cellruns(*words, "--dry-run", cwd=tmp_path).returncode == 0
    assert not (tmp_path / "out").exists()
    done = cellruns(*words, "--prove", "--env-manager", "local", cwd=tmp_path)
    assert done.returncode == 0, done.stderr + done.stdout
    assert "parameter size: int = 2" in done.stdout
    assert "no run of the notebook" in done.stdout
    kept = json.loads((tmp_path / "out/cellruns-proof.json").read_text())
    assert kept["outcome"] == "ran"
    (tmp_path / "out/MLproject").write_text("mine")
    done = cellruns(*words, cwd=tmp_path)
    assert done.returncode == 1 and "MLproject" in done.stderr and "--overwrite" in done.stderr
    done = cellruns("run", "out", "-P", "size", cwd=tmp_path)
    assert done.returncode == 2
    broken = build(tmp_path, "print(gone)")
    done = cellruns("export", broken, "other", "--python", sys.executable, cwd=tmp_path)
    assert done.returncode == 1 and "cell 1, line 1" in done.stderr
    assert not (tmp_path / "other").exists()
    for wrong in (("export", "nothing.ipynb", "x"), ("export", "out/MLproject", "x", "--python", sys.executable)):
        done = cellruns(*wrong, cwd=tmp_path)
        assert done.returncode == 1 and "Traceback" not in done.stderr


def test_verdicts() -> None:
    def verdict(a: dict[str, float], b: dict[str, float]) -> proof.Verdict:
        return proof.compare([RunValues("a", "a", a)], [RunValues("b", "b", b)], "uv")

    assert verdict({"x": 1, "nan": float("nan")}, {"x": 1, "nan": float("nan")}).outcome == "same"
    assert verdict({"x": 1}, {"x": 1.0005}).outcome == "within"
    assert verdict({"x": 1}, {"x": 1.1}).outcome == "different"
    assert verdict({"x": 1}, {}).outcome == "different"
    assert verdict({"x": 1, "fit_seconds": 3}, {"x": 1, "fit_seconds": 4}).outcome == "same"
    assert verdict({"x": 1, "step": 3}, {"x": 1, "step": 4}).outcome == "different"
    assert verdict({}, {}).sentence == "It ran clean. Neither run has metrics to compare."
    many = [RunValues(str(i), "", {"x": float(i)}) for i in range(5)]
    assert proof.compare(many, many[-2:], "uv").pairs == [("3", "3"), ("4", "4")]
    assert proof.compare(many[:1], many[:2], "uv").outcome == "different"
    assert proof.compare([], many, "uv").outcome == "ran"


def test_progress_and_advice() -> None:
    progress = Progress()
    progress.feed("\x1b[32m2026 INFO mlflow.projects.backend.local: === Running command 'a 'b'' in run with ID 'abc1' === ")
    progress.feed("Executing:  57%|█████▋    | 4/7 [00:01<00:00,  2.91cell/s]")
    assert (progress.step, progress.run_id, progress.fraction) == ("running", "abc1", 4 / 7)
    assert "requirements.txt" in advice(["ModuleNotFoundError: No module named 'x'"])[0]
    assert advice(["nothing that is known"]) == []


def test_the_notebook_form_is_a_valid_notebook(tmp_path: Path) -> None:
    export = exported(tmp_path, "n = 3", "print(n)")
    export.write()
    book = read(tmp_path / "out/n.ipynb", 4)
    assert book.cells[0].metadata.tags == ["parameters"]
    assert [cell.outputs for cell in book.cells] == [[], [], []]
