"""Which kernel processes live, on the word of the operating system: the other side of kernel_side/python/alive.py.

A kernel process that logs runs holds a lock on a file in one folder per user, whichever server started it. A server
that was killed, or another server of the same user, finds out by that lock whether the process still lives.
"""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import NamedTuple

from ..kernel_side.python.alive import BEAT_SECONDS, host, started
from ..locks import is_locked, try_lock
from ..spools import SERVER_LOCK

_SILENT_SECONDS = 10 * BEAT_SECONDS
"""How long a process on another machine must have been silent: not every network file system passes locks on."""


class Process(NamedTuple):
    """A kernel process that has gone.

    `ours`: this server started it; `stores`: ids of the stores with runs of it; `seen`: its last sign of life, ms.
    """

    source: str
    kernel: str
    server: str
    ours: bool
    stores: tuple[str, ...]
    seen: int


class Processes:
    """The signs of life in one folder (0700). All methods block for a few small files.

    `server` is our own spool folder, which names this server in the signs of the kernels that it has started.
    """

    def __init__(self, folder: Path, server: Path) -> None:
        self.folder = folder
        self._server = server

    def make(self) -> None:
        """Make the folder. Raises OSError."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.chmod(self.folder, 0o700)

    def gone(self) -> list[Process]:
        """Processes that live no more, in doubt none; without those whose own server lives and looks after them."""
        return [p for path in self._signs() if (p := self._gone(path)) and (p.ours or not server_lives(p.server))]

    def lives(self, source: str) -> bool:
        """Whether the process of a source lives, as far as it has left a sign."""
        path = self.folder / f"{source}.json"
        return path.exists() and self._gone(path) is None

    def strangers(self) -> bool:
        """Whether there are signs of processes that other servers have started."""
        return any(_record(path).get("server") != str(self._server) for path in self._signs())

    def forget(self, source: str) -> None:
        """All runs of a process that is gone are closed: remove its sign."""
        for ending in (".json", ".lock"):
            (self.folder / (source + ending)).unlink(missing_ok=True)

    def _signs(self) -> list[Path]:
        return sorted(self.folder.glob("*.json"))

    def _gone(self, path: Path) -> Process | None:
        lock = path.with_suffix(".lock")
        try:
            record = _record(path)
            seen = lock.stat().st_mtime
            if not may_be_gone(record, time.time() - seen):
                return None
            handle = try_lock(lock)
        except (OSError, ValueError, KeyError):
            return None
        if handle is None:
            return None
        os.close(handle)
        server = str(record.get("server", ""))
        stores = record.get("stores")
        return Process(
            path.stem, str(record.get("kernel", "")), server, server == str(self._server),
            tuple(map(str, stores)) if isinstance(stores, list) else (), int(seen * 1000),
        )


def server_lives(server: str) -> bool:
    """Whether the server with this spool folder lives. Not for our own (`is_locked`)."""
    return bool(server) and is_locked(Path(server) / SERVER_LOCK)


def _record(path: Path) -> dict[str, object]:
    try:
        record = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return {"host": None}
    return record if isinstance(record, dict) else {"host": None}


def may_be_gone(record: dict[str, object], silent: float) -> bool:
    """Whether a process may be gone if its lock is free; `silent` is the age of its last sign of life, seconds.

    On this machine: no process of that number and start time. On another: long silence.
    """
    if record.get("host") != host():
        return silent > _SILENT_SECONDS
    then = record.get("started")
    return then is None or started(int(str(record["pid"]))) != then
