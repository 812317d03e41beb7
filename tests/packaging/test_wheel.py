"""The wheel as a user gets it: complete, without Node, switched on by its installation alone."""

from __future__ import annotations

import json
import os
import re
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ..command import ROOT, call
from ..lab import Lab

VERSION = json.loads((ROOT / "package.json").read_text())["version"]
SHARE = f"jupyterlab_cellruns-{VERSION}.data/data/share/jupyter/labextensions/jupyterlab-cellruns"
pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="module")
def names(distributions: tuple[Path, Path]) -> set[str]:
    with zipfile.ZipFile(distributions[1]) as wheel:
        return set(wheel.namelist())


@pytest.fixture(scope="module")
def running(installed: Path, workshop: Path) -> Iterator[Lab]:
    # Nothing of this checkout may help: the server is switched on by what the wheel installed.
    env = {"PYTHONPATH": "", "PYTHONNOUSERSITE": "1"}
    with Lab(workshop / "lab", env=env, command=(installed, "-m", "jupyterlab")) as server:
        yield server


def test_wheel_holds_all_parts(names: set[str]) -> None:
    tree = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "jupyterlab_cellruns").rglob("*.py")
        if "labextension" not in path.parts
    }
    assert tree <= names
    assert "jupyterlab_cellruns/py.typed" in names
    assert f"{SHARE}/package.json" in names
    assert f"{SHARE}/install.json" in names
    assert any(re.fullmatch(rf"{re.escape(SHARE)}/static/remoteEntry\..+\.js", name) for name in names)
    settings = {path.name for path in (ROOT / "schema").glob("*.json")}
    assert {Path(name).name for name in names if name.startswith(f"{SHARE}/schemas/")} >= settings
    config = f"jupyterlab_cellruns-{VERSION}.data/data/etc/jupyter/jupyter_server_config.d/jupyterlab_cellruns.json"
    assert config in names


def test_wheel_holds_nothing_else(names: set[str]) -> None:
    tops = {name.split("/", 1)[0] for name in names}
    assert tops == {
        "jupyterlab_cellruns",
        f"jupyterlab_cellruns-{VERSION}.data",
        f"jupyterlab_cellruns-{VERSION}.dist-info",
    }
    assert not [name for name in names if "__pycache__" in name or "/node_modules/" in name or "/__tests__/" in name]
    # The front end once, as shared data; not a second time inside of the package.
    assert not [name for name in names if name.startswith("jupyterlab_cellruns/labextension/")]


def test_sdist_builds_again(distributions: tuple[Path, Path]) -> None:
    with tarfile.open(distributions[0]) as sdist:
        files = {name.split("/", 1)[1] for name in sdist.getnames() if "/" in name}
    needed = {"package.json", "package-lock.json", "tsconfig.json", "pyproject.toml", "LICENSE", "README.md"}
    assert needed | {"src/index.ts", "style/index.css"} <= files
    assert not [name for name in files if name.startswith(("node_modules", ".venv", ".cellruns", "lib/"))]


def test_lock_file_names_no_host() -> None:
    assert '"resolved"' not in (ROOT / "package-lock.json").read_text()


def test_declared_dependencies_suffice(installed: Path, workshop: Path) -> None:
    """Every module of the server part can be imported where only declared packages are."""
    code = (
        "import importlib, pkgutil, jupyterlab_cellruns as p\n"
        "names = [m.name for m in pkgutil.walk_packages(p.__path__, p.__name__ + '.')]\n"
        "names = [n for n in names if '.kernel_side.python' not in n and not n.endswith('_script')]\n"
        "[importlib.import_module(n) for n in names]\n"
        "print(len(names))"
    )
    assert int(call(installed, "-I", "-c", code, cwd=workshop)) > 10


def test_both_halves_are_listed(installed: Path, workshop: Path) -> None:
    env = {**os.environ, "JUPYTER_PATH": "", "JUPYTER_CONFIG_PATH": "", "PYTHONPATH": ""}
    jupyter = installed.with_name("jupyter")
    server = _listing(call("/bin/sh", "-c", f"'{jupyter}' server extension list 2>&1", env=env, cwd=workshop))
    assert "jupyterlab_cellruns enabled" in server
    front_end = _listing(call("/bin/sh", "-c", f"'{jupyter}' labextension list 2>&1", env=env, cwd=workshop))
    assert re.search(rf"jupyterlab-cellruns v{re.escape(VERSION)} enabled OK", front_end)


def _listing(text: str) -> str:
    return " ".join(re.sub(r"\x1b\[[0-9;]*m", "", text).split())


def test_both_halves_run_with_equal_versions(running: Lab) -> None:
    status = running.fetch("cellruns/status")
    page = running.read("lab").decode()
    config = json.loads(re.search(r'id="jupyter-config-data"[^>]*>(.*?)</script>', page, re.DOTALL)[1])  # type: ignore[index]
    front_end: dict[str, Any] = {item["name"]: item for item in config["federated_extensions"]}
    entry = front_end["jupyterlab-cellruns"]
    package = running.fetch("lab/extensions/jupyterlab-cellruns/package.json")
    assert status["version"] == package["version"] == VERSION
    assert status["enabled"] is True
    assert running.read(f"lab/extensions/jupyterlab-cellruns/{entry['load']}")


def test_kernel_part_records_runs(running: Lab) -> None:
    """Unchanged MLflow code in a kernel of this environment arrives in `mlflow.db` in the root directory."""
    kernel = running.notebook("first look.ipynb").ready()
    reply = kernel.run(
        "import mlflow\n"
        "with mlflow.start_run(run_name='packaged'):\n"
        "    mlflow.log_param('lr', 0.1)\n"
        "    for step in range(250):\n"
        "        mlflow.log_metric('loss', 1 / (step + 1), step=step)\n"
    )
    assert reply.status == "ok", reply.error
    runs = running.rows("SELECT run_uuid, status FROM runs WHERE name = 'packaged'")
    assert [status for _, status in runs] == ["FINISHED"]
    found = running.rows("SELECT step, value FROM metrics WHERE run_uuid = ? ORDER BY step", runs[0][0])
    assert found == [(step, 1 / (step + 1)) for step in range(250)]
    assert running.rows("SELECT key, value FROM params WHERE run_uuid = ?", runs[0][0]) == [("lr", "0.1")]
    kernel.close()
