"""Modules that code imports, and which of them lie beside the notebook."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from .sources import dotted

_FLAVORS = {
    "sklearn": "sklearn", "pytorch": "torch", "tensorflow": "tensorflow", "keras": "keras", "xgboost": "xgboost",
    "lightgbm": "lightgbm", "catboost": "catboost", "statsmodels": "statsmodels", "spark": "pyspark",
    "transformers": "transformers", "sentence_transformers": "sentence_transformers", "langchain": "langchain",
    "prophet": "prophet", "onnx": "onnx", "spacy": "spacy", "openai": "openai", "shap": "shap", "pmdarima": "pmdarima",
}
_BEHIND = {
    "read_parquet": "pyarrow", "to_parquet": "pyarrow", "read_feather": "pyarrow", "to_feather": "pyarrow",
    "read_excel": "openpyxl", "to_excel": "openpyxl", "read_hdf": "tables", "to_hdf": "tables", "read_xml": "lxml",
    "to_markdown": "tabulate", "log_figure": "matplotlib", "log_image": "PIL",
}
"""Calls that import a package of another name when they are made."""

MAX_FILES = 500
MAX_BYTES = 5 << 20


@dataclass(frozen=True)
class Import:
    """One import: top-level name, whether a failing import is caught, and its line."""

    name: str
    optional: bool
    line: int
    dotted: str = ""


@dataclass
class LocalCode:
    """Code beside the notebook that it imports."""

    files: dict[str, Path] = field(default_factory=dict)
    """Path in the project to the file."""
    imports: list[Import] = field(default_factory=list)
    """What that code imports in turn, local modules left out."""
    names: set[str] = field(default_factory=set)
    """Top-level modules."""
    broken: list[str] = field(default_factory=list)
    """Files that are no Python."""


def imports_of(tree: ast.AST) -> list[Import]:
    """Imports anywhere in a tree, and packages that calls need without importing them."""
    found: list[Import] = []
    guarded: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Try) and any(_catches_import(handler) for handler in node.handlers):
            guarded.update(id(inner) for part in (*node.body, *node.handlers) for inner in ast.walk(part))
    for node in ast.walk(tree):
        optional = id(node) in guarded
        if isinstance(node, ast.Import):
            found += [Import(a.name.split(".")[0], optional, node.lineno, a.name) for a in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            found.append(Import(node.module.split(".")[0], optional, node.lineno, node.module))
            if node.module == "mlflow":
                found += [Import(_FLAVORS[a.name], True, node.lineno) for a in node.names if a.name in _FLAVORS]
        elif isinstance(node, ast.Call):
            name = dotted(node.func)
            if name in ("importlib.import_module", "import_module", "__import__", "pytest.importorskip") and node.args:
                if isinstance(node.args[0], ast.Constant) and isinstance(node.args[0].value, str):
                    module = node.args[0].value
                    found.append(Import(module.split(".")[0], optional, node.lineno, module))
            elif isinstance(node.func, ast.Attribute) and node.func.attr in _BEHIND:
                found.append(Import(_BEHIND[node.func.attr], True, node.lineno))
        elif isinstance(node, ast.Attribute) and node.attr in _FLAVORS and dotted(node) == f"mlflow.{node.attr}":
            found.append(Import(_FLAVORS[node.attr], True, node.lineno))
    return found


def search_path(trees: Iterable[ast.AST], folder: Path) -> list[Path]:
    """Folders that imports are looked for in: the notebook's own, then what `sys.path` gets by literals."""
    found = [folder]
    for tree in trees:
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and dotted(node.func) in ("sys.path.append", "sys.path.insert"):
                for part in ast.walk(node.args[-1]) if node.args else []:
                    if isinstance(part, ast.Constant) and isinstance(part.value, str):
                        candidate = (folder / part.value).resolve()
                        if candidate.is_dir() and candidate not in found:
                            found.append(candidate)
    return found


def local_code(imports: Iterable[Import], path: list[Path]) -> LocalCode:
    """Files of the local modules among `imports`, and of those that they import."""
    code = LocalCode()
    waiting = list(imports)
    seen: set[str] = set()
    while waiting:
        wanted = waiting.pop()
        if wanted.name in seen:
            continue
        seen.add(wanted.name)
        place = _find(wanted.name, path)
        if place is None:
            continue
        code.names.add(wanted.name)
        for file in _files(place):
            name = file.relative_to(place.parent).as_posix()
            if len(code.files) >= MAX_FILES or name in code.files:
                continue
            code.files[name] = file
            if file.suffix == ".py":
                try:
                    inner = imports_of(ast.parse(file.read_text("utf-8", "replace")))
                except (SyntaxError, ValueError, RecursionError, OSError):
                    code.broken.append(name)
                    continue
                waiting.extend(inner)
                code.imports.extend(inner)
    code.imports = [item for item in code.imports if item.name not in code.names]
    return code


def is_standard(name: str) -> bool:
    """Whether a module is part of Python's standard library (of the server's Python)."""
    return name in sys.stdlib_module_names or name == "__future__"


def _find(name: str, path: list[Path]) -> Path | None:
    for folder in path:
        if (folder / name / "__init__.py").is_file():
            return folder / name
        if (folder / f"{name}.py").is_file():
            return folder / f"{name}.py"
    if is_standard(name):
        return None
    for folder in path:
        if (folder / name).is_dir() and any((folder / name).glob("*.py")):
            return folder / name
    return None


def _files(place: Path) -> list[Path]:
    if place.is_file():
        return [place]
    found = []
    for file in sorted(place.rglob("*")):
        parts = file.relative_to(place).parts
        if any(part.startswith(".") or part == "__pycache__" for part in parts) or file.suffix in (".pyc", ".ipynb"):
            continue
        if file.is_file() and file.stat().st_size <= MAX_BYTES:
            found.append(file)
    return found


def _catches_import(handler: ast.ExceptHandler) -> bool:
    kinds = [handler.type] if not isinstance(handler.type, ast.Tuple) else handler.type.elts
    return any(
        kind is None or dotted(kind).rsplit(".", 1)[-1] in ("ImportError", "ModuleNotFoundError", "Exception")
        for kind in kinds
    )
