"""Which files an export would write, made without writing any."""

from __future__ import annotations

import hashlib
import json
import re
import shlex
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import yaml

from . import imports, lock
from .analysis import Analysis
from .distributions import canonical
from .entry import Entry, notebook_entry, parameters_of, script_entry
from .findings import Finding
from .parameters import Parameter

Form = Literal["notebook", "script"]
Environment = Literal["python_env", "uv", "conda"]

RECORD = "cellruns-export.json"
"""File of an export that says where it comes from; `cellruns prove` and the project view read it."""


@dataclass(frozen=True)
class Options:
    """What the user chose. `parameters` are names, None for those that the analysis chose."""

    form: Form = "notebook"
    environment: Environment = "python_env"
    parameters: tuple[str, ...] | None = None
    name: str = ""
    beside: bool = False
    """The project goes into the notebook's own folder, so its entry must not have the notebook's name."""


@dataclass(frozen=True)
class PlannedFile:
    """A file of the project: either a text or a copy."""

    path: str
    text: str | None = None
    copy_of: Path | None = None

    def content(self) -> bytes:
        """The bytes that would be written."""
        if self.text is not None:
            return self.text.encode("utf-8")
        assert self.copy_of is not None
        return self.copy_of.read_bytes()

    @property
    def size(self) -> int:
        """Bytes."""
        return len(self.text.encode("utf-8")) if self.text is not None else self.copy_of.stat().st_size  # type: ignore[union-attr]


@dataclass
class Plan:
    """The whole export."""

    name: str
    files: list[PlannedFile]
    parameters: list[Parameter]
    command: str
    findings: list[Finding] = field(default_factory=list)

    @property
    def errors(self) -> list[Finding]:
        """Why the export would not run, or not give the same."""
        return [f for f in self.findings if f.level == "error"]


def make(analysis: Analysis, options: Options) -> Plan:
    """Plan an export."""
    names = {p.name for p in analysis.parameters}
    unknown = [n for n in options.parameters or () if n not in names]
    if unknown:
        raise ValueError(f"no such parameter: {', '.join(unknown)}; the notebook has {', '.join(sorted(names)) or 'none'}")
    wanted = set(options.parameters) if options.parameters is not None else {p.name for p in analysis.parameters if p.chosen}
    chosen = [p for p in analysis.parameters if p.name in wanted]
    name = options.name or re.sub(r"[^\w.-]+", "-", analysis.notebook.path.stem).strip("-") or "notebook"
    entry = _entry(analysis, options, chosen)
    requirements = _requirements(analysis, options)
    texts: dict[str, str] = {"MLproject": _mlproject(name, options, chosen, entry), entry.path: entry.text}
    if options.environment == "conda":
        texts["conda.yaml"] = _conda(name, analysis, requirements)
    else:
        texts["python_env.yaml"] = _python_env(analysis)
        texts["requirements.txt"] = "\n".join(requirements) + "\n"
    locked: list[Finding] = []
    if options.environment == "uv":
        more, locked = lock.files(name, _python(analysis), requirements)
        texts.update(more)
    texts["README.md"] = _readme(name, analysis, options, chosen, entry)
    texts[RECORD] = _record(analysis, options, chosen, entry)
    files = [PlannedFile(path, text) for path, text in texts.items()]
    findings = [*analysis.findings, *entry.findings, *locked]
    for path, source in [*analysis.local.files.items(), *_data(analysis)]:
        if path in texts:
            findings.append(Finding(
                "name_taken", "error", f"{path} is read by the notebook, and is the name of a file of the project.",
                "Rename the file.",
            ))
        else:
            files.append(PlannedFile(path, copy_of=source))
    order = {"error": 0, "warning": 1, "info": 2}
    findings.sort(key=lambda f: order[f.level])
    return Plan(name, files, chosen, entry.command, findings)


def _entry(analysis: Analysis, options: Options, chosen: list[Parameter]) -> Entry:
    stem = analysis.notebook.path.stem
    if options.form == "notebook":
        return notebook_entry(analysis, chosen, f"{stem}.project.ipynb" if options.beside else f"{stem}.ipynb")
    module = re.sub(r"\W+", "_", stem).strip("_") or "main"
    taken = analysis.local.names | {i.name for s in analysis.cells if s.tree for i in imports.imports_of(s.tree)}
    if module in taken or imports.is_standard(module):
        module = f"run_{module}"
    return script_entry(analysis, chosen, f"{module}.py")


def _data(analysis: Analysis) -> list[tuple[str, Path]]:
    folder = analysis.notebook.path.resolve().parent
    return [(path, folder / path) for path in analysis.data.files if path not in analysis.local.files]


def _requirements(analysis: Analysis, options: Options) -> list[str]:
    """Lines of requirements.txt, sorted: what is imported, what the notebook installs, what the form needs."""
    lines = {canonical(d.name): d.requirement for d in analysis.distributions.values()}
    for text in analysis.extra_requirements:
        name = canonical(re.split(r"[\s\[<>=!~;@]", text, maxsplit=1)[0])
        lines.setdefault(name or text, (_pin(analysis, text) if re.fullmatch(r"[\w.-]+", text) else None) or text)
    needs = ["mlflow"]
    if options.form == "notebook":
        needs += ["papermill", "ipykernel"]
    elif "from IPython" in "".join(s.plain.source for s in analysis.cells) or any(
        e.name == "display" for s in analysis.cells for e in s.names.events
    ):
        needs.append("ipython")
    for name in needs:
        if name == "mlflow" and "mlflow-skinny" in lines:
            continue
        lines.setdefault(name, _pin(analysis, name) or _own(name))
    return [lines[name] for name in sorted(lines)]


def _pin(analysis: Analysis, name: str) -> str | None:
    return analysis.installed.pinned(name) if analysis.installed else None


def _own(name: str) -> str:
    """For what the kernel's environment has not: the version beside Cellruns, which the export was made for."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return f"{name}=={version(name)}"
    except PackageNotFoundError:
        return {"papermill": "papermill>=2.6"}.get(name, name)


def _python(analysis: Analysis) -> str:
    import platform

    return analysis.installed.python if analysis.installed else platform.python_version()


def _dump(value: Any) -> str:
    return str(yaml.safe_dump(value, sort_keys=False, width=10_000, allow_unicode=True))


def _mlproject(name: str, options: Options, chosen: list[Parameter], entry: Entry) -> str:
    environment = {"conda_env": "conda.yaml"} if options.environment == "conda" else {"python_env": "python_env.yaml"}
    main: dict[str, Any] = {"parameters": parameters_of(chosen)} if chosen else {}
    return _dump({"name": name, **environment, "entry_points": {"main": {**main, "command": entry.command}}})


def _python_env(analysis: Analysis) -> str:
    return _dump({
        "python": _python(analysis), "build_dependencies": ["pip", "setuptools", "wheel"],
        "dependencies": ["-r requirements.txt"],
    })


def _conda(name: str, analysis: Analysis, requirements: list[str]) -> str:
    return _dump({
        "name": name, "channels": ["conda-forge"],
        "dependencies": [f"python={_python(analysis)}", "pip", {"pip": requirements}],
    })


def _readme(name: str, analysis: Analysis, options: Options, chosen: list[Parameter], entry: Entry) -> str:
    title = analysis.notebook.title or name
    example = next((p for p in chosen if p.kind in ("int", "float")), chosen[0] if chosen else None)
    lines = [
        f"# {title}", "",
        f"An [MLflow project](https://mlflow.org/docs/latest/projects.html) made from `{analysis.notebook.path.name}` "
        "by Cellruns. To run it:", "",
        "```bash", "mlflow run . --env-manager uv" if options.environment != "conda" else "mlflow run .", "```", "",
    ]
    if options.environment != "conda":
        lines += ["`--env-manager virtualenv` and `local` work as well; `local` uses the packages that are there.", ""]
    if chosen and example is not None:
        lines += ["## Parameters", "", "| name | type | default | |", "| --- | --- | --- | --- |"]
        for p in chosen:
            comment = p.comment.replace("|", "\\|")
            lines.append(f"| `{p.name}` | {p.mlproject_type} | `{p.default}` | {comment} |")
        command = f"mlflow run . -P {example.name}={shlex.quote(str(example.default))}"
        lines += ["", "Give another value by `-P`:", "", "```bash", command, "```", ""]
        lines += ["MLflow stores the text that is given, so write a number as Python prints it (`0.001`, not `1e-3`) "
                  "where the notebook logs it too.", ""]
    if options.form == "notebook":
        lines += [f"The run leaves the executed notebook in `{entry.path.removesuffix('.ipynb')}.output.ipynb`.", ""]
    large = sorted(analysis.data.large)
    if large:
        lines += ["## Data that is not part of this folder", "", *(f"* `{path}`" for path in large), ""]
    return "\n".join(lines)


def _record(analysis: Analysis, options: Options, chosen: list[Parameter], entry: Entry) -> str:
    source = json.dumps([s.cell.source for s in analysis.cells])
    return json.dumps({
        "version": 1, "notebook": analysis.notebook.path.name, "form": options.form, "entry": entry.path,
        "cells_sha256": hashlib.sha256(source.encode()).hexdigest(), "parameters": [p.name for p in chosen],
    }, indent=2) + "\n"
