"""The hooks in mlflow: what is deferred, what is mirrored, and the context that runs get without user code.

Hooked is `mlflow.tracking._tracking_service.client.TrackingServiceClient`: the one class that fluent calls,
`MlflowClient`, autologging and asynchronous calls all go through, with the run id at hand.
"""

from __future__ import annotations

import os
import sys
import time

from . import fastpath, hooks, switch
from .alive import Alive
from .cards import Cards
from .channel import Channel, ServerError, post, wait_applied
from .charts import Charts
from .context import RunContext
from .lifecycle import Lifecycle
from .provenance import Provenance
from .recorder import Lane, Recorder, split
from .runs import Runs, RunState
from .session import new_id
from .spool import Spool

END_SECONDS = 2.0
"""How long the end of a run waits for a store that does not answer."""


class Tracking:
    """Cellruns' side of one kernel's mlflow."""

    def __init__(self, owner):
        self.owner = owner
        self.settings = owner.settings
        self.broken = False
        self.pid = os.getpid()
        self.runs = Runs()
        self.recorder = Recorder(self._make_lane, owner.fault, self._sending)
        self.charts = Charts(owner, self.recorder)
        self.cards = Cards(owner)
        self.context = RunContext(self)
        self.lifecycle = Lifecycle(self)
        self.process = new_id("kp")
        """Names this process in the tag `cellruns.source` of its runs."""
        self.alive = None
        self.experiment_name = None
        """Name of the experiment that the user's code has set, and the one to set again after a change of the store."""
        self.carried_experiment = None
        self.provenance = Provenance(self, owner.history)
        self.waiter = None
        """Thread that waits for asynchronous calls, made when one is used."""

    def install(self):
        """Hook mlflow. Each hook stands alone: another MLflow version loses only what it lacks."""
        client = sys.modules.get("mlflow.tracking._tracking_service.client")
        if client is None or not hasattr(client, "TrackingServiceClient"):
            return
        from mlflow.utils import validation

        hooks.install(self, client, validation)
        registry = sys.modules.get("mlflow.tracking._model_registry.client")
        if registry is not None:
            self.owner.guard(hooks.install_registry, self, registry)
        self.context.install()
        self.owner.guard(fastpath.install, self)
        self.owner.guard(switch.install, self)
        self.owner.guard(self.lifecycle.install)
        about = {"kernel": self.settings.kernel, "server": self.settings.spool}
        self.alive = self.owner.guard(Alive, self.settings.alive, self.process, about)

    def _sending(self):
        if self.alive is not None:
            self.alive.show()

    def _make_lane(self, _store):
        source = new_id("py")
        return Lane(source, Spool(self.settings.spool, source), Channel(self.owner, source))

    @property
    def active(self):
        """Whether log calls may be looked at at all."""
        return not self.broken and self.owner.enabled

    def attached(self, client):
        """Whether a TrackingServiceClient talks to a store of the server."""
        return self.settings.store_of(client.tracking_uri) is not None

    def current_store(self):
        """Id of the server's store that MLflow uses now; None where it uses another store."""
        from mlflow.tracking import get_tracking_uri

        return self.settings.store_of(get_tracking_uri())

    def run_is_active(self):
        """Whether a run of MLflow's fluent calls is active in any thread."""
        return switch.run_is_active()

    def follow_choice(self):
        """Use the store that was chosen, unless a run is active or the user's code has set a URI of its own."""
        switch.follow(self)

    def applied_header(self, only=None):
        """Flush, and name the envelopes that a request has to come after, by store; {} where nothing was ever sent."""
        self.recorder.flush()
        named = [
            "%s:%d@%s" % (lane.source, lane.seq, store.partition(":")[2])
            for store, lane in list(self.recorder.lanes.items())
            if store.startswith("attached:") and only in (None, store)
        ]
        return {"X-Cellruns-Applied": ",".join(named)} if named else {}

    def state_of(self, client, run_id, fetch):
        """The state of an attached run that may be written to by events; None where MLflow has to be asked itself.

        A run that this kernel has not seen yet is looked up (`fetch` is MLflow's own get_run), so that an unknown run
        raises here, at the call.
        """
        state = self.runs.get(run_id)
        if state is None:
            state = self.learn(client, fetch(client, run_id))
        return state

    def learn(self, client, run):
        """Take over what MLflow says of a run; None where it is deleted."""
        info = run.info
        if getattr(info, "lifecycle_stage", "active") == "deleted":
            self.runs.drop(info.run_id)
            return None
        store, uri = self.store_of(client), str(client.tracking_uri)
        state = self.runs.get(info.run_id)
        if state is None:
            tags = dict(run.data.tags)
            state = RunState(
                info.run_id, store, getattr(info, "run_name", None) or tags.get("mlflow.runName") or info.run_id[:8],
                str(info.experiment_id), tags.get("mlflow.parentRunId"), info.start_time, uri,
            )
            state.status, state.end_time = str(info.status), info.end_time
            self.runs.add(state)
        state.params.update(run.data.params)
        return state

    def store_of(self, client):
        """What an envelope calls the store of a TrackingServiceClient."""
        store = self.settings.store_of(client.tracking_uri)
        return str(client.tracking_uri) if store is None else "attached:" + store

    def touch(self, state):
        """Join the run to the chart of the running cell, and announce it before its first event."""
        if state.cell_serial != self.owner.cell.serial:
            if state.left:
                self.owner.guard(self.lifecycle.take_up, state)
            self.owner.guard(self.charts.touch, state)
        if state.recorded != self.owner.cell.serial:
            self.owner.guard(self.provenance.touched, state)
        if not state.announced:
            state.announced = True
            self.recorder.put((state, state.start_event()))
            if state.status not in ("RUNNING", "SCHEDULED"):
                # Somebody logs to a run that has ended: it is shown, and has ended still.
                self._put_end(state)

    def event(self, state, event):
        """Queue an event of a run."""
        self.touch(state)
        if state.mirrored:
            event["mirrored"] = True
        self.recorder.put((state, event))

    def entries(self, state, kind, entries):
        """Queue params or tags of a run."""
        for portion in split(entries):
            self.event(state, {"kind": kind, "run": state.run, "entries": portion})

    def point(self, state, key, value, timestamp, step):
        """Queue one metric point."""
        if state.cell_serial != self.owner.cell.serial:
            self.touch(state)
        self.recorder.put((state, key, value, timestamp, step))

    def end(self, state, status, end_time):
        """End an attached run by an event: the store gets it after the run's last point, also when it is away now.

        Returns when it is stored, or after a moment: then it is in the spool.
        """
        self.ended(state.run, status, end_time, False)
        try:
            self.wait_applied(END_SECONDS, state.store)
        except ServerError:
            pass
        return True

    def ended(self, run_id, status, end_time=None, mirrored=True):
        """A run has ended; `mirrored`: MLflow has told the store."""
        state = self.runs.get(run_id)
        if state is not None:
            state.status, state.left = status, False
            state.end_time = end_time or int(time.time() * 1000)
            self._put_end(state, mirrored)

    def _put_end(self, state, mirrored=True):
        event = {"kind": "run.end", "run": state.run, "status": state.status, "end_time": state.end_time}
        if mirrored:
            event["mirrored"] = True
        self.recorder.put((state, event))

    def cell_started(self, cell):
        self.recorder.put((cell,))

    def cell_finished(self, cell, result):
        self.owner.guard(self.lifecycle.cell_ended, cell, result)
        if cell.anchor is not None:
            self.charts.complete(cell)
        self.owner.guard(self.cards.cell_ended, cell)

    def with_default_tags(self, tags, experiment):
        """Tags of a run made by `MlflowClient.create_run`, which asks no provider; what the user gave wins."""
        defaults = self.context.tags()
        if "mlflow.user" not in (tags or {}):
            import getpass

            defaults["mlflow.user"] = getpass.getuser()
        defaults.update(self.lifecycle.tags(tags or {}, experiment))
        return dict(defaults, **(tags or {}))

    def started(self, client, run):
        """MLflow has made a run."""
        state = self.learn(client, run)
        if state is not None:
            self.lifecycle.created(state, run.data.tags)
            self.touch(state)

    def mirror(self, client, run_id, show):
        """Call `show(state)` for display of what MLflow has done itself; nothing of it may raise or ask a server."""
        if not self.active:
            return
        try:
            state = self.runs.get(run_id)
            if state is None and not self.attached(client):
                state = self.runs.add(RunState(run_id, str(client.tracking_uri), run_id[:8]))
            if state is not None:
                show(state)
        except Exception as error:
            self.owner.fault(error)

    def mirror_entries(self, client, run_id, kind, entries):
        """Show params or tags that MLflow has stored itself."""
        if not entries:
            return

        def show(state):
            if kind == "params":
                state.params.update(entries)
            self.touch(state)
            for portion in split(entries):
                self.recorder.put((state, {"kind": kind, "run": run_id, "entries": portion, "mirrored": True}))

        self.mirror(client, run_id, show)

    def mirrored_point(self, state, event):
        """Show one point that MLflow has stored itself."""
        self.touch(state)
        state.remember(event)
        self.recorder.put((state, event))

    def mirror_artifact(self, client, run_id, local_path, artifact_path):
        """Show that a file was logged. `local_path` may be a folder's name with no `artifact_path`."""
        name = os.path.basename(str(local_path).rstrip("/\\")) or "."
        path = "%s/%s" % (artifact_path, name) if artifact_path else name
        self.mirror(client, run_id, lambda state: self.event(
            state, {"kind": "artifact", "run": run_id, "path": path, "mirrored": True}
        ))

    def show_model(self, model_id, name, uri, run_id):
        """Show the card of a model under the running cell."""
        self.cards.add(model_id, name, uri, run_id, self.runs.get(run_id) if run_id else None)

    def mirror_model(self, client, run_id, model_id, name, uri):
        """Show that a model was logged."""
        self.mirror(client, run_id, lambda state: self.event(
            state, {"kind": "model", "run": run_id, "model_id": model_id, "name": name, "uri": uri,
                    "mlmodel": self.cards.mlmodel(model_id)}
        ))

    def wait_applied(self, timeout=75.0, only=None):
        """Block until all that is queued now is stored. Raises ServerError where it is not within the time (s)."""
        header = self.applied_header(only)
        if header:
            wait_applied(self.settings, header, timeout)

    def ask(self, route, body, timeout=75.0):
        """Ask the Jupyter server; raises ServerError. `timeout` in seconds."""
        return post(self.settings, route, dict(body, kernel=self.settings.kernel), timeout)

    def forked(self):
        self.broken = True
