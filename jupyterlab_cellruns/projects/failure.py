"""Where a clean run failed: the cell of the notebook, or the line of the script."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_FRAME = re.compile(r'^\s*File "(?P<file>[^"]+)", line (?P<line>\d+)')
_ERROR = re.compile(r"^(?P<error>[A-Za-z_][\w.]*(?:Error|Exception|Exit|Interrupt|Warning)\b.*)$")


@dataclass(frozen=True)
class Failure:
    """`where` in words, "" where it is not known; `cell` counts from 0 in the notebook that was exported."""

    where: str = ""
    error: str = ""
    cell: int | None = None
    cell_id: str | None = None


def locate(project: Path, tail: Sequence[str]) -> Failure:
    """Look into the executed notebook that papermill leaves, else into the last lines of the output."""
    for path in sorted(project.glob("*.output.ipynb")):
        try:
            found = _in_notebook(json.loads(path.read_text("utf-8"))["cells"])
        except (OSError, ValueError, KeyError, TypeError):
            continue
        if found is not None:
            return found
    error = next((m["error"] for line in reversed(tail) if (m := _ERROR.match(line))), "")[:300]
    for line in reversed(tail):
        frame = _FRAME.match(line)
        if frame and project.resolve() in Path(frame["file"]).resolve().parents:
            name = Path(frame["file"]).resolve().relative_to(project.resolve()).as_posix()
            return Failure(f"in line {frame['line']} of {name}", error)
    return Failure("", error)


def _in_notebook(cells: list[dict[str, Any]]) -> Failure | None:
    """Cells that the export or papermill has put in do not count."""
    place = -1
    for cell in cells:
        tags = cell.get("metadata", {}).get("tags", [])
        is_ours = cell.get("id") != "parameters" and not {"injected-parameters", "papermill-error-cell-tag"} & set(tags)
        place += is_ours
        for output in cell.get("outputs", []):
            if output.get("output_type") == "error":
                error = f"{output.get('ename')}: {output.get('evalue')}"[:300]
                if not is_ours:
                    return Failure("in the cell of the parameters", error)
                return Failure(f"in cell {place + 1}", error, place, cell.get("id"))
    return None
