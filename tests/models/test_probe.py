"""The probe on real interpreters."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import shutil
import stat
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from jupyterlab_cellruns.models.executable import Interpreter, NoPython, of_kernel, of_spec, python_of
from jupyterlab_cellruns.models.probe import Prober, read_answer


async def test_lists_this_environment_without_importing_it() -> None:
    start = time.monotonic()
    environment = await Prober().environment(Interpreter(sys.executable))
    assert time.monotonic() - start < 5
    assert environment.python == platform.python_version()
    for name in ("jupyter_server", "scikit-learn", "mlflow", "PyYAML"):
        key = name.lower().replace("_", "-")
        assert environment.packages[key] == importlib.metadata.version(name)


async def test_does_not_run_what_lies_in_the_working_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "json.py").write_text("raise SystemExit('ran')")
    monkeypatch.chdir(tmp_path)
    environment = await Prober().environment(Interpreter(sys.executable))
    assert environment.packages


async def test_sees_pythonpath_of_the_kernelspec_and_old_formats(tmp_path: Path) -> None:
    (tmp_path / "mine-1.2.dist-info").mkdir()
    (tmp_path / "mine-1.2.dist-info" / "METADATA").write_text("Name: mine\nVersion: 1.2\n")
    (tmp_path / "older.egg-info").write_text("Metadata-Version: 1.0\nName: Older.Thing\nVersion: 0.3\n\nName: no\n")
    (tmp_path / "ruin-1.dist-info").mkdir()
    interpreter = Interpreter(sys.executable, (("PYTHONPATH", str(tmp_path)),))
    packages = (await Prober().environment(interpreter)).packages
    assert packages["mine"] == "1.2"
    assert packages["older-thing"] == "0.3"
    assert "ruin" not in packages


async def test_keeps_an_answer_until_asked_afresh(tmp_path: Path) -> None:
    prober = Prober()
    interpreter = Interpreter(sys.executable, (("PYTHONPATH", str(tmp_path)),))
    before = await prober.environment(interpreter)
    (tmp_path / "late-1.dist-info").mkdir()
    (tmp_path / "late-1.dist-info" / "METADATA").write_text("Name: late\nVersion: 1\n")
    assert await prober.environment(interpreter) is before
    assert "late" in (await prober.environment(interpreter, fresh=True)).packages


async def test_says_why_nothing_can_be_told(tmp_path: Path) -> None:
    with pytest.raises(NoPython, match="cannot be started"):
        await Prober().environment(Interpreter(str(tmp_path / "python")))
    if os.name == "posix":
        broken = tmp_path / "python3"
        broken.write_text("#!/bin/sh\necho no home >&2\nexit 3\n")
        broken.chmod(broken.stat().st_mode | stat.S_IXUSR)
        with pytest.raises(NoPython, match="no home"):
            await Prober().environment(Interpreter(str(broken)))
    for answer in (b"", b"hello", b"[]", b"{}", b'{"python": 1, "packages": 3}'):
        with pytest.raises(NoPython, match="can be read"):
            read_answer(answer)


def test_finds_python_behind_wrappers() -> None:
    assert python_of(["/opt/env/bin/python3.11", "-m", "ipykernel_launcher"]) == "/opt/env/bin/python3.11"
    assert python_of(["env", "A=b", "/x/python", "-m", "ipykernel"]) == "/x/python"
    assert python_of([r"python.exe", "-m", "x"]) == "python.exe"
    assert python_of(["R", "--slave", "-e", "IRkernel::main()"]) is None
    assert python_of([]) is None


def spec(language: str, argv: list[str]) -> SimpleNamespace:
    return SimpleNamespace(language=language, argv=argv, env={"A": "1"}, display_name="Mine")


def manager_of(language: str, argv: list[str], process: object) -> SimpleNamespace:
    kernel = SimpleNamespace(kernel_spec=spec(language, argv), provisioner=SimpleNamespace(process=process))

    def get_kernel(kernel_id: str) -> SimpleNamespace:
        return {"k": kernel}[kernel_id]

    def get_kernel_spec(name: str) -> SimpleNamespace:
        return {"mine": kernel.kernel_spec}[name]

    return SimpleNamespace(get_kernel=get_kernel, kernel_spec_manager=SimpleNamespace(get_kernel_spec=get_kernel_spec))


def test_takes_the_command_line_of_a_running_kernel() -> None:
    process = SimpleNamespace(args=["/env/bin/python", "-m", "ipykernel_launcher"])
    manager = manager_of("python", ["python3", "-m", "ipykernel_launcher"], process)
    assert of_kernel(manager, "k") == Interpreter("/env/bin/python", (("A", "1"),))
    assert of_spec(manager, "mine").executable == sys.executable


def test_says_why_a_kernel_has_no_python() -> None:
    with pytest.raises(NoPython, match="not running"):
        of_kernel(manager_of("python", ["python3"], None), "gone")
    with pytest.raises(NoPython, match="runs R"):
        of_kernel(manager_of("R", ["R"], None), "k")
    with pytest.raises(NoPython, match="another machine"):
        of_kernel(manager_of("python", ["python3"], None), "k")
    with pytest.raises(NoPython, match="by “conda”"):
        of_spec(manager_of("python", ["conda", "run", "-n", "x", "ipykernel"], None), "mine")
    with pytest.raises(NoPython, match="no kernelspec"):
        of_spec(manager_of("python", ["python3"], None), "other")


@pytest.mark.parametrize("version", ["3.6", "3.8", "3.10", "3.12", "3.13"])
async def test_runs_on_other_pythons(version: str) -> None:
    pyenv = sorted(Path.home().glob(f".pyenv/versions/{version}.*/bin/python"))
    found = str(pyenv[0]) if pyenv else shutil.which(f"python{version}")
    if found is None:
        pytest.skip(f"no Python {version} here")
    environment = await Prober().environment(Interpreter(found))
    assert environment.python.startswith(f"{version}.")
    assert environment.packages["pip"]
