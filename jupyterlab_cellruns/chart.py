"""The final chart output of a cell, made from the store: for pages that were reloaded while the cell ran."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any

from .kernel_side.python import picture
from .kernel_side.python.series import Series
from .stores.base import LISTED, Store


def chart_bundle(store: Store, name: str, body: dict[str, Any]) -> dict[str, Any]:
    """MIME bundle of docs/events.md for `{anchor, cell_id, execution_count, run_ids}`. Blocks.

    `name` is what the payload calls the store.
    """
    runs = []
    for run_id in list(body.get("run_ids") or [])[-100:]:
        detail = store.run(str(run_id), LISTED)
        if detail is not None:
            runs.append(_run(store, detail))
    cell = {"id": body.get("cell_id"), "execution_count": body.get("execution_count")}
    ended = all(run.status not in ("RUNNING", "SCHEDULED") for run in runs)
    bundle: dict[str, Any] = picture.bundle(str(body.get("anchor")), cell, name, runs, ended)
    return bundle


def _run(store: Store, detail: dict[str, Any]) -> SimpleNamespace:
    run = detail["run"]
    summaries = {m["key"]: m for m in detail["metrics"]}
    series = {}
    for found in store.series(run["run_id"], None, 256):
        curve = Series(found["key"])
        curve.extend(found["steps"], found["timestamps"], [_float(v) for v in found["values"]])
        summary = summaries.get(found["key"])
        if summary is not None:
            curve.count = summary["count"]
            curve.nonfinite = summary["nonfinite"]
            curve.last, curve.last_step = _float(summary["last"]), summary["last_step"]
        series[curve.key] = curve
    return SimpleNamespace(
        run=run["run_id"], name=run["name"], experiment=run["experiment_id"], parent=run["parent"],
        status=run["status"], start_time=run["start_time"], end_time=run["end_time"], params=detail["params"],
        series=series,
    )


def _float(value: Any) -> float:
    if isinstance(value, str):
        return {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}[value]
    return float(value)
