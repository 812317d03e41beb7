"""A notebook file as the analysis needs it (nbformat 4, and 3 by nbformat's own conversion)."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


class NotebookRefused(Exception):
    """The file cannot be exported at all; the text says why, `hint` what to do."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


@dataclass(frozen=True)
class Cell:
    """One code cell. `index` counts all cells of the notebook, markdown too."""

    index: int
    id: str | None
    source: str
    tags: tuple[str, ...]
    execution_count: int | None
    error: str | None
    """`ZeroDivisionError: division by zero` where the saved output of the cell is an error."""


@dataclass(frozen=True)
class Notebook:
    """The code cells of a notebook, the kernel it names, and the whole as nbformat made it."""

    path: Path
    cells: tuple[Cell, ...]
    kernel_name: str
    title: str | None
    node: Any = field(repr=False)


def read(path: Path, content: dict[str, Any] | None = None) -> Notebook:
    """Read a notebook; `content` is its JSON where the editor holds a newer one than the file.

    Raises `NotebookRefused` for a file that is no notebook or not in Python.
    """
    import nbformat
    from nbformat.reader import NotJSONError
    from nbformat.validator import NotebookValidationError

    try:
        node = nbformat.from_dict(content) if content is not None else nbformat.read(path, as_version=4)
        if node.get("nbformat") != 4:
            node = nbformat.convert(node, 4)
    except FileNotFoundError:
        raise NotebookRefused(f"{path}: there is no such file", "Check the path.") from None
    except (NotJSONError, NotebookValidationError, UnicodeDecodeError, OSError, AttributeError, KeyError,
            TypeError, ValueError) as error:
        raise NotebookRefused(
            f"{path}: not a notebook ({str(error).splitlines()[0][:200]})", "Open it in JupyterLab and save it."
        ) from error
    metadata = node.get("metadata", {})
    spec = metadata.get("kernelspec", {})
    language = str(spec.get("language") or metadata.get("language_info", {}).get("name") or "python").lower()
    if language not in ("python", "ipython", "python3"):
        raise NotebookRefused(f"{path}: the notebook is in {language}", "Only Python notebooks can be exported.")
    cells = tuple(_cells(node.get("cells", [])))
    if not any(cell.source.strip() for cell in cells):
        raise NotebookRefused(f"{path}: the notebook has no code", "Write a code cell first.")
    return Notebook(path, cells, str(spec.get("name") or "python3"), _title(node.get("cells", [])), node)


def _cells(cells: list[Any]) -> list[Cell]:
    found = []
    for index, cell in enumerate(cells):
        if cell.get("cell_type") == "code":
            tags = tuple(str(tag) for tag in cell.get("metadata", {}).get("tags", []))
            found.append(Cell(
                index, cell.get("id"), _text(cell.get("source", "")), tags, cell.get("execution_count"), _error(cell),
            ))
    return found


def _text(source: Any) -> str:
    return "".join(source) if isinstance(source, list) else str(source)


def _error(cell: Any) -> str | None:
    for output in cell.get("outputs", []):
        if output.get("output_type") == "error":
            return f"{output.get('ename', 'Error')}: {output.get('evalue', '')}"[:300]
    return None


def _title(cells: list[Any]) -> str | None:
    for cell in cells:
        if cell.get("cell_type") == "markdown":
            for line in _text(cell.get("source", "")).splitlines():
                if line.startswith("# "):
                    return line[2:].strip() or None
    return None
