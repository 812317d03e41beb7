"""Would a fresh kernel that runs the notebook from top to bottom work, and give the same?

From names: what is read before it is bound, or bound by no cell. From the history: cells that ran in another order,
were edited since, never ran, or failed; the history is the execution counts that the notebook holds, and what Cellruns
kept of the executed cells, which is still there when the notebook's outputs were cleared.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

from ..kernel_side.python.redact import known_secrets, redact
from .findings import Finding
from .scopes import GIVEN
from .sources import Source


@dataclass(frozen=True)
class Executed:
    """One execution of a cell, as the kernel saw it. `source` is the text that ran."""

    cell_id: str | None
    source: str
    execution_count: int | None
    truncated: bool = False


def check(cells: list[Source], history: list[Executed] | None = None) -> list[Finding]:
    """Findings of names first, then of the history."""
    return [*_names(cells), *_counts(cells, history or []), *(_history(cells, history) if history else [])]


def _names(cells: list[Source]) -> list[Finding]:
    found: list[Finding] = []
    bound: dict[str, Source] = {}
    functions: dict[str, set[str]] = {}
    everywhere = {e.name for s in cells for e in s.names.events if e.kind == "bind"}
    everywhere |= {name for s in cells for name in s.names.writes}
    unknown = False
    said: set[str] = set()

    def missing(source: Source, name: str, line: int, by: str | None) -> None:
        if name in said or name in GIVEN or name in bound or unknown:
            return
        said.add(name)
        through = f" (read by {by}())" if by else ""
        if name in everywhere:
            later = next(s for s in cells if any(e.name == name and e.kind == "bind" for e in s.names.events)
                         or name in s.names.writes)
            if later is source:
                message = f"“{name}” is used{through} before the line that defines it."
                hint = "It worked because the cell had been run before; move the definition up."
            else:
                message = f"“{name}” is used{through} here, but defined only in cell {later.cell.index + 1}."
                hint = "Move the defining cell up."
            found.append(source.finding("name_later", "error", message, hint, line))
        else:
            found.append(source.finding(
                "name_missing", "error", f"“{name}” is used{through}, but no cell defines it.",
                "It was probably defined in a cell that was deleted or changed; write the definition again.", line,
            ))

    def called(source: Source, name: str, line: int, seen: frozenset[str] = frozenset()) -> None:
        for inner in sorted(functions.get(name, ())):
            missing(source, inner, line, name)
            if inner not in seen:
                called(source, inner, line, seen | {name})

    for source in cells:
        functions.update(source.names.functions)
        bound.update(dict.fromkeys(source.plain.imports, source))
        unknown = unknown or source.names.star or source.tree is None
        for event in source.names.events:
            if event.kind == "bind":
                bound[event.name] = source
            elif event.kind == "unbind":
                bound.pop(event.name, None)
            elif event.kind == "use":
                missing(source, event.name, event.line, None)
            elif event.name in bound:
                called(source, event.name, event.line)
        bound.update(dict.fromkeys(source.names.writes, source))
    for source in cells:
        for event in source.names.late:
            if event.name not in everywhere and event.name not in GIVEN and event.name not in said and not unknown:
                said.add(event.name)
                found.append(source.finding(
                    "name_missing", "warning", f"A function reads “{event.name}”, which no cell defines.",
                    "It fails when the function is called; define the name or remove it.", event.line,
                ))
    return found


def _counts(cells: list[Source], history: list[Executed]) -> list[Finding]:
    found: list[Finding] = []
    ran = [s for s in cells if s.cell.execution_count is not None]
    kept = {} if ran else {e.cell_id: e.execution_count for e in history if e.cell_id and e.execution_count is not None}
    highest, highest_cell = 0, None
    for source in cells:
        count, error = source.cell.execution_count, source.cell.error
        if error:
            found.append(source.finding(
                "error_output", "error", f"The last run of this cell failed: {error}", "Repair the cell and run it.",
            ))
        if count is None:
            count = kept.get(source.cell.id or "")
        if count is None:
            if ran:
                found.append(source.finding(
                    "not_executed", "warning", "This cell was not run, but will be in the export.",
                    "Run it, or remove it.",
                ))
            continue
        if count < highest and highest_cell is not None:
            found.append(source.finding(
                "out_of_order", "warning",
                f"Run as [{count}], before cell {highest_cell.cell.index + 1} above it, which was run as [{highest}].",
                "Restart the kernel and run all cells, to see whether the result is the same.",
            ))
        else:
            highest, highest_cell = count, source
    counts = [s.cell.execution_count for s in ran if s.cell.execution_count is not None]
    if counts and len(set(counts)) == len(counts) and max(counts) > len(counts) and counts == sorted(counts):
        missing = max(counts) - len(counts)
        found.append(Finding(
            "hidden_state", "info", f"{missing} executions of this session are not in the notebook any more.",
            "Cells were run again, or deleted; restart the kernel and run all cells to be sure.",
        ))
    return found


def _history(cells: list[Source], history: list[Executed]) -> list[Finding]:
    found: list[Finding] = []
    last: dict[str, Executed] = {e.cell_id: e for e in history if e.cell_id}
    present = {s.cell.id for s in cells if s.cell.id}
    secrets = known_secrets(os.environ)
    for source in cells:
        executed = last.get(source.cell.id or "")
        if executed is None or executed.truncated:
            continue
        # The record is kept without what looks like a secret.
        if _bare(executed.source) not in (_bare(source.cell.source), _bare(redact(source.cell.source, secrets)[0])):
            found.append(source.finding(
                "edited", "warning", "Edited since it was run: the results are those of another text.",
                "Run the cell again.",
            ))
    gone = [e for e in history if e.cell_id and e.cell_id not in present and e.source.strip()]
    if gone:
        ids = {e.cell_id for e in gone}
        first = gone[0].source.strip().splitlines()[0][:60]
        found.append(Finding(
            "deleted_cell", "warning",
            f"{len(ids)} cells were run and then deleted, the first begins with “{first}”." if len(ids) > 1
            else f"A cell was run and then deleted, it begins with “{first}”.",
            "What was defined there is not in the export; names that are missing are listed with their cells.",
        ))
    return found


def _bare(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.strip().splitlines())
