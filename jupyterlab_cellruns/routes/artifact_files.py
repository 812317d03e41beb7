"""Artifacts of runs whose store is a folder: listed and read from there, and from nowhere else."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, BinaryIO

from .errors import RouteError

_CHUNK = 1 << 18


def listing(folder: Path, path: str, most: int) -> list[dict[str, Any]]:
    """One directory as the artifact routes answer it, `path` relative to the run's artifacts. Blocks."""
    here = _inside(folder, path)
    if not here.is_dir():
        if not path:
            return []
        raise RouteError(404, f"No artifact {path!r} in this run", "Refresh the list of artifacts.")
    found: list[dict[str, Any]] = []
    with os.scandir(here) as entries:
        for entry in entries:
            if len(found) >= most:
                break
            is_dir = entry.is_dir()
            size = None if is_dir else entry.stat().st_size
            found.append({"path": f"{path}/{entry.name}" if path else entry.name, "is_dir": is_dir, "file_size": size})
    return found


class FileResponse:
    """A file with as much of an HTTP response as the artifact route wants of one."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        self._file = file
        self.headers = {"content-length": str(size)}

    async def aiter_raw(self) -> AsyncIterator[bytes]:
        """The bytes, read in a thread."""
        while chunk := await asyncio.to_thread(self._file.read, _CHUNK):
            yield chunk

    async def aclose(self) -> None:
        """Close the file."""
        self._file.close()


def open_file(folder: Path, path: str) -> FileResponse:
    """Open an artifact. Blocks."""
    here = _inside(folder, path)
    if not here.is_file():
        raise RouteError(404, f"No artifact {path!r} in this run", "Refresh the list of artifacts.")
    file = here.open("rb")
    return FileResponse(file, os.fstat(file.fileno()).st_size)


def _inside(folder: Path, path: str) -> Path:
    """A path that no link leads out of the folder."""
    root = folder.resolve()
    here = (root / path).resolve()
    if here != root and root not in here.parents:
        raise RouteError(404, f"No artifact {path!r} in this run", "It leads out of the run's folder.")
    return here
