"""The spool folders of all servers of a user: one each, locked while its server lives; left ones are adopted."""

from __future__ import annotations

import json
import os
import time
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from .capture.events import ATTACHED, attached_id
from .capture.spool import Segment, SpoolFolder, write_private
from .locks import try_lock
from .provenance.pending import PendingFolder

SERVER_LOCK = ".lock"
"""Held by a server on its folder for as long as it lives."""
_META = "store.json"
_JUNK_SECONDS = 3600.0


class Left(NamedTuple):
    """A source in the folder of a dead server: from which envelope on, and our id of the store that it is for."""

    source: str
    folder: Path
    first: int
    store_id: str


class SpoolHome:
    """Our own folder under `base`, for stores `{id: location}`. The lock goes with the process, however it ends.

    The file store.json says where the stores are that the segments name, so that another server, where the same store
    may have another id, can take them over.
    """

    def __init__(self, base: Path, locations: Mapping[str, str], default: str) -> None:
        self._base = base
        self._locations = dict(locations)
        self._default = default
        self.folder = base / uuid.uuid4().hex[:16]
        self._lock: int | None = None
        self._taken: dict[Path, int] = {}
        self._known: set[str] = set()

    def make(self) -> None:
        """Make and lock our folder. Raises OSError."""
        SpoolFolder(self.folder).make()
        os.chmod(self._base, 0o700)
        self._lock = try_lock(self.folder / SERVER_LOCK)
        meta = {"store": self._locations[self._default], "stores": self._locations}
        write_private(self.folder / _META, json.dumps(meta))

    def adopt(self) -> list[Left]:
        """What dead servers have left for our stores and was not told of before. Called again and again.

        Segments stay where they are: a kernel can outlive its server, and goes on to write there. Their folder is ours
        from now on, and is removed when nothing is left in it.
        """
        found: dict[str, Left] = {}
        for other in sorted(self._base.iterdir()):
            if other == self.folder or not other.is_dir():
                continue
            locations = _read_meta(other)
            if locations is None:
                _remove_junk(other)
                continue
            if other not in self._taken:
                lock = try_lock(other / SERVER_LOCK)
                if lock is None:
                    continue
                self._taken[other] = lock
            for left in self._look(other, locations):
                first = min(left.first, found[left.source].first) if left.source in found else left.first
                found[left.source] = left._replace(first=first)
            if not SpoolFolder(other).segments() and not PendingFolder(other).paths():
                _remove(other, self._taken.pop(other))
        self._known |= set(found)
        return sorted(found.values(), key=lambda left: left.source)

    def _look(self, other: Path, locations: dict[str, str]) -> list[Left]:
        ours = {location: store_id for store_id, location in self._locations.items()}
        folder, found = SpoolFolder(other), []
        for segment in folder.segments():
            if segment.source in self._known:
                continue
            store = _store_of(segment)
            if store is None:
                if not folder.alive(segment.source):
                    # Shown only, or empty: nobody looks at it any more.
                    folder.remove_stored(segment.source, -1, all_of_it=True)
                continue
            store_id = ours.get(locations.get(store, ""))
            if store_id is not None:
                found.append(Left(segment.source, other, segment.first, store_id))
        for kept in PendingFolder(other).of_stores(set(ours)):
            os.replace(kept, self.folder / kept.name)
        return found

    def release(self) -> None:
        """All is stored: remove our folder."""
        if not SpoolFolder(self.folder).segments() and not PendingFolder(self.folder).paths():
            _remove(self.folder, self._lock)
            self._lock = None
        for lock in (self._lock, *self._taken.values()):
            if lock is not None:
                os.close(lock)
        self._lock = None
        self._taken.clear()


def _read_meta(folder: Path) -> dict[str, str] | None:
    """Locations by what envelopes call their store: an id, or "" for the one that needed no name."""
    try:
        meta = json.loads((folder / _META).read_text("utf-8"))
        named = {str(k): str(v) for k, v in (meta.get("stores") or {}).items()}
        return {**named, "": str(meta["store"])}
    except (OSError, ValueError, AttributeError, KeyError, TypeError):
        return None


def _store_of(segment: Segment) -> str | None:
    """The id of the store that a segment is for, "" where it does not say; None where there is nothing to store."""
    line = b""
    try:
        with segment.path.open("rb") as file:
            line = file.readline()
        store = json.loads(line).get("store", ATTACHED)
    except (OSError, ValueError, AttributeError):
        # The first line of a segment is whole unless nothing was written after it.
        return None if not line.endswith(b"\n") else ""
    return "" if store == ATTACHED else attached_id(str(store))


def _remove_junk(folder: Path) -> None:
    """Remove an old folder with nothing in it: a network file system may have kept it when the rest of it went."""
    try:
        if time.time() - folder.stat().st_mtime > _JUNK_SECONDS:
            folder.rmdir()
    except OSError:
        return


def _remove(folder: Path, lock: int | None) -> None:
    for name in (_META, SERVER_LOCK):
        (folder / name).unlink(missing_ok=True)
    # NFS keeps what is removed while it is open in the folder, under another name.
    if lock is not None:
        os.close(lock)
    try:
        folder.rmdir()
    except OSError:
        return
