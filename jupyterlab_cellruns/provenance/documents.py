"""From a report and a git state to the files of `cellruns/` in a run's artifacts: redacted, and 1 MB in all. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from .git import PATCH_BYTES, GitState
from .report import Execution

FOLDER = "cellruns"
CELLS_BYTES = 500_000
ENVIRONMENT_BYTES = 120_000
GIT_BYTES = 60_000
MOST_BYTES = CELLS_BYTES + ENVIRONMENT_BYTES + GIT_BYTES + PATCH_BYTES

Redact = Callable[[str], str]


def cells(executions: Sequence[Execution], serial: int, omitted: int, redact: Redact) -> bytes:
    """`cells.json`: executions up to `serial`. Where they are too much, those that were run again unchanged go
    first, then the oldest; `omitted` counts them."""
    entries = [{**e.json(), "source": redact(e.source)} for e in executions if e.serial <= serial]
    sizes = [len(_json(entry)) + 2 for entry in entries]
    room, later, again = CELLS_BYTES - 200 - sum(sizes), set(), set()
    for i in range(len(entries) - 1, -1, -1):
        key = (entries[i]["cell_id"], entries[i]["source"])
        if key in later:
            again.add(i)
        later.add(key)
    gone: set[int] = set()
    for i in [*sorted(again), *(i for i in range(len(entries)) if i not in again)]:
        if room >= 0:
            break
        gone.add(i)
        room += sizes[i]
    kept = [entry for i, entry in enumerate(entries) if i not in gone]
    return _json({"version": 1, "omitted": omitted + len(gone), "cells": kept})


def environment(said: dict[str, Any], redact: Redact) -> bytes:
    """`environment.json`: what the kernel says of itself, known fields only."""
    fields = ("python", "implementation", "executable", "platform")
    packages, imported = said.get("packages"), said.get("imported")
    found: dict[str, Any] = {"version": 1, **{name: redact(str(said.get(name, ""))[:1000]) for name in fields}}
    found["packages"] = {}
    found["imported"] = []
    room = ENVIRONMENT_BYTES - len(_json(found))
    pairs = packages.items() if isinstance(packages, dict) else ()
    for name, version in pairs:
        room -= len(_json({str(name): str(version)})) + 1
        if room < 0:
            break
        found["packages"][str(name)] = str(version)
    for name in imported if isinstance(imported, list) else ():
        room -= len(_json(str(name))) + 1
        if room < 0:
            break
        found["imported"].append(str(name))
    return _json(found)


def git(state: GitState, redact: Redact) -> dict[str, bytes]:
    """`git.json` and, where there is one, `patch.diff`."""
    said = state.json()
    while len(_json(said)) > GIT_BYTES and said["changed"]:
        said["changed"] = said["changed"][: len(said["changed"]) // 2]
    files = {}
    patch = redact(state.patch).encode("utf-8", "replace")
    if len(patch) > PATCH_BYTES:
        patch = patch[: patch.rfind(b"\n", 0, PATCH_BYTES) + 1]
        said["patch_truncated"] = True
    if patch:
        files["patch.diff"] = patch
    said["remote"] = redact(said["remote"]) if said["remote"] else None
    files["git.json"] = _json(said)
    return files


def git_tags(state: GitState) -> dict[str, str]:
    """MLflow's own tags (mlflow/utils/mlflow_tags.py) as far as the state says."""
    named = {"commit": state.commit, "branch": state.branch, "repoURL": state.remote}
    return {f"mlflow.source.git.{name}": value for name, value in named.items() if value}


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
