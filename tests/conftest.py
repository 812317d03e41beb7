"""Fixtures shared by all tests on a real server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from .lab import Lab


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """One running Jupyter server with Cellruns per test module."""
    folder: Path = tmp_path_factory.mktemp("lab")
    with Lab(folder) as running:
        yield running
