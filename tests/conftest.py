"""Fixtures shared by all tests on a real server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from .lab import Lab
from .other import make_environment


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """One running Jupyter server with Cellruns per test module."""
    folder: Path = tmp_path_factory.mktemp("lab")
    with Lab(folder) as running:
        yield running


@pytest.fixture(scope="session")
def other_python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of another environment, with MLflow 2; made once, as that takes a minute."""
    return make_environment(tmp_path_factory.mktemp("other"))
