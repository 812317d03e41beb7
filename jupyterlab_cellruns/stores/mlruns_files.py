"""Reads MLflow's file store, the folder `mlruns` of MLflow before 3.7 (mlflow/store/tracking/file_store.py). Only reads.

    <root>/<experiment>/meta.yaml, tags/<key>
    <root>/<experiment>/<run>/meta.yaml, params/<key>, tags/<key>, metrics/<key>, inputs/<id>/meta.yaml, artifacts/
    <root>/<experiment>/datasets/<id>/meta.yaml, models/<model>/meta.yaml
    <root>/.trash/<experiment>/...: deleted experiments

A key with slashes is a path. What can't be read is left out: one broken run hides no other.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

TRASH = ".trash"
_META = "meta.yaml"
_STATUSES = {1: "RUNNING", 2: "SCHEDULED", 3: "FINISHED", 4: "FAILED", 5: "KILLED"}
"""MLflow's RunStatus numbers (mlflow/protos/service.proto)."""
_MOST_META = 4_000_000


@dataclass(frozen=True)
class ExperimentFolder:
    """One experiment."""

    path: Path
    id: int
    meta: dict[str, Any]
    deleted: bool


def is_file_store(folder: Path) -> bool:
    """Whether a folder is one: some experiment in it has its description (as MLflow itself tells it)."""
    try:
        with os.scandir(folder) as entries:
            return any(e.name.isdigit() and os.path.isfile(os.path.join(e.path, _META)) for e in entries if e.is_dir())
    except OSError:
        return False


def experiments(root: Path) -> Iterator[ExperimentFolder]:
    """All experiments, deleted ones last."""
    for folder, deleted in ((root, False), (root / TRASH, True)):
        for path in subfolders(folder):
            if path.name.isdigit() and (meta := read_meta(path)) is not None:
                gone = deleted or meta.get("lifecycle_stage") == "deleted"
                yield ExperimentFolder(path, int(path.name), meta, gone)


def run_folders(experiment: Path) -> Iterator[Path]:
    """Folders of runs."""
    for path in subfolders(experiment):
        if path.name not in ("tags", "datasets", "traces", "models") and (path / _META).is_file():
            yield path


def subfolders(folder: Path) -> list[Path]:
    """Folders in a folder by name; none where it can't be read."""
    try:
        with os.scandir(folder) as entries:
            return sorted(Path(e.path) for e in entries if e.is_dir())
    except OSError:
        return []


def read_meta(folder: Path) -> dict[str, Any] | None:
    """The description in a folder, or None."""
    import yaml

    try:
        with (folder / _META).open("rb") as file:
            text = file.read(_MOST_META)
        found = yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except (OSError, yaml.YAMLError, ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def status(meta: dict[str, Any]) -> str:
    """Status of a run; older MLflow wrote a number."""
    value = meta.get("status", 1)
    return _STATUSES.get(value, "RUNNING") if isinstance(value, int) else str(value)


def texts(folder: Path) -> dict[str, str]:
    """Params or tags: key to text."""
    found = {}
    for key, path in _files(folder):
        try:
            found[key] = path.read_bytes().decode("utf-8", "replace")
        except OSError:
            continue
    return found


def metrics(folder: Path) -> Iterator[tuple[str, list[tuple[float, int, int]]]]:
    """Key and points `(value, timestamp in ms, step)` of each metric; a line that is none is left out."""
    for key, path in _files(folder):
        points = []
        try:
            with path.open("r", encoding="utf-8", errors="replace") as file:
                for line in file:
                    words = line.split()
                    try:
                        points.append((float(words[1]), int(words[0]), int(words[2]) if len(words) > 2 else 0))
                    except (ValueError, IndexError):
                        continue
        except OSError:
            continue
        yield key, points


def signature(run: Path) -> str:
    """Changes whenever something of a run changes that is shown."""
    parts = [_stat(run / _META)]
    for name in ("params", "tags", "metrics", "inputs", "outputs"):
        parts += [f"{key}:{_stat(path)}" for key, path in _files(run / name)]
    return "|".join(parts)


def _files(folder: Path, prefix: str = "") -> Iterator[tuple[str, Path]]:
    try:
        with os.scandir(folder) as entries:
            listed = sorted(entries, key=lambda e: e.name)
    except OSError:
        return
    for entry in listed:
        if entry.is_dir():
            yield from _files(Path(entry.path), f"{prefix}{entry.name}/")
        elif entry.is_file():
            yield prefix + entry.name, Path(entry.path)


def _stat(path: Path) -> str:
    try:
        found = path.stat()
    except OSError:
        return "-"
    return f"{found.st_size},{found.st_mtime_ns}"
