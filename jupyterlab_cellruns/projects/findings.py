"""What the analysis has to say about a notebook, each with its cell."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

Level = Literal["error", "warning", "info"]


@dataclass(frozen=True)
class Finding:
    """One sentence about a notebook.

    `error`: the export would not run, or not give the same. `warning`: it may not. `info`: what was changed.
    `cell` is the index in the notebook and `line` (from 1) the line in the cell; None where it is about the whole.
    """

    code: str
    level: Level
    message: str
    hint: str
    cell: int | None = None
    cell_id: str | None = None
    line: int | None = None

    def json(self) -> dict[str, Any]:
        """As in docs/http-api.md."""
        return asdict(self)

    def text(self) -> str:
        """One line for a terminal."""
        where = "" if self.cell is None else f" (cell {self.cell + 1}" + (f", line {self.line})" if self.line else ")")
        return f"{self.level}{where}: {self.message} {self.hint}".rstrip()
