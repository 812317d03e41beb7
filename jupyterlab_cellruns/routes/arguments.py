"""Checks of what a request brings along. Each raises `BadArgument` and names the argument."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import unquote

from .errors import BadArgument

_RUN = re.compile(r"[A-Za-z0-9][\w-]{0,255}\Z", re.ASCII)
_KERNEL = re.compile(r"[\w-]{1,128}\Z", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def run_id(value: str, name: str = "run") -> str:
    """A run id as MLflow defines it (mlflow/store/db: 1 to 256 of `[A-Za-z0-9][\\w-]*`)."""
    if not _RUN.match(value):
        raise BadArgument(name, f"{value[:60]!r} is no run id")
    return value


def kernel_id(value: str, name: str = "kernel") -> str:
    """A Jupyter kernel id."""
    if not _KERNEL.match(value):
        raise BadArgument(name, f"{value[:60]!r} is no kernel id")
    return value


def integer(text: str | None, name: str, default: int, least: int, most: int) -> int:
    """A whole number within bounds; `default` where nothing was given."""
    if text is None or text == "":
        return default
    try:
        number = int(text)
    except ValueError:
        raise BadArgument(name, f"{text[:40]!r} is no whole number") from None
    if not least <= number <= most:
        raise BadArgument(name, f"{text[:40]} is not between {least} and {most}")
    return number


def flag(text: str | None, name: str) -> bool:
    """`0` or `1` (also false and true); absent is false."""
    if text in (None, "", "0", "false"):
        return False
    if text in ("1", "true"):
        return True
    raise BadArgument(name, "wants 0 or 1")


def text(value: Any, name: str, most: int = 4096) -> str:
    """Text that is not empty."""
    if not isinstance(value, str) or not value:
        raise BadArgument(name, "wants text that is not empty")
    if len(value) > most:
        raise BadArgument(name, f"{len(value)} characters; at most {most} are allowed")
    return value


def artifact_path(value: str, name: str = "path") -> str:
    """A path inside a run's artifacts, or "" for all of them; every way out of there is refused.

    Also a path that only gets its dots by decoding once more is refused, since stores decode again.
    """
    path = value
    if value and not value.strip():
        raise BadArgument(name, "is blank")
    for _ in range(4):
        if _CONTROL.search(path):
            raise BadArgument(name, "control characters are not allowed")
        if "\\" in path:
            raise BadArgument(name, "a backslash is not allowed")
        if path.startswith("/") or re.match(r"[A-Za-z]:/|[A-Za-z][A-Za-z0-9+.-]*://", path):
            raise BadArgument(name, "must be relative to the run's artifacts")
        if ".." in path.split("/"):
            raise BadArgument(name, "must not leave the run's artifacts")
        decoded = unquote(path)
        if decoded == path:
            return value.rstrip("/")
        path = decoded
    raise BadArgument(name, "is encoded too many times")
