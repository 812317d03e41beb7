"""Experiment and tags for runs that are started without user code saying which: MLflow's own provider plug points."""

from __future__ import annotations

import os
import sys
import time

from .channel import Channel, ServerError

_FRESH_SECONDS = 0.25
# One run start asks several times; a rename must count at the next.


class RunContext:
    """Asks the server for the notebook's experiment and tags at every run start (a rename counts at once)."""

    def __init__(self, tracking):
        self.tracking = tracking
        self._answer = {}
        self._time = 0.0
        self._serial = -1
        self._warned = False

    def install(self):
        """Register providers for experiment, tags and request headers, and the token for our address only."""
        guard = self.tracking.owner.guard
        guard(self._experiment_provider)
        guard(self._tags_provider)
        guard(self._header_provider)
        guard(self._credentials)

    def applies(self):
        """Whether MLflow's current store is ours and capture is on."""
        return self.tracking.active and self.tracking.current_store() is not None

    def answer(self, store=None):
        """`{store, experiment_id, experiment_name, notebook, tags}` of the server; a recent answer is used again.

        `store` is the id of the store that the run will be made in; None asks for the one that was chosen.
        """
        now, serial = time.monotonic(), self.tracking.owner.cell.serial
        fresh = now - self._time <= _FRESH_SECONDS and serial == self._serial
        if not fresh or store not in (None, self._answer.get("store")):
            body = {"session_name": os.environ.get("JPY_SESSION_NAME", ""), "store": store}
            try:
                self._answer = self.tracking.ask("kernel/context", body)
                self._warned = False
            except ServerError as error:
                if not self._warned:
                    self._warned = True
                    Channel(self.tracking.owner).send_notice("context", str(error))
                # One run start asks several times; it need not wait for each.
                self._answer = {"store": store or self.tracking.settings.store, "experiment_id": None, "tags": {}}
            self._time, self._serial = time.monotonic(), serial
        return self._answer

    def follow_choice(self):
        """Before a run starts: take over the store that was chosen meanwhile."""
        if not self.tracking.run_is_active():
            store = self.answer().get("store")
            if store:
                self.tracking.settings.store = store
            self.tracking.follow_choice()

    def wants_provenance(self):
        """Whether the settings want the provenance of runs, by the server's last answer; None while there is none."""
        return None if self._answer is None else bool(self._answer.get("provenance"))

    def tags(self):
        """The tags of a run that starts now."""
        tags = dict(self.answer(self.tracking.current_store()).get("tags") or {})
        cell = self.tracking.owner.cell
        if cell.running:
            if cell.id:
                tags["cellruns.cell_id"] = cell.id
            if cell.execution_count is not None:
                tags["cellruns.execution_count"] = str(cell.execution_count)
        return tags

    def rerun(self):
        """What a re-run of a cell does: `new`, `nested` or `resume`."""
        return self.answer(self.tracking.current_store()).get("rerun") or "new"

    def earlier(self, number):
        """`{run_id, experiment_id}` of the run that an earlier execution of this cell started as its `number`th: the one
        to resume, or to nest under. None where there is none."""
        body = {
            "session_name": os.environ.get("JPY_SESSION_NAME", ""), "store": self.tracking.current_store(),
            "cell": {"id": self.tracking.owner.cell.id, "run": number},
        }
        try:
            return self.tracking.ask("kernel/context", body).get("earlier")
        except ServerError as error:
            Channel(self.tracking.owner).send_notice("context", str(error))
            return None

    def _experiment_provider(self):
        from mlflow.tracking.default_experiment import registry
        from mlflow.tracking.default_experiment.abstract_context import DefaultExperimentProvider

        context, tracking = self, self.tracking

        class CellrunsExperimentProvider(DefaultExperimentProvider):
            def in_context(self):
                return context.applies() and context.answer(tracking.current_store()).get("experiment_id") is not None

            def get_experiment_id(self):
                return context.answer(tracking.current_store())["experiment_id"]

        registry._default_experiment_provider_registry.register(CellrunsExperimentProvider)

    def _tags_provider(self):
        from mlflow.tracking.context import registry
        from mlflow.tracking.context.abstract_context import RunContextProvider

        context = self

        class CellrunsRunContext(RunContextProvider):
            def in_context(self):
                return context.applies()

            def tags(self):
                return context.tags()

        # Before MLFLOW_RUN_CONTEXT and plug-ins: later ones win, and those are the user's.
        providers = registry._run_context_provider_registry._registry
        names = [type(p).__name__ for p in providers]
        at = names.index("SystemEnvironmentContext") if "SystemEnvironmentContext" in names else len(providers)
        providers.insert(at, CellrunsRunContext())

    def _header_provider(self):
        from mlflow.tracking.request_header import registry
        from mlflow.tracking.request_header.abstract_request_header_provider import RequestHeaderProvider

        tracking = self.tracking

        class CellrunsHeaders(RequestHeaderProvider):
            def in_context(self):
                return os.getpid() == tracking.pid and tracking.recorder.used

            def request_headers(self):
                return tracking.applied_header()

        registry._request_header_provider_registry.register(CellrunsHeaders)

    def _credentials(self):
        """Send our token to our address only, and there nothing else: the user's credentials are for other servers."""
        ours, token = self.tracking.settings.tracking_base + "/", self.tracking.settings.token
        kept = self.tracking.settings.kept
        module = sys.modules.get("mlflow.utils.credentials")
        original = getattr(module, "get_default_host_creds", None)
        if original is None:
            return

        def get_default_host_creds(store_uri):
            creds = original(store_uri)
            if str(store_uri).startswith(ours):
                creds.username = creds.password = creds.auth = None
                creds.aws_sigv4 = False
                creds.token = token
                if ours.startswith("https:"):
                    # The loopback interface under a certificate made for the public name.
                    creds.ignore_tls_verification = True
                    creds.server_cert_path = creds.client_cert_path = None
                return creds
            if creds.token == token:
                creds.token = kept.get("token")
            if not creds.username and not creds.password:
                creds.username, creds.password = kept.get("username"), kept.get("password")
            return creds

        for name, loaded in list(sys.modules.items()):
            if name.startswith("mlflow") and getattr(loaded, "get_default_host_creds", None) is original:
                loaded.get_default_host_creds = get_default_host_creds
