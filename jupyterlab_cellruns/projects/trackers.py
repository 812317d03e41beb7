"""The few things that runs of projects ask of a tracking store, by MLflow's client or by the attached store."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol

from .command import JOB_TAG
from .proof import RunValues, number

SOURCE_TAG = "mlflow.source.name"
NOTEBOOK_TAG = "cellruns.notebook"
PARENT_TAG = "mlflow.parentRunId"


class Tracker(Protocol):
    """Everything blocks."""

    def of_notebook(self, notebook: str, limit: int = 20) -> list[RunValues]:
        """Finished runs that a notebook itself made, oldest first."""
        ...

    def of_job(self, job: str, first: str | None) -> list[RunValues]:
        """Runs that a job made, oldest first; `first` is the one that `mlflow run` made."""
        ...

    def run(self, run_id: str) -> RunValues | None:
        """One run."""
        ...

    def nameless(self, since: int) -> str | None:
        """The running run of a project that was made since a time (ms) and carries no job; None where not just one."""
        ...

    def experiment_of(self, run_id: str) -> str | None:
        """Name of a run's experiment."""
        ...

    def tag(self, run_id: str, tags: Mapping[str, str]) -> None:
        """Set tags of a run."""
        ...

    def end(self, run_id: str, status: str) -> None:
        """End a run that is still running."""
        ...

    def start(self, experiment: str, name: str, tags: Mapping[str, str]) -> str:
        """Make a run in an experiment (made where it is missing; "" is MLflow's own default); its id."""
        ...


class ClientTracker:
    """By MLflow's client, on a tracking URI."""

    def __init__(self, uri: str) -> None:
        from mlflow import MlflowClient

        self._client = MlflowClient(uri)

    def of_notebook(self, notebook: str, limit: int = 20) -> list[RunValues]:
        """See `Tracker`. `notebook` is a path, or the last part of one."""
        quoted = notebook.replace("'", "")
        name = quoted.rsplit("/", 1)[-1]
        found: dict[str, Any] = {}
        for tag in (NOTEBOOK_TAG, SOURCE_TAG):
            for run in self._search(f"tags.`{tag}` LIKE '%{name}'", limit):
                value = str(run.data.tags.get(tag, ""))
                if value == notebook or value.rsplit("/", 1)[-1] == name:
                    found[run.info.run_id] = run
        mine = [r for r in found.values() if JOB_TAG not in r.data.tags and r.info.status == "FINISHED"]
        return [_values(r) for r in sorted(mine, key=lambda r: r.info.start_time)][-limit:]

    def of_job(self, job: str, first: str | None) -> list[RunValues]:
        """See `Tracker`."""
        found = {r.info.run_id: r for r in self._search(f"tags.`{JOB_TAG}` = '{job}'", 1000)}
        if first is not None and first not in found:
            found[first] = self._client.get_run(first)
        return [_values(r) for r in sorted(found.values(), key=lambda r: r.info.start_time)]

    def run(self, run_id: str) -> RunValues | None:
        """See `Tracker`."""
        from mlflow.exceptions import MlflowException

        try:
            return _values(self._client.get_run(run_id))
        except MlflowException:
            return None

    def nameless(self, since: int) -> str | None:
        """See `Tracker`."""
        query = f"attributes.status = 'RUNNING' AND attributes.start_time >= {since}"
        return _only(r.info.run_id for r in self._search(query, 100) if _is_nameless(r.data.tags))

    def experiment_of(self, run_id: str) -> str | None:
        """See `Tracker`."""
        experiment = self._client.get_experiment(self._client.get_run(run_id).info.experiment_id)
        return str(experiment.name)

    def tag(self, run_id: str, tags: Mapping[str, str]) -> None:
        """See `Tracker`."""
        for key, value in tags.items():
            self._client.set_tag(run_id, key, value)

    def end(self, run_id: str, status: str) -> None:
        """See `Tracker`."""
        if self._client.get_run(run_id).info.status == "RUNNING":
            self._client.set_terminated(run_id, status)

    def start(self, experiment: str, name: str, tags: Mapping[str, str]) -> str:
        """See `Tracker`."""
        known = self._client.get_experiment_by_name(experiment or "Default")
        made = known.experiment_id if known is not None else self._client.create_experiment(experiment or "Default")
        return str(self._client.create_run(made, run_name=name, tags=dict(tags)).info.run_id)

    def _search(self, query: str, limit: int) -> list[Any]:
        experiments = [e.experiment_id for e in self._client.search_experiments()]
        return list(self._client.search_runs(experiments, query, max_results=max(limit, 100))) if experiments else []


class StoreTracker:
    """By the attached store of the Jupyter server. `store` gives it, `announce` tells the pages which runs changed."""

    def __init__(self, store: Callable[[], Any], announce: Callable[[set[str]], None]) -> None:
        self._store = store
        self._announce = announce

    def of_notebook(self, notebook: str, limit: int = 20) -> list[RunValues]:
        """See `Tracker`; `notebook` is the path in the server's root."""
        from ..stores.base import RunQuery

        page = self._store().runs(RunQuery(notebook=notebook, limit=200))
        found: list[RunValues] = []
        for summary in page.runs:
            if summary["status"] == "FINISHED" and len(found) < limit:
                detail = self._store().run(summary["run_id"])
                if detail is not None and JOB_TAG not in detail["tags"]:
                    found.append(_of_detail(detail))
        return found[::-1]

    def of_job(self, job: str, first: str | None) -> list[RunValues]:
        """See `Tracker`."""
        from ..stores.base import RunQuery

        ids = [s["run_id"] for s in self._store().runs(RunQuery(text=job, limit=500)).runs][::-1]
        if first is not None and first not in ids:
            ids.insert(0, first)
        details = [d for d in (self._store().run(run_id) for run_id in ids) if d is not None]
        return [_of_detail(d) for d in details if d["tags"].get(JOB_TAG) == job or d["run"]["run_id"] == first]

    def run(self, run_id: str) -> RunValues | None:
        """See `Tracker`."""
        detail = self._store().run(run_id)
        return None if detail is None else _of_detail(detail)

    def nameless(self, since: int) -> str | None:
        """See `Tracker`."""
        from ..stores.base import RunQuery

        new = [s["run_id"] for s in self._store().runs(RunQuery(limit=100)).runs
               if s["status"] == "RUNNING" and (s["start_time"] or 0) >= since]
        details = [d for d in (self._store().run(run_id) for run_id in new) if d is not None]
        return _only(d["run"]["run_id"] for d in details if _is_nameless(d["tags"]))

    def experiment_of(self, run_id: str) -> str | None:
        """See `Tracker`."""
        detail = self._store().run(run_id)
        return None if detail is None else str(detail["run"]["experiment_name"])

    def tag(self, run_id: str, tags: Mapping[str, str]) -> None:
        """See `Tracker`."""
        from ..capture.events import Tags

        self._store().write([Tags(run_id, dict(tags))])
        self._announce({run_id})

    def end(self, run_id: str, status: str) -> None:
        """See `Tracker`."""
        self._store().end_run(run_id, status, int(time.time() * 1000))
        self._announce({run_id})

    def start(self, experiment: str, name: str, tags: Mapping[str, str]) -> str:
        """See `Tracker`."""
        store = self._store()
        made = store.ensure_experiment(experiment or "Default", {})
        run_id = str(store.create_run(made, name, int(time.time() * 1000), dict(tags)))
        self._announce({run_id})
        return run_id


def _is_nameless(tags: Mapping[str, str]) -> bool:
    return tags.get("mlflow.source.type") == "PROJECT" and JOB_TAG not in tags


def _only(found: Iterable[str]) -> str | None:
    every = list(found)
    return every[0] if len(every) == 1 else None


def _values(run: Any) -> RunValues:
    return RunValues(run.info.run_id, run.info.run_name or "", {k: float(v) for k, v in run.data.metrics.items()})


def _of_detail(detail: Mapping[str, Any]) -> RunValues:
    run = detail["run"]
    return RunValues(run["run_id"], run["name"], {m["key"]: number(m["last"]) for m in detail["metrics"]})
