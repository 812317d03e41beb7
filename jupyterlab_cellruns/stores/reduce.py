"""Peak-keeping reduction of a stream of points to a bounded number."""

from __future__ import annotations

from collections.abc import Sequence

Point = tuple[int, int, float, int]
"""(step, timestamp, value, is_nan) as an SQL store keeps it."""

_INFINITE = 1.7976931348623157e308


class Reducer:
    """Takes `total` points in order and keeps at most `most`: of each bucket of equally many points the first, the
    least, the greatest, the last, and one that is not finite."""

    def __init__(self, total: int, most: int) -> None:
        self._total = total
        self._all = total <= most
        self._size = 1 if self._all else max(-(-total * 5 // max(most - 5, 5)), 1)
        self._kept: list[Point] = []
        self._bucket: list[Point] = []

    def take(self, points: Sequence[Point]) -> None:
        """Take the next points."""
        if self._all:
            self._kept.extend(points)
            return
        bucket = self._bucket
        bucket.extend(points)
        size, start = self._size, 0
        while start + size <= len(bucket):
            self._keep(bucket[start : start + size])
            start += size
        self._bucket = bucket[start:]

    def points(self) -> list[Point]:
        """What is kept, in the order it was taken."""
        if self._bucket:
            self._keep(self._bucket)
            self._bucket = []
        return self._kept

    def _keep(self, bucket: list[Point]) -> None:
        values = [p[2] for p in bucket]
        low, high = min(values), max(values)
        wanted = {0, len(bucket) - 1, values.index(low), values.index(high)}
        if low <= -_INFINITE or high >= _INFINITE or any(p[3] for p in bucket):
            finite = [i for i, p in enumerate(bucket) if not p[3] and -_INFINITE < p[2] < _INFINITE]
            wanted = {0, len(bucket) - 1}
            if finite:
                wanted |= {min(finite, key=values.__getitem__), max(finite, key=values.__getitem__)}
            if len(finite) < len(bucket):
                odd = set(finite)
                wanted.add(next(i for i in range(len(bucket)) if i not in odd))
        self._kept.extend(bucket[i] for i in sorted(wanted))
