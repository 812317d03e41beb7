"""Closes the runs of kernels that have ended, however they ended, as soon as the store can be written."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from .capture.capture import Capture
from .capture.events import RunEnd
from .capture.kernel_runs import KernelRuns, OpenRun
from .kernel_side.python.lifecycle import SOURCE_TAG
from .kernels.open_runs import OpenRuns
from .kernels.processes import Process, Processes
from .stores.base import StoreRefused, StoreUnavailable
from .stores.registry import Stores

_AGAIN_SECONDS = 2.0
_SETTLE_TURNS = 100
_GRACE_MS = 3000
"""A process is seen every second while it logs (kernel_side/python/alive.py); the rest is for what is on its way."""


class Closer:
    """Three ways to know what a kernel has left open, since each alone can miss a run.

    Its events, for kernels in any language; the tag `cellruns.source` on runs of a Python process whose sign of life is
    gone (kernels/processes.py), and the notes on kernels in other languages (kernels/open_runs.py), which both also find
    runs of servers that were killed. Nothing else is touched: neither runs of processes that live, nor of scripts, nor
    of anybody without a sign or a note.
    """

    def __init__(
        self, stores: Stores, capture: Capture, processes: Processes, open_runs: OpenRuns,
        changed: Callable[[set[str]], None], log: logging.Logger,
    ) -> None:
        self._stores = stores
        self._capture = capture
        self._processes = processes
        self._open_runs = open_runs
        self._changed = changed
        self._log = log
        self._open: dict[OpenRun, tuple[str, int, KernelRuns]] = {}
        self._status: dict[str, tuple[str, KernelRuns]] = {}
        self._ending: Counter[str] = Counter()
        self._followed: Callable[[], list[str]] = list
        self._lock = asyncio.Lock()
        self._wake = asyncio.Event()
        self._failing = False
        self._given_up: set[str | Path] = set()
        """Runs that their store refuses to end, and their signs and notes: tried again when the server starts again."""

    def expect(self, kernel_id: str) -> None:
        """`kernel_ended` will be called for this kernel in a moment: what it said last is still on its way."""
        self._ending[kernel_id] += 1

    async def kernel_ended(self, kernel_id: str, old: KernelRuns, status: str) -> None:
        """A kernel process is gone and `old` is what it told: close what it left open, with this status."""
        try:
            left = await asyncio.get_running_loop().run_in_executor(None, self._capture.finish, old)
            # What the process said last may end its runs itself.
            for _ in range(_SETTLE_TURNS):
                if self._capture.settled(old):
                    break
                await asyncio.sleep(0.05)
            now = int(time.time() * 1000)
            for run in left:
                self._open[run] = (status, now, old)
                old.runs[run.run].status = status
            for process in await asyncio.to_thread(self._processes.gone):
                if process.ours and process.kernel == kernel_id:
                    self._status.setdefault(process.source, (status, old))
        finally:
            self._ending[kernel_id] -= 1
        if not await self.close():
            self._wake.set()

    async def watch(self, followed: Callable[[], list[str]]) -> None:
        """Close what killed servers have left: now, and when their surviving kernels end. `followed`: our kernels."""
        self._followed = followed
        while True:
            done = await self.close()
            strangers = await asyncio.to_thread(lambda: self._processes.strangers() or self._open_runs.strangers())
            try:
                await asyncio.wait_for(self._wake.wait(), _AGAIN_SECONDS if strangers or not done else None)
            except asyncio.TimeoutError:
                continue
            self._wake.clear()

    async def close(self) -> bool:
        """Close what is to be closed now; True where nothing is left to try again."""
        async with self._lock:
            closed: set[str] = set()
            failure = await asyncio.to_thread(self._close, closed)
        if failure and not self._failing:
            self._log.warning("Cellruns cannot close all runs of kernels that have ended yet: %s", failure)
        self._failing = bool(failure)
        if closed:
            self._log.info("Cellruns has closed %d run(s) of kernels that have ended", len(closed))
            self._changed(closed)
        return failure is None

    def _close(self, closed: set[str]) -> str | None:
        """What failed for now, "" where something only has to come first; a store that is away holds up no other."""
        failures: list[str] = []
        for run, (status, end, old) in list(self._open.items()):
            if not self._capture.settled(old, run.store):
                failures.append("")
                continue
            try:
                self._end(run, status, end, closed)
                self._open.pop(run, None)
            except (StoreUnavailable, StoreRefused) as error:
                failures.append(str(error))
        for process in self._processes.gone():
            if process.source in self._given_up:
                continue
            coming = self._ending[process.kernel] or process.kernel in self._followed()
            if process.ours and process.source not in self._status and coming:
                # It has gone a moment ago: `kernel_ended` is about to come, or its shutdown is still under way.
                continue
            _, told = self._status.get(process.source, ("", None))
            waits = self._capture.storing_left() if told is None else not self._capture.settled(told)
            if waits:
                # What it said last may end its runs itself.
                failures.append("")
                continue
            try:
                self._close_process(process, closed)
            except (StoreUnavailable, StoreRefused) as error:
                failures.append(str(error))
        for left in self._open_runs.left():
            if left.note in self._given_up:
                continue
            try:
                known = [run for run in left.runs if run.store in self._stores]
                if all([self._end(run, "KILLED", left.seen, closed) for run in known]):
                    left.note.unlink(missing_ok=True)
                else:
                    self._given_up.add(left.note)
            except (StoreUnavailable, StoreRefused, OSError) as error:
                failures.append(str(error))
        return max(failures, default=None)

    def _end(self, run: OpenRun, status: str, end: int, closed: set[str]) -> bool:
        if not run.is_local:
            return self._end_in(run.store, run.run, status, end, closed)
        # Only the store knows which of its runs that is; one that has ended stays as it is.
        self._stores.store(run.store).write([RunEnd(run.run, status, end)])
        closed.add(run.run)
        return True

    def _end_in(self, store_id: str, run_id: str, status: str, end: int, closed: set[str]) -> bool:
        """False where the store refuses it, which is said once."""
        if run_id in self._given_up:
            return False
        try:
            if self._stores.store(store_id).end_run(run_id, status, end):
                closed.add(run_id)
        except StoreRefused as error:
            self._given_up.add(run_id)
            self._log.warning(
                "Cellruns cannot close run %s of a kernel that has ended, as store '%s' refuses it: %s. End it by hand "
                "(runs table, 'End'), or start this server again once the store permits it.", run_id, store_id,
                str(error).rstrip("."),
            )
            return False
        return True

    def _close_process(self, process: Process, closed: set[str]) -> None:
        status, told = self._status.get(process.source, ("KILLED", None))
        is_done = True
        for store_id in process.stores:
            if store_id not in self._stores:
                # Not configured here any more: nobody can close its runs.
                continue
            store = self._stores.store(store_id)
            for run in store.tagged({SOURCE_TAG: process.source}, open_only=True):
                if told is None and run.last is not None and process.seen + _GRACE_MS < run.last <= time.time() * 1000:
                    # It got points after its process had gone: somebody goes on with it. (A time that is yet to come
                    # was given by the code that logged it, and tells nothing.)
                    continue
                end = int(time.time() * 1000) if told is not None else max(process.seen, run.last or 0)
                is_done &= self._end_in(store_id, run.run_id, status, end, closed)
        if is_done:
            self._processes.forget(process.source)
            self._status.pop(process.source, None)
        else:
            self._given_up.add(process.source)
