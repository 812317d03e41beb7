"""Starts the process that reckons importances, and reads its answer."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

TIMEOUT = 60.0
"""Seconds; 500 runs of 50 params take about ten."""

MAX_ANSWER = 4 << 20
"""Most bytes that are read from the process."""


class NoImportance(Exception):
    """No importances; `code` is a short word, the text says why and `hint` what to do."""

    def __init__(self, code: str, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.hint = hint


async def importance(metric: str, rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Importances (docs/http-api.md) of the params of rows `{params: {k: v}, value: number}`.

    Never in the server's own process: scikit-learn takes 150 MB, and threads that would hold up the kernels' messages.
    Raises `NoImportance`.
    """
    script = Path(__file__).with_name("script.py").read_text(encoding="utf-8")
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", script,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )
    asked = json.dumps({"metric": metric, "rows": list(rows)}).encode()
    try:
        out, err = await asyncio.wait_for(process.communicate(asked), TIMEOUT)
    except asyncio.TimeoutError:
        raise NoImportance(
            "too_slow", f"Importances took more than {TIMEOUT:.0f} s.", "Compare fewer runs or params."
        ) from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode != 0 or len(out) > MAX_ANSWER:
        last = err.decode("utf-8", "replace").strip().splitlines()[-1:] or [f"exit code {process.returncode}"]
        raise NoImportance("failed", f"Importances could not be reckoned: {last[0][:300]}")
    answer: dict[str, Any] = json.loads(out.decode("utf-8").strip().splitlines()[-1])
    if "refused" in answer:
        raise NoImportance(answer["refused"], answer["message"], answer.get("hint"))
    return answer
