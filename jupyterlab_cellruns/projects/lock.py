"""`pyproject.toml` and `uv.lock` of an export: with both beside an MLproject, `--env-manager uv` restores the lock.

MLflow 3.17 has no key for it (mlflow/projects/_project_spec.py): it looks for `uv.lock` in the project's folder
(mlflow/utils/virtualenv.py), whatever `python_env` lists.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import tempfile
import threading
import time
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement

from .findings import Finding
from .managers import path_with

TIMEOUT = 120.0
"""Seconds for the resolver, which asks the package index."""
KEEP = 600.0
"""Seconds for which a lock of the same packages is kept, so that a preview does not ask the index again."""

_kept: dict[str, tuple[float, str]] = {}
_lock = threading.Lock()


def files(name: str, python: str, requirements: list[str]) -> tuple[dict[str, str], list[Finding]]:
    """Texts by path, and what is to be said; without `uv.lock` where there is no uv or it finds no solution. Blocks."""
    lines, strange = [], []
    for line in requirements:
        try:
            lines.append(str(Requirement(line)))
        except InvalidRequirement:
            strange.append(line)
    if strange:
        return {}, [Finding(
            "lock_line", "warning", f"There is no uv.lock: {', '.join(strange)} cannot stand in pyproject.toml.",
            "Write the packages by name, or choose requirements.txt.",
        )]
    project = _pyproject(name, python, lines)
    try:
        return {"pyproject.toml": project, "uv.lock": _resolved(project)}, []
    except OSError as error:
        why, hint = str(error), "`pip install uv`, or choose requirements.txt."
    except subprocess.TimeoutExpired:
        why, hint = f"uv did not answer within {TIMEOUT:.0f} s", "Try again, or choose requirements.txt."
    except subprocess.CalledProcessError as error:
        said = [line.strip(" ╰─▶│") for line in str(error.stderr).splitlines() if line.strip()]
        why, hint = " ".join(said)[:400], "Correct the package, or choose requirements.txt."
    return {}, [Finding("lock_failed", "warning", f"There is no uv.lock: {why}", hint)]


def _pyproject(name: str, python: str, requirements: list[str]) -> str:
    word = re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("._-") or "notebook"
    series = ".".join(python.split(".")[:2])
    lines = [
        "[project]", f"name = {json.dumps(word)}", 'version = "0"', f'requires-python = "=={series}.*"',
        "dependencies = [", *(f"    {json.dumps(line)}," for line in requirements), "]", "", "[tool.uv]", "package = false",
    ]
    return "\n".join(lines) + "\n"


def _resolved(project: str) -> str:
    with _lock:
        known = _kept.get(project)
        if known is not None and time.monotonic() - known[0] < KEEP:
            return known[1]
    program = shutil.which("uv", path=path_with())
    if program is None:
        raise OSError("uv is not installed")
    with tempfile.TemporaryDirectory(prefix="cellruns-lock-") as folder:
        (Path(folder) / "pyproject.toml").write_text(project, encoding="utf-8")
        subprocess.run(
            [program, "lock", "--no-progress", "--color", "never"], cwd=folder, capture_output=True, text=True,
            encoding="utf-8", errors="replace", timeout=TIMEOUT, check=True, stdin=subprocess.DEVNULL,
        )
        text = (Path(folder) / "uv.lock").read_text("utf-8")
    with _lock:
        if len(_kept) > 16:
            _kept.clear()
        _kept[project] = (time.monotonic(), text)
    return text
