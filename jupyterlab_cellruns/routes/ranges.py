"""One range of bytes (RFC 9110 section 14). Several at once are answered with the whole, as it allows."""

from __future__ import annotations

import re
from dataclasses import dataclass

_RANGE = re.compile(r"bytes=\s*([0-9]{0,18})\s*-\s*([0-9]{0,18})\s*\Z")


@dataclass(frozen=True)
class Span:
    """Bytes `first` to `last`, both counted in. `first` None: the last `last` bytes. `last` None: to the end."""

    first: int | None
    last: int | None

    def resolve(self, total: int) -> tuple[int, int] | None:
        """First and last byte in `total` bytes, or None where there is nothing in that range."""
        if self.first is None:
            length = min(self.last or 0, total)
            return (total - length, total - 1) if length else None
        last = total - 1 if self.last is None else min(self.last, total - 1)
        return (self.first, last) if self.first <= last else None


def parse_range(header: str | None) -> Span | None:
    """The range of a `Range` header; None where there is none or it has a form to be ignored."""
    match = _RANGE.match(header or "")
    if match is None or match[1] == match[2] == "":
        return None
    first = int(match[1]) if match[1] else None
    last = int(match[2]) if match[2] else None
    if first is not None and last is not None and last < first:
        return None
    return Span(first, last)
