"""Parameters of a notebook: the cell tagged `parameters` (papermill), else top-level constants that are read later."""

from __future__ import annotations

import ast
import io
import json
import re
import tokenize
from dataclasses import asdict, dataclass
from typing import Any, Literal

from ..kernel_side.python.redact import redact
from .sources import Source, dotted

Kind = Literal["int", "float", "bool", "string", "uri", "json", "none"]

TAG = "parameters"
"""The tag by which papermill finds the cell (papermill/parameterize.py)."""

_URI = re.compile(r"[a-z][a-z0-9+.-]+://")
_LONG = 100


@dataclass(frozen=True)
class Parameter:
    """A constant that can become a parameter. `source` is the literal as it stands, `note` why it is not chosen."""

    name: str
    kind: Kind
    value: Any
    source: str
    comment: str
    cell: int
    cell_id: str | None
    line: int
    tagged: bool
    chosen: bool
    note: str = ""

    @property
    def mlproject_type(self) -> str:
        """The type in MLproject. MLflow acts on `path` and `uri` alone and passes any other on."""
        return {"json": "string", "bool": "string", "none": "string"}.get(self.kind, self.kind)

    @property
    def default(self) -> Any:
        """The default in MLproject; MLflow puts `str(default)` into the command."""
        if self.kind == "json":
            return json.dumps(self.value)
        return "None" if self.kind == "none" else str(self.value) if self.kind == "bool" else self.value

    def json(self) -> dict[str, Any]:
        """As in docs/http-api.md."""
        return {**asdict(self), "default": str(self.default), "type": self.mlproject_type}


def find(cells: list[Source]) -> list[Parameter]:
    """All candidates in the order of the notebook."""
    binds: dict[str, int] = {}
    for source in cells:
        for event in source.names.events:
            if event.kind in ("bind", "unbind"):
                binds[event.name] = binds.get(event.name, 0) + 1
        for name in source.names.writes:
            binds[name] = binds.get(name, 0) + 1
    tagged = next((i for i, source in enumerate(cells) if TAG in source.cell.tags), None)
    logged, plumbing = _logged(cells), _plumbing(cells)
    found: list[Parameter] = []
    for place, source in enumerate(cells):
        if source.tree is None:
            continue
        comments = _comments(source.plain.source)
        for statement in source.tree.body:
            constant = _constant(statement)
            if constant is None:
                continue
            name, node, value = constant
            in_tagged = place == tagged
            if name.startswith("_") or kind_of(value) is None:
                continue
            if not in_tagged and (binds.get(name, 0) != 1 or not _is_read(name, cells, place, statement)):
                continue
            if tagged is not None and place < tagged:
                continue
            if redact(f"{name} = {value!r}")[1]:
                # The default of a parameter stands in MLproject and is logged with every run.
                continue
            found.append(_parameter(
                source, name, node, value, comments.get(node.end_lineno or 0, ""), in_tagged,
                tagged is not None, name in plumbing, logged.get(name),
            ))
    last = {p.name: p for p in found}
    return [p for p in found if last[p.name] is p]


def _parameter(source: Source, name: str, node: ast.expr, value: Any, comment: str, in_tagged: bool,
               has_tagged: bool, is_plumbing: bool, logged: str | None) -> Parameter:
    kind = kind_of(value)
    assert kind is not None
    note = ""
    if is_plumbing:
        note = "Names the experiment or the store, which `mlflow run` chooses."
    elif logged == "other":
        note = f"The notebook logs another value as param “{name}”, which MLflow would refuse."
    elif logged is not None and isinstance(value, str) and not re.fullmatch(r"[\w@%+=:,./-]+", value):
        note = f"The notebook logs “{name}” itself, and `mlflow run` has logged it with quotes: MLflow would refuse."
    elif has_tagged and not in_tagged:
        note = "Not in the cell tagged “parameters”."
    elif not in_tagged and kind in ("json", "none"):
        note = "Not a plain number or text."
    elif not in_tagged and isinstance(value, str) and (len(value) > _LONG or "\n" in value):
        note = "A long text."
    text = ast.get_source_segment(source.plain.source, node) or repr(value)
    return Parameter(
        name, kind, value, text, comment, source.cell.index, source.cell.id, node.lineno, in_tagged, not note, note,
    )


def kind_of(value: Any) -> Kind | None:
    """The kind of a literal; None for one that a command line cannot carry."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int):
        return "int"
    if isinstance(value, float):
        return "float"
    if isinstance(value, str):
        return "uri" if _URI.match(value) else "string"
    if isinstance(value, list | dict):
        try:
            return "json" if json.loads(json.dumps(value)) == value else None
        except (TypeError, ValueError):
            return None
    return None


def _constant(statement: ast.stmt) -> tuple[str, ast.expr, Any] | None:
    if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
        target, node = statement.targets[0], statement.value
    elif isinstance(statement, ast.AnnAssign) and statement.value is not None:
        target, node = statement.target, statement.value
    else:
        return None
    if not isinstance(target, ast.Name):
        return None
    try:
        return target.id, node, _value(node)
    except (ValueError, TypeError, SyntaxError, ArithmeticError, RecursionError, MemoryError):
        return None


def _value(node: ast.expr) -> Any:
    """A literal, or arithmetic on numbers (`2 ** 5`, `1 / 3`)."""
    if isinstance(node, ast.BinOp):
        left, right = _value(node.left), _value(node.right)
        if not all(isinstance(side, int | float) and not isinstance(side, bool) for side in (left, right)):
            raise ValueError("not arithmetic")
        if isinstance(node.op, ast.Pow) and (abs(right) > 64 or abs(left) > 1e6):
            raise ValueError("too large")
        operators: dict[type[ast.operator], Any] = {
            ast.Add: lambda: left + right, ast.Sub: lambda: left - right, ast.Mult: lambda: left * right,
            ast.Div: lambda: left / right, ast.FloorDiv: lambda: left // right, ast.Mod: lambda: left % right,
            ast.Pow: lambda: left ** right,
        }
        if type(node.op) not in operators:
            raise ValueError("not arithmetic")
        return operators[type(node.op)]()
    return ast.literal_eval(node)


def _is_read(name: str, cells: list[Source], place: int, statement: ast.stmt) -> bool:
    """Whether a name is read after a statement and never before it."""
    for index, source in enumerate(cells):
        for event in source.names.events:
            is_before = index < place or (index == place and event.line < statement.lineno)
            if is_before and event.name == name and event.kind in ("use", "call"):
                return False
    return any(
        event.name == name and event.kind != "bind"
        for source in cells for event in (*source.names.events, *source.names.late)
    )


def _comments(text: str) -> dict[int, str]:
    found = {}
    try:
        for token in tokenize.generate_tokens(io.StringIO(text + "\n").readline):
            if token.type == tokenize.COMMENT:
                found[token.start[0]] = token.string.lstrip("#").strip()
    except (tokenize.TokenError, IndentationError, SyntaxError):
        pass
    return found


def _plumbing(cells: list[Source]) -> set[str]:
    """Names that are given to `set_experiment` and `set_tracking_uri`."""
    found: set[str] = set()
    for call in _calls(cells):
        if dotted(call.func).rsplit(".", 1)[-1] in ("set_experiment", "set_tracking_uri", "set_registry_uri"):
            for part in (*call.args, *(k.value for k in call.keywords)):
                found.update(n.id for n in ast.walk(part) if isinstance(n, ast.Name))
    return found


def _logged(cells: list[Source]) -> dict[str, str]:
    """Params that the notebook logs itself: `same` where the value is the variable of that name, else `other`."""
    found: dict[str, str] = {}

    def note(key: str, value: ast.expr | None) -> None:
        is_same = isinstance(value, ast.Name) and value.id == key
        found[key] = "same" if is_same and found.get(key) != "other" else "other"

    for call in _calls(cells):
        name = dotted(call.func).rsplit(".", 1)[-1]
        if name == "log_param" and len(call.args) >= 2 and isinstance(call.args[0], ast.Constant):
            note(str(call.args[0].value), call.args[1])
        elif name == "log_params" and call.args:
            given = call.args[0]
            if isinstance(given, ast.Dict):
                for key, value in zip(given.keys, given.values, strict=True):
                    if isinstance(key, ast.Constant):
                        note(str(key.value), value)
            elif isinstance(given, ast.Call) and dotted(given.func) == "dict":
                for keyword in given.keywords:
                    if keyword.arg:
                        note(keyword.arg, keyword.value)
    return found


def logged_params(cells: list[Source]) -> set[str]:
    """Keys of params that the notebook logs by literal names."""
    return set(_logged(cells))


def _calls(cells: list[Source]) -> list[ast.Call]:
    return [
        node for source in cells if source.tree is not None
        for node in ast.walk(source.tree) if isinstance(node, ast.Call)
    ]
