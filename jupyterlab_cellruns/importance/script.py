"""Runs in a process of its own: reads `{metric, rows: [{params, value}]}`, prints one line of JSON.

A random forest learns the metric from the params; permutation importance on runs that it has not seen (five folds) says
how much worse it gets without each param (sklearn.inspection.permutation_importance: the drop of R2).
"""

from __future__ import annotations

import json
import sys
from typing import Any

FEWEST = 8
"""Runs below which nothing is said."""


def main() -> dict[str, Any]:
    """The answer to what stands on stdin."""
    asked = json.load(sys.stdin)
    try:
        import numpy
        import sklearn
        from sklearn.ensemble import RandomForestRegressor
        from sklearn.inspection import permutation_importance
        from sklearn.model_selection import KFold
    except ImportError as error:
        return {
            "refused": "no_sklearn",
            "message": f"Importances need scikit-learn, which the Jupyter server's Python has not: {error}",
            "hint": f"Install it there and ask again: {sys.executable} -m pip install scikit-learn",
        }
    rows = [row for row in asked["rows"] if isinstance(row["value"], (int, float)) and numpy.isfinite(row["value"])]
    if len(rows) < FEWEST:
        return {
            "refused": "too_few",
            "message": f"{len(rows)} of the runs have a finite value of {asked['metric']}; fewer than {FEWEST} say "
            "nothing about importance.",
            "hint": "Select more runs, or another metric.",
        }
    y = numpy.array([row["value"] for row in rows], dtype=float)
    if float(y.std()) == 0.0:
        return {"refused": "constant", "message": f"{asked['metric']} has the same value in all of these runs.",
                "hint": "Choose another metric."}
    columns, left_out = columns_of(rows)
    if not columns:
        return {"refused": "no_params", "message": "No param differs between these runs.",
                "hint": "Select runs that were made with different params."}
    x = numpy.column_stack([column["codes"] for column in columns])
    folds, missed = KFold(min(5, len(rows) // 2), shuffle=True, random_state=0), numpy.empty(len(y))
    dropped, used = [], []
    for train, test in folds.split(x):
        forest = RandomForestRegressor(100, random_state=0, n_jobs=1).fit(x[train], y[train])
        missed[test] = forest.predict(x[test])
        found = permutation_importance(
            forest, x[test], y[test], scoring="neg_mean_squared_error", n_repeats=10, random_state=0
        )
        # The rise of the error as a share of the metric's variance: the drop of R2, also for folds of two runs.
        dropped.append(found.importances.mean(axis=1) / y.var())
        used.append(forest.feature_importances_)
    drops, forests = numpy.array(dropped), numpy.array(used)
    score = 1.0 - float(((y - missed) ** 2).mean() / y.var())
    params = [
        {
            "key": column["key"], "kind": column["kind"], "values": column["values"],
            "importance": round(float(drops[:, i].mean()), 6), "spread": round(float(drops[:, i].std()), 6),
            "forest": round(float(forests[:, i].mean()), 6),
            "correlation": rank_correlation(numpy, column["codes"], y) if column["kind"] == "number" else None,
        }
        for i, column in enumerate(columns)
    ]
    params.sort(key=lambda param: -param["importance"])
    return {"metric": asked["metric"], "runs": len(rows), "score": round(score, 6), "sklearn": sklearn.__version__,
            "params": params, "left_out": left_out}


def columns_of(rows: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], list[dict[str, str]]]:
    """Params as columns of numbers, and those that tell nothing."""
    keys = sorted({key for row in rows for key in row["params"]})
    columns: list[dict[str, Any]] = []
    left_out: list[dict[str, str]] = []
    codes: list[float]
    for key in keys:
        texts = [row["params"].get(key) for row in rows]
        distinct = {text for text in texts if text is not None}
        if len(distinct) < 2:
            left_out.append({"key": key, "reason": "constant"})
        elif sum(text is None for text in texts) > len(texts) / 2:
            left_out.append({"key": key, "reason": "missing"})
        else:
            numbers = [number(text) for text in texts]
            if all(value is not None for value, text in zip(numbers, texts, strict=True) if text is not None):
                known = sorted(value for value in numbers if value is not None)
                middle = known[len(known) // 2]
                codes, kind = [middle if value is None else value for value in numbers], "number"
            elif len(distinct) == sum(text is not None for text in texts) and len(distinct) > 8:
                left_out.append({"key": key, "reason": "identifier"})
                continue
            else:
                places = {text: place for place, text in enumerate(sorted(distinct))}
                codes, kind = [-1 if text is None else places[text] for text in texts], "category"
            columns.append({"key": key, "kind": kind, "codes": codes, "values": len(distinct)})
    return columns, left_out


def number(text: str | None) -> float | None:
    """A text as a number, None where it is none."""
    try:
        value = float(text or "")
    except ValueError:
        return None
    return value if abs(value) < 1e300 else None


def rank_correlation(numpy: Any, xs: list[float], y: Any) -> float | None:
    """Spearman's: the correlation of ranks, ties sharing theirs."""
    def ranks(values: Any) -> Any:
        _, inverse, counts = numpy.unique(numpy.array(values, dtype=float), return_inverse=True, return_counts=True)
        ends = numpy.cumsum(counts)
        return (ends - (counts - 1) / 2.0)[inverse]

    value = float(numpy.corrcoef(ranks(xs), ranks(y))[0, 1])
    return round(value, 6) if value == value else None


if __name__ == "__main__":
    print(json.dumps(main()))
