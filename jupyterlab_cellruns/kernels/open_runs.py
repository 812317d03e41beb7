"""Which runs kernels in other languages have open, on disk: whoever comes after a server that was killed closes them.

A Python kernel gives its own sign of life (kernel_side/python/alive.py). Of any other the server notes its process and
the runs that its events have begun.
"""

from __future__ import annotations

import json
import os
import threading
import time
from pathlib import Path
from typing import Any, NamedTuple

from ..capture.kernel_runs import OpenRun
from ..capture.spool import write_private
from ..kernel_side.python.alive import host, started
from .processes import may_be_gone, server_lives


class LeftRuns(NamedTuple):
    """What a kernel that is gone has left open, and the note that says so. `seen`: when it was last known to live, ms."""

    note: Path
    runs: tuple[OpenRun, ...]
    seen: int


class OpenRuns:
    """The notes in one folder (0700). Methods block for a few small files.

    `server` is our own spool folder, by whose lock others know whether this server lives.
    """

    def __init__(self, folder: Path, server: Path) -> None:
        self.folder = folder
        self._server = server
        self._lock = threading.Lock()
        self._noted: dict[str, tuple[int, tuple[OpenRun, ...]]] = {}

    def note(self, kernels: dict[str, tuple[int, tuple[OpenRun, ...]]]) -> None:
        """What is open now: `{kernel id: (pid, runs)}` of all kernels of this server. Thread-safe. Raises OSError."""
        with self._lock:
            self._write(kernels)

    def _write(self, kernels: dict[str, tuple[int, tuple[OpenRun, ...]]]) -> None:
        wanted = {kernel: entry for kernel, entry in kernels.items() if entry[1]}
        if wanted == self._noted:
            return
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for kernel, (pid, runs) in wanted.items():
            if self._noted.get(kernel) != (pid, runs):
                record = {"pid": pid, "started": started(pid), "host": host(), "server": str(self._server), "runs": runs}
                new = self.folder / f"{kernel}.new"
                write_private(new, json.dumps(record))
                os.replace(new, self.folder / f"{kernel}.json")
        for kernel in self._noted.keys() - wanted.keys():
            (self.folder / f"{kernel}.json").unlink(missing_ok=True)
        self._noted = wanted

    def left(self) -> list[LeftRuns]:
        """What kernels of dead servers have left that are gone themselves; in doubt nothing."""
        return [found for note in self._notes() if (found := self._left(note)) is not None]

    def strangers(self) -> bool:
        """Whether there are notes of other servers."""
        return any(_read(note).get("server") != str(self._server) for note in self._notes())

    def _notes(self) -> list[Path]:
        return sorted(self.folder.glob("*.json"))

    def _left(self, note: Path) -> LeftRuns | None:
        try:
            record, seen = _read(note), note.stat().st_mtime
            server = str(record["server"])
            if server == str(self._server) or server_lives(server) or not may_be_gone(record, time.time() - seen):
                return None
            runs = tuple(OpenRun(str(store), str(run), bool(is_local)) for store, run, is_local in record["runs"])
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return LeftRuns(note, runs, int(seen * 1000))


def _read(note: Path) -> dict[str, Any]:
    try:
        record = json.loads(note.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return record if isinstance(record, dict) else {}
