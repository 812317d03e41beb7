"""What MLflow takes as names and values, and its words for what it does not take.

Source: mlflow/utils/validation.py (3.17), kept in step by tests/stores/test_rules.py. Nothing of mlflow is imported
here, since that import costs seconds and 150 MB in a server process.
"""

from __future__ import annotations

import json
import math
import os
import posixpath
import re
import sys
from typing import NamedTuple

MAX_KEY = 250
"""Most characters in the key of a metric, param or tag."""
MAX_PARAM = 6000
"""Most characters in the value of a param."""
MAX_TAG = 8000
"""Most characters in the value of a tag."""

RUN_NAME_TAG = "mlflow.runName"

INFINITE = 1.7976931348623157e308
"""How MLflow's SQL stores write an infinity (SqlAlchemyStore.sanitize_metric_value)."""

_NAME = re.compile(r"^[/\w.\- ]*$" if sys.platform == "win32" else r"^[/\w.\- :]*$")
_NON_FINITE = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}


def quoted(value: str) -> str:
    """A value in a filter. MLflow (search_utils) knows no escapes, but both quotes; with both in it nothing is found."""
    return f'"{value}"' if "'" in value else f"'{value}'"


class Points(NamedTuple):
    """Points of one metric as an SQL store keeps them: finite values and, where any is NaN, a list of 0 and 1."""

    values: list[float]
    timestamps: list[int]
    steps: list[int]
    is_nan: list[int] | None = None

    def latest(self) -> tuple[int, int, float, int]:
        """(step, timestamp, value, is_nan) of the newest point, by the rule of `_update_latest_metrics_if_necessary`.

        The largest (step, timestamp, stored value), the first of equals; so a NaN counts as 0 there.
        """
        n = len(self.values)
        step, timestamp, value, place = max(zip(self.steps, self.timestamps, self.values, range(0, -n, -1), strict=True))
        return step, timestamp, value, self.is_nan[-place] if self.is_nan else 0


def number(value: float | str) -> float:
    """A value of a `metrics` event as float; an integer too large for one becomes infinite."""
    if isinstance(value, str):
        return _NON_FINITE[value]
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def to_json(value: float, is_nan: object = False) -> float | str:
    """A stored metric value as docs/http-api.md writes it: infinities and NaN are names."""
    if is_nan or value != value:
        return "NaN"
    if -INFINITE < value < INFINITE:
        return value
    return "Infinity" if value > 0 else "-Infinity"


def store_points(values: list[float | str], timestamps: list[int], steps: list[int]) -> tuple[Points, int]:
    """Points as stored, and how many were left out because of a negative timestamp."""
    refused = 0
    if timestamps and min(timestamps) < 0:
        keep = [i for i, timestamp in enumerate(timestamps) if timestamp >= 0]
        refused = len(timestamps) - len(keep)
        values = [values[i] for i in keep]
        timestamps = [timestamps[i] for i in keep]
        steps = [steps[i] for i in keep]
    floats: list[float] = values if set(map(type, values)) <= {float} else [number(v) for v in values]  # type: ignore[assignment]
    if math.isfinite(sum(floats)):  # a finite sum means that every value is finite
        return Points(floats, timestamps, steps), refused
    is_nan = [1 if v != v else 0 for v in floats]
    floats = [0.0 if v != v else max(-INFINITE, min(INFINITE, v)) for v in floats]
    return Points(floats, timestamps, steps, is_nan if any(is_nan) else None), refused


def bad_metric_key(key: str) -> str | None:
    """Why MLflow refuses the key of a metric, or None."""
    return _bad_name(key, "name") or _too_long("Metric name", key)


def bad_param_key(key: str) -> str | None:
    """Why MLflow refuses the key of a param, or None."""
    return _bad_name(key, "key") or _too_long("Param key", key)


def bad_tag_key(key: str) -> str | None:
    """Why MLflow refuses the key of a tag, or None."""
    return _bad_name(key, "key") or _too_long("key", key)


def bad_artifact_path(path: str) -> str | None:
    """Why MLflow refuses the path of an artifact (mlflow/utils/validation.py, path_not_unique), or None."""
    norm = posixpath.normpath(path)
    if not path or "\0" in path or "\\" in path or norm != path or norm == "." or norm.startswith(("..", "/")):
        return f"the path has to be relative, with / between its parts, and without . and .. ({norm[:200]!r})"
    return None


def fit_value(entity: str, key: str, value: str, limit: int) -> tuple[str | None, str | None]:
    """(value to store or None, notice or None) for the value of a param or tag.

    MLflow cuts what is too long unless MLFLOW_TRUNCATE_LONG_VALUES says no, and only logs that; here it becomes a notice.
    """
    try:
        value.encode()
    except UnicodeEncodeError:
        return None, f"{entity} '{key}' is no valid Unicode text (a lone surrogate)"
    if len(value) <= limit:
        return value, None
    if os.environ.get("MLFLOW_TRUNCATE_LONG_VALUES", "true").lower() in ("false", "0"):
        return None, f"'{entity}' exceeds the maximum length of {limit} characters (key '{key}')"
    return value[:limit], (
        f"{entity} of '{key}' ({len(value)} characters) is truncated to {limit} characters to meet the length limit."
    )


def changed_param(run_id: str, key: str, old: str, new: str) -> str:
    """MLflow's words for a param that was logged with another value."""
    return (
        f"Changing param values is not allowed. Param with key='{key}' was already logged with value='{old}' "
        f"for run ID='{run_id}'. Attempted logging new value '{new}'."
    )


def unknown_run(run_id: str) -> str:
    """MLflow's words for a run that is not there."""
    return f"Run with id={run_id} not found"


def inactive_run(run_id: str, stage: str) -> str:
    """MLflow's words for a run that was deleted."""
    return f"The run {run_id} must be in the 'active' state. Current state is {stage}."


def negative_timestamps(key: str, refused: int, total: int) -> str:
    """Notice for points whose timestamp MLflow does not take."""
    return (
        f"{refused} of {total} points of metric '{key}' refused: Timestamp must be a nonnegative long (64-bit integer)"
    )


_ADVICE = (
    ("Changing param values", "Log it under another key, or start a new run for the new value."),
    ("must be in the 'active' state", "Restore the run and log again."),
    ("not found", "The run was removed from the store, or never made there: start a new one."),
    ("No Experiment", "Choose another experiment for the notebook."),
    ("Names may", "Choose another name."),
    ("maximum length of 250", "Choose a shorter name."),
    ("length", "Shorten it, or log it as an artifact (mlflow.log_text)."),
    ("Timestamp", "Set the clock of the machine, or give a timestamp in milliseconds since 1970."),
    ("Unicode", "Mend the text."),
)


def advice(message: str) -> str:
    """What to do about something that was refused, by MLflow's words for it."""
    return next((said for words, said in _ADVICE if words in message), "Everything else was stored.")


def _bad_name(name: str, path: str) -> str | None:
    if not _NAME.match(name):
        colon = "" if sys.platform == "win32" else ", colon(:)"
        return _invalid(
            path,
            name,
            "Names may only contain alphanumerics, underscores (_), dashes (-), periods (.), "
            f"spaces ( ){colon} and slashes (/).",
        )
    norm = posixpath.normpath(name)
    if norm != name or norm == "." or norm.startswith("..") or norm.startswith("/"):
        return _invalid(
            path,
            name,
            "Names may be treated as files in certain cases, and must not resolve to other names"
            f" when treated as such. This name would resolve to {norm!r}",
        )
    return None


def _invalid(path: str, value: str, message: str) -> str:
    return f"Invalid value {json.dumps(value)} for parameter '{path}' supplied: {message}"


def _too_long(entity: str, key: str) -> str | None:
    return f"'{entity}' exceeds the maximum length of {MAX_KEY} characters" if len(key) > MAX_KEY else None
