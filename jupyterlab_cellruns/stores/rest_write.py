"""Writes run events over MLflow's REST: few calls, safe to repeat after a failure that says not what became of it."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Iterator, Sequence
from typing import Any, Protocol

from ..capture.events import Artifact, Event, Metrics, Params, RunEnd, RunStart, Tags
from . import event_files, rules
from .base import OPEN, Refusal, StoreRefused, StoreUnavailable
from .sqlite_write import LOCAL_ID_TAG

MAX_METRICS = 1000
"""Most metrics, and most entities, in one log-batch (mlflow/utils/validation.py)."""
MAX_ENTRIES = 100
"""Most params, and most tags, in one log-batch."""
MAX_BYTES = 900_000
"""Bytes of entries in one log-batch; MLflow takes 1 MB."""
REFUSED_TAG = "cellruns.refused"
"""Tag of a run with what its server could not store, for those who read the run later."""

_PAUSES = (0.1, 0.3, 0.9)
_QUICK_SECONDS = 5.0
_NO_RUN = ("RESOURCE_DOES_NOT_EXIST", "PERMISSION_DENIED")

Entry = dict[str, Any]


class ApiError(Exception):
    """The server's refusal of one call: HTTP status, MLflow's error code and message."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}" if code else message)
        self.status = status
        self.code = code
        self.message = message


class ServerFault(StoreUnavailable):
    """HTTP 500: the server is in trouble, or cannot digest this one request; which, only other requests tell."""


class Caller(Protocol):
    """What `rest.Rest` is for this module."""

    def call(self, method: str, path: str, *, params: Any = None, json: Any = None) -> dict[str, Any]:
        """One call; raises ApiError and StoreUnavailable."""
        ...

    def upload(self, run_id: str, path: str, data: bytes) -> None:
        """Put a file among a run's artifacts; raises ApiError and StoreUnavailable."""
        ...


class RestWriter:
    """One server. A call that failed for now is tried again at once a few times, so that a server that fails one call
    in twenty does not hold up a batch of hundreds."""

    def __init__(self, rest: Caller) -> None:
        self._rest = rest
        self._local: dict[str, str] = {}
        self._appends: bool | None = None
        self._again = True
        """Whether what comes next may have been sent before: by a write that failed, or by a server before us."""

    def write(self, events: Sequence[Event]) -> list[Refusal]:
        """See `Store.write`."""
        try:
            refusals = self._write(events)
        except StoreUnavailable:
            self._again = True
            raise
        self._again = False
        return refusals

    def _write(self, events: Sequence[Event]) -> list[Refusal]:
        refusals: list[Refusal] = []
        for kind, run, entries in _bodies(events):
            if kind == "start":
                self._start(entries, refusals)
            elif kind == "end":
                self._end(self.run_id(run), entries, refusals)
            else:
                self._log(self.run_id(run), kind, entries, refusals)
        for event in events:
            if isinstance(event, Artifact) and not event.mirrored:
                self._file(self.run_id(event.run), event, refusals)
        return list(dict.fromkeys(refusals))

    def run_id(self, given: str) -> str:
        """The store's id of a run that a sender may have named itself."""
        return self._local.get(given, given)

    def _call(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """POST, some times where it fails for now."""
        again = self._again
        for pause in (*_PAUSES, None):
            began = time.monotonic()
            try:
                if again and "metrics" in body:
                    left = self._left(body)
                    if left is None:
                        return {}
                    body = left
                return self._rest.call("POST", path, json=body)
            except StoreUnavailable:
                if pause is None or time.monotonic() - began > _QUICK_SECONDS:
                    raise
                again = True
                time.sleep(pause)
        raise AssertionError

    def _file(self, run_id: str, event: Artifact, refusals: list[Refusal]) -> None:
        try:
            self._rest.upload(run_id, event.path, event_files.content_of(event))
        except event_files.Refused as refused:
            refusals.append(Refusal(run_id, str(refused)))
        except ApiError as error:
            refusals.append(Refusal(run_id, f"Artifact '{event.path}' was not stored: {error.message}"))

    def _log(self, run_id: str, kind: str, entries: list[Entry], refusals: list[Refusal]) -> None:
        """Log entries of one kind; where the server refuses them, halve them until the one it refuses is found."""
        body = {"run_id": run_id, kind: entries}
        try:
            self._call("runs/log-batch", body)
            return
        except ApiError as error:
            if len(entries) == 1 and kind == "metrics" and is_duplicate(error.message):
                return
            if len(entries) == 1 or error.code in _NO_RUN or "'active' state" in error.message:
                refusals.append(Refusal(run_id, error.message))
                return
        except ServerFault as error:
            if len(entries) == 1:
                refusals.append(self._indigestible(run_id, kind, entries[0], error))
                return
        middle = len(entries) // 2
        self._log(run_id, kind, entries[:middle], refusals)
        self._log(run_id, kind, entries[middle:], refusals)

    def _indigestible(self, run_id: str, kind: str, entry: Entry, error: StoreUnavailable) -> Refusal:
        """One entry fails again and again. If the server can write anything else into the run, it is the entry.

        Raises StoreUnavailable where it cannot: then all of it comes again later.
        """
        what = f"{kind[:-1]} {json.dumps(entry['key'][:100])}"
        said = f"The server fails at {what} of this run whenever it is sent, so it was left out: {error}"
        self._rest.call("POST", "runs/set-tag", json={"run_id": run_id, "key": REFUSED_TAG, "value": said[:4000]})
        return Refusal(run_id, said)

    def _left(self, body: dict[str, Any]) -> dict[str, Any] | None:
        """What the server has not got of a failed metrics body; None where it has all of it.

        The primary key of MLflow's SQL stores makes a repeated point nothing, but a server that keeps its runs in
        files appends it again.
        """
        if not self._appends_again():
            return body
        stored: dict[str, set[tuple[Any, ...]]] = {}
        for key in {e["key"] for e in body["metrics"]}:
            query = {"run_id": body["run_id"], "metric_key": key}
            try:
                history = self._rest.call("GET", "metrics/get-history", params=query).get("metrics", [])
            except ApiError:
                history = []
            stored[key] = {_point(m) for m in history}
        left = [e for e in body["metrics"] if _point(e) not in stored[e["key"]]]
        return {**body, "metrics": left} if left else None

    def _appends_again(self) -> bool:
        if self._appends is None:
            # SQL stores count their experiments; the file store gives them 18 random digits
            # (mlflow/store/tracking/file_store.py, _generate_unique_integer_id). No call asks a server directly.
            found = self._rest.call("POST", "experiments/search", json={"max_results": 100}).get("experiments", [])
            self._appends = any(len(str(e.get("experiment_id", ""))) >= 15 for e in found)
        return self._appends

    def _end(self, run_id: str, event: RunEnd, refusals: list[Refusal]) -> None:
        body: dict[str, Any] = {"run_id": run_id, "status": event.status}
        if event.end_time is not None:
            body["end_time"] = event.end_time
        try:
            if self._info(run_id)["status"] not in OPEN:
                return
            self._call("runs/update", body)
        except ApiError as error:
            refusals.append(Refusal(run_id, error.message))

    def _info(self, run_id: str) -> dict[str, Any]:
        info = self._rest.call("GET", "runs/get", params={"run_id": run_id})["run"]["info"]
        assert isinstance(info, dict)
        return info

    def _resume(self, run_id: str, end_time: int) -> None:
        """Take back the very end that is named; what has ended the run since then stays."""
        try:
            info = self._info(run_id)
            if info["status"] not in OPEN and int(info.get("end_time") or 0) == end_time:
                self._call("runs/update", {"run_id": run_id, "status": "RUNNING"})
        except ApiError:
            # Deleted meanwhile: what is logged to it next is refused with the reason.
            return

    def _start(self, event: RunStart, refusals: list[Refusal]) -> None:
        if event.resumed is not None:
            return self._resume(self.run_id(event.run), event.resumed)
        experiment = event.experiment or "0"
        try:
            # Made already by a call whose answer was lost?
            found = self._find(experiment, event.run)
            if found is None:
                parent = {"mlflow.parentRunId": self.run_id(event.parent)} if event.parent else {}
                user = {"mlflow.user": event.tags["mlflow.user"]} if "mlflow.user" in event.tags else {}
                tags = {**user, **parent, LOCAL_ID_TAG: event.run}
                found = self.create_run(experiment, event.name, event.start_time or 0, tags)
            self._local[event.run] = found
            # One bad tag does not cost the run.
            for kind, _, entries in _bodies([Tags(event.run, dict(event.tags))]):
                self._log(found, kind, entries, refusals)
        except ApiError as error:
            refusals.append(Refusal(event.run, error.message))
        except StoreRefused as error:
            refusals.append(Refusal(event.run, error.message))

    def _find(self, experiment: str, local_id: str) -> str | None:
        body = {
            "experiment_ids": [experiment],
            "filter": f"tags.`{LOCAL_ID_TAG}` = {rules.quoted(local_id)}",
            "max_results": 1,
            "run_view_type": "ALL",
        }
        for run in self._call("runs/search", body).get("runs", []):
            return str(run["info"]["run_id"])
        return None

    def create_run(self, experiment_id: str, name: str, start_time: int, tags: dict[str, str]) -> str:
        """See `Store.create_run`."""
        body = {
            "experiment_id": experiment_id,
            "run_name": name,
            "start_time": start_time,
            "user_id": tags.get("mlflow.user", ""),
            "tags": [{"key": k, "value": v} for k, v in tags.items()],
        }
        try:
            return str(self._rest.call("POST", "runs/create", json=body)["run"]["info"]["run_id"])
        except ApiError as error:
            raise StoreRefused(error.message, "Choose another experiment.") from error


def is_duplicate(message: str) -> bool:
    """MLflow's SQL stores fail on a NaN point that is there already, since NaN is unequal to itself (mlflow#26108)."""
    return "UNIQUE constraint" in message or "duplicate key" in message or "Duplicate entry" in message


def _bodies(events: Sequence[Event]) -> Iterator[tuple[str, str, Any]]:
    """`(kind, run, entries)` in the order of the events, each within MLflow's limits for one log-batch.

    Entries of one run and one kind that follow each other share a body, whatever their keys. `kind` is "metrics",
    "params" or "tags" with entries, "start" or "end" with the event.
    """
    open_kind, open_run, size = "", "", 0
    entries: list[Entry] = []
    for event in events:
        if getattr(event, "mirrored", False):
            continue
        if isinstance(event, (Metrics, Params, Tags)):
            kind = "metrics" if isinstance(event, Metrics) else "params" if isinstance(event, Params) else "tags"
            most = MAX_METRICS if kind == "metrics" else MAX_ENTRIES
            for entry, length in _entries(event):
                full = len(entries) >= most or size + length > MAX_BYTES
                if entries and (full or (kind, event.run) != (open_kind, open_run)):
                    yield open_kind, open_run, entries
                    entries, size = [], 0
                open_kind, open_run = kind, event.run
                entries.append(entry)
                size += length
            continue
        known = isinstance(event, RunStart) and event.exists and event.resumed is None
        if known or not isinstance(event, (RunStart, RunEnd)):
            continue
        if entries:
            yield open_kind, open_run, entries
            entries, size = [], 0
        yield ("start" if isinstance(event, RunStart) else "end"), event.run, event
    if entries:
        yield open_kind, open_run, entries


def _entries(event: Metrics | Params | Tags) -> Iterator[tuple[Entry, int]]:
    """Entries as log-batch takes them, each with about how many bytes of JSON it needs."""
    if isinstance(event, Metrics):
        key = _clean(event.key)
        length = len(json.dumps(key)) + 100
        for value, timestamp, step in zip(event.values, event.timestamps, event.steps, strict=True):
            yield {"key": key, "value": _word(value), "timestamp": timestamp, "step": step}, length
        return
    for key, value in event.entries.items():
        entry = {"key": _clean(key), "value": _clean(value)}
        yield entry, len(json.dumps(entry)) + 10


def _clean(text: str) -> str:
    # A lone surrogate is no text; a question mark stands for it, as MLflow's own client writes it.
    return text.encode("utf-8", "replace").decode()


def _word(value: float | str) -> float | str:
    number = rules.number(value)
    if math.isfinite(number):
        return number
    return "NaN" if math.isnan(number) else "Infinity" if number > 0 else "-Infinity"


def _point(metric: Entry) -> tuple[Any, ...]:
    """A point as JSON has it, for comparison: integers come as text from some versions."""
    value = metric.get("value", 0.0)
    return int(metric.get("timestamp", 0)), int(metric.get("step", 0)), value if isinstance(value, str) else float(value)
