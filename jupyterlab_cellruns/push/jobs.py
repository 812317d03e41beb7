"""Pushes that the user has asked for: one after another in a thread, told of while they run and some time after."""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from ..capture.events import Tags
from ..stores.base import Store, StoreRefused, StoreUnavailable
from ..stores.endpoint import Endpoint
from ..stores.rest import Rest, RestStore
from ..stores.rest_write import ApiError
from .progress import Cancelled, RunProgress, Stop
from .pusher import PARENT_TAG, Pusher
from .source import Source, pairs
from .target import Target

PUSHED_TAG = "cellruns.pushed."
"""Tag of the original, with the id of the store at its end: id of the copy there."""
_MOST_JOBS = 50
_MOST_RUNS = 5000


class AttachedStore(Protocol):
    """A store as far as it is needed here."""

    async def endpoint(self, timeout: float = 60) -> Endpoint:
        """MLflow's REST."""
        ...

    def store(self) -> Store:
        """The store; blocks."""
        ...

    def touch(self) -> None:
        """It is in use."""
        ...


class Stores(Protocol):
    """The stores of this server by id."""

    def get(self, store_id: str) -> AttachedStore:
        """The store of an id. Raises StoreRefused."""
        ...


class Job:
    """One push of some runs from one store to another."""

    def __init__(self, source: str, target: str, run_ids: Sequence[str], children: bool) -> None:
        self.id = uuid.uuid4().hex[:12]
        self.source = source
        self.target = target
        self.run_ids = list(dict.fromkeys(run_ids))
        self.children = children
        self.state = "queued"
        self.error: dict[str, str | None] | None = None
        self.runs: OrderedDict[str, RunProgress] = OrderedDict()
        self.stop = Stop()

    def json(self) -> dict[str, Any]:
        """As in `GET push/<id>`."""
        return {
            "id": self.id, "source": self.source, "target": self.target, "state": self.state, "error": self.error,
            "runs": [run.json() for run in list(self.runs.values())],
        }  # fmt: skip


class Jobs:
    """Made and used on the event loop. `changed(run ids)` is told of the originals, whose tags have changed."""

    def __init__(self, stores: Stores, changed: Callable[[set[str]], None], log: logging.Logger) -> None:
        self._stores = stores
        self._changed = changed
        self._log = log
        self._jobs: OrderedDict[str, Job] = OrderedDict()
        self._lock = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, source: str, target: str, run_ids: Sequence[str], children: bool) -> Job:
        """Begin a push, after those that were asked for before. Raises StoreRefused for unknown stores."""
        self._stores.get(source)
        self._stores.get(target)
        if source == target:
            raise StoreRefused(f"The runs are in the store '{target}' already", "Choose another store.")
        job = Job(source, target, run_ids, children)
        self._jobs[job.id] = job
        while len(self._jobs) > _MOST_JOBS:
            self._jobs.popitem(last=False)
        task = asyncio.ensure_future(self._run(job))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return job

    def get(self, job_id: str) -> Job | None:
        """A push that was asked for, also one that is over."""
        return self._jobs.get(job_id)

    def all(self) -> list[Job]:
        """Newest first."""
        return list(reversed(self._jobs.values()))

    async def close(self) -> None:
        """Stop what is under way."""
        for job in self._jobs.values():
            job.stop.set()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=5.0)

    async def _run(self, job: Job) -> None:
        async with self._lock:
            try:
                job.stop.check()
                job.state = "running"
                source, target = self._stores.get(job.source), self._stores.get(job.target)
                ends = await source.endpoint(), await target.endpoint()
                work = asyncio.ensure_future(asyncio.to_thread(self._push, job, source, *ends))
                while not work.done():
                    # The local MLflow process must not be stopped for idleness meanwhile.
                    source.touch()
                    target.touch()
                    await asyncio.wait({work}, timeout=10.0)
                work.result()
                failed = any(run.state == "failed" for run in job.runs.values())
                job.state = "failed" if failed else "done"
            except Cancelled:
                job.state = "cancelled"
            except Exception as error:
                job.state = "failed"
                job.error = _told(error, self._log)
        self._changed(set(job.runs))

    def _push(self, job: Job, attached: AttachedStore, source_end: Endpoint, target_end: Endpoint) -> None:
        rest, store = Rest(source_end), RestStore(target_end)
        other = Rest(target_end)
        try:
            _Push(job, attached.store(), Source(rest), Target(other), store, self._log).run()
        finally:
            rest.close()
            other.close()
            store.close()


class _Push:
    """The runs of one job in the order in which they can be copied: parents first."""

    def __init__(
        self, job: Job, kept: Store, source: Source, target: Target, store: RestStore, log: logging.Logger
    ) -> None:
        self._job = job
        self._kept = kept
        self._source = source
        self._store = store
        self._log = log
        self._found: dict[str, dict[str, Any]] = {}
        self._experiments: dict[str, str] = {}
        self._tag = PUSHED_TAG + job.target
        self._pusher = Pusher(
            source, target, store.write, lambda run: pairs(run["data"].get("tags")).get(self._tag), self._note, job.stop
        )

    def run(self) -> None:
        """Copy all; a run that fails does not keep the others from going on. Raises Cancelled."""
        for run_id in self._job.run_ids:
            self._guarded(run_id, lambda run_id=run_id: self._plan(run_id, True))  # type: ignore[misc]
        for run_id, progress in list(self._job.runs.items()):
            if progress.state == "waiting":
                self._guarded(run_id, lambda run_id=run_id: self._copy(run_id))  # type: ignore[misc]

    def _plan(self, run_id: str, asked: bool, depth: int = 0) -> None:
        """Put a run on the list after its parents, and its children after it."""
        self._job.stop.check()
        known = self._job.runs.get(run_id)
        if known is not None:
            if asked and not known.asked:
                known.asked = True
                self._plan_children(run_id, depth)
            return
        if len(self._job.runs) >= _MOST_RUNS:
            raise StoreRefused(f"More than {_MOST_RUNS} runs in one push", "Push them in parts.")
        run = self._found[run_id] = self._source.run(run_id)
        parent = pairs(run.get("data", {}).get("tags")).get(PARENT_TAG)
        if parent and depth < 20 and parent not in self._job.runs:
            try:
                if self._source.run(parent)["info"].get("lifecycle_stage", "active") == "active":
                    self._plan(parent, False, depth + 1)
            except ApiError as error:
                if error.status != 404:
                    raise
        if run_id in self._job.runs:
            return
        self._job.runs[run_id] = RunProgress(run_id, str(run["info"].get("run_name") or run_id[:8]), asked)
        if asked:
            self._plan_children(run_id, depth)

    def _plan_children(self, run_id: str, depth: int) -> None:
        if self._job.children:
            for child in self._source.children(self._found[run_id]):
                self._plan(str(child["info"]["run_id"]), True, depth)

    def _copy(self, run_id: str) -> None:
        progress, run = self._job.runs[run_id], self._found.pop(run_id)
        progress.state = "running"
        detail = self._kept.run(run_id)
        progress.points_total = sum(int(m["count"]) for m in detail["metrics"]) if detail is not None else 0
        self._pusher.push(run, self._experiment(str(run["info"]["experiment_id"])), progress)
        progress.state = "done"

    def _experiment(self, experiment_id: str) -> str:
        """The target's experiment of the same name."""
        if experiment_id not in self._experiments:
            name = self._source.experiment_name(experiment_id)
            self._experiments[experiment_id] = self._store.ensure_experiment(name, {})
        return self._experiments[experiment_id]

    def _note(self, run_id: str, copy: str) -> None:
        for refusal in self._kept.write([Tags(run_id, {self._tag: copy})]):
            self._log.warning("Cellruns could not note at run %s where its copy is: %s", run_id, refusal.message)

    def _guarded(self, run_id: str, work: Callable[[], None]) -> None:
        try:
            work()
        except Cancelled:
            raise
        except Exception as error:
            progress = self._job.runs.setdefault(run_id, RunProgress(run_id, run_id[:8]))
            progress.state, progress.error = "failed", _told(error, self._log)


def _told(error: Exception, log: logging.Logger) -> dict[str, str | None]:
    """An error as the routes tell it: what and where, and what to do."""
    if isinstance(error, StoreRefused):
        return {"message": error.message, "hint": error.hint or None}
    if isinstance(error, StoreUnavailable):
        said = "Push again when the server answers: what has arrived is not sent twice."
        # Its own hint is about runs that are being logged.
        return {"message": str(error), "hint": said}
    if isinstance(error, ApiError):
        return {"message": f"The tracking server refuses it: {error.message}", "hint": None}
    log.error("Cellruns: a push failed", exc_info=error)
    return {"message": f"{type(error).__name__}: {error}", "hint": "See the server's log."}
