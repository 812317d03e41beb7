"""A metric's history in memory, windows of it, and its peak-keeping reduction."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from typing import Any, NamedTuple

from .reduce import Point, Reducer
from .rules import INFINITE, to_json

LONG = 20_000
"""Points from which on a series is reduced by buckets of equal step ranges instead of equal counts."""


class Window(NamedTuple):
    """Part of a history, all ends inclusive: steps, and times in ms since epoch; None is open."""

    first_step: int | None = None
    last_step: int | None = None
    first_time: int | None = None
    last_time: int | None = None

    @property
    def whole(self) -> bool:
        """Whether nothing is left out."""
        return self == Window()


WHOLE = Window()


def edges(first: int, last: int, most: int) -> list[tuple[int, int]]:
    """Step ranges, inclusive and ascending, that share out `first` to `last` for at most `most` points.

    None where there are too few steps to tell the points apart: then only counting helps.
    """
    buckets = (most - 2) // 3
    span = last - first + 1
    if not 1 <= buckets <= span:
        return []
    return [(first + span * b // buckets, first + span * (b + 1) // buckets - 1) for b in range(buckets)]


def too_crowded(total: int, filled: int, buckets: int) -> bool:
    """Whether steps are too uneven for buckets of equal ranges to show the curve."""
    return filled < min(buckets, total) / 4


def is_odd(value: float, is_nan: object) -> bool:
    """Whether a stored value stands for NaN or an infinity."""
    return bool(is_nan) or not -INFINITE < value < INFINITE


def picked(bucket: list[Point]) -> list[Point]:
    """Of one bucket the least and the greatest finite point, and the first that is not finite; in order."""
    finite = [p for p in bucket if not is_odd(p[2], p[3])]
    chosen = set[int]()
    if finite:
        low, high = min(p[2] for p in finite), max(p[2] for p in finite)
        chosen.add(next(i for i, p in enumerate(bucket) if p[2] == low and not p[3]))
        chosen.add(next(i for i, p in enumerate(bucket) if p[2] == high and not p[3]))
    if len(finite) < len(bucket):
        chosen.add(next(i for i, p in enumerate(bucket) if is_odd(p[2], p[3])))
    return [bucket[i] for i in sorted(chosen)]


def series_json(key: str, total: int, kept: list[Point]) -> dict[str, Any]:
    """`Series` of docs/http-api.md."""
    return {
        "key": key,
        "total": total,
        "reduced": len(kept) < total,
        "steps": [p[0] for p in kept],
        "timestamps": [p[1] for p in kept],
        "values": [to_json(p[2], p[3]) for p in kept],
    }


class History:
    """All points of a metric, ordered by (step, timestamp, value, is_nan), 25 bytes each."""

    def __init__(self, points: Iterable[Point]) -> None:
        self.steps, self.times, self.values, self.nans = array("q"), array("q"), array("d"), bytearray()
        for step, time, value, is_nan in sorted(points):
            self.steps.append(step)
            self.times.append(time)
            self.values.append(value)
            self.nans.append(1 if is_nan else 0)

    def __len__(self) -> int:
        return len(self.steps)

    def within(self, window: Window) -> History:
        """The part in a window."""
        if window.whole:
            return self
        first = 0 if window.first_step is None else bisect_left(self.steps, window.first_step)
        last = len(self) if window.last_step is None else bisect_right(self.steps, window.last_step)
        part = History(())
        kept: Iterable[int] = range(first, last)
        if window.first_time is not None or window.last_time is not None:
            low = window.first_time if window.first_time is not None else -(2**63)
            high = window.last_time if window.last_time is not None else 2**63
            kept = [i for i in kept if low <= self.times[i] <= high]
        for i in kept:
            part.steps.append(self.steps[i])
            part.times.append(self.times[i])
            part.values.append(self.values[i])
            part.nans.append(self.nans[i])
        return part

    def points(self, first: int = 0, last: int | None = None) -> list[Point]:
        """Points from index `first` up to `last`, exclusive."""
        part = slice(first, len(self) if last is None else last)
        return list(zip(self.steps[part], self.times[part], self.values[part], self.nans[part], strict=True))

    def reduced(self, most: int) -> list[Point]:
        """At most `most` points that keep every peak; all where there are no more."""
        total = len(self)
        if total <= max(most, LONG):
            reducer = Reducer(total, most)
            reducer.take(self.points())
            return reducer.points()
        ranges = edges(self.steps[0], self.steps[-1], most)
        kept, filled, at = self.points(0, 1), 0, 0
        for _, last in ranges:
            end = bisect_right(self.steps, last, at)
            if end > at:
                filled += 1
                kept += picked(self.points(at, end))
            at = end
        if not ranges or too_crowded(total, filled, len(ranges)):
            reducer = Reducer(total, most)
            reducer.take(self.points())
            return reducer.points()
        return distinct([*kept, *self.points(total - 1)])


def distinct(points: list[Point]) -> list[Point]:
    """Ordered points without repeats of the same one in a row."""
    return [p for i, p in enumerate(points) if i == 0 or p != points[i - 1]]
