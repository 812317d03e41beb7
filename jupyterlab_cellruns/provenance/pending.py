"""What is to be put on runs, in files of the server's spool folder until the store has it."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

SUFFIX = ".provenance.json"


@dataclass
class Pending:
    """One run's share: `files` by artifact path, `tags` to set, `absent_tags` to set where the run has none."""

    run: str
    store: str
    """Location of the store: another server may know it by another id."""
    files: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    absent_tags: dict[str, str] = field(default_factory=dict)
    after: tuple[str, int] | None = None
    """Source and number of the envelope that has to be stored first; unknown to another server."""


class PendingFolder:
    """One file (0600) per run: a later record of the same run takes the place of an earlier one."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(self, pending: Pending) -> None:
        """Keep. Raises OSError."""
        path = self._path(pending.run)
        said = {
            "run": pending.run, "store": pending.store, "files": pending.files, "tags": pending.tags,
            "absent_tags": pending.absent_tags,
        }  # fmt: skip
        new = path.with_name(path.name + ".new")
        with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            json.dump(said, file, ensure_ascii=True)
        os.replace(new, path)

    def read(self) -> list[Pending]:
        """All that is kept, oldest first. What can't be read is removed: it is half of a write."""
        found: list[tuple[float, Pending]] = []
        for path in self.paths():
            try:
                said: dict[str, Any] = json.loads(path.read_text("utf-8"))
                pending = Pending(said["run"], said["store"], said["files"], said["tags"], said["absent_tags"])
                found.append((path.stat().st_mtime, pending))
            except (ValueError, KeyError, TypeError):
                path.unlink(missing_ok=True)
            except OSError:
                # Gone, or a network file system that does not answer: it is looked at again.
                continue
        return [pending for _, pending in sorted(found, key=lambda entry: entry[0])]

    def paths(self) -> list[Path]:
        """The files."""
        return sorted(self.folder.glob("*" + SUFFIX))

    def of_stores(self, locations: set[str]) -> list[Path]:
        """The files for stores at these places."""
        kept = {self._path(pending.run) for pending in self.read() if pending.store in locations}
        return [path for path in self.paths() if path in kept]

    def remove(self, run: str) -> None:
        """The store has it."""
        self._path(run).unlink(missing_ok=True)

    def _path(self, run: str) -> Path:
        return self.folder / (run + SUFFIX)
