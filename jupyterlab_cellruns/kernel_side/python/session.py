"""One kernel's attachment: IPython hooks, the wait for mlflow, and the parts that are made when mlflow comes."""

from __future__ import annotations

import os
import sys
import time
import uuid

from . import importhook
from .history import History


class CellContext:
    """The execution that is going on, or was last. A new one is made for every cell."""

    __slots__ = ("anchor", "execution_count", "id", "parent", "running", "runs", "serial")

    def __init__(self, id, execution_count, parent, serial):
        self.id = id
        self.execution_count = execution_count
        self.parent = parent
        self.serial = serial
        self.anchor = None
        self.running = True
        self.runs = 0
        """Runs that this execution has started and a re-run of the cell would find (lifecycle.py)."""

    def json(self):
        return {"id": self.id, "execution_count": self.execution_count, "anchor": self.anchor}


class Session:
    """Owns everything Cellruns has in this process."""

    def __init__(self, shell, settings):
        self.shell = shell
        self.kernel = shell.kernel
        self.settings = settings
        self.enabled = True
        self.faults = []
        self.cell = CellContext(None, None, None, 0)
        self.cell.running = False
        self.tracking = None
        self.history = History()
        self.pid = os.getpid()
        self._ours = {}
        self._first_count = shell.execution_count
        self._early = None

    def start(self):
        """Register the hooks. Costs a few hundred microseconds; mlflow is not imported."""
        events = self.shell.events
        events.register("pre_run_cell", self._pre_run_cell)
        events.register("post_run_cell", self._post_run_cell)
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._after_fork)
        if "mlflow" in sys.modules and hasattr(sys.modules["mlflow"], "start_run"):
            self.mlflow_imported()
        else:
            importhook.watch("mlflow", self.mlflow_importing, self.mlflow_imported)

    def mlflow_importing(self):
        """The user's `import mlflow` begins: let the server warm the store up while Python is busy importing."""
        self.guard(self._announce)

    def _announce(self):
        from .channel import Channel

        Channel(self).send_notice("mlflow.import")

    def mlflow_imported(self):
        """The user's `import mlflow` is done."""
        self.guard(self._hook_mlflow)

    def _hook_mlflow(self):
        if self.tracking is None:
            from .tracking import Tracking

            self.tracking = Tracking(self)
            self.tracking.install()

    def guard(self, function, *args):
        """Call `function`; a fault of ours is kept for the server and never reaches user code."""
        try:
            return function(*args)
        except Exception as error:
            self.fault(error)
            return None

    def set_enabled(self, enabled):
        """Runs that start from now on are Cellruns', or plain MLflow's where the user's own store would be."""
        self.enabled = enabled
        if enabled:
            if "MLFLOW_TRACKING_URI" in self._ours:
                self._ours["MLFLOW_TRACKING_URI"] = self.settings.tracking_uri
            for name, value in self._ours.items():
                os.environ.setdefault(name, value)
            return
        for name in ("MLFLOW_TRACKING_URI", "MLFLOW_TRACKING_TOKEN", "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT"):
            if name == "MLFLOW_TRACKING_URI" and self.settings.store_of(os.environ.get(name)) is None:
                return
            if name in os.environ:
                self._ours[name] = os.environ.pop(name)

    def set_store(self, store):
        """Choose the store of the runs that start from now on; a run that is active keeps its own till it has ended."""
        self.settings.store = store
        if self.tracking is not None:
            self.guard(self.tracking.follow_choice)
        elif self.settings.store_of(os.environ.get("MLFLOW_TRACKING_URI")) is not None:
            os.environ["MLFLOW_TRACKING_URI"] = self.settings.tracking_uri

    def fault(self, error):
        """Remember a fault of our own. The first one switches the deferring of log calls off."""
        text = "%s: %s" % (type(error).__name__, error)
        if len(self.faults) < 20:
            self.faults.append(text)
        tracking = self.tracking
        if tracking is not None:
            tracking.broken = True
        try:
            from .channel import Channel

            Channel(self).send_notice("fault", text)
        except Exception:
            pass

    def state(self):
        tracking = self.tracking
        return {
            "enabled": self.enabled,
            "store": self.settings.store,
            "mlflow": tracking is not None,
            "broken": bool(tracking is not None and tracking.broken),
            "faults": list(self.faults),
            "pid": os.getpid(),
        }

    def _pre_run_cell(self, info):
        try:
            cell_id = getattr(info, "cell_id", None)
            parent = self.kernel.get_parent() if hasattr(self.kernel, "get_parent") else self.kernel._parent_header
            count = self._prompt(info)
            self.cell = CellContext(cell_id, count, parent, self.cell.serial + 1)
            if getattr(info, "store_history", True):
                source = getattr(info, "raw_cell", None)
                self.history.started(self.cell.serial, cell_id, count, str(source or ""), int(time.time() * 1000))
            if self.tracking is not None:
                self.tracking.cell_started(self.cell)
        except Exception as error:
            self.fault(error)

    def _prompt(self, info):
        """The number in the cell's prompt. Newer IPythons count before it calls us, older ones count after."""
        count = self.shell.execution_count
        if not getattr(info, "store_history", True):
            return None
        if self._early is None:
            self._early = count - self._first_count
        return count - self._early

    def _post_run_cell(self, result):
        try:
            self.cell.running = False
            self.history.finished(self.cell.serial, bool(getattr(result, "success", True)))
            if self.tracking is not None:
                self.tracking.cell_finished(self.cell, result)
        except Exception as error:
            self.fault(error)

    def _after_fork(self):
        # A forked worker shares our sockets but not our threads: it logs by MLflow's plain calls.
        if self.tracking is not None:
            self.tracking.forked()


def new_id(prefix):
    """A random id such as `c-9f2ce0a1b2c3`."""
    return "%s-%s" % (prefix, uuid.uuid4().hex[:16])
