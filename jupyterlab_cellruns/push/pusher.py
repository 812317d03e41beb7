"""Copies one run, step by step. Every step sees what is there already, so that all of it can be done again."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

from ..capture.events import Event, Metrics, Params, Tags
from ..stores.base import Refusal, StoreRefused, StoreUnavailable
from ..stores.rules import INFINITE
from .progress import RunProgress, Stop
from .source import File, Point, Source, pairs
from .target import ORIGIN_TAG, Target

T = TypeVar("T")

PARENT_TAG = "mlflow.parentRunId"
_HOLDER_TAG = "cellruns.provenance"
_MODEL_HISTORY_TAG = "mlflow.log-model.history"
_OWN_TAG = re.compile(r"cellruns\.(pushed|origin|push)")
_PAUSES = (1.0, 2.0, 4.0, 8.0)
_BATCH = 10_000
_MLMODEL_BYTES = 2_000_000


class Pusher:
    """From one store to another. `write` takes events for the target as `Store.write` does.

    `known(run id)` is the copy that was noted at the source, `note(run id, copy)` notes one.
    """

    def __init__(
        self,
        source: Source,
        target: Target,
        write: Callable[[Sequence[Event]], list[Refusal]],
        known: Callable[[dict[str, Any]], str | None],
        note: Callable[[str, str], None],
        stop: Stop,
    ) -> None:
        self._source = source
        self._target = target
        self._write = write
        self._known = known
        self._note = note
        self._stop = stop
        self._copies: dict[str, str] = {}
        self._models: bool | None = None

    def push(self, run: dict[str, Any], experiment_id: str, progress: RunProgress) -> None:
        """Copy a run whose parents have been copied. Raises StoreUnavailable, StoreRefused, ApiError, Cancelled."""
        info, data = run["info"], run.get("data", {})
        run_id = str(info["run_id"])
        if info.get("lifecycle_stage", "active") != "active":
            raise StoreRefused(f"The run {run_id} is deleted", "Restore it first.")
        progress.step = "run"
        copy = self._patiently(lambda: self._ensure(run, experiment_id, progress))
        copy_id = str(copy["info"]["run_id"])
        self._copies[run_id] = progress.remote_run = copy_id
        progress.step = "params"
        params, tags = pairs(data.get("params")), self._mapped(run, copy_id)
        there = copy.get("data", {})
        self._send(
            [
                Params(copy_id, _new(params, pairs(there.get("params")))),
                Tags(copy_id, _new(tags, pairs(there.get("tags")))),
            ],
            progress,
        )
        inputs = run.get("inputs", {}).get("dataset_inputs", [])
        self._patiently(lambda: self._target.log_inputs(copy_id, inputs))
        progress.step = "models"
        self._push_models(run, copy, experiment_id, progress)
        progress.step = "metrics"
        self._push_metrics(run_id, copy, [m["key"] for m in data.get("metrics", [])], progress)
        progress.step = "artifacts"
        self._push_artifacts(run_id, copy, progress)
        progress.step = "end"
        status = str(info.get("status", "RUNNING"))
        end_time = int(info["end_time"]) if info.get("end_time") else None
        if (copy["info"].get("status"), copy["info"].get("end_time")) != (status, end_time) and status != "RUNNING":
            self._patiently(lambda: self._target.end(copy_id, status, end_time))
        progress.step = ""

    def _ensure(self, run: dict[str, Any], experiment_id: str, progress: RunProgress) -> dict[str, Any]:
        run_id = str(run["info"]["run_id"])
        found = self._target.find(experiment_id, run_id, self._known(run))
        if found is None:
            tags = {ORIGIN_TAG: run_id, "mlflow.runName": run["info"].get("run_name") or run_id[:8]}
            made = self._target.create(experiment_id, run, tags)
            progress.made = True
            found = self._target.find(experiment_id, run_id, None) or made
            if found["info"]["run_id"] != made["info"]["run_id"]:
                # Somebody else pushes the same run at this moment, and was first.
                self._target.delete(str(made["info"]["run_id"]))
        self._note(run_id, str(found["info"]["run_id"]))
        return found

    def _mapped(self, run: dict[str, Any], copy_id: str) -> dict[str, str]:
        """Tags of the copy: ids of runs that were copied are those of the copies."""
        run_id = str(run["info"]["run_id"])
        tags = {k: v for k, v in pairs(run.get("data", {}).get("tags")).items() if not _OWN_TAG.match(k)}
        for name in (PARENT_TAG, _HOLDER_TAG):
            if name in tags:
                tags[name] = copy_id if tags[name] == run_id else self._copies.get(tags[name], tags[name])
        if _MODEL_HISTORY_TAG in tags:
            tags[_MODEL_HISTORY_TAG] = tags[_MODEL_HISTORY_TAG].replace(run_id, copy_id)
        return tags

    def _push_metrics(self, run_id: str, copy: dict[str, Any], keys: list[str], progress: RunProgress) -> None:
        copy_id = str(copy["info"]["run_id"])
        begun = {m["key"] for m in copy.get("data", {}).get("metrics", [])} if not progress.made else set()
        if not progress.made:
            begun |= {m["key"] for m in self._patiently(lambda: self._target.run(copy_id)).get("data", {}).get("metrics", [])}
        for key in keys:
            there: Counter[Point] = Counter()
            if key in begun:
                for page in self._again(lambda key=key: self._target.history(copy_id, key)):  # type: ignore[misc]
                    there.update(_same(point) for point in page)
            for page in self._again(lambda key=key: self._source.history(run_id, key)):  # type: ignore[misc]
                self._stop.check()
                missing = [point for point in page if not there[_same(point)]]
                for start in range(0, len(missing), _BATCH):
                    part = missing[start : start + _BATCH]
                    columns = ([p[0] for p in part], [p[1] for p in part], [p[2] for p in part])
                    self._send([Metrics(copy_id, key, *columns)], progress)
                    progress.points_sent += len(part)
                progress.points_sent += len(page) - len(missing)

    def _push_artifacts(self, run_id: str, copy: dict[str, Any], progress: RunProgress) -> None:
        copy_id = str(copy["info"]["run_id"])
        there = {} if progress.made else self._sizes(lambda: self._target.files(copy_id))
        for file in self._patiently(lambda: list(self._source.files(run_id))):
            if file.path in there and there[file.path] == file.size:
                continue
            rewrite = {run_id: copy_id} if _is_mlmodel(file) else {}

            def send(file: File = file, rewrite: dict[str, str] = rewrite) -> None:
                with self._source.open(run_id, file.path) as chunks:
                    self._target.put_artifact(copy, file.path, *self._body(file, chunks, progress, rewrite))

            self._patiently(send)
            progress.files_sent += 1

    def _push_models(self, run: dict[str, Any], copy: dict[str, Any], experiment_id: str, progress: RunProgress) -> None:
        run_id, copy_id = str(run["info"]["run_id"]), str(copy["info"]["run_id"])
        models = self._patiently(lambda: self._source.models(run))
        if not models:
            return
        if self._models is None:
            self._models = self._patiently(lambda: self._target.has_models(experiment_id))
        steps = {o["model_id"]: int(o.get("step", 0)) for o in run.get("outputs", {}).get("model_outputs", [])}
        for model in models:
            if self._models:
                step = steps.get(model["info"]["model_id"], 0)
                self._push_model(model, run_id, copy_id, experiment_id, step, progress)
            else:
                self._push_model_as_artifacts(model, run_id, copy, progress)

    def _push_model(
        self, model: dict[str, Any], run_id: str, copy_id: str, experiment_id: str, step: int, progress: RunProgress
    ) -> None:
        info = model["info"]
        model_id = str(info["model_id"])
        found = self._patiently(
            lambda: self._target.find_model(experiment_id, model_id)
            or self._target.create_model(experiment_id, copy_id, model)
        )
        copy_model = str(found["info"]["model_id"])
        there = self._sizes(lambda: self._target.model_files(copy_model))
        for file in self._patiently(lambda: list(self._source.model_files(model_id))):
            if file.path in there and there[file.path] == file.size:
                continue
            rewrite = {run_id: copy_id, model_id: copy_model} if _is_mlmodel(file) else {}

            def send(file: File = file, rewrite: dict[str, str] = rewrite) -> None:
                with self._source.open_model(model_id, file.path) as chunks:
                    self._target.put_model_file(found, file.path, *self._body(file, chunks, progress, rewrite))

            self._patiently(send)
            progress.files_sent += 1
        metrics = [
            {**m, "model_id": copy_model, "run_id": copy_id} for m in model.get("data", {}).get("metrics", [])
        ]
        sent = {_metric_id(m) for m in found.get("data", {}).get("metrics", [])}
        self._patiently(
            lambda: self._target.log_model_metrics(copy_id, [m for m in metrics if _metric_id(m) not in sent])
        )
        status = str(info.get("status", "LOGGED_MODEL_READY"))
        self._patiently(lambda: self._target.finish_model(copy_id, copy_model, status, step))

    def _push_model_as_artifacts(
        self, model: dict[str, Any], run_id: str, copy: dict[str, Any], progress: RunProgress
    ) -> None:
        """MLflow 2 has no models beside runs: there a model is a folder among the run's artifacts."""
        model_id, name = str(model["info"]["model_id"]), str(model["info"]["name"])
        copy_id = str(copy["info"]["run_id"])
        there = self._sizes(lambda: self._target.files(copy_id))
        for file in self._patiently(lambda: list(self._source.model_files(model_id))):
            path = f"{name}/{file.path}"
            if path in there and there[path] == file.size:
                continue
            rewrite = {run_id: copy_id} if _is_mlmodel(file) else {}

            def send(file: File = file, path: str = path, rewrite: dict[str, str] = rewrite) -> None:
                with self._source.open_model(model_id, file.path) as chunks:
                    self._target.put_artifact(copy, path, *self._body(file, chunks, progress, rewrite))

            self._patiently(send)
            progress.files_sent += 1
        notice = f"The server is MLflow 2: the model '{name}' is in the artifacts of the run, under {name}/"
        if notice not in progress.notices:
            progress.notices.append(notice)

    def _sizes(self, files: Callable[[], Iterator[File]]) -> dict[str, int | None]:
        return {file.path: file.size for file in self._patiently(lambda: list(files()))}

    def _body(
        self, file: File, chunks: Iterator[bytes], progress: RunProgress, rewrite: dict[str, str]
    ) -> tuple[int | None, Iterator[bytes]]:
        """Size and bytes of a file; in an MLmodel file, ids are those of the copies."""
        if not rewrite:
            return file.size, self._counted(chunks, progress)
        text = b"".join(chunks)
        for old, new in rewrite.items():
            text = text.replace(old.encode(), new.encode())
        return len(text), self._counted(iter([text]), progress)

    def _counted(self, chunks: Iterator[bytes], progress: RunProgress) -> Iterator[bytes]:
        for chunk in chunks:
            self._stop.check()
            progress.bytes_sent += len(chunk)
            yield chunk

    def _send(self, events: list[Event], progress: RunProgress) -> None:
        for refusal in self._patiently(lambda: self._write(events)):
            if refusal.message not in progress.notices and len(progress.notices) < 20:
                progress.notices.append(refusal.message)

    def _again(self, pages: Callable[[], Iterator[list[Point]]]) -> Iterator[list[Point]]:
        """All pages; after a failure those that were read already are skipped."""
        read, failures = 0, 0
        while True:
            try:
                for i, page in enumerate(pages()):
                    if i >= read:
                        read, failures = i + 1, 0
                        yield page
                return
            except StoreUnavailable:
                if failures >= len(_PAUSES):
                    raise
                self._stop.wait(_PAUSES[failures])
                failures += 1

    def _patiently(self, work: Callable[[], T]) -> T:
        """Do it, and again after some seconds where a server does not answer."""
        for pause in _PAUSES:
            self._stop.check()
            try:
                return work()
            except StoreUnavailable:
                self._stop.wait(pause)
        return work()


def _new(wanted: dict[str, str], there: dict[str, str]) -> dict[str, str]:
    return {k: v for k, v in wanted.items() if there.get(k) != v}


def _same(point: Point) -> Point:
    """A point as all stores give it back: infinities are the largest number, a whole number is a float."""
    value, timestamp, step = point
    if isinstance(value, str):
        value = {"Infinity": math.inf, "-Infinity": -math.inf}.get(value, value)
    if isinstance(value, (int, float)):
        value = "NaN" if math.isnan(value) else max(-INFINITE, min(INFINITE, float(value)))
    return value, timestamp, step


def _is_mlmodel(file: File) -> bool:
    return file.path.rsplit("/", 1)[-1] == "MLmodel" and (file.size is None or file.size < _MLMODEL_BYTES)


def _metric_id(metric: dict[str, Any]) -> tuple[Any, ...]:
    names = ("key", "value", "timestamp", "step", "dataset_name", "dataset_digest")
    return tuple(metric.get(name) for name in names)
