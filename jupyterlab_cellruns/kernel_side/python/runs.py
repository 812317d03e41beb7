"""What this kernel knows of the runs it logs to."""

from __future__ import annotations

from .series import Series

_MOST_SERIES = 1000


class RunState:
    """One run: where it lives, what was logged to it here, and its bounded curves for the static chart."""

    __slots__ = (
        "anchors",
        "announced",
        "cell_serial",
        "end_time", "experiment", "holder", "keys", "left", "mirrored", "name", "owner", "params", "parent", "place",
        "recorded", "run", "series", "start_time", "status", "store", "thread", "uri",
    )

    def __init__(self, run, store, name="", experiment=None, parent=None, start_time=None, uri=None):
        self.run = run
        self.store = store
        """As in an envelope: `attached:<store id>`, or the tracking URI of another store."""
        self.uri = uri
        self.name = name
        self.experiment = experiment
        self.parent = parent
        self.start_time = start_time
        self.end_time = None
        self.status = "RUNNING"
        self.mirrored = not store.startswith("attached")
        self.params = {}
        self.keys = set()
        """Metric keys that MLflow's validation has accepted."""
        self.series = {}
        self.cell_serial = -1
        self.anchors = []
        self.announced = False
        self.recorded = -1
        """Serial of the cell up to which provenance was noted."""
        self.holder = None
        """Id of the run that holds the provenance of this one."""
        self.owner = None
        """Serial of the cell that started it or took it up; None for a run that others started."""
        self.thread = None
        self.place = None
        """(cell id, how manieth run of that cell's execution), for a re-run of the cell."""
        self.left = False
        """A cell that failed, or the end of the process, has ended it; a log call would take it up again."""

    def remember(self, event):
        """Take a metrics event into the curves."""
        key = event["key"]
        series = self.series.get(key)
        if series is None:
            if len(self.series) >= _MOST_SERIES:
                return
            series = self.series[key] = Series(key)
        series.extend(event["steps"], event["timestamps"], event["values"])

    def start_event(self):
        return {
            "kind": "run.start", "run": self.run, "experiment": self.experiment, "name": self.name,
            "parent": self.parent, "tags": {}, "start_time": self.start_time, "exists": True,
        }


class Runs:
    """The run states of this kernel by id, the oldest ended ones dropped."""

    def __init__(self, most=2000):
        self.most = most
        self._states = {}

    def get(self, run_id):
        return self._states.get(run_id)

    def add(self, state):
        if len(self._states) >= self.most:
            for run_id, old in list(self._states.items())[: self.most // 4]:
                if old.status != "RUNNING":
                    del self._states[run_id]
        self._states[state.run] = state
        return state

    def drop(self, run_id):
        self._states.pop(run_id, None)

    def active(self):
        return [s for s in self._states.values() if s.status == "RUNNING"]
