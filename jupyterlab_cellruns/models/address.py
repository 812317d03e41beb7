"""The URIs that name a model in a tracking store (mlflow/store/artifact/utils/models.py)."""

from __future__ import annotations

import re
from dataclasses import dataclass

_RUN = re.compile(r"runs:/+([A-Za-z0-9][\w-]{0,255})/(.+)\Z", re.ASCII)
_LOGGED = re.compile(r"models:/+(m-[A-Za-z0-9-]{1,64})\Z", re.ASCII)
_ALIAS = re.compile(r"models:/+([^/@]+)@([^/@]+)\Z")
_VERSION = re.compile(r"models:/+([^/]+)/([0-9]{1,18})\Z")


@dataclass(frozen=True)
class RunModel:
    """A folder among a run's artifacts, as MLflow 2 logs models: `runs:/<run>/<path>`."""

    run_id: str
    path: str


@dataclass(frozen=True)
class LoggedModel:
    """A logged model of MLflow 3: `models:/m-<id>`."""

    model_id: str


@dataclass(frozen=True)
class RegisteredVersion:
    """A version of a registered model, by number or by alias: `models:/<name>/<n>`, `models:/<name>@<alias>`."""

    name: str
    version: str | None
    alias: str | None = None


ModelAddress = RunModel | LoggedModel | RegisteredVersion


def parse(uri: str) -> ModelAddress | None:
    """What a URI names, or None for one that names no model in a store."""
    if match := _RUN.match(uri):
        return RunModel(match[1], match[2].strip("/"))
    if match := _LOGGED.match(uri):
        return LoggedModel(match[1])
    if match := _VERSION.match(uri):
        return RegisteredVersion(match[1], match[2])
    if match := _ALIAS.match(uri):
        return RegisteredVersion(match[1], None, match[2])
    return None
