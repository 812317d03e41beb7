"""Writes an export into a folder; what is there already is never replaced without being asked for."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from .plan import Plan


class Exists(Exception):
    """Files of the folder would be replaced; `paths` names them."""

    def __init__(self, folder: Path, paths: list[str]) -> None:
        super().__init__(f"{folder}: would replace {', '.join(paths)}")
        self.paths = paths


def differing(plan: Plan, folder: Path) -> list[str]:
    """Planned files that the folder holds with another content."""
    return [f.path for f in plan.files if (folder / f.path).exists() and not _same(folder / f.path, f.content())]


def write(plan: Plan, folder: Path, notebook: Path, overwrite: bool = False) -> list[str]:
    """Write all files and return their paths.

    Raises `Exists` before anything is written, `OSError` where the folder cannot be written to. The notebook itself
    is never replaced: in its own folder the notebook form gets another name (see `plan`), and this refuses.
    """
    there = differing(plan, folder)
    original = notebook.resolve()
    if any((folder / path).resolve() == original for path in there):
        raise Exists(folder, [path for path in there if (folder / path).resolve() == original])
    if there and not overwrite:
        raise Exists(folder, there)
    for file in plan.files:
        target = folder / file.path
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.exists() and _same(target, file.content()):
            continue
        _put(target, file.content(), file.copy_of)
    return [file.path for file in plan.files]


def _same(path: Path, content: bytes) -> bool:
    return path.is_file() and path.stat().st_size == len(content) and path.read_bytes() == content


def _put(target: Path, content: bytes, like: Path | None) -> None:
    """Whole or not at all."""
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=".cellruns-")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
        mode = like.stat().st_mode & 0o777 if like is not None else 0o666 & ~_umask()
        os.chmod(name, mode)
        os.replace(name, target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _umask() -> int:
    # Linux tells it without setting it, which would touch all threads.
    try:
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("Umask:"):
                return int(line.split()[1], 8)
    except (OSError, ValueError, IndexError):
        pass
    return 0o022
