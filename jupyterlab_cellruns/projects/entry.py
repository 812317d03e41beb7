"""The entry file of an exported project and its command: a notebook for papermill, or a script with a parser."""

from __future__ import annotations

import ast
import copy
import json
import shlex
from dataclasses import dataclass
from typing import Any

from .analysis import Analysis
from .findings import Finding
from .parameters import TAG, Parameter
from .rewrite import rewrite
from .sources import Source, dotted


@dataclass(frozen=True)
class Entry:
    """The file, its text, the command of the entry point, and what the form adds to the findings."""

    path: str
    text: str
    command: str
    findings: list[Finding]


def notebook_entry(analysis: Analysis, chosen: list[Parameter], path: str) -> Entry:
    """A copy of the notebook with one cell tagged `parameters`, without outputs. The original is not changed."""
    from nbformat import v4, writes

    node = copy.deepcopy(analysis.notebook.node)
    by_index = {source.cell.index: source for source in analysis.cells}
    tagged = next((s.cell.index for s in analysis.cells if TAG in s.cell.tags), None)
    moved = {p.name for p in chosen if not p.tagged}
    needs_os = False
    for index, cell in enumerate(node.cells):
        if cell.cell_type != "code":
            continue
        cell.outputs, cell.execution_count = [], None
        source = by_index.get(index)
        if source is not None:
            text = _without_installs(source)
            new = rewrite(source, text, moved, futures=False)
            needs_os = needs_os or new.needs_os
            cell.source = f"import os\n\n{new.source}" if new.needs_os else new.source
    lines = [_assignment(p) for p in chosen if not p.tagged]
    if tagged is not None and lines:
        cell = node.cells[tagged]
        cell.source = "\n".join([cell.source.rstrip(), *lines])
    elif lines or (chosen and tagged is None):
        first = next(i for i, cell in enumerate(node.cells) if cell.cell_type == "code")
        node.cells.insert(first, v4.new_code_cell("\n".join(lines), id="parameters", metadata={"tags": [TAG]}))
    node.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    if node.get("nbformat_minor", 0) < 5:
        for cell in node.cells:
            cell.pop("id", None)
    output = f"{path.removesuffix('.ipynb')}.output.ipynb"
    words = ["papermill", _quoted(path), _quoted(output), "--kernel", "python3"]
    for parameter in chosen:
        words += _papermill(parameter)
    findings = [
        source.finding("magic_kept", "info", f"{magic.text} stays as it is: the notebook is run by IPython.", "", magic.line)
        for source in analysis.cells for magic in source.plain.magics if magic.action == "unsupported"
    ]
    return Entry(path, writes(node) + "\n", " ".join(words), [*findings, *_installs(analysis)])


def script_entry(analysis: Analysis, chosen: list[Parameter], path: str) -> Entry:
    """A script made by nbconvert, with a parser for the parameters at its beginning."""
    from nbconvert.exporters import PythonExporter
    from nbformat import v4

    node = copy.deepcopy(analysis.notebook.node)
    by_index = {source.cell.index: source for source in analysis.cells}
    moved = {p.name for p in chosen}
    modules = {"argparse"} if chosen else set()
    futures: list[str] = []
    for index, cell in enumerate(node.cells):
        source = by_index.get(index)
        if cell.cell_type == "code" and source is not None:
            new = rewrite(source, source.plain.source, moved, futures=True)
            cell.source = new.source
            modules |= source.plain.imports | ({"os"} if new.needs_os else set())
            futures += new.futures
    head = _parser(chosen, analysis.notebook.title or analysis.notebook.path.stem, modules, _shows(analysis.cells))
    if head:
        node.cells.insert(0, v4.new_code_cell(head))
    body, _ = PythonExporter(exclude_input_prompt=True).from_notebook_node(node)
    lines = body.split("\n")
    start = next((i for i, line in enumerate(lines) if line and not line.startswith("#")), len(lines))
    preamble = "\n".join(lines[:start]).strip()
    text = "\n".join([preamble, "", *dict.fromkeys(futures), *lines[start:]]).rstrip() + "\n"
    words = ["python", _quoted(path), *(f"--{p.name}={{{p.name}}}" for p in chosen)]
    return Entry(path, text, " ".join(words), _script_findings(analysis))


def _quoted(path: str) -> str:
    return shlex.quote(path).replace("{", "{{").replace("}", "}}")


def _papermill(parameter: Parameter) -> list[str]:
    """Options of papermill's command line; `-p` guesses the type of a value, `-r` keeps a text as it is."""
    name = parameter.name
    if parameter.kind == "json":
        return ["-y", f"'{name}: '{{{name}}}"]
    return ["-r" if parameter.kind in ("string", "uri") else "-p", name, f"{{{name}}}"]


def _assignment(parameter: Parameter) -> str:
    return f"{parameter.name} = {parameter.source}" + (f"  # {parameter.comment}" if parameter.comment else "")


def _without_installs(source: Source) -> str:
    """The cell; lines that install packages become comments, because the environment brings them."""
    lines = source.cell.source.split("\n")
    for magic in source.plain.magics:
        if magic.action == "installs" and magic.line <= len(lines):
            lines[magic.line - 1] = f"# {lines[magic.line - 1].lstrip()}"
    return "\n".join(lines)


def _parser(chosen: list[Parameter], title: str, modules: set[str], shows: bool) -> str:
    kinds = {p.kind for p in chosen}
    if "json" in kinds:
        modules = modules | {"json"}
    if "none" in kinds:
        modules = modules | {"ast"}
    lines = [f"import {name}" for name in sorted(modules)]
    if shows:
        lines += ["", "from IPython.display import display"]
    if not chosen:
        return "\n".join(lines)
    if "bool" in kinds:
        lines += ["", "", *_FLAG.strip("\n").split("\n")]
    if "none" in kinds:
        lines += ["", "", *_GUESS.strip("\n").split("\n")]
    if {"bool", "none"} & kinds:
        lines.append("")
    lines += ["", f"parser = argparse.ArgumentParser(description={json.dumps(title, ensure_ascii=False)})"]
    types = {"int": "int", "float": "float", "bool": "flag", "json": "json.loads", "none": "guess"}
    for p in chosen:
        parts = [f'"--{p.name}"']
        if p.kind in types:
            parts.append(f"type={types[p.kind]}")
        parts.append(f"default={p.source if p.kind != 'none' else None}")
        if p.comment:
            parts.append(f"help={json.dumps(p.comment.replace('%', '%%'), ensure_ascii=False)}")
        lines.append(f"parser.add_argument({', '.join(parts)})")
    lines.append("args = parser.parse_args()")
    lines += [f"{p.name} = args.{p.name}" for p in chosen]
    return "\n".join(lines)


_FLAG = '''
def flag(text):
    """True or False from the command line."""
    if text.lower() in ("true", "1", "yes"):
        return True
    if text.lower() in ("false", "0", "no"):
        return False
    raise argparse.ArgumentTypeError("expected True or False")
'''
_GUESS = '''
def guess(text):
    """A Python literal such as None or 3, else the text itself."""
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return text
'''


def _shows(cells: list[Source]) -> bool:
    bound = {e.name for s in cells for e in s.names.events if e.kind == "bind"}
    used = {e.name for s in cells for e in (*s.names.events, *s.names.late) if e.kind != "bind"}
    return "display" in used - bound


def _script_findings(analysis: Analysis) -> list[Finding]:
    found = _installs(analysis)
    for source in analysis.cells:
        for magic in source.plain.magics:
            if magic.action == "unsupported":
                found.append(source.finding(
                    "magic_unsupported", "error", f"{magic.text} has no meaning outside IPython.",
                    "Choose the notebook form, which keeps it, or write it in Python.", magic.line,
                ))
            elif magic.action == "rewritten":
                found.append(source.finding(
                    "magic_rewritten", "info", f"{magic.text} was written as Python.", "", magic.line,
                ))
            elif magic.action == "removed":
                found.append(source.finding("magic_removed", "info", f"{magic.text} was left out.", "", magic.line))
        for statement in source.tree.body if source.tree else []:
            line = _top_level_await(statement)
            if line is not None:
                found.append(source.finding(
                    "await", "error", "“await” at top level works in a notebook only.",
                    "Choose the notebook form, or use asyncio.run.", line,
                ))
        for node in ast.walk(source.tree) if source.tree else []:
            if isinstance(node, ast.Call) and dotted(node.func) == "get_ipython":
                found.append(source.finding(
                    "get_ipython", "error", "get_ipython() is not there in a script.", "Choose the notebook form.",
                    node.lineno,
                ))
    return found


def _top_level_await(node: ast.AST) -> int | None:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
        return None
    if isinstance(node, ast.Await | ast.AsyncFor | ast.AsyncWith):
        return node.lineno
    return next((line for child in ast.iter_child_nodes(node) if (line := _top_level_await(child)) is not None), None)


def _installs(analysis: Analysis) -> list[Finding]:
    return [
        source.finding(
            "magic_installs", "info", f"{magic.text} was left out: the packages are in requirements.txt.", "", magic.line,
        )
        for source in analysis.cells for magic in source.plain.magics if magic.action == "installs"
    ]


def parameters_of(command_parameters: list[Parameter]) -> dict[str, Any]:
    """The `parameters` of an entry point."""
    return {p.name: {"type": p.mlproject_type, "default": p.default} for p in command_parameters}
