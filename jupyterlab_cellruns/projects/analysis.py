"""All that can be told about a notebook before it is exported."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..kernel_side.python.redact import redact
from . import files, imports, order, parameters
from .distributions import Distribution, Installed
from .findings import Finding
from .notebook import Notebook
from .order import Executed
from .parameters import Parameter
from .sources import Source, dotted, sources

_ASKS = {"input": "text", "getpass.getpass": "a password", "getpass": "a password"}


@dataclass
class Seen:
    """What the running kernel has loaded: top-level module names, and files of modules."""

    modules: dict[str, str | None] = field(default_factory=dict)


@dataclass
class Analysis:
    """The result. `installed` is None where the kernel's Python could not be asked."""

    notebook: Notebook
    cells: list[Source]
    parameters: list[Parameter]
    findings: list[Finding]
    distributions: dict[str, Distribution]
    installed: Installed | None
    extra_requirements: list[str]
    local: imports.LocalCode
    data: files.DataUse

    def json(self) -> dict[str, Any]:
        """As in docs/http-api.md."""
        return {
            "parameters": [p.json() for p in self.parameters],
            "findings": [f.json() for f in self.findings],
            "packages": [
                {"name": d.name, "version": d.version, "requirement": d.requirement}
                for d in sorted(self.distributions.values(), key=lambda d: d.name.lower())
            ],
            "python": self.installed.python if self.installed else None,
            "modules": sorted(self.local.files),
            "data": [{"path": f.path, "size": f.size} for f in self.data.files.values()],
            "large": [{"path": f.path, "size": f.size} for f in self.data.large.values()],
        }


def analyse(notebook: Notebook, ask: Callable[[set[str]], Installed], history: list[Executed] | None = None,
            seen: Seen | None = None, most: int = files.MAX_FILE) -> Analysis:
    """Analyse a notebook. Blocks (reads files beside the notebook, asks the kernel's Python once through `ask`)."""
    from ..models.executable import NoPython

    folder = notebook.path.resolve().parent
    cells = sources(notebook)
    trees = [source.tree for source in cells if source.tree is not None]
    found = _syntax(cells)
    wanted = [(source, item) for source in cells if source.tree for item in imports.imports_of(source.tree)]
    path = imports.search_path(trees, folder)
    local = imports.local_code([item for _, item in wanted], path)
    names = {item.name for _, item in wanted} | {item.name for item in local.imports}
    names |= {name for name, file in (seen.modules if seen else {}).items() if _is_beside(file, folder)}
    installed: Installed | None = None
    try:
        installed = ask(names - local.names)
    except NoPython as error:
        found.append(Finding(
            "no_python", "error", f"The kernel's Python could not be asked for its packages: {error}",
            "Versions are missing in requirements.txt; choose another kernel.",
        ))
    distributions = _distributions(wanted, local, installed, found)
    if seen is not None:
        _add_seen(seen, folder, local, found)
    for name, file in local.files.items():
        if name.endswith(".py") and redact(file.read_text("utf-8", "replace"))[1]:
            found.append(Finding(
                "secret_module", "warning", f"{name} seems to hold a password, key or token, and is copied as it is.",
                "Read it from an environment variable.",
            ))
    data = files.data_of(cells, folder, most)
    found += _files(data, path, folder)
    found += _secrets(cells) + _plumbing(cells) + _asks(cells)
    params = parameters.find(cells)
    found += _derived(cells, params)
    found += order.check(cells, history)
    extra = list(dict.fromkeys(r for source in cells for r in source.plain.requirements))
    found.sort(key=lambda f: ({"error": 0, "warning": 1, "info": 2}[f.level], f.cell if f.cell is not None else -1))
    return Analysis(notebook, cells, params, found, distributions, installed, extra, local, data)


def _syntax(cells: list[Source]) -> list[Finding]:
    return [
        source.finding("syntax", "error", f"Not valid Python: {source.problem}", "Repair the cell.")
        for source in cells if source.tree is None
    ]


def _distributions(wanted: list[tuple[Source, imports.Import]], local: imports.LocalCode, installed: Installed | None,
                   found: list[Finding]) -> dict[str, Distribution]:
    chosen: dict[str, Distribution] = {}
    if installed is None:
        return chosen
    pairs: list[tuple[Source | None, imports.Import]] = [*wanted, *((None, item) for item in local.imports)]
    said: set[str] = set()
    for source, item in pairs:
        name = item.name
        if name in local.names or name in installed.standard or imports.is_standard(name):
            continue
        distribution = installed.modules.get(name)
        if distribution is not None:
            chosen[distribution.name] = distribution
            if distribution.local and distribution.name not in said:
                said.add(distribution.name)
                found.append(Finding(
                    "local_package", "warning", f"{distribution.name} is installed from {distribution.local}.",
                    "Another machine cannot get it there; publish it, or put its code beside the notebook.",
                ))
        elif not item.optional and name not in said:
            said.add(name)
            message = f"“{name}” is imported, but not installed in the kernel's environment."
            hint = "Install it there, or remove the import."
            found.append(
                source.finding("unknown_import", "error", message, hint, item.line) if source is not None
                else Finding("unknown_import", "error", message, hint)
            )
    return chosen


def _add_seen(seen: Seen, folder: Path, local: imports.LocalCode, found: list[Finding]) -> None:
    """Modules that the kernel has loaded from beside the notebook, which no import statement tells."""
    for name, file in seen.modules.items():
        if file and _is_beside(file, folder) and name not in local.names and not name.startswith("_"):
            more = imports.local_code([imports.Import(name, False, 1)], [folder])
            if more.files:
                local.files.update(more.files)
                local.names |= more.names
                found.append(Finding(
                    "seen_module", "info", f"The kernel has loaded {name} from beside the notebook; it is copied too.", "",
                ))


def _is_beside(file: str | None, folder: Path) -> bool:
    if not file:
        return False
    try:
        relative = Path(file).resolve().relative_to(folder)
    except (ValueError, OSError):
        return False
    return not any(part in ("site-packages", "dist-packages") for part in relative.parts)


def _files(data: files.DataUse, path: list[Path], folder: Path) -> list[Finding]:
    found = []
    for source, line, text in data.missing:
        found.append(source.finding(
            "data_missing", "warning" if data.fetches else "error", f"“{text}” is read, but is not there.",
            "Put the file beside the notebook." if not data.fetches else "It has to come from what the notebook downloads.",
            line,
        ))
    for source, line, text in data.absolute:
        found.append(source.finding(
            "data_absolute", "warning", f"“{text}” is a path of this machine only.",
            "Put the file beside the notebook and read it by a relative path, or make the path a parameter.", line,
        ))
    for source, line, text in data.outside:
        found.append(source.finding(
            "data_outside", "warning", f"“{text}” lies outside the notebook's folder and is not copied.",
            "Move it beside the notebook, or make the path a parameter.", line,
        ))
    for source, line, text in data.private:
        found.append(source.finding(
            "secret_file", "warning", f"“{text}” looks like a file of secrets and is not copied.",
            "Give its values by environment variables.", line,
        ))
    for file in data.large.values():
        found.append(Finding(
            "data_large", "warning", f"“{file.path}” has {file.size / 1e6:.1f} MB and is not copied.",
            "Raise the limit, or make its path or address a parameter.", file.cell, None, file.line,
        ))
    for place in path[1:]:
        if not place.is_relative_to(folder):
            found.append(Finding(
                "path_outside", "info", f"sys.path leads to {place}; modules from there are copied into the project.", "",
            ))
    return found


def _secrets(cells: list[Source]) -> list[Finding]:
    found = []
    for source in cells:
        clean, count = redact(source.cell.source)
        if count:
            for number, (old, new) in enumerate(
                zip(source.cell.source.split("\n"), clean.split("\n"), strict=False), start=1
            ):
                if old != new:
                    found.append(source.finding(
                        "secret", "error", "This line seems to hold a password, key or token.",
                        "Read it from an environment variable; it is taken out of the export.", number,
                    ))
    return found


def _plumbing(cells: list[Source]) -> list[Finding]:
    found = []
    for source in cells:
        for node in ast.walk(source.tree) if source.tree else []:
            if isinstance(node, ast.Call) and is_plumbing(node):
                found.append(source.finding(
                    "plumbing", "info", f"{dotted(node.func)}() is left out while `mlflow run` runs the project, "
                    "which has chosen experiment and store itself.", "", node.lineno,
                ))
    return found


def is_plumbing(node: ast.Call) -> bool:
    """Whether a call chooses an experiment or a store; under `mlflow run` the run would not be found any more."""
    return dotted(node.func).rsplit(".", 1)[-1] in ("set_experiment", "set_tracking_uri", "set_registry_uri")


def _asks(cells: list[Source]) -> list[Finding]:
    found = []
    for source in cells:
        for node in ast.walk(source.tree) if source.tree else []:
            if isinstance(node, ast.Call) and dotted(node.func) in _ASKS:
                found.append(source.finding(
                    "asks", "error", f"{dotted(node.func)}() asks for {_ASKS[dotted(node.func)]}; nobody is there to "
                    "answer.", "Make it a parameter, or read an environment variable.", node.lineno,
                ))
    return found


def _derived(cells: list[Source], params: list[Parameter]) -> list[Finding]:
    """Values that the tagged cell computes from a parameter: papermill puts its values in after that cell."""
    found = []
    names = {p.name for p in params}
    for source in cells:
        if parameters.TAG not in source.cell.tags or source.tree is None:
            continue
        for statement in source.tree.body:
            if isinstance(statement, ast.Assign | ast.AnnAssign) and statement.value is not None:
                used = {n.id for n in ast.walk(statement.value) if isinstance(n, ast.Name)} & names
                if used:
                    found.append(source.finding(
                        "derived", "warning", f"This line computes from {', '.join(sorted(used))} in the tagged cell, "
                        "before papermill puts the values of a run in.", "Move the line to the next cell.",
                        statement.lineno,
                    ))
    return found
