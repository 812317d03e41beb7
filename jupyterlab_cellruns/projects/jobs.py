"""Runs, proofs and sweeps as jobs of the server: they go on when the page is closed, and are there when it comes back."""

from __future__ import annotations

import contextlib
import json
import logging
import shutil
import threading
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from . import execute, proof
from .command import JOB_TAG, RunRequest, shown
from .execute import PROJECT_TAG, Place
from .process import ProcessTree
from .progress import Progress, advice, last_lines
from .trackers import Tracker

Status = Literal["queued", "running", "finished", "failed", "cancelled", "lost"]
KEEP = 50
"""Jobs that are remembered."""
MAX_SWEEP = 500


@dataclass
class Item:
    """One run of a job."""

    request: RunRequest
    status: Status = "queued"
    progress: Progress = field(default_factory=Progress)

    @property
    def makes_environment(self) -> bool:
        """Whether MLflow may make an environment for it, where there is none yet."""
        return self.request.env_manager not in ("local", "docker")

    def json(self) -> dict[str, Any]:
        """As in docs/http-api.md."""
        return {
            "parameters": self.request.parameters, "status": self.status, "step": self.progress.step,
            "detail": self.progress.detail, "fraction": self.progress.fraction, "run_id": self.progress.run_id,
        }


@dataclass
class Job:
    """A run (one item), a proof (one item and a verdict) or a sweep (items and a parent run)."""

    id: str
    kind: Literal["run", "proof", "sweep"]
    title: str
    request: RunRequest
    items: list[Item]
    started: int
    status: Status = "queued"
    ended: int | None = None
    store: str = ""
    tracking: dict[str, str] = field(default_factory=dict, repr=False)
    python: str | None = None
    parent: str | None = None
    verdict: dict[str, Any] | None = None
    message: str | None = None
    tail: list[str] = field(default_factory=list)
    advice: list[str] = field(default_factory=list)
    step: str = ""
    folder: Path = field(default_factory=Path)
    processes: list[ProcessTree] = field(default_factory=list)

    @property
    def log(self) -> Path:
        """The output of the job."""
        return self.folder / "log.txt"

    @property
    def is_cancelled(self) -> bool:
        """Whether somebody has ended it."""
        return self.status == "cancelled"

    def json(self) -> dict[str, Any]:
        """As in docs/http-api.md; times in ms since epoch."""
        return {
            "id": self.id, "kind": self.kind, "title": self.title, "status": self.status, "started": self.started,
            "ended": self.ended, "request": self.request.json(), "command": shown(self.request),
            "items": [item.json() for item in self.items], "parent": self.parent, "verdict": self.verdict,
            "message": self.message, "tail": self.tail, "advice": self.advice, "step": self.step, "store": self.store,
        }


@dataclass(frozen=True)
class Target:
    """Where a job's runs go: a store's id, MLflow's variables for it by job id, and the Python to put into PATH."""

    store: str
    tracking: Callable[[str], dict[str, str]]
    python: str | None = None


class Jobs:
    """All jobs of a server. `folder` keeps them, `tracker` gives the store of an id."""

    def __init__(self, folder: Path, tracker: Callable[[str], Tracker], announce: Callable[[set[str]], None],
                 log: logging.Logger) -> None:
        self._folder = folder
        self._tracker = tracker
        self._announce = announce
        self._logger = log
        self._lock = threading.Lock()
        self._jobs: dict[str, Job] = {}
        self._old: dict[str, dict[str, Any]] = self._load()
        self._pool = ThreadPoolExecutor(32, thread_name_prefix="cellruns-job")
        self._ticker: threading.Thread | None = None

    def all(self) -> list[dict[str, Any]]:
        """All jobs, newest first, without their last lines."""
        with self._lock:
            known = {**self._old, **{job.id: job.json() for job in self._jobs.values()}}
        return sorted(known.values(), key=lambda j: -int(j["started"]))[:KEEP]

    def get(self, job_id: str) -> dict[str, Any] | None:
        """One job."""
        with self._lock:
            job = self._jobs.get(job_id)
            return job.json() if job is not None else self._old.get(job_id)

    def log(self, job_id: str, offset: int, most: int = 1 << 18) -> tuple[str, int, int]:
        """`(text, next offset, size)` of a job's output, in bytes, from `offset` on."""
        path = self._folder / job_id / "log.txt"
        try:
            with path.open("rb") as stream:
                size = stream.seek(0, 2)
                start = min(max(offset, 0), size)
                stream.seek(start)
                chunk = stream.read(most)
        except OSError:
            return "", 0, 0
        # A character must not be cut in two.
        while chunk and start + len(chunk) < size and chunk[-1] & 0x80:
            chunk = chunk[:-1]
        return chunk.decode("utf-8", "replace"), start + len(chunk), size

    def run(self, request: RunRequest, title: str, target: Target) -> dict[str, Any]:
        """Start a run."""
        job = self._new("run", title, request, [Item(request)], target)
        return self._start(job, lambda: self._work(job, 1, None))

    def sweep(self, request: RunRequest, rows: list[dict[str, str]], at_once: int, title: str,
              target: Target) -> dict[str, Any]:
        """Start one run for each row of parameters, `at_once` at a time, below a parent run."""
        items = [Item(replace(request, parameters={**request.parameters, **row})) for row in rows[:MAX_SWEEP]]
        job = self._new("sweep", title, request, items, target)

        def work() -> None:
            tracker = self._tracker(job.store)
            job.parent = tracker.start(
                request.experiment, request.run_name or title, {JOB_TAG: job.id, PROJECT_TAG: json.dumps(request.json())}
            )
            self._work(job, at_once, job.parent)
            tracker.end(job.parent, {"finished": "FINISHED", "cancelled": "KILLED"}.get(job.status, "FAILED"))

        return self._start(job, work)

    def prove(self, export: Path, request: RunRequest, notebook: str, title: str, target: Target,
              baseline: str | None, tolerance: float) -> dict[str, Any]:
        """Start a proof of an export."""
        item = Item(request)
        job = self._new("proof", title, request, [item], target)

        def work() -> None:
            item.status = "running"
            place = self._place(job)
            try:
                verdict = execute.prove(
                    export, request, place, self._tracker(job.store), item.progress, notebook=notebook,
                    baseline=baseline, tolerance=tolerance,
                )
            finally:
                shutil.rmtree(place.cwd, ignore_errors=True)
            if job.is_cancelled:
                item.status = "cancelled"
                return
            job.verdict = proof.plain(verdict.json())
            item.status = "failed" if verdict.outcome == "failed" else "finished"
            job.status = item.status
            self._ended(job, item)
            self._announce({run for pair in verdict.pairs for run in pair})

        return self._start(job, work)

    def cancel(self, job_id: str) -> bool:
        """End a job and all its processes; False where it is not running. Blocks for some seconds."""
        with self._lock:
            job = self._jobs.get(job_id)
            if job is None or job.status not in ("queued", "running"):
                return False
            job.status = "cancelled"
            processes = list(job.processes)
        for process in processes:
            process.cancel()
        return True

    def forget(self, job_id: str) -> bool:
        """Remove an ended job and its output."""
        with self._lock:
            job = self._jobs.get(job_id)
            if job is not None and job.ended is None:
                return False
            gone = self._jobs.pop(job_id, None) is not None
            gone = self._old.pop(job_id, None) is not None or gone
        if gone:
            shutil.rmtree(self._folder / job_id, ignore_errors=True)
        return gone

    def stop(self) -> None:
        """End all jobs: the server stops. Blocks for some seconds."""
        for job_id in list(self._jobs):
            self.cancel(job_id)
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _new(self, kind: Literal["run", "proof", "sweep"], title: str, request: RunRequest, items: list[Item],
             target: Target) -> Job:
        job = Job(uuid.uuid4().hex, kind, title, request, items, int(time.time() * 1000))
        job.store, job.python = target.store, target.python
        job.tracking = target.tracking(job.id)
        job.folder = self._folder / job.id
        job.folder.mkdir(parents=True, mode=0o700)
        job.log.touch(mode=0o600)
        return job

    def _start(self, job: Job, work: Callable[[], None]) -> dict[str, Any]:
        with self._lock:
            self._jobs[job.id] = job
        job.status = "running"
        self._save(job)
        self._pool.submit(self._guarded, job, work)
        with self._lock:
            if self._ticker is None:
                self._ticker = threading.Thread(target=self._tick, name="cellruns-jobs", daemon=True)
                self._ticker.start()
        self._tidy()
        return job.json()

    def _guarded(self, job: Job, work: Callable[[], None]) -> None:
        try:
            work()
        except Exception as error:
            self._logger.error("Cellruns: job %s failed", job.id, exc_info=True)
            job.message = str(error) or type(error).__name__
            if job.status != "cancelled":
                job.status = "failed"
        finally:
            job.ended = int(time.time() * 1000)
            job.processes.clear()
            self._save(job)
            self._announce({i.progress.run_id for i in job.items if i.progress.run_id is not None})

    def _work(self, job: Job, at_once: int, parent: str | None) -> None:
        first, *rest = job.items
        with ThreadPoolExecutor(max(1, min(at_once, 16)), thread_name_prefix="cellruns-sweep") as pool:
            begun = pool.submit(self._one, job, first, parent)
            # Where there is no environment yet, the first run makes it: several at once would spoil it for each other.
            while rest and first.makes_environment and first.progress.step != "running" and not begun.done():
                time.sleep(0.1)
            list(pool.map(lambda item: self._one(job, item, parent), rest))
            begun.result()
        failed = [item for item in job.items if item.status == "failed"]
        if job.status != "cancelled":
            job.status = "failed" if failed else "finished"
        for item in failed[:1]:
            self._ended(job, item)

    def _one(self, job: Job, item: Item, parent: str | None) -> None:
        if job.is_cancelled:
            item.status = "cancelled"
            return
        item.status = "running"
        place = self._place(job, item)
        try:
            code = execute.run(item.request, place, self._tracker(job.store), item.progress, parent)
        except Exception:
            item.status = "failed"
            raise
        finally:
            shutil.rmtree(place.cwd, ignore_errors=True)
        item.status = "cancelled" if job.is_cancelled else "finished" if code == 0 else "failed"
        if item.progress.run_id is not None:
            self._announce({item.progress.run_id})

    def _place(self, job: Job, item: Item | None = None) -> Place:
        """A working folder that is empty and goes away: what a project writes beside itself is its own affair."""
        cwd = job.folder / f"work-{uuid.uuid4().hex[:8]}"
        cwd.mkdir()
        def start(process: ProcessTree) -> None:
            with self._lock:
                job.processes.append(process)
                is_late = job.status == "cancelled"
            if is_late:
                process.cancel()

        place = Place(job.id, job.log, cwd, job.tracking, job.python, on_start=start)
        if item is None or job.kind != "sweep":
            return place
        # Runs of a sweep go on side by side: each has an output of its own, as its lines tell which run it is; the
        # job's log has them all, numbered.
        number = next(n for n, one in enumerate(job.items, 1) if one is item)

        def line(text: str) -> None:
            with self._lock, job.log.open("a", encoding="utf-8") as log:
                log.write(f"[{number}] {text}\n")

        return replace(place, log=job.folder / f"log-{number}.txt", on_line=line)

    def _tick(self) -> None:
        """Points come through the proxy, where nobody counts them: pages look again once a second."""
        while True:
            time.sleep(1)
            with self._lock:
                running = [job for job in self._jobs.values() if job.ended is None]
                if not running:
                    self._ticker = None
                    return
            runs = {i.progress.run_id for job in running for i in job.items if i.status == "running"}
            runs |= {job.parent for job in running}
            self._announce({run for run in runs if run is not None})

    def _ended(self, job: Job, item: Item) -> None:
        if item.status == "failed":
            job.tail = last_lines(item.progress.tail)
            job.advice = advice(item.progress.tail)
            job.step = item.progress.step

    def _save(self, job: Job) -> None:
        with contextlib.suppress(OSError):
            temporary = job.folder / "job.json.new"
            temporary.write_text(json.dumps(proof.plain(job.json())), encoding="utf-8")
            temporary.replace(job.folder / "job.json")

    def _load(self) -> dict[str, dict[str, Any]]:
        """Jobs of earlier servers; one that was running then is lost."""
        found: dict[str, dict[str, Any]] = {}
        for path in self._folder.glob("*/job.json"):
            try:
                job = json.loads(path.read_text("utf-8"))
                if job["status"] in ("queued", "running"):
                    job["status"] = "lost"
                found[str(job["id"])] = job
            except (OSError, ValueError, KeyError, TypeError):
                continue
        return found

    def _tidy(self) -> None:
        ended = [j for j in self.all() if j["status"] not in ("queued", "running")]
        for job in ended[KEEP - 10:]:
            self.forget(str(job["id"]))
