"""The spool folders of all servers of a user: one each, locked while its server lives; left ones are adopted."""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Mapping
from pathlib import Path

from .capture.events import ATTACHED, attached_id
from .capture.spool import Segment, SpoolFolder
from .locks import try_lock
from .provenance.pending import PendingFolder

_LOCK = ".lock"
_META = "store.json"


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

    def make(self) -> None:
        """Make and lock our folder. Raises OSError."""
        SpoolFolder(self.folder).make()
        os.chmod(self._base, 0o700)
        self._lock = try_lock(self.folder / _LOCK)
        meta = {"store": self._locations[self._default], "stores": self._locations}
        (self.folder / _META).write_text(json.dumps(meta), "utf-8")

    def adopt(self) -> list[tuple[str, int, str]]:
        """Move the segments of dead servers for our stores into our folder: `(source, first seq, store id)` each."""
        found: dict[str, tuple[int, str]] = {}
        ours = {location: store_id for store_id, location in self._locations.items()}
        for other in sorted(self._base.iterdir()):
            if other == self.folder or not other.is_dir():
                continue
            locations = _read_meta(other)
            if locations is None:
                continue
            lock = try_lock(other / _LOCK)
            if lock is None:
                continue
            try:
                for segment in SpoolFolder(other).segments():
                    store = _store_of(segment)
                    if store is None:
                        # Shown only, or empty: nobody looks at it any more.
                        segment.path.unlink(missing_ok=True)
                        continue
                    store_id = ours.get(locations.get(store, ""))
                    if store_id is not None:
                        os.replace(segment.path, self.folder / segment.path.name)
                        first, _ = found.get(segment.source, (segment.first, store_id))
                        found[segment.source] = (min(first, segment.first), store_id)
                for kept in PendingFolder(other).of_stores(set(ours)):
                    os.replace(kept, self.folder / kept.name)
                if not SpoolFolder(other).segments():
                    _remove(other)
            finally:
                os.close(lock)
        return sorted((source, first, store_id) for source, (first, store_id) in found.items())

    def release(self) -> None:
        """All is stored: remove our folder."""
        if not SpoolFolder(self.folder).segments() and not PendingFolder(self.folder).paths():
            _remove(self.folder)
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


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


def _remove(folder: Path) -> None:
    for name in (_META, _LOCK):
        (folder / name).unlink(missing_ok=True)
    try:
        folder.rmdir()
    except OSError:
        return
