"""What Cellruns asks of a store. Everything here blocks: call it in a thread, never on the event loop."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from ..capture.events import Event
from .history import WHOLE, Window

if TYPE_CHECKING:
    from ..table.engine import RunsTable
    from .edit import Change

OPEN = ("RUNNING", "SCHEDULED")
"""Statuses of a run that has not ended."""


class StoreUnavailable(Exception):
    """The store cannot be reached or is locked for now. The writer keeps the events and tries again.

    `hint` says what to do, `state` whether it may come back by itself ("away") or somebody has to act ("error").
    """

    def __init__(self, message: str, hint: str | None = None, state: str = "away") -> None:
        super().__init__(message)
        self.hint = hint
        self.state = state


class StoreRefused(Exception):
    """The store can't be used at all: no database, another MLflow version, no permission.

    `message` says what and where, `hint` what to do.
    """

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class Refusal(NamedTuple):
    """One event, or part of one, that the store will never take; the rest was written."""

    run: str
    message: str


class RunQuery(NamedTuple):
    """Which runs a listing wants. Newest first."""

    notebook: str | None = None
    experiment_id: str | None = None
    text: str | None = None
    ids: Sequence[str] | None = None
    limit: int = 100
    offset: int = 0


class TaggedRun(NamedTuple):
    """A run found by its tags. `last` is the timestamp of its newest metric point (ms), None without metrics."""

    run_id: str
    experiment_id: str
    status: str
    parent: str | None
    source: str | None
    last: int | None


@dataclass
class RunPage:
    """Runs as `RunSummary` dicts (docs/http-api.md) and how many there are in all."""

    runs: list[dict[str, Any]] = field(default_factory=list)
    total: int = 0


LISTED = 2000
"""Params and metrics of one run that a browser is told, each: a run may have a million."""


class Store(Protocol):
    """One tracking store. Both the SQLite and the REST store give the same answers."""

    def write(self, events: Sequence[Event]) -> list[Refusal]:
        """Write events in order, skipping those that are `mirrored` and informational ones.

        Idempotent: the same events again change nothing. Raises `StoreUnavailable` when none of it
        could be stored now; what is refused for good comes back as `Refusal` and does not stop the rest.
        Params go before metrics, metrics before tags only where the caller put them so.
        """
        ...

    def runs(self, query: RunQuery) -> RunPage:
        """Runs of a query, as `RunSummary` dicts."""
        ...

    def run(self, run_id: str, most: int | None = None) -> dict[str, Any] | None:
        """One run as the answer of `GET runs/<id>`, or None where there is none.

        With all params and metrics, or with at most `most` of each, the first by name.
        """
        ...

    def series(
        self, run_id: str, keys: Sequence[str] | None, points: int, window: Window = WHOLE
    ) -> list[dict[str, Any]]:
        """Reduced metric histories as `Series` dicts, of the points in a window of steps or times."""
        ...

    def briefs(self, run_ids: Sequence[str]) -> list[dict[str, Any]]:
        """Runs as `RunBrief` dicts (docs/http-api.md): all but their histories. Runs that are not there are left out."""
        ...

    def experiments(self) -> list[dict[str, Any]]:
        """Experiments, newest first, as in `GET experiments`."""
        ...

    def ensure_experiment(self, name: str, tags: dict[str, str]) -> str:
        """Id of the active experiment of that name; made with `tags` where there is none."""
        ...

    def find_experiment(self, tag: str, value: str) -> dict[str, Any] | None:
        """The newest active experiment `{experiment_id, name}` that carries a tag with that value."""
        ...

    def set_experiment_tag(self, experiment_id: str, key: str, value: str) -> None:
        """Set one tag of an experiment."""
        ...

    def create_run(self, experiment_id: str, name: str, start_time: int, tags: dict[str, str]) -> str:
        """Make a run; returns its id."""
        ...

    def end_run(self, run_id: str, status: str, end_time: int) -> bool:
        """End a run that is still RUNNING; False (and no change) where it has ended already, or is not there.

        Raises `StoreRefused` where the store does not permit it.
        """
        ...

    def tagged(self, tags: Mapping[str, str], open_only: bool = False, limit: int = 1000) -> list[TaggedRun]:
        """Runs that carry all these tags and are not deleted, newest first; `open_only`: RUNNING or SCHEDULED ones."""
        ...

    def edit(self, run_ids: Sequence[str], change: Change) -> list[Refusal]:
        """Change runs that are there; what can't be changed comes back as `Refusal` and does not stop the rest."""
        ...

    @property
    def table(self) -> RunsTable:
        """The runs table of this store."""
        ...

    def cells(self, notebook: str) -> list[dict[str, Any]]:
        """Cells of a notebook that made runs: `{cell_id, runs, last}`, `last` the start (ms) of the newest."""
        ...

    def close(self) -> None:
        """Let go of files and connections."""
        ...
