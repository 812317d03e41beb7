"""The static chart output: bounded, peaks kept, valid SVG, for few and for absurdly many runs and metrics."""

from __future__ import annotations

import json
import math
import xml.etree.ElementTree as ET
from types import SimpleNamespace
from typing import Any

import pytest

from jupyterlab_cellruns.kernel_side.python import picture
from jupyterlab_cellruns.kernel_side.python.series import Series


def run(number: int, metrics: int, points: int, name: str = "calm-owl") -> SimpleNamespace:
    series = {}
    for m in range(metrics):
        curve = Series(f"metric {m} <&>")
        steps = list(range(points))
        curve.extend(steps, [1_764_000_000_000 + s for s in steps], [math.sin(s / 9) + number for s in steps])
        series[curve.key] = curve
    return SimpleNamespace(
        run=f"{number:032x}", name=f"{name}-{number}", experiment="1", parent=None, status="FINISHED",
        start_time=0, end_time=1, params={f"p{i}": "v" * 6000 for i in range(number % 50)}, series=series,
    )


def size(bundle: dict[str, Any]) -> int:
    return sum(len((v if isinstance(v, str) else json.dumps(v)).encode()) for v in bundle.values())


@pytest.mark.parametrize(
    ("runs", "metrics", "points"), [(1, 2, 20_000), (8, 6, 500), (30, 4, 100), (1, 300, 10), (200, 30, 50), (1, 1, 1)]
)
def test_the_bundle_is_at_most_64_kib_and_its_picture_is_xml(runs: int, metrics: int, points: int) -> None:
    bundle = picture.bundle("c-1", {"id": "x"}, "attached", [run(i, metrics, points) for i in range(runs)])
    assert size(bundle) <= picture.MAX_BYTES
    ET.fromstring(bundle["image/svg+xml"])
    payload = bundle[picture.MIME]
    assert payload["runs_total"] == runs
    assert payload["runs"][0]["series_total"] == metrics
    assert payload["runs"][-1]["series"][0]["count"] == points


@pytest.mark.parametrize("stride", [1, 0], ids=["growing steps", "one step"])
def test_the_old_part_of_a_long_curve_is_not_thinned_out(stride: int) -> None:
    curve = Series("loss")
    for start in range(0, 300_000, 500):
        order = range(start, start + 500)
        curve.extend([i * stride for i in order], list(order), [math.sin(i) for i in order])
    shown = curve.json(256)
    quarters = [sum(at * 75_000 <= t < (at + 1) * 75_000 for t in shown["timestamps"]) for at in range(4)]
    assert min(quarters) > 0.8 * max(quarters), quarters


def test_a_single_spike_in_a_million_points_stays() -> None:
    curve = Series("loss")
    for start in range(0, 1_000_000, 1000):
        values = [0.5] * 1000
        if start == 424_000:
            values[7] = 99.0
        steps = list(range(start, start + 1000))
        curve.extend(steps, steps, values)
    shown = curve.json(256)
    assert len(shown["values"]) <= 256
    assert shown["values"][shown["steps"].index(424_007)] == 99
    assert (curve.count, curve.max, curve.max_step) == (1_000_000, 99.0, 424_007)


def test_nan_and_infinity_are_marks_in_the_picture_and_words_in_the_payload() -> None:
    odd = run(1, 1, 3)
    odd.series = {"loss": Series("loss")}
    odd.series["loss"].extend([0, 1, 2, 3], [0] * 4, [1.0, math.nan, math.inf, 2.0])
    bundle = picture.bundle("c-1", None, "attached", [odd])
    assert bundle[picture.MIME]["runs"][0]["series"][0]["values"] == [1, "NaN", "Infinity", 2]
    assert bundle["image/svg+xml"].count("&#215;") == 2
    assert "2 not finite" in bundle["text/plain"]
    json.dumps(bundle, allow_nan=False)


def test_extreme_values_do_not_break_the_picture() -> None:
    odd = run(1, 1, 2)
    odd.series["metric 0 <&>"].extend([5, 6], [0, 0], [1.7e308, -1.7e308])
    ET.fromstring(picture.bundle("c-1", None, "attached", [odd])["image/svg+xml"])


def test_runs_without_metrics_have_no_picture() -> None:
    bundle = picture.bundle("c-1", None, "attached", [run(1, 0, 0)])
    assert "image/svg+xml" not in bundle
    assert "calm-owl-1" in bundle["text/plain"]
