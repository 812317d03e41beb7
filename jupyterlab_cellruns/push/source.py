"""Reads all of a run over MLflow's REST."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

from ..stores.rest import Rest
from ..stores.rest_write import ApiError

_PAGE = 25_000
"""Most points that MLflow gives in one answer (get-history)."""

Point = tuple[float | str, int, int]
"""Value (or a name of one that JSON has not), timestamp in ms, step."""


@dataclass(frozen=True)
class File:
    """A file among artifacts; `size` in bytes, None where the store does not say."""

    path: str
    size: int | None


class Source:
    """One store. Everything blocks and raises what `Rest.call` does."""

    def __init__(self, rest: Rest) -> None:
        self._rest = rest

    def run(self, run_id: str) -> dict[str, Any]:
        """MLflow's `Run` message."""
        found: dict[str, Any] = self._rest.call("GET", "runs/get", params={"run_id": run_id})["run"]
        return found

    def experiment_name(self, experiment_id: str) -> str:
        """Name of an experiment."""
        answer = self._rest.call("GET", "experiments/get", params={"experiment_id": experiment_id})
        return str(answer["experiment"]["name"])

    def children(self, run: dict[str, Any]) -> list[dict[str, Any]]:
        """Runs that name this one as their parent, oldest first."""
        body = {
            "experiment_ids": [run["info"]["experiment_id"]],
            "filter": f"tags.`mlflow.parentRunId` = '{run['info']['run_id']}'",
            "max_results": 1000, "order_by": ["attributes.start_time ASC"],
        }  # fmt: skip
        return list(_pages(self._rest, "runs/search", body, "runs"))

    def history(self, run_id: str, key: str) -> Iterator[list[Point]]:
        """All points of a metric, a page at a time."""
        params: dict[str, Any] = {"run_id": run_id, "metric_key": key, "max_results": _PAGE}
        while True:
            answer = self._rest.call("GET", "metrics/get-history", params=params)
            points = answer.get("metrics", [])
            if points:
                yield [(p["value"], int(p.get("timestamp", 0)), int(p.get("step", 0))) for p in points]
            token = answer.get("next_page_token")
            if not token or not points:
                return
            params["page_token"] = token

    def files(self, run_id: str) -> Iterator[File]:
        """All artifacts of a run."""
        return _walk(self._rest, "artifacts/list", {"run_id": run_id}, "path", "")

    def open(self, run_id: str, path: str) -> AbstractContextManager[Iterator[bytes]]:
        """The bytes of an artifact."""
        return self._rest.stream("/get-artifact", {"run_uuid": run_id, "path": path})

    def models(self, run: dict[str, Any]) -> list[dict[str, Any]]:
        """Logged models (MLflow 3) that a run has made; none where the server knows of no such thing."""
        body = {
            "experiment_ids": [run["info"]["experiment_id"]],
            "filter": f"source_run_id = '{run['info']['run_id']}'", "max_results": 50,
        }  # fmt: skip
        try:
            return list(_pages(self._rest, "logged-models/search", body, "models"))
        except ApiError as error:
            if error.status == 404:
                return []
            raise

    def model_files(self, model_id: str) -> Iterator[File]:
        """All files of a logged model."""
        route = f"logged-models/{model_id}/artifacts/directories"
        return _walk(self._rest, route, {}, "artifact_directory_path", "")

    def open_model(self, model_id: str, path: str) -> AbstractContextManager[Iterator[bytes]]:
        """The bytes of a file of a logged model."""
        route = f"/ajax-api/2.0/mlflow/logged-models/{model_id}/artifacts/files"
        return self._rest.stream(route, {"artifact_file_path": path})


def pairs(entries: Any) -> dict[str, str]:
    """A list of `{key, value}` as a dict."""
    return {str(e["key"]): str(e.get("value", "")) for e in entries or []}


def _pages(rest: Rest, path: str, body: dict[str, Any], name: str) -> Iterator[dict[str, Any]]:
    while True:
        answer = rest.call("POST", path, json=body)
        yield from answer.get(name, [])
        token = answer.get("next_page_token")
        if not token:
            return
        body["page_token"] = token


def _walk(rest: Rest, route: str, fixed: dict[str, str], name: str, path: str) -> Iterator[File]:
    params: dict[str, str] = {**fixed, **({name: path} if path else {})}
    while True:
        answer = rest.call("GET", route, params=params)
        for entry in answer.get("files", []):
            if entry.get("is_dir"):
                yield from _walk(rest, route, fixed, name, entry["path"])
            else:
                size = entry.get("file_size")
                yield File(entry["path"], None if size is None else int(size))
        token = answer.get("next_page_token")
        if not token:
            return
        params["page_token"] = token
