"""How runs end that no code ends, and what a re-run of a cell does.

MLflow ends a run where its block is left: FINISHED, or FAILED by an exception. What it leaves open or gets wrong:

* an interrupt (KeyboardInterrupt) is no failure of the code: KILLED, in `with` blocks and in autologging;
* a cell that fails or is interrupted leaves runs open that it started without `with`: they are FAILED or KILLED,
  but still the user's. They stay active in MLflow; the next log call of a later cell takes them up again (RUNNING);
* the process ends: runs that are open are FINISHED, or KILLED in the middle of a cell, and their parents too.
"""

from __future__ import annotations

import atexit
import functools
import os
import sys
import threading
import time
from typing import Any

PARENT_TAG = "mlflow.parentRunId"
SOURCE_TAG = "cellruns.source"
"""Run tag: the kernel process that answers for the run (alive.py)."""
CELL_RUN_TAG = "cellruns.cell_run"
"""Run tag: the how manieth run of its cell's execution it is, from 0. The same cell's re-run finds it by this."""

_SHUTDOWN_SECONDS = 6.0
"""Longest time from that interrupt to the end of the process (KernelManager.shutdown_wait_time is 5 s)."""


class Lifecycle:
    """Part of `Tracking`. Its hooks concern runs of the attached store only."""

    def __init__(self, tracking):
        self.tracking = tracking
        self.fluent: Any = None
        self._interrupted = None

    def install(self):
        """Wrap `start_run` and `end_run`, and be there at the end of the process before MLflow is."""
        self.fluent = fluent = sys.modules["mlflow.tracking.fluent"]
        # Later registered, earlier called: MLflow's own handler ends one run only, whatever became of it.
        atexit.register(self.tracking.owner.guard, self.process_ends)
        for name, make in (("end_run", self._end_run), ("start_run", self._start_run)):
            original = getattr(fluent, name, None)
            if original is None:
                continue
            wrapper = functools.wraps(original)(make(original))
            for module in (fluent, sys.modules["mlflow"]):
                if getattr(module, name, None) is original:
                    setattr(module, name, wrapper)

    # The end of a cell and of the process

    def cell_ended(self, cell, result):
        """A cell has ended: what it started and left open ends with it where it failed or was interrupted."""
        error = getattr(result, "error_in_exec", None) or getattr(result, "error_before_exec", None)
        if error is None or not self.tracking.active:
            return
        status = "KILLED" if isinstance(error, KeyboardInterrupt) else "FAILED"
        self._interrupted = time.monotonic() if status == "KILLED" else None
        for state in reversed(self._open()):
            if state.owner == cell.serial and not _elsewhere(state.thread):
                self._leave(state, status)

    def process_ends(self):
        """Called by atexit: end what is open, in the spool, which the server reads when this process is gone."""
        tracking = self.tracking
        if os.getpid() != tracking.pid or not tracking.active or not os.path.isdir(tracking.settings.spool):
            return
        # Jupyter interrupts the cell that it finds running before it shuts a kernel down. Then the server knows better.
        asked = self._interrupted is not None and time.monotonic() - self._interrupted < _SHUTDOWN_SECONDS
        status = "KILLED" if tracking.owner.cell.running else "FINISHED"
        for state in [] if asked else reversed(self._open()):
            self._leave(state, status)
        # MLflow's handler would ask a server that may be gone.
        stack = self._stack()
        stack[:] = [run for run in stack if self._state(run) is None or self._state(run).mirrored]
        tracking.recorder.flush()

    def _open(self):
        return [s for s in self.tracking.runs.active() if not s.mirrored and s.owner is not None]

    def _leave(self, state, status):
        state.status, state.end_time, state.left = status, int(time.time() * 1000), True
        self.tracking.recorder.put((state, {
            "kind": "run.end", "run": state.run, "status": status, "end_time": state.end_time,
        }))

    # A run is gone on with

    def own(self, state):
        """The cell that is running has started the run, or taken it up."""
        state.owner, state.thread = self.tracking.owner.cell.serial, threading.current_thread()

    def take_up(self, state):
        """A log call for a run that a failed cell has left: it goes on, and its parents with it."""
        cell = self.tracking.owner.cell
        if not cell.running or cell.serial == state.owner or _elsewhere(threading.current_thread()):
            return
        parent = self.tracking.runs.get(state.parent) if state.parent else None
        if parent is not None and parent.left:
            self.take_up(parent)
        event = dict(state.start_event(), resumed=state.end_time)
        state.status, state.end_time, state.left = "RUNNING", None, False
        self.own(state)
        self.tracking.recorder.put((state, event))

    # start_run and end_run

    def _end_run(self, original):
        def end_run(*args, **kwargs):
            caller = sys._getframe(1).f_globals.get("__name__") or ""
            given = args[0] if args else kwargs.get("status")
            status = self.tracking.owner.guard(self._status, given, caller)
            return original(*args, **kwargs) if status is None else original(status)

        return end_run

    def _status(self, given, caller):
        """The status to end the active run with, where it is not the given one."""
        run = self._top()
        state = self._state(run) if run is not None else None
        if state is None or state.mirrored or not self.tracking.active:
            return None
        if given and isinstance(sys.exc_info()[1], KeyboardInterrupt) and caller.split(".")[0] == "mlflow":
            # MLflow's own `except` and `with`; what user code names in its `except` is the user's word.
            return "KILLED" if given == "FAILED" else None
        # `end_run()` that tidies up after a failed cell, by hand or by MLflow's atexit, does not make it a success.
        return state.status if not given and state.left else None

    def _start_run(self, original):
        def start_run(*args, **kwargs):
            resumed = self.tracking.owner.guard(self._before_start, args, kwargs)
            if resumed is not None and not isinstance(resumed, str):
                return resumed
            if resumed is not None:
                kwargs["run_id"] = resumed
            run = original(*args, **kwargs)
            self.tracking.owner.guard(self._after_start, run)
            return run

        return start_run

    def _before_start(self, args, kwargs):
        """Let go of runs that a failed cell has left, and find the run that this start resumes: its id, or itself."""
        if not self.tracking.context.applies() or kwargs.get("nested"):
            return None
        stack = self._stack()
        states = [self._state(run) for run in stack]
        if stack and all(state is not None and state.left for state in states):
            while self._top() is not None:
                self.fluent.end_run()
        named = args or kwargs.get("run_id") or kwargs.get("parent_run_id") or os.environ.get("MLFLOW_RUN_ID")
        if named or not self._counts() or self.tracking.context.rerun() != "resume":
            return None
        cell = self.tracking.owner.cell
        if self._top() is None:
            # The run may be in another store from now on.
            self.tracking.context.follow_choice()
        else:
            state = self._state(stack[0])
            if len(stack) == 1 and state.place == (cell.id, cell.runs) and state.owner != cell.serial:
                cell.runs += 1
                self.own(state)
                return stack[0]
            return None
        found = self._earlier(kwargs.get("experiment_id"))
        if found is not None:
            cell.runs += 1
        return found

    def _after_start(self, run):
        """MLflow has started or resumed a run: this process answers for it now."""
        state = self._state(run)
        if state is None or state.mirrored or not self.tracking.active:
            return
        if state.owner is None or state.status != "RUNNING":
            # Takes back that it had ended: a spool that is read again has the old end before this.
            event = dict(state.start_event(), resumed=state.end_time)
            state.status, state.end_time, state.left, state.announced = "RUNNING", None, False, True
            self.own(state)
            self.tracking.recorder.put((state, event))
            self._answers_in(state.store.partition(":")[2])
            self.tracking.entries(state, "tags", {SOURCE_TAG: self.tracking.process})

    def _answers_in(self, store):
        """Leave the word where a server finds runs of this process when it is gone."""
        if store and self.tracking.alive is not None:
            self.tracking.alive.uses(store)

    def _counts(self):
        """Whether a run that starts now is one that a re-run of its cell would find again."""
        cell = self.tracking.owner.cell
        return cell.running and cell.id is not None and not _elsewhere(threading.current_thread())

    def _earlier(self, experiment):
        """The run of the earlier execution that this one resumes or is nested under, in the same experiment."""
        found = self.tracking.context.earlier(self.tracking.owner.cell.runs)
        if found is None:
            return None
        wanted = experiment if experiment is not None else self.fluent._get_experiment_id()
        return found["run_id"] if str(found["experiment_id"]) == str(wanted) else None

    def tags(self, given, experiment):
        """Tags that a new run gets besides those of the context; `given` are the user's."""
        tags = {SOURCE_TAG: self.tracking.process}
        self._answers_in(self.tracking.current_store())
        if self._counts() and PARENT_TAG not in given:
            cell = self.tracking.owner.cell
            tags[CELL_RUN_TAG] = str(cell.runs)
            if self.tracking.context.rerun() == "nested":
                parent = self._earlier(experiment)
                if parent is not None:
                    tags[PARENT_TAG] = parent
            cell.runs += 1
        return tags

    def created(self, state, tags):
        """A run was made by this process."""
        self.own(state)
        if CELL_RUN_TAG in tags:
            state.place = (self.tracking.owner.cell.id, int(tags[CELL_RUN_TAG]))

    def _stack(self):
        stack = self.fluent._active_run_stack
        return stack.get() if hasattr(stack, "get") else stack

    def _top(self):
        stack = self._stack()
        return stack[-1] if stack else None

    def _state(self, run):
        return self.tracking.runs.get(run.info.run_id)


def _elsewhere(thread):
    """Whether this is a thread that goes on when the cell has ended."""
    return thread is not threading.main_thread() and thread.is_alive()
