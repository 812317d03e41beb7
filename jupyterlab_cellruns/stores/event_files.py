"""Files that come in `artifact` events, from kernels in whose language there is no MLflow."""

from __future__ import annotations

import base64
import binascii
import contextlib
import os
import uuid
from pathlib import Path
from urllib.parse import unquote, urlsplit

from ..capture.events import Artifact
from . import rules


class Refused(ValueError):
    """The file will never be stored; says why and what to do."""


def content_of(event: Artifact) -> bytes:
    """The bytes of the file. Raises Refused."""
    bad = rules.bad_artifact_path(event.path)
    if bad is not None:
        raise Refused(f"Artifact {event.path[:200]!r} was not stored: {bad}")
    if event.content is None:
        raise Refused(f"Artifact '{event.path}' was not stored: send its `content`, or store it through MLflow's REST")
    try:
        return base64.b64decode(event.content, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Refused(f"Artifact '{event.path}' was not stored: its `content` is no base64 ({error})") from None


def put(artifact_uri: str, served: Path, event: Artifact) -> None:
    """Write the file below a run's `artifact_uri`; `served` is the folder behind `mlflow-artifacts:`. Replaces one there.

    Raises Refused, also where the run's artifacts are not on this machine, or where a link leads out of them.
    """
    data = content_of(event)
    uri = urlsplit(artifact_uri)
    if uri.scheme == "mlflow-artifacts":
        base = served / unquote(uri.path).lstrip("/")
    elif uri.scheme in ("", "file"):
        base = Path(unquote(uri.path) if uri.scheme else artifact_uri)
    else:
        raise Refused(f"Artifact '{event.path}' was not stored: the run keeps its files at {uri.scheme}://{uri.netloc}")
    target = base / event.path
    real, inside = os.path.realpath(base), os.path.realpath(target)
    if not inside.startswith(real + os.sep):
        raise Refused(f"Artifact '{event.path}' was not stored: a link leads out of the run's artifacts")
    new = target.with_name(f".{uuid.uuid4().hex}")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        new.write_bytes(data)
        os.replace(new, target)
    except OSError as error:
        with contextlib.suppress(OSError):
            new.unlink()
        raise Refused(f"Artifact '{event.path}' was not stored: {error.strerror or error}") from None
