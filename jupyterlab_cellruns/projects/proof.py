"""Compares what a clean run of an export logged with what the notebook logged."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from .failure import Failure

Outcome = Literal["same", "within", "different", "failed", "ran"]

FILE = "cellruns-proof.json"
"""File of an export that holds its verdict."""
TAG = "cellruns.proof"
"""Tag of both runs: the outcome."""
TAG_RUN = "cellruns.proof.run"
"""Tag of both runs: the id of the other."""
TOLERANCE = 1e-3
_CLOCK = re.compile(
    r"(^|[_\-./ ])(time|duration|seconds?|secs?|elapsed|latency|ms|steps?_per_second|per_second|throughput|speed|eta)"
    r"($|[_\-./ ])", re.IGNORECASE
)


@dataclass(frozen=True)
class RunValues:
    """A run as it is compared: last value of every metric."""

    run_id: str
    name: str
    metrics: Mapping[str, float]


@dataclass(frozen=True)
class Difference:
    """One metric of one pair of runs. `relative` is |a - b| / max(|a|, |b|); None where a side is missing or no number."""

    run: str
    key: str
    notebook: float | None
    project: float | None
    relative: float | None
    timing: bool = False


@dataclass
class Verdict:
    """What the proof says. `ran`: it ran, and there was nothing to compare with."""

    outcome: Outcome
    sentence: str
    tolerance: float
    manager: str
    compared: int = 0
    differences: list[Difference] = field(default_factory=list)
    pairs: list[tuple[str, str]] = field(default_factory=list)
    step: str = ""
    tail: list[str] = field(default_factory=list)
    advice: list[str] = field(default_factory=list)
    largest: float = 0.0
    cell: int | None = None
    """Where a clean run failed, from 0; None where no cell did."""
    cell_id: str | None = None

    def json(self) -> dict[str, Any]:
        """As in docs/http-api.md and in the export's file."""
        answer = asdict(self)
        answer["pairs"] = [{"notebook": a, "project": b} for a, b in self.pairs]
        return answer

    def save(self, folder: Path) -> None:
        """Keep it with the export."""
        text = json.dumps(plain(self.json()), indent=2, ensure_ascii=False) + "\n"
        (folder / FILE).write_text(text, encoding="utf-8")


def compare(notebook: Sequence[RunValues], project: Sequence[RunValues], manager: str,
            tolerance: float = TOLERANCE) -> Verdict:
    """Compare runs in the order in which they were started, the last ones of the notebook with those of the project.

    Metrics of time and speed (by their names) and system metrics are told, but do not count.
    """
    if not project or not notebook:
        return Verdict("ran", "It ran clean. There is no run of the notebook to compare it with.", tolerance, manager)
    baseline = list(notebook)[-len(project):]
    pairs = list(zip(baseline, list(project)[-len(baseline):], strict=True))
    verdict = Verdict("same", "", tolerance, manager, pairs=[(a.run_id, b.run_id) for a, b in pairs])
    if len(project) != len(baseline):
        verdict.outcome = "different"
        verdict.sentence = f"The project made {len(project)} runs, the notebook {len(baseline)}."
    worst: Outcome = "same"
    for a, b in pairs:
        for key in sorted({*a.metrics, *b.metrics}):
            if key.startswith("system/"):
                continue
            left, right = a.metrics.get(key), b.metrics.get(key)
            relative = _relative(left, right)
            timing = bool(_CLOCK.search(key))
            if not timing:
                verdict.compared += 1
            if relative == 0:
                continue
            verdict.differences.append(Difference(a.name, key, left, right, relative, timing))
            if timing:
                continue
            if relative is not None:
                verdict.largest = max(verdict.largest, relative)
            if relative is None or relative > tolerance:
                worst = "different"
            elif worst == "same":
                worst = "within"
    if verdict.outcome == "same":
        verdict.outcome = worst
    if not verdict.sentence:
        verdict.sentence = _sentence(verdict)
    return verdict


def failed(step: str, failure: Failure, tail: list[str], hints: list[str], manager: str, tolerance: float) -> Verdict:
    """The clean run failed."""
    steps = {"environment": "while its environment was made", "running": "while it ran", "fetching": "while it was fetched"}
    sentence = f"The clean run failed {steps.get(step, 'at its start')}"
    sentence += f", {failure.where}" if failure.where else ""
    sentence += f": {failure.error}" if failure.error else "."
    return Verdict(
        "failed", sentence, tolerance, manager, step=step, tail=tail, advice=hints, cell=failure.cell,
        cell_id=failure.cell_id,
    )


def _sentence(verdict: Verdict) -> str:
    count = verdict.compared
    metrics = f"{count} metric" + ("" if count == 1 else "s")
    if count == 0:
        return "It ran clean. Neither run has metrics to compare."
    if verdict.outcome == "same":
        return f"The same: {'the one metric is' if count == 1 else f'all {metrics} are'} equal."
    if verdict.outcome == "within":
        return f"Within tolerance: {metrics}, largest relative difference {verdict.largest:.2g}."
    keys = [d.key for d in verdict.differences if not d.timing and (d.relative is None or d.relative > verdict.tolerance)]
    return f"Different: {', '.join(dict.fromkeys(keys))}."


def _relative(a: float | None, b: float | None) -> float | None:
    if a is None or b is None:
        return None
    if a == b or (math.isnan(a) and math.isnan(b)):
        return 0.0
    if not (math.isfinite(a) and math.isfinite(b)):
        return None
    return abs(a - b) / max(abs(a), abs(b))


def number(value: Any) -> float:
    """A metric's value; the names of non-finite numbers as in docs/http-api.md."""
    return float({"NaN": "nan", "Infinity": "inf", "-Infinity": "-inf"}.get(str(value), value))


def plain(value: Any) -> Any:
    """JSON has no NaN."""
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else ("Infinity" if value > 0 else "-Infinity")
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items()}
    return [plain(v) for v in value] if isinstance(value, list | tuple) else value
