"""What a re-run of the same cell does: a new run, one nested under the cell's first run, or the earlier run resumed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, cast

from .experiments import NOTEBOOK_TAG
from .kernel_side.python.lifecycle import CELL_RUN_TAG
from .stores.base import OPEN, RunQuery, Store, TaggedRun

Rerun = Literal["new", "nested", "resume"]
RERUNS = ("new", "nested", "resume")


def rerun_of(text: str) -> Rerun:
    """A configured choice. Raises ValueError for one that does not exist."""
    if text not in RERUNS:
        raise ValueError(f"rerun: {text!r} is none of 'new', 'nested', 'resume'")
    return cast(Rerun, text)


def earlier_run(
    store: Store, choice: Rerun, path: str, cell: dict[str, Any], lives: Callable[[str], bool]
) -> dict[str, str] | None:
    """`{run_id, experiment_id}` of the run to resume or to nest under; None: a new run. Blocks.

    `cell` is `{id, run}`: the nbformat cell id and the place of the run among those that an execution of it starts.
    A run that is still going on in a process that `lives(source)` is not resumed.
    """
    if choice == "new":
        return None
    newest = _newest(store, path, {"cellruns.cell_id": str(cell.get("id")), CELL_RUN_TAG: str(cell.get("run"))})
    if newest is None:
        return None
    if choice == "resume":
        if newest.status in OPEN and newest.source is not None and lives(newest.source):
            return None
        return {"run_id": newest.run_id, "experiment_id": newest.experiment_id}
    # All re-runs are children of one run: the cell's first, where it is still there.
    if newest.parent is not None:
        parents = store.runs(RunQuery(ids=(newest.parent,), limit=1)).runs
        if parents and parents[0]["lifecycle_stage"] == "active":
            return {"run_id": newest.parent, "experiment_id": str(parents[0]["experiment_id"])}
    return {"run_id": newest.run_id, "experiment_id": newest.experiment_id}


def _newest(store: Store, path: str, tags: dict[str, str]) -> TaggedRun | None:
    found = store.tagged({NOTEBOOK_TAG: path, **tags}, limit=1)
    if found:
        return found[0]
    # A notebook that was renamed since: its runs carry the old path, but its experiment has followed.
    own = store.find_experiment(NOTEBOOK_TAG, path)
    if own is None:
        return None
    return next((run for run in store.tagged(tags, limit=100) if run.experiment_id == str(own["experiment_id"])), None)
