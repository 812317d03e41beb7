"""Changes cells for the export: parameters leave their place, plumbing steps aside, secrets go; the rest stays."""

from __future__ import annotations

import ast
from collections.abc import Collection
from dataclasses import dataclass

from ..kernel_side.python.redact import redact
from .analysis import is_plumbing
from .sources import Source

UNDER_MLFLOW = '"MLFLOW_EXPERIMENT_ID" in os.environ'
"""True while `mlflow run` runs the project (mlflow/projects/utils.py, get_run_env_vars)."""


@dataclass(frozen=True)
class Change:
    """Text to put in place of a part of a cell; lines from 1, columns in bytes of UTF-8 as `ast` counts them."""

    line: int
    column: int
    end_line: int
    end_column: int
    text: str


@dataclass
class Rewritten:
    """A cell after the changes. `futures` are `from __future__` imports that were taken out, `needs_os` that the cell
    asks for `os`."""

    source: str
    futures: list[str]
    needs_os: bool


def rewrite(source: Source, text: str, moved: Collection[str], *, futures: bool) -> Rewritten:
    """Change `text`, which is the cell or its plain form: both have the same lines.

    `moved` are the names whose constant assignments leave the cell, `futures` whether `__future__` imports do.
    """
    changes: list[Change] = []
    taken: list[str] = []
    needs_os = False
    lines = text.split("\n")
    for statement in source.tree.body if source.tree else []:
        name = _assigned(statement)
        if name is not None and name in moved:
            changes.append(_replace(statement, _gone(lines, statement, name)))
        elif futures and isinstance(statement, ast.ImportFrom) and statement.module == "__future__":
            taken.append(ast.unparse(statement))
            changes.append(_replace(statement, "pass"))
    statements = {id(node.value) for node in ast.walk(source.tree) if isinstance(node, ast.Expr)} if source.tree else {}
    for node in ast.walk(source.tree) if source.tree else []:
        if isinstance(node, ast.Call) and is_plumbing(node):
            old = _segment(lines, node)
            needs_os = True
            if id(node) in statements:
                changes.append(_replace(node, f"{UNDER_MLFLOW} or {old}"))
            else:
                changes.append(_replace(node, f"(None if {UNDER_MLFLOW} else {old})"))
    clean, _ = redact(_apply(lines, changes))
    return Rewritten(clean, taken, needs_os)


def _assigned(statement: ast.stmt) -> str | None:
    if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
        target = statement.targets[0]
    elif isinstance(statement, ast.AnnAssign):
        target = statement.target
    else:
        return None
    return target.id if isinstance(target, ast.Name) else None


def _gone(lines: list[str], statement: ast.stmt, name: str) -> str:
    """A comment where the statement has its lines for itself, else `pass`."""
    first, last = lines[statement.lineno - 1], lines[(statement.end_lineno or 1) - 1]
    before = first.encode()[: statement.col_offset].decode().strip()
    after = last.encode()[statement.end_col_offset:].decode().strip()
    if before or (after and not after.startswith("#")):
        return "pass"
    return f"# {name} is a parameter now." + (" " if after else "")


def _replace(node: ast.stmt | ast.expr, text: str) -> Change:
    return Change(node.lineno, node.col_offset, node.end_lineno or node.lineno, node.end_col_offset or 0, text)


def _segment(lines: list[str], node: ast.expr) -> str:
    change = _replace(node, "")
    if change.line == change.end_line:
        return lines[change.line - 1].encode()[change.column:change.end_column].decode()
    first = lines[change.line - 1].encode()[change.column:].decode()
    last = lines[change.end_line - 1].encode()[: change.end_column].decode()
    return "\n".join([first, *lines[change.line:change.end_line - 1], last])


def _apply(lines: list[str], changes: list[Change]) -> str:
    out = list(lines)
    for change in sorted(changes, key=lambda c: (c.line, c.column), reverse=True):
        before = out[change.line - 1].encode()[: change.column].decode()
        after = out[change.end_line - 1].encode()[change.end_column:].decode()
        out[change.line - 1:change.end_line] = (before + change.text + after).split("\n")
    return "\n".join(out)
