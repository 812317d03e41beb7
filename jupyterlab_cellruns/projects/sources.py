"""The code cells of a notebook, parsed once for all parts of the analysis."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from .findings import Finding, Level
from .magics import Plain, plain
from .notebook import Cell, Notebook
from .scopes import Names, names_of


@dataclass(frozen=True)
class Source:
    """A cell as Python; `tree` is None where it is not Python even without IPython's syntax."""

    cell: Cell
    plain: Plain
    tree: ast.Module | None
    names: Names
    problem: str | None = None

    def finding(self, code: str, level: Level, message: str, hint: str, line: int | None = None) -> Finding:
        """Something to say about this cell."""
        return Finding(code, level, message, hint, self.cell.index, self.cell.id, line)


def sources(notebook: Notebook) -> list[Source]:
    """All code cells that hold anything, in order."""
    return [_source(cell) for cell in notebook.cells if cell.source.strip()]


def _source(cell: Cell) -> Source:
    text = plain(cell.source)
    try:
        tree = ast.parse(text.source)
        return Source(cell, text, tree, names_of(tree))
    except SyntaxError as error:
        return Source(cell, text, None, Names(), f"{error.msg} (line {error.lineno})")
    except (ValueError, RecursionError, MemoryError) as error:
        return Source(cell, text, None, Names(), str(error)[:200])


def dotted(node: ast.AST) -> str:
    """`a.b.c` of a chain of attributes, or "" for anything else."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return ""
    return ".".join([node.id, *reversed(parts)])
