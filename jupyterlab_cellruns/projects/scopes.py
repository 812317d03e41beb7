"""Which names the top level of a cell reads, binds and leaves to functions, in the order of evaluation."""

from __future__ import annotations

import ast
import builtins
from dataclasses import dataclass, field
from typing import Literal

GIVEN = frozenset(dir(builtins)) | {
    "get_ipython", "display", "In", "Out", "exit", "quit", "_", "__", "___", "_i", "_ii", "_iii", "_dh", "_oh", "_ih",
    "__name__", "__doc__", "__builtin__", "__builtins__", "__annotations__",
}
"""Names that every notebook has without a cell."""

Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


@dataclass(frozen=True)
class Event:
    """`use`, `bind`, `unbind` or `call` of a name; `call` also means that a function's body runs now."""

    kind: Literal["use", "bind", "unbind", "call"]
    name: str
    line: int


@dataclass
class Names:
    """What one cell does with names."""

    events: list[Event] = field(default_factory=list)
    functions: dict[str, set[str]] = field(default_factory=dict)
    """Names that the body of a function (of `__init__` for a class) reads from the notebook when it is called."""
    late: list[Event] = field(default_factory=list)
    """Names that other bodies read at a time that cannot be told."""
    writes: set[str] = field(default_factory=set)
    """Names of the notebook that functions bind by `global`."""
    star: bool = False
    """`from x import *`, `exec` and the like: from here on any name may be bound."""


def names_of(tree: ast.Module) -> Names:
    """Names of a parsed cell."""
    reader = _Reader()
    for statement in tree.body:
        reader.visit(statement)
    return reader.names


def free_names(node: Function | ast.ClassDef) -> set[str]:
    """Names that a body reads from outside."""
    bound, used, outside, nested = _Local.of(node)
    for inner in nested:
        used |= free_names(inner)
    return used - (bound - outside)


class _Local(ast.NodeVisitor):
    """Names of one function or class body, bodies inside it left to the caller."""

    def __init__(self) -> None:
        self.bound: set[str] = set()
        self.used: set[str] = set()
        self.outside: set[str] = set()
        self.nested: list[Function | ast.ClassDef] = []

    @classmethod
    def of(cls, node: Function | ast.ClassDef) -> tuple[set[str], set[str], set[str], list[Function | ast.ClassDef]]:
        reader = cls()
        if not isinstance(node, ast.ClassDef):
            arguments = node.args
            for argument in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs):
                reader.bound.add(argument.arg)
            reader.bound.update(a.arg for a in (arguments.vararg, arguments.kwarg) if a is not None)
        body: list[ast.AST] = [node.body] if isinstance(node, ast.Lambda) else [*node.body]
        for part in body:
            reader.visit(part)
        return reader.bound, reader.used, reader.outside, reader.nested

    def visit_Name(self, node: ast.Name) -> None:
        (self.used if isinstance(node.ctx, ast.Load) else self.bound).add(node.id)

    def visit_Global(self, node: ast.Global) -> None:
        self.outside.update(node.names)

    def visit_Import(self, node: ast.Import | ast.ImportFrom) -> None:
        self.bound.update(_imported(node))

    visit_ImportFrom = visit_Import

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> None:
        if node.name:
            self.bound.add(node.name)
        self.generic_visit(node)

    def visit_MatchAs(self, node: ast.MatchAs | ast.MatchStar) -> None:
        if node.name:
            self.bound.add(node.name)
        self.generic_visit(node)

    visit_MatchStar = visit_MatchAs

    def visit_MatchMapping(self, node: ast.MatchMapping) -> None:
        if node.rest:
            self.bound.add(node.rest)
        self.generic_visit(node)

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        self.bound.add(node.name)
        for part in _now(node):
            self.visit(part)
        self.nested.append(node)

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_Lambda(self, node: ast.Lambda) -> None:
        for part in _now(node):
            self.visit(part)
        self.nested.append(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self.bound.add(node.name)
        for part in (*node.decorator_list, *node.bases, *(k.value for k in node.keywords)):
            self.visit(part)
        self.nested.append(node)

    def visit_ListComp(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp) -> None:
        self.used |= _comprehension(node)
        self.bound |= _walrus(node)

    visit_SetComp = visit_GeneratorExp = visit_DictComp = visit_ListComp


class _Reader(ast.NodeVisitor):
    """Events of the top level."""

    def __init__(self) -> None:
        self.names = Names()
        self._class: list[set[str]] = []

    def _add(self, kind: Literal["use", "bind", "unbind", "call"], name: str, node: ast.AST) -> None:
        if self._class:
            if kind == "bind":
                self._class[-1].add(name)
                return
            if any(name in scope for scope in self._class):
                return
        self.names.events.append(Event(kind, name, getattr(node, "lineno", 1)))

    def visit_Name(self, node: ast.Name) -> None:
        kind: Literal["use", "bind", "unbind"] = "use" if isinstance(node.ctx, ast.Load) else "bind"
        self._add("unbind" if isinstance(node.ctx, ast.Del) else kind, node.id, node)

    def visit_Call(self, node: ast.Call) -> None:
        self.generic_visit(node)
        if isinstance(node.func, ast.Name):
            self._add("call", node.func.id, node)
            if node.func.id in ("exec", "eval"):
                self.names.star = True

    def visit_Assign(self, node: ast.Assign) -> None:
        self.visit(node.value)
        for target in node.targets:
            self.visit(target)
            if isinstance(target, ast.Name) and isinstance(node.value, ast.Lambda):
                self.names.functions[target.id] = free_names(node.value)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        if isinstance(node.target, ast.Name):
            self._add("use", node.target.id, node)
        self.visit(node.value)
        self.visit(node.target)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        self.visit(node.annotation)
        if node.value is not None:
            self.visit(node.value)
            self.visit(node.target)

    def visit_NamedExpr(self, node: ast.NamedExpr) -> None:
        self.visit(node.value)
        self.visit(node.target)

    def visit_For(self, node: ast.For | ast.AsyncFor) -> None:
        self.visit(node.iter)
        self.visit(node.target)
        for part in (*node.body, *node.orelse):
            self.visit(part)

    visit_AsyncFor = visit_For

    def visit_Import(self, node: ast.Import | ast.ImportFrom) -> None:
        for name in _imported(node):
            if name == "*":
                self.names.star = True
            else:
                self._add("bind", name, node)

    visit_ImportFrom = visit_Import

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> None:
        if node.type is not None:
            self.visit(node.type)
        if node.name:
            self._add("bind", node.name, node)
        for part in node.body:
            self.visit(part)

    def visit_MatchAs(self, node: ast.MatchAs | ast.MatchStar) -> None:
        self.generic_visit(node)
        if node.name:
            self._add("bind", node.name, node)

    visit_MatchStar = visit_MatchAs

    def visit_MatchMapping(self, node: ast.MatchMapping) -> None:
        self.generic_visit(node)
        if node.rest:
            self._add("bind", node.rest, node)

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        for part in _now(node):
            self.visit(part)
        self._body(node, None if self._class and node.name != "__init__" else node.name)
        self._add("bind", node.name, node)

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_Lambda(self, node: ast.Lambda) -> None:
        for part in _now(node):
            self.visit(part)
        self._body(node, None)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        for part in (*node.decorator_list, *node.bases, *(k.value for k in node.keywords)):
            self.visit(part)
        self._class.append(set())
        for statement in node.body:
            self.visit(statement)
        self._class.pop()
        if "__init__" in self.names.functions:
            self.names.functions[node.name] = self.names.functions.pop("__init__")
        self._add("bind", node.name, node)

    def visit_ListComp(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp) -> None:
        for name in sorted(_comprehension(node)):
            self._add("use", name, node)
        for part in ast.walk(node):
            if isinstance(part, ast.Call) and isinstance(part.func, ast.Name):
                self._add("call", part.func.id, part)
        for name in sorted(_walrus(node)):
            self._add("bind", name, node)

    visit_SetComp = visit_GeneratorExp = visit_DictComp = visit_ListComp

    def _body(self, node: Function, name: str | None) -> None:
        free = free_names(node)
        for part in ast.walk(node):
            if isinstance(part, ast.Global):
                self.names.writes.update(part.names)
        if name is not None:
            self.names.functions[name] = free
        self.names.late.extend(Event("use", used, node.lineno) for used in sorted(free))


def _now(node: Function) -> list[ast.expr]:
    """Parts of a definition that are evaluated where it stands."""
    arguments = node.args
    parts: list[ast.expr] = [*arguments.defaults, *(d for d in arguments.kw_defaults if d is not None)]
    if not isinstance(node, ast.Lambda):
        every = (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)
        parts += [*node.decorator_list, *(a.annotation for a in every if a.annotation is not None)]
        if node.returns is not None:
            parts.append(node.returns)
    return parts


def _comprehension(node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp) -> set[str]:
    bound: set[str] = set()
    used: set[str] = set()
    for part in ast.iter_child_nodes(node):
        reader = _Local()
        reader.visit(part)
        bound |= reader.bound
        used |= reader.used
        for inner in reader.nested:
            used |= free_names(inner)
    return used - bound


def _walrus(node: ast.AST) -> set[str]:
    """Names that `:=` inside a comprehension binds outside of it (PEP 572)."""
    return {n.target.id for n in ast.walk(node) if isinstance(n, ast.NamedExpr)}


def _imported(node: ast.Import | ast.ImportFrom) -> list[str]:
    return [alias.asname or (alias.name.split(".")[0] if isinstance(node, ast.Import) else alias.name)
            for alias in node.names]
