"""Asks a Python executable what it holds, in a process of its own."""

from __future__ import annotations

import asyncio
import json
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .executable import Interpreter, NoPython

TIMEOUT = 20.0
"""Seconds; a cold file system on a loaded machine takes several."""

KEEP = 15.0
"""Seconds for which an answer is given again: `pip install` in a cell must show soon."""

MAX_ANSWER = 8 << 20
"""Most bytes that are read from the process."""


@dataclass(frozen=True)
class Environment:
    """What a Python environment holds; `packages` by canonical name (PEP 503)."""

    python: str
    implementation: str
    executable: str
    platform: str
    machine: str
    packages: dict[str, str]
    tools: tuple[str, ...]


class Prober:
    """Probes interpreters, one process at a time for each, and keeps answers for a few seconds."""

    def __init__(self) -> None:
        self._source = Path(__file__).with_name("probe_script.py").read_text(encoding="utf-8")
        self._answers: dict[Interpreter, tuple[float, Environment]] = {}
        self._locks: dict[Interpreter, asyncio.Lock] = {}

    async def environment(self, interpreter: Interpreter, fresh: bool = False) -> Environment:
        """The environment of an interpreter. Raises `NoPython` where it does not answer."""
        async with self._locks.setdefault(interpreter, asyncio.Lock()):
            kept = self._answers.get(interpreter)
            if kept is not None and not fresh and time.monotonic() - kept[0] < KEEP:
                return kept[1]
            answer = await self._run(interpreter)
            if len(self._answers) > 32:
                self._answers.clear()
            self._answers[interpreter] = (time.monotonic(), answer)
            return answer

    async def _run(self, interpreter: Interpreter) -> Environment:
        env = {**os.environ, **dict(interpreter.env), "PYTHONIOENCODING": "utf-8", "PYTHONUTF8": "1"}
        try:
            process = await asyncio.create_subprocess_exec(
                interpreter.executable, "-c", self._source,
                stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE, env=env,
            )
        except OSError as error:
            raise NoPython(f"{interpreter.executable} cannot be started: {error.strerror or error}.") from error
        try:
            out, err = await asyncio.wait_for(process.communicate(), TIMEOUT)
        except asyncio.TimeoutError:
            raise NoPython(f"{interpreter.executable} did not answer within {TIMEOUT:.0f} s.") from None
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        if process.returncode != 0:
            last = err.decode("utf-8", "replace").strip().splitlines()[-1:] or [f"exit code {process.returncode}"]
            raise NoPython(f"{interpreter.executable} failed: {last[0][:300]}")
        return read_answer(out)


def read_answer(out: bytes) -> Environment:
    """The answer of the probe; sitecustomize may print before it. Raises `NoPython` where there is none."""
    if len(out) > MAX_ANSWER:
        raise NoPython("The kernel's Python answered too much.")
    lines = out.decode("utf-8", "replace").strip().splitlines()
    try:
        answer: dict[str, Any] = json.loads(lines[-1])
        return Environment(
            str(answer["python"]), str(answer["implementation"]), str(answer["executable"]), str(answer["platform"]),
            str(answer["machine"]), {str(k): str(v) for k, v in answer["packages"].items()}, tuple(answer["tools"]),
        )
    except (IndexError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise NoPython("The kernel's Python gave no answer that can be read.") from error
