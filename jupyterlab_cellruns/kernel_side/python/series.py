"""A bounded, peak-keeping memory of one metric, for the static chart of a cell."""

from __future__ import annotations

import math

KEEP = 256
"""Points that stay after a reduction."""
_LIMIT = 4096


class Series:
    """Count, extremes and a reduced curve of one metric. Steps and timestamps are integers, values floats."""

    __slots__ = (
        "count", "key", "last", "last_step", "max", "max_step", "min", "min_step", "nonfinite", "steps", "timestamps",
        "values",
    )

    def __init__(self, key):
        self.key = key
        self.count = 0
        self.nonfinite = 0
        self.last = None
        self.last_step = 0
        self.min = self.max = None
        self.min_step = self.max_step = None
        self.steps = []
        self.timestamps = []
        self.values = []

    def extend(self, steps, timestamps, values):
        """Take points in the order they were logged."""
        if not values:
            return
        self.count += len(values)
        self.last = values[-1]
        self.last_step = steps[-1]
        low, high = min(values), max(values)
        if low - low != 0.0 or high - high != 0.0 or any(v != v for v in values):
            finite = [i for i, v in enumerate(values) if v - v == 0.0]
            self.nonfinite += len(values) - len(finite)
            if finite:
                self._extremes(min((values[i], i) for i in finite), max((values[i], -i) for i in finite), steps)
        else:
            self._extremes((low, values.index(low)), (high, -values.index(high)), steps)
        self.steps.extend(steps)
        self.timestamps.extend(timestamps)
        self.values.extend(values)
        if len(self.values) > _LIMIT:
            self.reduce(KEEP * 4)

    def has(self, value, timestamp, step):
        """Whether this very point is among those that are kept."""
        for i in range(len(self.values) - 1, -1, -1):
            if self.timestamps[i] == timestamp and self.steps[i] == step:
                kept = self.values[i]
                if kept == value or (kept != kept and value != value):
                    return True
        return False

    def _extremes(self, low, high, steps):
        if self.min is None or low[0] < self.min:
            self.min, self.min_step = low[0], steps[low[1]]
        if self.max is None or high[0] > self.max:
            self.max, self.max_step = high[0], steps[-high[1]]

    def reduce(self, most):
        """Drop points until at most `most` are left; first, last, and the extremes of every bucket stay."""
        picked = pick(self.steps, self.timestamps, self.values, most)
        if picked is not None:
            self.steps = [self.steps[i] for i in picked]
            self.timestamps = [self.timestamps[i] for i in picked]
            self.values = [self.values[i] for i in picked]

    def json(self, most):
        """The `series` entry of the chart payload (docs/events.md) with at most `most` points, ordered by step."""
        picked = pick(self.steps, self.timestamps, self.values, most)
        if picked is None:
            picked = sorted(range(len(self.values)), key=self.steps.__getitem__)
        return {
            "key": self.key,
            "count": self.count,
            "last": number(self.last),
            "last_step": self.last_step,
            "min": number(self.min),
            "min_step": self.min_step,
            "max": number(self.max),
            "max_step": self.max_step,
            "nonfinite": self.nonfinite,
            "steps": [self.steps[i] for i in picked],
            "timestamps": [self.timestamps[i] for i in picked],
            "values": [number(self.values[i]) for i in picked],
        }


def pick(steps, timestamps, values, most):
    """Indices, in step order, of at most `most` points: the ends, each bucket's extremes, what is not finite.

    Buckets are equally wide in steps (in time, where all steps are one), not equally full: reduced again and again,
    the old part of a curve would else be thinned out each time. None where there is nothing to drop.
    """
    count = len(values)
    if count <= most:
        return None
    order = sorted(range(count), key=steps.__getitem__)
    xs = steps if steps[order[0]] != steps[order[-1]] else timestamps
    low, width = xs[order[0]], xs[order[-1]] - xs[order[0]]
    buckets = max((max(most, 4) - 2) // 3, 1)
    parts = [[] for _ in range(buckets)]
    for place, i in enumerate(order):
        part = (xs[i] - low) * buckets // width if width > 0 else place * buckets // count
        parts[max(min(part, buckets - 1), 0)].append(i)
    keep = {order[0], order[-1]}
    for part in parts:
        finite = [i for i in part if values[i] - values[i] == 0.0]
        if finite:
            keep.add(min(finite, key=values.__getitem__))
            keep.add(max(finite, key=values.__getitem__))
        if len(finite) < len(part):
            keep.add(next(i for i in part if values[i] - values[i] != 0.0))
    return sorted(keep, key=lambda i: (steps[i], i))


def number(value):
    """A float as JSON has it: six significant digits, or the name of one that JSON has not."""
    if value is None:
        return None
    if value - value == 0.0:
        short = float("%.6g" % value)
        return int(short) if short == int(short) and abs(short) < 1e15 else short
    if math.isnan(value):
        return "NaN"
    return "Infinity" if value > 0 else "-Infinity"
