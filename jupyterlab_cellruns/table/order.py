"""The lines of the table: runs sorted, nested under their parents, grouped and folded. Pure: values in, lines out."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from .columns import Value


class Line(NamedTuple):
    """One line. `id` is a run's id, or a group's (`group:` and its value)."""

    id: str
    depth: int
    children: int
    expanded: bool


@dataclass
class Group:
    """Runs that share a value of the grouping column."""

    id: str
    value: Value
    runs: list[str]


def sort_key(value: Value) -> tuple[int, float, str]:
    """Numbers by size, also where they are written in a param, before texts, and those without case."""
    if value is None:
        return (2, 0.0, "")
    try:
        number = float(value)
    except ValueError:
        return (1, 0.0, str(value).lower())
    # Text that reads as NaN has no place among numbers.
    return (0, number, "") if number == number else (1, 0.0, str(value).lower())


def sort_runs(ids: Sequence[str], by: Sequence[tuple[Mapping[str, Value], bool]]) -> list[str]:
    """Runs by several columns, each (values by run, descending), the first of them first.

    As in MLflow, NaN comes after all numbers and a run without a value last, whichever the direction; equals keep the
    order they come in.
    """
    ordered = list(ids)
    for values, descending in reversed(by):
        there, odd, missing = [], [], []
        keyed: dict[str, tuple[int, float, str]] = {}
        for run in ordered:
            value = values.get(run)
            if value is None:
                missing.append(run)
            elif isinstance(value, float) and math.isnan(value):
                odd.append(run)
            else:
                keyed[run] = sort_key(value)
                there.append(run)
        there.sort(key=keyed.__getitem__, reverse=descending)
        ordered = there + odd + missing
    return ordered


def group_runs(ids: Sequence[str], values: Mapping[str, Value]) -> list[Group]:
    """Runs by their value of a column, groups in the order their first runs come in."""
    groups: dict[str, Group] = {}
    for run in ids:
        value = values.get(run)
        name = "group:" if value is None else f"group:={value}"
        group = groups.get(name)
        if group is None:
            group = groups[name] = Group(name, value, [])
        group.runs.append(run)
    return list(groups.values())


def lines(ids: Sequence[str], parents: Mapping[str, str], expanded: Callable[[str], bool], depth: int = 0) -> list[Line]:
    """Runs with children below their parents, where both are among them. Folded ones hide what is below."""
    here = set(ids)
    children: dict[str, list[str]] = {}
    roots: list[str] = []
    if parents:
        for run in ids:
            parent = parents.get(run)
            if parent is not None and parent != run and parent in here:
                children.setdefault(parent, []).append(run)
            else:
                roots.append(run)
    if not children:
        return [Line(run, depth, 0, False) for run in ids]
    found: list[Line] = []
    seen: set[str] = set()

    def add(top: str) -> None:
        stack = [(top, depth)]
        while stack:
            run, level = stack.pop()
            if run in seen:
                continue
            seen.add(run)
            below = children.get(run, ())
            is_open = bool(below) and expanded(run)
            found.append(Line(run, level, len(below), is_open))
            if is_open:
                stack.extend((child, level + 1) for child in reversed(below))
            else:
                _hide(run, children, seen)

    for run in roots:
        add(run)
    for run in ids:  # runs whose parents run in a circle have no root above them
        add(run)
    return found


def _hide(run: str, children: Mapping[str, Sequence[str]], seen: set[str]) -> None:
    stack = list(children.get(run, ()))
    while stack:
        child = stack.pop()
        if child not in seen:
            seen.add(child)
            stack.extend(children.get(child, ()))


def steady(before: Sequence[str], now: Sequence[str]) -> tuple[list[str], int, bool]:
    """An order that does not jump: runs known `before` stay where they were, new ones come first.

    Returns the order, how many are new, and whether the order `now` would be another one.
    """
    there = set(now)
    kept = [run for run in before if run in there]
    known = set(kept)
    fresh = [run for run in now if run not in known]
    order = fresh + kept
    return order, len(fresh), order != list(now)


class Spread(NamedTuple):
    """What a group shows of a metric: mean, standard deviation (of the sample; None for one run), runs, least, greatest."""

    mean: float
    deviation: float | None
    runs: int
    least: float
    greatest: float


def spread(numbers: Sequence[float]) -> Spread | None:
    """Mean and spread of the finite ones among some numbers; None where there are none."""
    finite = [n for n in numbers if math.isfinite(n)]
    if not finite:
        return None
    mean = math.fsum(finite) / len(finite)
    deviation = math.sqrt(math.fsum((n - mean) ** 2 for n in finite) / (len(finite) - 1)) if len(finite) > 1 else None
    return Spread(mean, deviation, len(finite), min(finite), max(finite))
