"""Export in one call, for the route and for the command line."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ..models.executable import Interpreter, NoPython
from . import distributions, notebook, plan, writer
from .analysis import Analysis, Seen, analyse
from .files import MAX_FILE
from .order import Executed


@dataclass(frozen=True)
class Request:
    """What is to be exported, and to where. `content` is the notebook's JSON where the editor has a newer one."""

    notebook: Path
    folder: Path
    options: plan.Options = field(default_factory=plan.Options)
    content: dict[str, Any] | None = None
    interpreter: Interpreter | None = None
    history: list[Executed] | None = None
    seen: Seen | None = None
    max_file: int = MAX_FILE


@dataclass(frozen=True)
class Export:
    """A planned export."""

    request: Request
    analysis: Analysis
    plan: plan.Plan

    def existing(self) -> list[str]:
        """Files of the folder that would be replaced."""
        return writer.differing(self.plan, self.request.folder)

    def write(self, overwrite: bool = False) -> list[str]:
        """See `writer.write`."""
        return writer.write(self.plan, self.request.folder, self.request.notebook, overwrite)


def prepare(request: Request) -> Export:
    """Analyse and plan. Blocks. Raises `NotebookRefused`, and ValueError for options that do not fit the notebook."""
    book = notebook.read(request.notebook, request.content)

    def ask(modules: set[str]) -> distributions.Installed:
        if request.interpreter is None:
            raise NoPython("no kernel was named")
        return distributions.ask(request.interpreter, modules)

    analysis = analyse(book, ask, request.history, request.seen, request.max_file)
    beside = request.folder.resolve() == request.notebook.resolve().parent
    return Export(request, analysis, plan.make(analysis, replace(request.options, beside=beside)))
