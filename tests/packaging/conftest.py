"""The sdist and the wheel, built once, and an empty environment with the wheel in it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from ..command import ROOT, call


def without_node(folder: Path) -> dict[str, str]:
    """An environment in which everything of Node fails, so that a step that needs it is found out."""
    folder.mkdir()
    for name in ("node", "npm", "npx", "yarn", "jlpm"):
        program = folder / name
        program.write_text(f"#!/bin/sh\necho '{name} must not be needed here' >&2\nexit 97\n")
        program.chmod(0o755)
    return {**os.environ, "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"}


@pytest.fixture(scope="session")
def workshop() -> Iterator[Path]:
    """A folder that is gone afterwards: an environment with MLflow has a gigabyte."""
    with TemporaryDirectory(prefix="cellruns-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


@pytest.fixture(scope="session")
def node_free(workshop: Path) -> dict[str, str]:
    return without_node(workshop / "no-node")


@pytest.fixture(scope="session")
def distributions(workshop: Path, node_free: dict[str, str]) -> tuple[Path, Path]:
    """(sdist, wheel); the wheel is made from the sdist, without Node."""
    assert (ROOT / "jupyterlab_cellruns/labextension/package.json").exists(), "run `npm run build` first"
    out = workshop / "dist"
    call(sys.executable, "-m", "build", "--no-isolation", "--outdir", out, ROOT, env=node_free)
    (sdist,), (wheel,) = out.glob("*.tar.gz"), out.glob("*.whl")
    return sdist, wheel


@pytest.fixture(scope="session")
def installed(workshop: Path, distributions: tuple[Path, Path], node_free: dict[str, str]) -> Path:
    """The interpreter of an empty environment into which the wheel and what it declares were installed."""
    venv = workshop / "venv"
    call(sys.executable, "-m", "venv", venv)
    python = venv / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    env = {key: value for key, value in node_free.items() if key != "PYTHONPATH"}
    # By uv, which needs seconds where pip needs two minutes; the wheel and what it declares are the same.
    install = [sys.executable, "-m", "uv", "pip", "install", "--quiet", "--compile-bytecode", "--python", python]
    call(*install, f"{distributions[1]}[lab]", env=env, cwd=workshop)
    return python
