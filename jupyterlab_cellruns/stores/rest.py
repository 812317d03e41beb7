"""Any MLflow tracking server as a `Store`, over its REST API 2.0 (mlflow/protos/service.proto), 2.x and 3.x."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import Any

from ..capture.events import Event
from ..table.engine import RunsTable
from ..table.mirror import MirrorSource
from . import rest_read, rules
from .base import OPEN, Refusal, RunPage, RunQuery, StoreRefused, StoreUnavailable, TaggedRun
from .diagnosis import AWAY_STATUS, KEPT, mlflow_error, of_answer, of_failure
from .edit import Change, edit_rest
from .endpoint import Endpoint
from .history import WHOLE, Window
from .rest_write import ApiError, RestWriter, ServerFault, is_duplicate
from .tls import ssl_context

Note = Callable[[StoreUnavailable | None], None]

PROBE = "experiments/search"
"""A call that every MLflow since 1.28 answers to everybody who may use it at all."""
_TRANSFER_SECONDS = 600.0
"""Longest silence in the middle of a file: a server in front of an object store fetches it whole first."""


class Rest:
    """One kept HTTP client. `call` blocks; it raises `ApiError` and `StoreUnavailable`.

    `note` is told of each call whether the server as a whole can be used.
    """

    def __init__(self, endpoint: Endpoint, note: Note | None = None) -> None:
        import httpx

        self.endpoint = endpoint
        self._note = note or (lambda _: None)
        self._errors = httpx.TransportError
        context = ssl_context(endpoint)
        transport = httpx.HTTPTransport(uds=endpoint.uds) if endpoint.uds else None
        self._client = httpx.Client(
            base_url=endpoint.base_url,
            headers=dict(endpoint.headers),
            verify=context,
            timeout=httpx.Timeout(endpoint.timeout, connect=endpoint.connect_timeout),
            transport=transport,
            # The address was configured; a proxy of the environment counts for it as for any other.
            trust_env=endpoint.uds is None,
        )

    def call(self, method: str, path: str, *, params: Any = None, json: Any = None) -> dict[str, Any]:
        """One call of `/api/2.0/mlflow/<path>`; its JSON answer."""
        return self._request(method, f"/api/2.0/mlflow/{path}", params=params, json=json)

    def upload(self, run_id: str, path: str, data: bytes) -> None:
        """Put a small file (at most 10 MB) among a run's artifacts, where the server keeps them; replaces one there.

        MLflow's own route for its UI (mlflow/server/handlers.py, upload_artifact_handler, since 2.7).
        """
        self._request(
            "POST", "/ajax-api/2.0/mlflow/upload-artifact", params={"run_uuid": run_id, "path": path}, content=data,
            expect_json=False,
        )

    @contextmanager
    def stream(self, path: str, params: dict[str, str]) -> Iterator[Iterator[bytes]]:
        """The body of a GET in chunks, however large. Raises as `call`, also in the middle."""
        try:
            with self._client.stream("GET", path, params=params, timeout=_TRANSFER_SECONDS) as answer:
                if answer.status_code >= 300:
                    answer.read()
                    raise self._refusal(answer, path)
                yield answer.iter_bytes(1 << 18)
        except self._errors as error:
            raise of_failure(error, self.endpoint) from error

    def put(self, path: str, chunks: Iterator[bytes], size: int | None) -> None:
        """PUT a body that is made while it is sent; `size` in bytes where it is known."""
        headers = {} if size is None else {"Content-Length": str(size)}
        self._request("PUT", path, content=chunks, headers=headers, timeout=_TRANSFER_SECONDS, expect_json=False)

    def _request(self, method: str, path: str, *, expect_json: bool = True, **request: Any) -> dict[str, Any]:
        answer = self._send(method, path, request)
        if answer.status_code < 300:
            if not expect_json:
                self._note(None)
                return {}
            try:
                found = answer.json()
            except ValueError:
                found = None
            if isinstance(found, dict):
                self._note(None)
                return found
        raise self._refusal(answer, path)

    def _refusal(self, answer: Any, path: str) -> Exception:
        """What is to be raised for an answer that is none; what it says of the server as a whole is noted."""
        if answer.status_code >= 400 and answer.status_code != 401:
            code, message = _said(answer)
            retry = answer.status_code in AWAY_STATUS and not is_duplicate(message)
            if not retry and not path.endswith(PROBE):
                if mlflow_error(answer.content) is None:
                    # Not MLflow's words: of a proxy before it for this call alone, or for all of them?
                    self.probe()
                return ApiError(answer.status_code, code or _code_of(answer.status_code), message)
            if answer.status_code == 500:
                # It may be this one request: other requests tell of the server as a whole.
                return ServerFault(f"{self.endpoint.base_url} cannot answer now (HTTP 500): {message}", KEPT)
        headers = answer.headers
        trouble = of_answer(
            answer.status_code, headers.get("content-type", ""), answer.content, headers.get("location"), self.endpoint
        )
        if trouble is None:
            return ApiError(answer.status_code, *_said(answer))
        self._note(trouble)
        return trouble

    def probe(self) -> None:
        """See whether the server can be used at all. Raises StoreUnavailable where it can't."""
        try:
            self.call("POST", PROBE, json={"max_results": 1})
        except ApiError:
            self._note(None)
        except ServerFault as fault:
            self._note(fault)
            raise

    def _send(self, method: str, path: str, request: dict[str, Any]) -> Any:
        try:
            return self._client.request(method, path, **request)
        except self._errors as error:
            trouble = of_failure(error, self.endpoint)
            self._note(trouble)
            raise trouble from error

    def close(self) -> None:
        """Close the connections."""
        self._client.close()


def _said(answer: Any) -> tuple[str, str]:
    try:
        body = answer.json()
        return str(body.get("error_code", "")), str(body.get("message", ""))
    except (ValueError, AttributeError):
        return "", answer.text[:300].strip() or f"HTTP {answer.status_code}"


def _code_of(status: int) -> str:
    """MLflow's word for a status of a server before it, or of its access control."""
    return {403: "PERMISSION_DENIED", 404: "ENDPOINT_NOT_FOUND"}.get(status, "")


class RestStore:
    """The store behind an endpoint. Thread-safe."""

    def __init__(self, endpoint: Endpoint, note: Note | None = None) -> None:
        """`note` as for `Rest`. Raises StoreRefused for certificates that can't be read."""
        self.endpoint = endpoint
        self._rest = Rest(endpoint, note)
        self._histories = rest_read.Histories()
        self._writer = RestWriter(self._rest)
        self._mirror: MirrorSource | None = None

    def probe(self) -> None:
        """See whether the server can be used at all. Raises StoreUnavailable where it can't."""
        self._rest.probe()

    def write(self, events: Sequence[Event]) -> list[Refusal]:
        """See `Store.write`."""
        try:
            return self._writer.write(events)
        finally:
            self._touch({self._writer.run_id(event.run) for event in events})

    def runs(self, query: RunQuery) -> RunPage:
        """See `Store.runs`."""
        return rest_read.run_page(self._rest, query)

    def run(self, run_id: str, most: int | None = None) -> dict[str, Any] | None:
        """See `Store.run`."""
        try:
            return rest_read.run_detail(self._rest, run_id, most)
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
        for found in rest_read.experiments(self._rest, f"tags.`{tag}` = {rules.quoted(value)}"):
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
        return self._writer.create_run(experiment_id, name, start_time, tags)

    def end_run(self, run_id: str, status: str, end_time: int) -> bool:
        """See `Store.end_run`."""
        try:
            info = self._rest.call("GET", "runs/get", params={"run_id": run_id})["run"]["info"]
            if info["status"] not in OPEN:
                return False
            self._rest.call("POST", "runs/update", json={"run_id": run_id, "status": status, "end_time": end_time})
        except ApiError as error:
            if error.status == 404:
                return False
            raise StoreRefused(error.message, "") from error
        self._touch([run_id])
        return True

    def tagged(self, tags: Mapping[str, str], open_only: bool = False, limit: int = 1000) -> list[TaggedRun]:
        """See `Store.tagged`."""
        try:
            return rest_read.tagged(self._rest, tags, open_only, limit)
        except ApiError as error:
            raise StoreRefused(error.message, "") from error

    def edit(self, run_ids: Sequence[str], change: Change) -> list[Refusal]:
        """See `Store.edit`; one request and more for each run."""
        try:
            return edit_rest(self._rest, run_ids, change)
        finally:
            self._touch(run_ids)

    @cached_property
    def table(self) -> RunsTable:
        """See `Store.table`; over a copy of what the server has, filled page by page."""
        self._mirror = MirrorSource(self._rest.call, lambda error: isinstance(error, ApiError) and error.status == 404)
        return RunsTable(self._mirror)

    def cells(self, notebook: str) -> list[dict[str, Any]]:
        """See `Store.cells`; of the runs that have been copied so far."""
        return self.table.cells(notebook)

    def close(self) -> None:
        """See `Store.close`."""
        if "table" in self.__dict__:
            self.table.close()
        self._rest.close()

    def _touch(self, run_ids: Iterable[str]) -> None:
        if self._mirror is not None:
            self._mirror.touch(run_ids)
