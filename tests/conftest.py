"""Fixtures shared by all tests on a real server."""

from __future__ import annotations

import os
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
    """The Python of another environment, with MLflow 2; made once, as that takes a minute.

    CELLRUNS_OTHER_PYTHON names one that was made before.
    """
    ready = os.environ.get("CELLRUNS_OTHER_PYTHON")
    if ready:
        return Path(ready)
    return make_environment(tmp_path_factory.mktemp("other"))
