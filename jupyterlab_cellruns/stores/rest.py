"""Any MLflow tracking server as a `Store`, over its REST API 2.0 (mlflow/protos/service.proto), 2.x and 3.x."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator, Sequence
from typing import Any

from ..capture.events import Event, Metrics, Params, RunEnd, RunStart, Tags
from . import rest_read, rules
from .base import Refusal, RunPage, RunQuery, StoreRefused, StoreUnavailable
from .endpoint import Endpoint
from .history import WHOLE, Window
from .sqlite_write import LOCAL_ID_TAG

MAX_METRICS = 1000
"""Most metrics, and most entities, in one log-batch (mlflow/utils/validation.py)."""
MAX_ENTRIES = 100
"""Most params, and most tags, in one log-batch."""
_RETRY_STATUS = (408, 425, 429, 500, 502, 503, 504)


class ApiError(Exception):
    """The server's refusal of one call: HTTP status, MLflow's error code and message."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}" if code else message)
        self.status = status
        self.code = code
        self.message = message


class Rest:
    """One kept HTTP client. `call` blocks; it raises `ApiError` and `StoreUnavailable`."""

    def __init__(self, endpoint: Endpoint) -> None:
        import httpx

        self._errors = httpx.TransportError
        transport = httpx.HTTPTransport(uds=endpoint.uds) if endpoint.uds else None
        self._client = httpx.Client(
            base_url=endpoint.base_url,
            headers=dict(endpoint.headers),
            verify=endpoint.verify,
            cert=endpoint.cert,
            timeout=endpoint.timeout,
            transport=transport,
            # The address was configured; a proxy of the environment counts for it as for any other.
            trust_env=endpoint.uds is None,
        )
        self._lock = threading.Lock()

    def call(self, method: str, path: str, *, params: Any = None, json: Any = None) -> dict[str, Any]:
        """One call of `/api/2.0/mlflow/<path>`; its JSON answer."""
        try:
            answer = self._client.request(method, f"/api/2.0/mlflow/{path}", params=params, json=json)
        except self._errors as error:
            raise StoreUnavailable(f"{self._client.base_url} does not answer: {error or type(error).__name__}") from error
        if answer.status_code < 400:
            try:
                found = answer.json()
            except ValueError:
                raise StoreUnavailable(f"{self._client.base_url} answered {path} with something that is no JSON") from None
            return found if isinstance(found, dict) else {}
        code, message = _said(answer)
        if answer.status_code in (401, 403) and code not in ("PERMISSION_DENIED", "RESOURCE_DOES_NOT_EXIST"):
            raise StoreUnavailable(f"{self._client.base_url} refuses the credentials (HTTP {answer.status_code}): {message}")
        if answer.status_code in _RETRY_STATUS and not _is_duplicate(message):
            raise StoreUnavailable(f"{self._client.base_url} cannot answer now (HTTP {answer.status_code}): {message}")
        raise ApiError(answer.status_code, code, message)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()


def _said(answer: Any) -> tuple[str, str]:
    try:
        body = answer.json()
        return str(body.get("error_code", "")), str(body.get("message", ""))
    except (ValueError, AttributeError):
        return "", answer.text[:300].strip() or f"HTTP {answer.status_code}"


def _is_duplicate(message: str) -> bool:
    """MLflow's SQL stores fail on a NaN point that is there already, since NaN is unequal to itself (mlflow#26108)."""
    return "UNIQUE constraint" in message or "duplicate key" in message or "Duplicate entry" in message


class RestStore:
    """The store behind an endpoint. Thread-safe."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._rest = Rest(endpoint)
        self._histories = rest_read.Histories()
        self._local: dict[str, str] = {}

    def write(self, events: Sequence[Event]) -> list[Refusal]:
        """See `Store.write`."""
        refusals: list[Refusal] = []
        for event in events:
            if getattr(event, "mirrored", False):
                continue
            if isinstance(event, RunStart):
                if not event.exists:
                    self._start(event, refusals)
            elif isinstance(event, (Metrics, Params, Tags)):
                for portion in _portions(event):
                    self._log(self._run(event.run), portion, refusals)
            elif isinstance(event, RunEnd):
                self._end(self._run(event.run), event, refusals)
        return list(dict.fromkeys(refusals))

    def runs(self, query: RunQuery) -> RunPage:
        """See `Store.runs`."""
        return rest_read.run_page(self._rest, query)

    def run(self, run_id: str) -> dict[str, Any] | None:
        """See `Store.run`."""
        try:
            return rest_read.run_detail(self._rest, run_id)
        except ApiError as error:
            if error.status == 404:
                return None
            raise StoreRefused(error.message, "") from error

    def series(
        self, run_id: str, keys: Sequence[str] | None, points: int, window: Window = WHOLE
    ) -> list[dict[str, Any]]:
        """See `Store.series`."""
        try:
            return rest_read.series(self._rest, self._histories, run_id, keys, points, window)
        except ApiError as error:
            raise StoreRefused(error.message, "") from error

    def briefs(self, run_ids: Sequence[str]) -> list[dict[str, Any]]:
        """See `Store.briefs`."""
        return rest_read.briefs(self._rest, run_ids)

    def experiments(self) -> list[dict[str, Any]]:
        """See `Store.experiments`."""
        return rest_read.experiments(self._rest, None)

    def find_experiment(self, tag: str, value: str) -> dict[str, Any] | None:
        """See `Store.find_experiment`."""
        quoted = value.replace("'", "''")
        for found in rest_read.experiments(self._rest, f"tags.`{tag}` = '{quoted}'"):
            return {"experiment_id": found["experiment_id"], "name": found["name"]}
        return None

    def ensure_experiment(self, name: str, tags: dict[str, str]) -> str:
        """See `Store.ensure_experiment`."""
        for attempt in range(2):
            try:
                found = self._rest.call("GET", "experiments/get-by-name", params={"experiment_name": name})["experiment"]
                if found.get("lifecycle_stage") != "active":
                    raise StoreRefused(
                        f"The experiment '{name}' is deleted", "Restore it, or choose another experiment for the notebook."
                    )
                return str(found["experiment_id"])
            except ApiError as error:
                if error.status != 404 or attempt:
                    raise StoreRefused(error.message, "Choose another experiment for the notebook.") from error
            body = {"name": name, "tags": [{"key": k, "value": v} for k, v in tags.items()]}
            try:
                return str(self._rest.call("POST", "experiments/create", json=body)["experiment_id"])
            except ApiError as error:
                # Somebody else was quicker: look again.
                if error.code != "RESOURCE_ALREADY_EXISTS":
                    raise StoreRefused(error.message, "Choose another experiment for the notebook.") from error
        raise StoreRefused(f"The experiment '{name}' can't be made", "Choose another experiment for the notebook.")

    def set_experiment_tag(self, experiment_id: str, key: str, value: str) -> None:
        """See `Store.set_experiment_tag`."""
        body = {"experiment_id": experiment_id, "key": key, "value": value}
        try:
            self._rest.call("POST", "experiments/set-experiment-tag", json=body)
        except ApiError as error:
            raise StoreRefused(error.message, "") from error

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

    def end_run(self, run_id: str, status: str, end_time: int) -> bool:
        """See `Store.end_run`."""
        try:
            info = self._rest.call("GET", "runs/get", params={"run_id": run_id})["run"]["info"]
            if info["status"] not in ("RUNNING", "SCHEDULED"):
                return False
            self._rest.call("POST", "runs/update", json={"run_id": run_id, "status": status, "end_time": end_time})
        except ApiError:
            return False
        return True

    def close(self) -> None:
        """See `Store.close`."""
        self._rest.close()

    def _run(self, given: str) -> str:
        return self._local.get(given, given)

    def _log(self, run_id: str, portion: dict[str, list[dict[str, Any]]], refusals: list[Refusal]) -> None:
        """Log a portion; where the server refuses it, halve it until the one entry that is refused is found."""
        try:
            self._rest.call("POST", "runs/log-batch", json={"run_id": run_id, **portion})
            return
        except ApiError as error:
            ((kind, entries),) = portion.items()
            if len(entries) == 1:
                if kind == "metrics" and _is_duplicate(error.message):
                    return
                refusals.append(Refusal(run_id, error.message))
                return
            if error.code in ("RESOURCE_DOES_NOT_EXIST", "PERMISSION_DENIED") or "'active' state" in error.message:
                refusals.append(Refusal(run_id, error.message))
                return
        middle = len(entries) // 2
        self._log(run_id, {kind: entries[:middle]}, refusals)
        self._log(run_id, {kind: entries[middle:]}, refusals)

    def _end(self, run_id: str, event: RunEnd, refusals: list[Refusal]) -> None:
        body = {"run_id": run_id, "status": event.status}
        try:
            self._rest.call("POST", "runs/update", json=body if event.end_time is None else {**body, "end_time": event.end_time})
        except ApiError as error:
            refusals.append(Refusal(run_id, error.message))

    def _start(self, event: RunStart, refusals: list[Refusal]) -> None:
        experiment = event.experiment or "0"
        try:
            quoted = event.run.replace("'", "''")
            body = {
                "experiment_ids": [experiment],
                "filter": f"tags.`{LOCAL_ID_TAG}` = '{quoted}'",
                "max_results": 1,
                "run_view_type": "ALL",
            }
            for run in self._rest.call("POST", "runs/search", json=body).get("runs", []):
                self._local[event.run] = run["info"]["run_id"]
                return
            parent = {"mlflow.parentRunId": self._run(event.parent)} if event.parent else {}
            tags = {**event.tags, **parent, LOCAL_ID_TAG: event.run}
            self._local[event.run] = self.create_run(experiment, event.name, event.start_time or 0, tags)
        except ApiError as error:
            refusals.append(Refusal(event.run, error.message))
        except StoreRefused as error:
            refusals.append(Refusal(event.run, error.message))


def _portions(event: Metrics | Params | Tags) -> Iterator[dict[str, list[dict[str, Any]]]]:
    """An event as bodies of log-batch, each within MLflow's limits."""
    if isinstance(event, Metrics):
        points = [
            {"key": event.key, "value": _word(v), "timestamp": t, "step": s}
            for v, t, s in zip(event.values, event.timestamps, event.steps, strict=True)
        ]
        for start in range(0, len(points), MAX_METRICS):
            yield {"metrics": points[start : start + MAX_METRICS]}
        return
    kind = "params" if isinstance(event, Params) else "tags"
    entries = [{"key": k, "value": v.encode("utf-8", "replace").decode()} for k, v in event.entries.items()]
    for start in range(0, len(entries), MAX_ENTRIES):
        yield {kind: entries[start : start + MAX_ENTRIES]}


def _word(value: float | str) -> float | str:
    number = rules.number(value)
    if math.isfinite(number):
        return number
    return "NaN" if math.isnan(number) else "Infinity" if number > 0 else "-Infinity"
