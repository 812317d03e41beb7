"""What the event stream of one kernel has told: its runs, its chart outputs, its problems."""

from __future__ import annotations

import json
import time
from collections import OrderedDict, deque
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from .events import Envelope, Metrics, RunEnd, RunStart, attached_id

_MOST_ANCHORS = 200
_MOST_RUNS = 5000
_MOST_CARDS = 20
_CARD_MIMES = ("application/vnd.cellruns.model.v1+json", "text/plain")
_CARD_CHARACTERS = 200_000


@dataclass
class SeenRun:
    """A run as its events tell it."""

    run: str
    name: str
    store: str
    experiment: str | None = None
    status: str = "RUNNING"
    points: int = 0
    is_local: bool = False
    """The sender chose the id; in the store the run has another."""


class OpenRun(NamedTuple):
    """A run that has not ended, in one of our stores (by its id); `run` and `is_local` as in `SeenRun`."""

    store: str
    run: str
    is_local: bool


@dataclass
class Anchor:
    """A chart output under a cell."""

    anchor: str
    cell_id: str | None
    execution_count: int | None
    run_ids: list[str] = field(default_factory=list)


class KernelRuns:
    """State of one kernel incarnation. Written by the inbox thread; readers take copies."""

    def __init__(self) -> None:
        self.sources: set[str] = set()
        self.runs: OrderedDict[str, SeenRun] = OrderedDict()
        self._anchors: OrderedDict[str, Anchor] = OrderedDict()
        self._cards: OrderedDict[str, dict[str, Any]] = OrderedDict()
        self.problems: deque[dict[str, Any]] = deque(maxlen=50)
        self.problem_count = 0

    def take(self, envelope: Envelope) -> set[str]:
        """Take an envelope in; returns the ids of the runs it tells of."""
        self.sources.add(envelope.source)
        touched: set[str] = set()
        for event in envelope.events:
            touched.add(event.run)
            seen = self.runs.get(event.run)
            if seen is None:
                seen = self.runs[event.run] = SeenRun(event.run, event.run[:8], envelope.store)
                if len(self.runs) > _MOST_RUNS:
                    self._drop_ended()
            if isinstance(event, RunStart):
                seen.name, seen.experiment, seen.status = event.name, event.experiment, "RUNNING"
                seen.is_local = seen.is_local or not event.exists
            elif isinstance(event, RunEnd):
                seen.status = event.status
            elif isinstance(event, Metrics):
                seen.points += len(event.values)
        cell = envelope.cell
        if cell is not None and cell.anchor is not None:
            anchor = self._anchors.get(cell.anchor)
            if anchor is None:
                anchor = self._anchors[cell.anchor] = Anchor(cell.anchor, cell.id, cell.execution_count)
                if len(self._anchors) > _MOST_ANCHORS:
                    self._anchors.popitem(last=False)
            anchor.run_ids.extend(run for run in sorted(touched) if run not in anchor.run_ids)
        return touched

    def store_of(self, run_ids: set[str]) -> str | None:
        """Where the first known of some runs lives, as in an envelope; None where none is known."""
        return next((self.runs[run].store for run in sorted(run_ids) if run in self.runs), None)

    def problem(self, message: str, run: str | None = None) -> None:
        """Keep a notice for the notebook's status."""
        self.problem_count += 1
        self.problems.append({"time": int(time.time() * 1000), "message": message, "run": run})

    def active(self) -> list[SeenRun]:
        """Runs that have not ended, oldest first."""
        return [run for run in list(self.runs.values()) if run.status == "RUNNING"]

    def open_runs(self) -> tuple[OpenRun, ...]:
        """What is open in our stores, oldest first."""
        return tuple(
            OpenRun(store, r.run, r.is_local) for r in self.active() if (store := attached_id(r.store)) is not None
        )

    def anchors(self) -> list[dict[str, Any]]:
        """Chart outputs as in `GET kernels/<id>/anchors`, oldest first."""
        running = {run.run for run in self.active()}
        return [
            {
                "anchor": a.anchor,
                "cell_id": a.cell_id,
                "execution_count": a.execution_count,
                "run_ids": list(a.run_ids),
                "open": any(run in running for run in a.run_ids),
            }
            for a in list(self._anchors.values())
        ]

    def take_card(self, text: str) -> None:
        """The kernel tells of the card of a running cell, as JSON; without `data` the cell has ended."""
        try:
            told = json.loads(text) if len(text) <= _CARD_CHARACTERS else None
        except ValueError:
            return
        if not isinstance(told, dict) or not isinstance(told.get("cell_id"), str):
            return
        cell, count, data = told["cell_id"], told.get("execution_count"), told.get("data")
        self._cards.pop(cell, None)
        if isinstance(data, dict):
            shown = {mime: data[mime] for mime in _CARD_MIMES if mime in data}
            self._cards[cell] = {"cell_id": cell, "execution_count": count, "data": shown}
            if len(self._cards) > _MOST_CARDS:
                self._cards.popitem(last=False)

    def cards(self) -> list[dict[str, Any]]:
        """Cards as in `GET kernels/<id>/cards`."""
        return list(self._cards.values())

    def _drop_ended(self) -> None:
        for run_id in [r.run for r in self.runs.values() if r.status != "RUNNING"][: _MOST_RUNS // 5]:
            del self.runs[run_id]
