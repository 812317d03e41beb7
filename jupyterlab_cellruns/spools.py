"""The spool folders of all servers of a user: one each, locked while its server lives; left ones are adopted."""

from __future__ import annotations

import json
import os
import uuid
from pathlib import Path

from .capture.spool import SpoolFolder
from .locks import try_lock

_LOCK = ".lock"
_META = "store.json"


class SpoolHome:
    """Our own folder under `base`, for one store location. The lock goes with the process, however it ends."""

    def __init__(self, base: Path, location: str) -> None:
        self._base = base
        self._location = location
        self.folder = base / uuid.uuid4().hex[:16]
        self._lock: int | None = None

    def make(self) -> None:
        """Make and lock our folder. Raises OSError."""
        SpoolFolder(self.folder).make()
        os.chmod(self._base, 0o700)
        self._lock = try_lock(self.folder / _LOCK)
        (self.folder / _META).write_text(json.dumps({"store": self._location}), "utf-8")

    def adopt(self) -> list[tuple[str, int]]:
        """Move the segments of dead servers of the same store into our folder: `(source, first seq)` each."""
        found: dict[str, int] = {}
        for other in sorted(self._base.iterdir()):
            if other == self.folder or not other.is_dir():
                continue
            try:
                location = json.loads((other / _META).read_text("utf-8")).get("store")
            except (OSError, ValueError, AttributeError):
                location = None
            if location != self._location:
                continue
            lock = try_lock(other / _LOCK)
            if lock is None:
                continue
            try:
                for segment in SpoolFolder(other).segments():
                    os.replace(segment.path, self.folder / segment.path.name)
                    found[segment.source] = min(found.get(segment.source, segment.first), segment.first)
                _remove(other)
            finally:
                os.close(lock)
        return sorted(found.items())

    def release(self) -> None:
        """All is stored: remove our folder."""
        if not SpoolFolder(self.folder).segments():
            _remove(self.folder)
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


def _remove(folder: Path) -> None:
    for name in (_META, _LOCK):
        (folder / name).unlink(missing_ok=True)
    try:
        folder.rmdir()
    except OSError:
        return

