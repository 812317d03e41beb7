"""Writes into an MLflow server, 2.x or 3.x, what is not there yet."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlsplit

from ..stores.base import StoreRefused
from ..stores.rest_write import ApiError
from .source import Source

ORIGIN_TAG = "cellruns.origin_run"
"""Tag of a pushed run: id of the run that it is a copy of."""
ORIGIN_MODEL_TAG = "cellruns.origin_model"
"""Tag of a pushed logged model: id of the model that it is a copy of."""
SMALL = 10 * 1024 * 1024
"""Most bytes of a file that MLflow takes by `upload-artifact`."""


class Target(Source):
    """A store that can be read too: what is there already is not sent again."""

    def find(self, experiment_id: str, origin: str, known: str | None) -> dict[str, Any] | None:
        """The copy of a run: `known` where it still is one, else the oldest in the experiment that says it is."""
        if known is not None:
            try:
                run = self.run(known)
                if run["info"].get("lifecycle_stage") == "active" and _tags(run).get(ORIGIN_TAG) == origin:
                    return run
            except ApiError as error:
                if error.status != 404:
                    raise
        body = {
            "experiment_ids": [experiment_id], "filter": f"tags.`{ORIGIN_TAG}` = '{origin}'",
            "run_view_type": "ACTIVE_ONLY", "max_results": 10,
        }  # fmt: skip
        runs = self._rest.call("POST", "runs/search", json=body).get("runs", [])
        # Two pushes at once may have made two; all keep to the same one.
        runs.sort(key=lambda run: run["info"]["run_id"])
        return runs[0] if runs else None

    def create(self, experiment_id: str, source: dict[str, Any], tags: dict[str, str]) -> dict[str, Any]:
        """Make a copy, running and with nothing in it but its tags. Raises StoreRefused."""
        info = source["info"]
        body = {
            "experiment_id": experiment_id, "user_id": info.get("user_id", ""), "run_name": info.get("run_name", ""),
            "start_time": int(info.get("start_time") or 0), "tags": [{"key": k, "value": v} for k, v in tags.items()],
        }  # fmt: skip
        made: dict[str, Any] = self._rest.call("POST", "runs/create", json=body)["run"]
        return made

    def delete(self, run_id: str) -> None:
        """Delete a run that was made a moment ago."""
        self._rest.call("POST", "runs/delete", json={"run_id": run_id})

    def log_inputs(self, run_id: str, datasets: list[dict[str, Any]]) -> None:
        """Datasets of a run; MLflow keeps each once."""
        if datasets:
            self._rest.call("POST", "runs/log-inputs", json={"run_id": run_id, "datasets": datasets})

    def log_model_metrics(self, run_id: str, metrics: list[dict[str, Any]]) -> None:
        """Metrics that belong to a logged model and a dataset, at most 1000 at once."""
        for start in range(0, len(metrics), 1000):
            self._rest.call("POST", "runs/log-batch", json={"run_id": run_id, "metrics": metrics[start : start + 1000]})

    def end(self, run_id: str, status: str, end_time: int | None) -> None:
        """The status and time that the original has."""
        body: dict[str, Any] = {"run_id": run_id, "status": status}
        if end_time:
            body["end_time"] = end_time
        self._rest.call("POST", "runs/update", json=body)

    def put_artifact(self, run: dict[str, Any], path: str, size: int | None, chunks: Iterator[bytes]) -> None:
        """One artifact, streamed through the server, or whole where the server keeps its artifacts elsewhere."""
        root = str(run["info"]["artifact_uri"])
        if _is_proxied(root):
            self._rest.put(_address(root, path), chunks, size)
        elif size is not None and size <= SMALL:
            self._rest.upload(str(run["info"]["run_id"]), path, b"".join(chunks))
        else:
            raise _too_large(path, size, root)

    def has_models(self, experiment_id: str) -> bool:
        """Whether the server keeps logged models, as MLflow 3 does."""
        body = {"experiment_ids": [experiment_id], "max_results": 1}
        try:
            self._rest.call("POST", "logged-models/search", json=body)
        except ApiError as error:
            if error.status in (404, 405):
                return False
            raise
        return True

    def find_model(self, experiment_id: str, origin: str) -> dict[str, Any] | None:
        """The copy of a logged model."""
        body = {
            "experiment_ids": [experiment_id], "filter": f"tags.`{ORIGIN_MODEL_TAG}` = '{origin}'", "max_results": 10,
        }  # fmt: skip
        models = self._rest.call("POST", "logged-models/search", json=body).get("models", [])
        models.sort(key=lambda model: model["info"]["model_id"])
        return models[0] if models else None

    def create_model(self, experiment_id: str, run_id: str, source: dict[str, Any]) -> dict[str, Any]:
        """Make a pending copy of a logged model."""
        info = source["info"]
        tags = [*info.get("tags", []), {"key": ORIGIN_MODEL_TAG, "value": info["model_id"]}]
        params = source.get("data", {}).get("params", [])
        body = {
            "experiment_id": experiment_id, "name": info["name"], "source_run_id": run_id, "params": params, "tags": tags,
            **({"model_type": info["model_type"]} if info.get("model_type") else {}),
        }  # fmt: skip
        made: dict[str, Any] = self._rest.call("POST", "logged-models", json=body)["model"]
        return made

    def put_model_file(self, model: dict[str, Any], path: str, size: int | None, chunks: Iterator[bytes]) -> None:
        """One file of a logged model."""
        root = str(model["info"]["artifact_uri"])
        if not _is_proxied(root):
            raise _too_large(path, size, root)
        self._rest.put(_address(root, path), chunks, size)

    def finish_model(self, run_id: str, model_id: str, status: str, step: int) -> None:
        """The model is whole: its status, and the run that has made it."""
        self._rest.call("PATCH", f"logged-models/{model_id}", json={"model_id": model_id, "status": status})
        outputs = self.run(run_id).get("outputs", {}).get("model_outputs", [])
        if model_id not in [one.get("model_id") for one in outputs]:
            body = {"run_id": run_id, "models": [{"model_id": model_id, "step": step}]}
            self._rest.call("POST", "runs/outputs", json=body)


def _tags(run: dict[str, Any]) -> dict[str, str]:
    return {t["key"]: t.get("value", "") for t in run.get("data", {}).get("tags", [])}


def _is_proxied(root: str) -> bool:
    return urlsplit(root).scheme == "mlflow-artifacts"


def _address(root: str, path: str) -> str:
    """Path of MLflow's artifact proxy for a file under a `mlflow-artifacts:` root."""
    inside = f"{urlsplit(root).path.strip('/')}/{path}"
    return "/api/2.0/mlflow-artifacts/artifacts/" + quote(inside, safe="/")


def _too_large(path: str, size: int | None, root: str) -> StoreRefused:
    much = "a file" if size is None else f"a file of {size / 1e6:.0f} MB"
    where = root.partition("://")[0] or "elsewhere"
    return StoreRefused(
        f"'{path}' is {much}, and the server keeps its artifacts at {where}:, not behind itself; it takes 10 MB at most",
        "Start the tracking server with --serve-artifacts, or copy the file yourself: mlflow artifacts log-artifact.",
    )
