"""What is asked of the runs table, as it comes from the browser (`POST runs/table` in docs/http-api.md)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from .columns import Column

Refresh = Literal["", "news", "all"]
"""Of a remote store: look for newer runs before the answer, or begin to read all of them anew."""
Stage = Literal["active", "deleted", "all"]

MAX_ROWS = 500
MAX_COLUMNS = 200
MAX_SORT = 8
MAX_LIST = 10_000
MAX_TEXT = 4000


class BadQuery(Exception):
    """A part of the query has the wrong shape: which, and why."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"{name}: {reason}")
        self.name = name
        self.reason = reason


@dataclass(frozen=True)
class Scope:
    """Whose runs: of these experiments (None: of all), of a notebook, of one of its cells; deleted ones or not."""

    experiments: tuple[str, ...] | None = None
    notebook: str | None = None
    cell: str | None = None
    stage: Stage = "active"


@dataclass(frozen=True)
class Selection:
    """Which runs, and in which order."""

    scope: Scope = Scope()
    filter: str = ""
    text: str = ""
    sort: tuple[tuple[Column, bool], ...] = ()
    group: Column | None = None
    nested: bool = True


@dataclass(frozen=True)
class Window:
    """Which lines and columns of them; `columns` None: at most `most` that are picked here.

    `toggled` are the lines that are not as they are at first: nested runs unfolded (`folded`: folded), groups folded.
    """

    columns: tuple[Column, ...] | None = None
    most: int = 40
    offset: int = 0
    limit: int = 60
    folded: bool = False
    toggled: frozenset[str] = frozenset()
    reveal: str | None = None


@dataclass(frozen=True)
class TableQuery:
    """One question. `snapshot` names the order of an earlier answer that should not jump."""

    selection: Selection = Selection()
    window: Window = Window()
    snapshot: str | None = None
    refresh: Refresh = ""


def read_scope(body: Mapping[str, Any]) -> Scope:
    """The scope in a body. Raises BadQuery."""
    stage: Stage = body.get("stage") or "active"
    if stage not in ("active", "deleted", "all"):
        raise BadQuery("stage", "wants 'active', 'deleted' or 'all'")
    experiments = body.get("experiments")
    return Scope(
        None if experiments is None else tuple(_texts(experiments, "experiments")),
        _text(body, "notebook") or None, _text(body, "cell") or None, stage,
    )  # fmt: skip


def read_selection(body: Mapping[str, Any]) -> Selection:
    """Scope, filter, order and group in a body. Raises BadQuery."""
    sort = body.get("sort") or []
    if not isinstance(sort, list) or len(sort) > MAX_SORT:
        raise BadQuery("sort", f"wants a list of at most {MAX_SORT} columns")
    by = []
    for one in sort:
        if not isinstance(one, dict):
            raise BadQuery("sort", "wants {column, descending}")
        by.append((_column(one.get("column"), "sort"), bool(one.get("descending"))))
    group = body.get("group")
    return Selection(
        read_scope(body), _text(body, "filter").strip(), _text(body, "text").strip(), tuple(by),
        None if group is None else _column(group, "group"), body.get("nested") is not False,
    )  # fmt: skip


def read_query(body: Mapping[str, Any]) -> TableQuery:
    """The whole question. Raises BadQuery."""
    columns = body.get("columns")
    if columns is not None and (not isinstance(columns, list) or len(columns) > MAX_COLUMNS):
        raise BadQuery("columns", f"wants null or a list of at most {MAX_COLUMNS}")
    window = Window(
        None if columns is None else tuple(dict.fromkeys(_column(c, "columns") for c in columns)),
        _integer(body, "most", 0, MAX_COLUMNS, 40),
        _integer(body, "offset", 0, 2**31 - 1, 0), _integer(body, "limit", 0, MAX_ROWS, 60),
        bool(body.get("folded")), frozenset(_texts(body.get("toggled") or [], "toggled")),
        _text(body, "reveal") or None,
    )  # fmt: skip
    refresh: Refresh = body.get("refresh") or ""
    if refresh not in ("", "news", "all"):
        raise BadQuery("refresh", "wants 'news' or 'all'")
    return TableQuery(read_selection(body), window, _text(body, "snapshot") or None, refresh)


def _column(value: Any, name: str) -> Column:
    try:
        return Column.of(str(value))
    except ValueError as error:
        raise BadQuery(name, str(error)) from None


def _text(body: Mapping[str, Any], name: str) -> str:
    value = body.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise BadQuery(name, "wants text")
    if len(value) > MAX_TEXT:
        raise BadQuery(name, f"{len(value)} characters; at most {MAX_TEXT} are allowed")
    return value


def _texts(value: Any, name: str) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise BadQuery(name, "wants a list of texts")
    if len(value) > MAX_LIST:
        raise BadQuery(name, f"{len(value)} entries; at most {MAX_LIST} are allowed")
    return value


def _integer(body: Mapping[str, Any], name: str, least: int, most: int, default: int) -> int:
    value = body.get(name, default)
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise BadQuery(name, f"wants a whole number between {least} and {most}")
    return value
