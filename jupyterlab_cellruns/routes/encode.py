"""JSON as docs/http-api.md wants it: a number that JSON has not becomes its name."""

from __future__ import annotations

import json
import math
from typing import Any


def encode(value: Any) -> bytes:
    """JSON text of a value, ASCII only. NaN and the infinities become `"NaN"`, `"Infinity"`, `"-Infinity"`."""
    try:
        return _dumps(value)
    except ValueError:
        return _dumps(_named(value))


def _dumps(value: Any) -> bytes:
    return json.dumps(value, allow_nan=False, separators=(",", ":")).encode("ascii")


def _named(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, dict):
        return {key: _named(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_named(item) for item in value]
    return value
