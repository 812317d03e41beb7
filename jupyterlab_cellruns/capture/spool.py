"""The server's side of the spool: segments that kernels wrote before they sent (kernel_side/python/spool.py)."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .events import MAX_BYTES

_NAME = re.compile(r"(?P<source>[A-Za-z0-9._-]{1,64})\.(?P<first>\d{12})\.jsonl\Z")


@dataclass(frozen=True)
class Segment:
    """One file: envelopes of `source` from sequence number `first` on."""

    path: Path
    source: str
    first: int


class SpoolFolder:
    """A private folder (0700) of segments, each a file of JSON lines (0600)."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def make(self) -> None:
        """Make the folder. Raises OSError."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.chmod(self.folder, 0o700)

    def segments(self, source: str | None = None) -> list[Segment]:
        """Segments by source and first sequence number."""
        found = []
        try:
            names = os.listdir(self.folder)
        except OSError:
            return []
        for name in names:
            match = _NAME.match(name)
            if match and source in (None, match["source"]):
                found.append(Segment(self.folder / name, match["source"], int(match["first"])))
        return sorted(found, key=lambda s: (s.source, s.first))

    def read(self, source: str, first: int, last: int | None = None) -> Iterator[bytes]:
        """Lines of a source from `first` to `last` (both included), as they stand. Half lines are left out."""
        segments = self.segments(source)
        for i, segment in enumerate(segments):
            if i + 1 < len(segments) and segments[i + 1].first <= first:
                continue
            if last is not None and segment.first > last:
                return
            yield from _lines(segment.path)

    def remove_stored(self, source: str, applied: int, all_of_it: bool = False) -> None:
        """Remove the segments whose envelopes are all stored, up to `applied`; the open one only with `all_of_it`."""
        segments = self.segments(source)
        for i, segment in enumerate(segments):
            closed = i + 1 < len(segments) and segments[i + 1].first <= applied + 1
            if closed or all_of_it:
                segment.path.unlink(missing_ok=True)

    def bytes(self) -> int:
        """Size of all segments, bytes."""
        total = 0
        for segment in self.segments():
            try:
                total += segment.path.stat().st_size
            except OSError:
                continue
        return total


def _lines(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb") as file:
            while line := file.readline(MAX_BYTES + 2):
                if line.endswith(b"\n"):
                    yield line[:-1]
                elif len(line) > MAX_BYTES:
                    while line and not line.endswith(b"\n"):
                        line = file.readline(MAX_BYTES)
    except FileNotFoundError:
        return
