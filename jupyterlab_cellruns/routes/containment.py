"""Artifacts of the local store stay in their run, also where a link on disk points out of it."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import unquote, urlsplit

from .errors import RouteError


def check_inside(artifact_uri: str, path: str, artifacts: Path | None) -> None:
    """Raise `RouteError` (403) where `path` is not `is_inside`. Blocks."""
    if not is_inside(artifact_uri, path, artifacts):
        raise RouteError(
            403, f"{path!r} is a link that leads out of the run's artifacts", "Log the file itself, not a link to it."
        )


def is_inside(artifact_uri: str, path: str, artifacts: Path | None) -> bool:
    """Whether `path` stays in a run's artifacts on this machine, all links followed. Blocks.

    `artifact_uri` is the run's: `mlflow-artifacts:/...` under `artifacts`, the folder that MLflow's server serves (None:
    another machine's), or a `file:` URI or a path of its own. What lies elsewhere is not ours to check.
    """
    base = _folder(artifact_uri, artifacts)
    if base is None:
        return True
    real, inside = os.path.realpath(base), os.path.realpath(base / path)
    return inside == real or inside.startswith(real + os.sep)


def _folder(artifact_uri: str, artifacts: Path | None) -> Path | None:
    uri = urlsplit(artifact_uri)
    if not artifact_uri:
        return None
    if uri.scheme == "mlflow-artifacts":
        return None if artifacts is None else artifacts / unquote(uri.path).lstrip("/")
    if artifacts is None or uri.scheme not in ("", "file"):
        return None
    return Path(unquote(uri.path) if uri.scheme else artifact_uri)
