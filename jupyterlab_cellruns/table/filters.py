"""MLflow's filter language for runs: text to clauses, and what is wrong with it at which place.

The grammar is that of `mlflow.utils.search_utils.SearchUtils.parse_search_filter` (3.17), kept in step by
tests/table/test_filters.py. It is not imported: that costs seconds and 150 MB in a server process, and its errors do
not say where. One thing is stricter: an `and` with nothing after it is an error here, MLflow passes over it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Kind = Literal["metric", "param", "tag", "attribute", "dataset"]

ENTITIES: dict[str, Kind] = {
    "metric": "metric", "metrics": "metric",
    "parameter": "param", "parameters": "param", "param": "param", "params": "param",
    "tag": "tag", "tags": "tag",
    "attribute": "attribute", "attributes": "attribute", "attr": "attribute", "run": "attribute",
    "dataset": "dataset", "datasets": "dataset",
}  # fmt: skip
NUMERIC_ATTRIBUTES = ("start_time", "end_time")
ATTRIBUTES = ("artifact_uri", "end_time", "run_id", "run_name", "start_time", "status", "user_id")
DATASET_KEYS = ("name", "digest", "context")
_ALIASES = {"created": "start_time", "Created": "start_time", "run name": "run_name", "Run name": "run_name",
            "Run Name": "run_name"}  # fmt: skip

_COMPARE = ("=", "!=", ">", ">=", "<", "<=")
_TEXT = ("=", "!=", "LIKE", "ILIKE")
_NULL = ("IS NULL", "IS NOT NULL")
_LIST = ("IN", "NOT IN")

_TOKEN = re.compile(
    r"""(?P<space>\s+)
    |(?P<string>'(?:''|\\'|[^'])*'|"(?:""|\\"|[^"])*")
    |(?P<tick>`(?:``|[^`])*`)
    |(?P<number>-?(?:(?:\d+(?:\.\d+)?|\.\d+)[eE]-?\d+|\d+\.\d*|\.\d+|\d+)(?![\w.]))
    |(?P<word>[^\W\d]\w*)
    |(?P<compare>[<>=!]+)
    |(?P<mark>[.,()])
    |(?P<open>['"`])
    |(?P<other>.)""",
    re.VERBOSE | re.DOTALL,
)


class FilterError(Exception):
    """A filter that cannot be understood: what is wrong, from character `start` up to `end`, and what to do."""

    def __init__(self, message: str, start: int, end: int, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.start = start
        self.end = end
        self.hint = hint


@dataclass(frozen=True)
class Clause:
    """One comparison. `value` is a number for metrics and times, text, a tuple of texts for lists, None for IS."""

    kind: Kind
    key: str
    op: str
    value: str | float | int | tuple[str, ...] | None


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    start: int
    end: int


def parse(text: str) -> list[Clause]:
    """The comparisons of a filter, all of which must hold. Raises `FilterError`."""
    tokens = _Tokens(text)
    clauses: list[Clause] = []
    while tokens.peek() is not None:
        if clauses:
            word = tokens.take("'and'")
            if word.text.upper() == "OR":
                raise FilterError("MLflow's filters know no 'or'", word.start, word.end, "Only 'and' joins comparisons.")
            if word.kind != "word" or word.text.upper() != "AND":
                raise FilterError(f"Expected 'and' instead of {word.text!r}", word.start, word.end)
        clauses.append(_clause(tokens))
    return clauses


class _Tokens:
    """The tokens of a filter without its spaces; a step back is never needed."""

    def __init__(self, text: str) -> None:
        self._end = len(text.rstrip())
        self._tokens = list(_lex(text))
        self._place = 0

    def peek(self) -> _Token | None:
        return self._tokens[self._place] if self._place < len(self._tokens) else None

    def take(self, wanted: str) -> _Token:
        token = self.peek()
        if token is None:
            raise FilterError(f"The filter ends where {wanted} should follow", self._end, self._end)
        self._place += 1
        return token

    def word(self, *words: str) -> bool:
        """Take the next token if it is one of these keywords."""
        token = self.peek()
        if token is not None and token.kind == "word" and token.text.upper() in words:
            self._place += 1
            return True
        return False

    def mark(self, text: str, after: _Token | None = None) -> bool:
        """Take the next token if it is this punctuation (right behind `after` where that is given)."""
        token = self.peek()
        if token is None or token.kind != "mark" or token.text != text:
            return False
        if after is not None and token.start != after.end:
            return False
        self._place += 1
        return True


def _lex(text: str) -> Iterator[_Token]:
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup or "other"
        if kind == "open":
            raise FilterError(f"The {match[0]} is not closed", match.start(), len(text))
        if kind != "space":
            yield _Token(kind, match[0], match.start(), match.end())


def _clause(tokens: _Tokens) -> Clause:
    first = tokens.take("a name like metrics.loss")
    kind, key, last = _name(tokens, first)
    start, end = first.start, last.end
    if kind == "attribute":
        key = _ALIASES.get(key, key)
        if key not in ATTRIBUTES:
            said = f"{key!r} is no attribute of a run that can be searched"
            raise FilterError(said, start, end, f"Attributes are {', '.join(ATTRIBUTES)}; or write metrics., params., tags.")
    elif kind == "dataset" and key not in DATASET_KEYS:
        raise FilterError(f"{key!r} is nothing a dataset has", start, end, f"It has {', '.join(DATASET_KEYS)}.")
    op, op_start, op_end = _operator(tokens, last)
    allowed = _operators(kind, key)
    if op not in allowed:
        raise FilterError(f"{op} does not go with {_called(kind, key)}", op_start, op_end, f"Use one of {', '.join(allowed)}.")
    if op in _NULL:
        return Clause(kind, key, op, None)
    if op in _LIST:
        return Clause(kind, key, op, _list(tokens))
    return Clause(kind, key, op, _value(tokens, kind, key))


def _name(tokens: _Tokens, first: _Token) -> tuple[Kind, str, _Token]:
    if first.kind not in ("word", "tick", "string") or first.text.startswith("'"):
        raise FilterError(f"Expected a name instead of {first.text!r}", first.start, first.end, "For example metrics.loss")
    parts, last = [first], first
    while tokens.mark(".", after=last):
        part = tokens.take("a name")
        if part.start != last.end + 1 or part.kind not in ("word", "tick", "string") or part.text.startswith("'"):
            hint = "A name that is not plain letters, digits and _ wants backticks: metrics.`val/loss`"
            raise FilterError("Expected a name after the dot", last.end + 1, part.end, hint)
        parts.append(part)
        last = part
    following = tokens.peek()
    if following is not None and following.start == last.end and following.kind in ("other", "number"):
        hint = f"A name that is not plain letters, digits and _ wants backticks: {parts[0].text}.`val/loss`"
        raise FilterError(f"{following.text[0]!r} cannot stand in a plain name", following.start, following.end, hint)
    if len(parts) == 1:
        return "attribute", _plain(first), first
    entity = ENTITIES.get(_plain(first) if first.kind == "tick" else first.text)
    if entity is None:
        hint = "Names begin with metrics., params., tags., attributes. or dataset."
        raise FilterError(f"{first.text!r} is nothing that runs have", first.start, first.end, hint)
    key = ".".join(part.text for part in parts[1:]) if len(parts) > 2 else _plain(parts[1])
    return entity, key, last


def _plain(token: _Token) -> str:
    return token.text if token.kind == "word" else token.text[1:-1]


def _operator(tokens: _Tokens, name: _Token) -> tuple[str, int, int]:
    token = tokens.take("a comparison")
    word = token.text.upper()
    end = token.end
    if token.kind == "compare":
        if word not in _COMPARE:
            raise FilterError(f"{token.text} is no comparison", token.start, end, f"Use one of {', '.join(_COMPARE)}.")
        return word, token.start, end
    if token.kind == "word" and word in ("LIKE", "ILIKE", "IN"):
        return word, token.start, end
    if token.kind == "word" and word == "NOT" and tokens.word("IN"):
        return "NOT IN", token.start, end
    if token.kind == "word" and word == "IS":
        negated = tokens.word("NOT")
        if tokens.word("NULL"):
            return ("IS NOT NULL" if negated else "IS NULL"), token.start, end
    hint = "Comparisons are =, !=, >, >=, <, <=, LIKE, ILIKE, IN, NOT IN, IS NULL, IS NOT NULL."
    raise FilterError(f"Expected a comparison after {name.text!r}", token.start, end, hint)


def _operators(kind: Kind, key: str) -> tuple[str, ...]:
    if kind == "metric" or (kind == "attribute" and key in NUMERIC_ATTRIBUTES):
        return _COMPARE
    if kind in ("param", "tag"):
        return (*_TEXT, *_NULL)
    return (*_TEXT, *_LIST) if kind == "dataset" or key == "run_id" else _TEXT


def _called(kind: Kind, key: str) -> str:
    if kind == "attribute":
        return f"the attribute {key}"
    return {"metric": "a metric", "param": "a param", "tag": "a tag", "dataset": "a dataset"}[kind]


def _value(tokens: _Tokens, kind: Kind, key: str) -> str | float | int:
    token = tokens.take("a value")
    if kind == "metric" or (kind == "attribute" and key in NUMERIC_ATTRIBUTES):
        if token.kind != "number":
            raise FilterError(f"Expected a number instead of {token.text!r}", token.start, token.end)
        if kind == "metric":
            return float(token.text)
        return int(token.text) if re.fullmatch(r"-?\d+", token.text) else float(token.text)
    if token.kind != "string":
        said = f"Expected text in quotes instead of {token.text!r}"
        raise FilterError(said, token.start, token.end, f"Write '{token.text}'" if token.kind != "mark" else None)
    return token.text[1:-1]


def _list(tokens: _Tokens) -> tuple[str, ...]:
    opening = tokens.take("a list like ('a', 'b')")
    if opening.text != "(":
        raise FilterError(f"Expected ( instead of {opening.text!r}", opening.start, opening.end, "A list is ('a', 'b')")
    values: list[str] = []
    while True:
        if values and tokens.mark(")"):
            return tuple(values)
        token = tokens.take("text in quotes")
        if token.kind != "string":
            raise FilterError(f"Expected text in quotes instead of {token.text!r}", token.start, token.end)
        values.append(token.text[1:-1])
        if tokens.mark(")"):
            return tuple(values)
        if not tokens.mark(","):
            token = tokens.take(", or )")
            raise FilterError(f"Expected , or ) instead of {token.text!r}", token.start, token.end)
