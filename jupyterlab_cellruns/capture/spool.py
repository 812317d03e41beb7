"""The server's side of the spool: segments that kernels wrote before they sent (kernel_side/python/spool.py)."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from ..locks import try_lock
from .events import MAX_BYTES

_NAME = re.compile(r"(?P<source>[A-Za-z0-9._-]{1,64})\.(?P<first>\d{12})\.jsonl\Z")
_MARK = ".stored"
_LOCK = ".lock"


class Segment(NamedTuple):
    """One file: envelopes of `source` from sequence number `first` on."""

    path: Path
    source: str
    first: int


class SpoolFolder:
    """A private folder (0700) of segments, each a file of JSON lines (0600), and the folders that were taken over."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._others: dict[str, Path] = {}

    def make(self) -> None:
        """Make the folder. Raises OSError."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.chmod(self.folder, 0o700)

    def also(self, source: str, folder: Path) -> None:
        """A source whose segments are in the folder of another, dead server. They stay there: it may still write."""
        self._others[source] = folder

    def place(self, source: str) -> Path:
        """The folder of a source."""
        return self._others.get(source, self.folder)

    def segments(self, source: str | None = None) -> list[Segment]:
        """Segments by source and first sequence number; of all sources of our own folder where none is named."""
        folder = self.folder if source is None else self.place(source)
        found = []
        try:
            names = os.listdir(folder)
        except OSError:
            return []
        for name in names:
            match = _NAME.match(name)
            if match and source in (None, match["source"]):
                found.append(Segment(folder / name, match["source"], int(match["first"])))
        return sorted(found, key=lambda s: (s.source, s.first))

    def alive(self, source: str) -> bool:
        """Whether the process that writes a source still lives, as far as its lock tells."""
        path = self.place(source) / (source + _LOCK)
        if not path.exists():
            return False
        lock = try_lock(path)
        if lock is None:
            return True
        os.close(lock)
        return False

    def remove_stored(self, source: str, applied: int, all_of_it: bool = False) -> None:
        """Remove the segments whose envelopes are all stored, up to `applied`; the open one only with `all_of_it`.

        What has to stay is marked with how far it is stored, so that no later server stores it again.
        """
        segments = self.segments(source)
        left = 0
        for i, segment in enumerate(segments):
            closed = i + 1 < len(segments) and segments[i + 1].first <= applied + 1
            if closed or all_of_it:
                # Windows lets nobody remove a file that is open.
                with contextlib.suppress(OSError):
                    segment.path.unlink()
                    continue
            left += 1
        folder = self.place(source)
        if left:
            self._mark(folder, source, applied)
        else:
            for end in (_MARK, _LOCK) if all_of_it else (_MARK,):
                with contextlib.suppress(OSError):
                    (folder / (source + end)).unlink()
        if all_of_it:
            self._others.pop(source, None)

    def stored(self, source: str) -> int:
        """How far a source was stored by an earlier server, -1 where that is not known."""
        try:
            return int((self.place(source) / (source + _MARK)).read_text("ascii"))
        except (OSError, ValueError):
            return -1

    def bytes(self) -> int:
        """Size of all segments of our own folder, bytes."""
        total = 0
        for segment in self.segments():
            with contextlib.suppress(OSError):
                total += segment.path.stat().st_size
        return total

    def _mark(self, folder: Path, source: str, applied: int) -> None:
        with contextlib.suppress(OSError):
            path = folder / (source + _MARK)
            fresh = path.with_name(path.name + ".new")
            write_private(fresh, str(applied))
            os.replace(fresh, path)


def write_private(path: Path, text: str) -> None:
    """Write a small file (0600). Raises OSError."""
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(text)


class Cursor:
    """A place in the segments of a source, from which reading goes on."""

    def __init__(self, spool: SpoolFolder, source: str, first: int) -> None:
        self._spool = spool
        self._source = source
        self._first = first
        self._name: str | None = None
        self._offset = 0

    def lines(self) -> Iterator[bytes]:
        """Whole lines from here to what is the end now; half a line is left for the next time."""
        segments = self._spool.segments(self._source)
        for i, segment in enumerate(segments):
            last = i + 1 == len(segments)
            if self._name is None and not last and segments[i + 1].first <= self._first:
                continue
            if self._name is not None and segment.path.name < self._name:
                continue
            if segment.path.name != self._name:
                self._name, self._offset = segment.path.name, 0
            yield from self._rest(segment.path)

    def _rest(self, path: Path) -> Iterator[bytes]:
        try:
            with path.open("rb") as file:
                file.seek(self._offset)
                while line := file.readline(MAX_BYTES + 2):
                    if not line.endswith(b"\n"):
                        if len(line) <= MAX_BYTES:
                            return
                        # Longer than any envelope may be.
                        while line and not line.endswith(b"\n"):
                            line = file.readline(MAX_BYTES)
                        self._offset = file.tell()
                        continue
                    self._offset += len(line)
                    yield line[:-1]
        except FileNotFoundError:
            return
