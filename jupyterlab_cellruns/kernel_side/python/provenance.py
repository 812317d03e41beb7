"""Tells the server what a run was made from: the executed cells and the environment. In a thread of its own.

A run that begins or goes on in a cell is only noted by the user's thread; a moment later the thread here sends one
report for all runs noted by then. Git is the server's part. See docs/provenance.md.
"""

from __future__ import annotations

import atexit
import os
import threading
import time
from collections import deque

from .channel import Channel, ServerError
from .packages import Environment
from .redact import PLACEHOLDER, known_secrets

_PAUSE = 0.25
"""Seconds for a cell's first runs to begin in, so that one report does for them."""
_RETRIES = (1.0, 5.0, 20.0)
_EXIT_SECONDS = 3.0


class Provenance:
    """One per kernel. `touched` costs the user's thread some microseconds."""

    def __init__(self, tracking, history):
        self.tracking = tracking
        self.history = history
        self._environment = Environment()
        self._noted = deque()
        self._wake = threading.Event()
        self._thread = None
        self._lock = threading.Lock()
        self._sending = threading.Lock()

    def touched(self, state):
        """A run begins, or goes on in another cell. A nested run's record is its parent's."""
        if state.mirrored:
            return
        serial = self.tracking.owner.cell.serial
        holder = self._holder(state)
        if holder.recorded != serial:
            holder.recorded = serial
            holder.holder = holder.run
            self._note(holder, holder, serial)
        state.recorded = serial
        if state.holder != holder.run:
            state.holder = holder.run
            self._note(state, holder, serial)

    def _holder(self, state):
        runs, holder = self.tracking.runs, state
        for _ in range(20):
            parent = runs.get(holder.parent) if holder.parent else None
            if parent is None or parent.mirrored or parent.status != "RUNNING":
                break
            holder = parent
        return holder

    def _note(self, state, holder, serial):
        if self.tracking.context.wants_provenance() is False:
            return
        self._noted.append({"run": state.run, "store": state.store, "holder": holder.run, "serial": serial})
        if self._thread is None:
            with self._lock:
                if self._thread is None:
                    self._thread = threading.Thread(target=self._loop, name="cellruns-provenance", daemon=True)
                    self._thread.start()
                    atexit.register(self._exit)
        self._wake.set()

    def _loop(self):
        while True:
            self._wake.wait()
            self._wake.clear()
            time.sleep(_PAUSE)
            try:
                self._report(_RETRIES, 75.0)
            except Exception as error:
                self._say(error)

    def _exit(self):
        """The kernel ends: what was noted in the last moment is sent now."""
        try:
            if os.getpid() == self.tracking.pid:
                self._report((), _EXIT_SECONDS)
        except Exception:
            pass

    def _report(self, retries, timeout):
        with self._sending:
            noted = []
            while self._noted:
                noted.append(self._noted.popleft())
            if not noted or not self.tracking.active:
                return
            body = self._body(noted)
            for pause in (*retries, None):
                try:
                    self.tracking.ask("kernel/provenance", body, timeout)
                    return
                except ServerError as error:
                    if pause is None or str(error).startswith("HTTP 4"):
                        self._say(error)
                        return
                time.sleep(pause)

    def _body(self, noted):
        last = max(run["serial"] for run in noted)
        known, lanes = known_secrets(os.environ), self.tracking.recorder.lanes
        for run in noted:
            lane = lanes.get(run["store"])
            run["after"] = None if lane is None else {"source": lane.source, "seq": lane.seq}
        return {
            "session_name": os.environ.get("JPY_SESSION_NAME", ""),
            "folder": _folder(),
            "runs": noted,
            "omitted": self.history.omitted,
            "executions": [_without(execution.json(), known) for execution in self.history.until(last)],
            "environment": self._environment.read(),
        }

    def _say(self, error):
        try:
            Channel(self.tracking.owner).send_notice("provenance", str(error))
        except Exception:
            pass


def _without(execution, known):
    """Without the secret values of this process' environment; the server takes out what looks like one."""
    for value in known:
        if value in execution["source"]:
            execution["source"] = execution["source"].replace(value, PLACEHOLDER)
    return execution


def _folder():
    try:
        return os.getcwd()
    except OSError:
        return ""
