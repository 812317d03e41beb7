"""A clean place to run an export in: a copy in an empty folder, and environments that are made anew."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from .plan import RECORD
from .proof import FILE


@dataclass(frozen=True)
class CleanPlace:
    """`project` is the copy, `work` the empty folder that the run is started in, `envs` where environments go."""

    project: Path
    work: Path
    envs: Path
    log: Path


@contextmanager
def clean_place(export: Path) -> Iterator[CleanPlace]:
    """Copy an export; all is removed at the end. Blocks."""
    root = Path(tempfile.mkdtemp(prefix="cellruns-proof-"))
    try:
        place = CleanPlace(root / "project", root / "work", root / "envs", root / "log.txt")
        shutil.copytree(export, place.project, ignore=shutil.ignore_patterns(FILE, ".git", "__pycache__", "*.output.ipynb"))
        place.work.mkdir()
        place.envs.mkdir()
        yield place
    finally:
        shutil.rmtree(root, ignore_errors=True)


def record(export: Path) -> dict[str, object]:
    """What an export says of itself; empty for a project that was not exported by Cellruns."""
    try:
        value = json.loads((export / RECORD).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}
