"""Which distributions, in which versions, give the modules that a notebook imports: asked from the kernel's Python."""

from __future__ import annotations

import json
import os
import re
import subprocess
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..models.executable import Interpreter, NoPython

TIMEOUT = 30.0
"""Seconds."""


@dataclass(frozen=True)
class Distribution:
    """What gives a module. `requirement` is a line of requirements.txt, `local` says that pip can't get it elsewhere."""

    name: str
    version: str
    requirement: str
    local: str | None = None


@dataclass(frozen=True)
class Installed:
    """The answer of a kernel's Python."""

    python: str
    modules: dict[str, Distribution]
    standard: frozenset[str]
    versions: dict[str, str] = field(repr=False)
    """Version by canonical name (PEP 503) of all that is installed."""

    def pinned(self, name: str) -> str | None:
        """`name==version` of an installed distribution, or None."""
        version = self.versions.get(canonical(name))
        return f"{name}=={_public(version)}" if version else None


_answers: dict[tuple[Interpreter, frozenset[str]], tuple[float, Installed]] = {}


def ask(interpreter: Interpreter, modules: Iterable[str], keep: float = 10.0) -> Installed:
    """Ask a Python which distributions give these top-level modules. Blocks; an answer is kept for `keep` seconds.

    Raises `NoPython` where it does not answer.
    """
    wanted = frozenset(modules)
    known = _answers.get((interpreter, wanted))
    if known is not None and time.monotonic() - known[0] < keep:
        return known[1]
    source = Path(__file__).with_name("distributions_script.py").read_text(encoding="utf-8")
    env = {**os.environ, **dict(interpreter.env), "PYTHONIOENCODING": "utf-8", "PYTHONUTF8": "1"}
    try:
        done = subprocess.run(
            [interpreter.executable, "-c", source], input=json.dumps(sorted(wanted)), text=True, encoding="utf-8",
            errors="replace", capture_output=True, timeout=TIMEOUT, env=env, check=False,
        )
    except OSError as error:
        raise NoPython(f"{interpreter.executable} cannot be started: {error.strerror or error}.") from error
    except subprocess.TimeoutExpired:
        raise NoPython(f"{interpreter.executable} did not answer within {TIMEOUT:.0f} s.") from None
    if done.returncode != 0:
        last = done.stderr.strip().splitlines()[-1:] or [f"exit code {done.returncode}"]
        raise NoPython(f"{interpreter.executable} failed: {last[0][:300]}")
    try:
        answer = read(json.loads(done.stdout.strip().splitlines()[-1]))
    except (IndexError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise NoPython("The kernel's Python gave no answer that can be read.") from error
    if len(_answers) > 16:
        _answers.clear()
    _answers[interpreter, wanted] = (time.monotonic(), answer)
    return answer


def read(answer: dict[str, Any]) -> Installed:
    """The script's answer as an object."""
    modules, standard = {}, set()
    for name, found in answer["modules"].items():
        if found["standard"]:
            standard.add(name)
        else:
            modules[name] = _distribution(str(found["distribution"]), str(found["version"]), found["origin"])
    versions = {str(k): str(v) for k, v in answer["installed"].items()}
    return Installed(str(answer["python"]), modules, frozenset(standard), versions)


def canonical(name: str) -> str:
    """The name by which indexes compare (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _distribution(name: str, version: str, origin: dict[str, Any] | None) -> Distribution:
    url = str(origin.get("url", "")) if origin else ""
    if origin and "vcs_info" in origin:
        info = origin["vcs_info"]
        return Distribution(name, version, f"{name} @ {info.get('vcs', 'git')}+{url}@{info.get('commit_id', '')}")
    if origin and url.startswith("file:") and "dir_info" in origin:
        return Distribution(name, version, f"{name}=={_public(version)}", url)
    if origin and url.startswith(("http:", "https:")):
        return Distribution(name, version, f"{name} @ {url}")
    return Distribution(name, version, f"{name}=={_public(version)}")


def _public(version: str) -> str:
    """Without the local part (`+cu121`), which no index serves."""
    return version.partition("+")[0]
