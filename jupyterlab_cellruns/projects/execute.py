"""Runs a project, once or as a proof: what the jobs of the server and the command line share."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from ..stores.base import StoreUnavailable
from . import proof
from .clean import clean_place
from .command import JOB_TAG, RunRequest, command, environment
from .failure import Failure, locate
from .process import ProcessTree
from .progress import Progress, advice, last_lines
from .proof import Verdict
from .trackers import NOTEBOOK_TAG, PARENT_TAG, Tracker

PROJECT_TAG = "cellruns.project"
"""Tag of a run of a project: its request as JSON, from which it can be run again."""
PATIENCE = 120.0
"""Seconds for which the end of a run is kept for a store that can't take it now."""
T = TypeVar("T")


@dataclass
class Place:
    """Where and how a run is started. `python` comes first in PATH, `tracking` names the store by MLflow's variables."""

    job: str
    log: Path
    cwd: Path
    tracking: Mapping[str, str]
    python: str | None = None
    env_root: Path | None = None
    on_line: Callable[[str], None] = lambda line: None
    on_start: Callable[[ProcessTree], None] = lambda process: None


def run(request: RunRequest, place: Place, tracker: Tracker | None, progress: Progress, parent: str | None = None,
        origin: RunRequest | None = None, notebook: str = "") -> int:
    """Run a project to its end; the exit code. Blocks.

    The run is tagged with the job, with `origin` (where it can be run again from) and with `parent`. One that is
    cancelled or dies is ended in the store.
    """
    tags = _tags(place.job, origin or request, parent, notebook)
    tagged: list[str] = []

    def line(text: str) -> None:
        before = progress.run_id
        progress.feed(text)
        place.on_line(text)
        if tracker is not None and progress.run_id is not None and before is None:
            # A store that is away for a moment gets another chance at the end.
            with contextlib.suppress(Exception):
                tracker.tag(progress.run_id, tags)
                tagged.append(progress.run_id)

    env = environment(place.job, place.tracking, place.python, place.env_root)
    began = int(time.time() * 1000)
    process = ProcessTree(command(request), env, place.cwd, place.log, place.job, line)
    place.on_start(process)
    code = process.wait()
    progress.step = "ended" if code == 0 else progress.step
    if tracker is None:
        return code
    if progress.run_id is None and progress.step == "environment":
        # MLflow made the run before the environment, but names it only when the environment is there.
        progress.run_id = _patiently(lambda: tracker.nameless(began))
    made = progress.run_id
    if made is not None and (code != 0 or process.cancelled):
        _patiently(lambda: tracker.end(made, "KILLED" if process.cancelled else "FAILED"))
    if made is not None and not tagged:
        _patiently(lambda: tracker.tag(made, tags))
    return code


def _patiently(act: Callable[[], T]) -> T:
    """`act` again and again while the store is locked or away; its `StoreUnavailable` after `PATIENCE` seconds."""
    end = time.monotonic() + PATIENCE
    pause = 0.5
    while True:
        try:
            return act()
        except StoreUnavailable:
            if time.monotonic() > end:
                raise
        time.sleep(pause)
        pause = min(2 * pause, 5.0)


def _tags(job: str, origin: RunRequest, parent: str | None, notebook: str) -> dict[str, str]:
    tags = {JOB_TAG: job, PROJECT_TAG: json.dumps(origin.json())}
    if parent is not None:
        tags[PARENT_TAG] = parent
    if notebook:
        tags[NOTEBOOK_TAG] = notebook
    return tags


def prove(export: Path, request: RunRequest, place: Place, tracker: Tracker, progress: Progress, *, notebook: str,
          baseline: str | None = None, tolerance: float = proof.TOLERANCE) -> Verdict:
    """Run an export clean and compare it with the last run of its notebook, or with the run `baseline`.

    The verdict is stored in the export's folder and as tags on both runs. Blocks. Raises ValueError for a baseline
    that does not exist.
    """
    known = _baseline(tracker, notebook, baseline)
    manager = request.env_manager or "virtualenv"
    origin = replace(request, uri=str(export))
    failure = Failure()
    with clean_place(export) as clean:
        inner = replace(
            place, cwd=clean.work, env_root=None if manager == "local" else clean.envs,
        )
        experiment = request.experiment or (tracker.experiment_of(known[-1].run_id) if known else "") or ""
        code = run(replace(request, uri=str(clean.project), experiment=experiment), inner, tracker, progress,
                   origin=origin, notebook=notebook)
        if code != 0 and progress.step == "running":
            failure = locate(clean.project, progress.tail)
    if code == 0:
        verdict = proof.compare(known, tracker.of_job(place.job, progress.run_id), manager, tolerance)
    else:
        lines = last_lines(progress.tail)
        verdict = proof.failed(progress.step, failure, lines, advice(progress.tail), manager, tolerance)
        if known and progress.run_id is not None:
            verdict.pairs = [(known[-1].run_id, progress.run_id)]
        elif known:
            tracker.tag(known[-1].run_id, {proof.TAG: verdict.outcome})
    verdict.save(export)
    for ours, theirs in verdict.pairs:
        tracker.tag(ours, {proof.TAG: verdict.outcome, proof.TAG_RUN: theirs})
        tracker.tag(theirs, {proof.TAG: verdict.outcome, proof.TAG_RUN: ours})
    return verdict


def _baseline(tracker: Tracker, notebook: str, baseline: str | None) -> list[proof.RunValues]:
    if baseline is None:
        return tracker.of_notebook(notebook)
    run_values = tracker.run(baseline)
    if run_values is None:
        raise ValueError(f"no run {baseline} in this store")
    return [run_values]
