"""Wrappers around the methods of MLflow's TrackingServiceClient.

Attached store: log calls are validated by MLflow's own functions and queued; everything else runs as it did, its
request waiting at the server for what was queued before it. Any other store: MLflow's call runs unchanged and is
mirrored for display.
"""

from __future__ import annotations

import functools
import time

INT64 = 2**63
MOST_KEYS = 20_000
"""Metric keys of a run that are remembered as valid; a run may have a million."""


def install(tracking, module, validation):
    """Replace the methods that exist. Raises nothing for those that do not."""
    cls = module.TrackingServiceClient
    checks = Checks(validation)
    makers = {
        "log_metric": _log_metric, "log_param": _log_param, "log_batch": _log_batch, "set_tag": _set_tag,
        "create_run": _create_run, "get_run": _get_run, "set_terminated": _set_terminated, "update_run": _update_run,
        "delete_run": _delete_run, "log_artifact": _log_artifact, "log_artifacts": _log_artifacts,
        "log_model_artifacts": _log_model_artifacts,
        "finalize_logged_model": _finalize_logged_model, "_record_logged_model": _record_logged_model,
        "_log_url": _log_url,
    }
    for name, make in makers.items():
        original = cls.__dict__.get(name)
        if callable(original) and not hasattr(original, "_cellruns"):
            wrapper = functools.wraps(original)(make(tracking, original, checks))
            wrapper._cellruns = True
            setattr(cls, name, wrapper)


def install_registry(tracking, module):
    """Hook the making of model versions, for the card of the model that becomes one."""
    cls = getattr(module, "ModelRegistryClient", None)
    if cls is None:
        return
    original = cls.__dict__.get("create_model_version")
    if original is None or hasattr(original, "_cellruns"):
        return

    @functools.wraps(original)
    def create_model_version(self, *args, **kwargs):
        version = original(self, *args, **kwargs)
        if tracking.active:
            tracking.owner.guard(tracking.cards.registered, version)
        return version

    create_model_version._cellruns = True
    cls.create_model_version = create_model_version


class Checks:
    """MLflow's validation, with what this MLflow version calls it."""

    def __init__(self, validation):
        self.metric = validation._validate_metric
        self._param = getattr(validation, "_validate_param", None)
        self._tag = getattr(validation, "_validate_tag", None)
        self.to_float = getattr(validation, "convert_metric_value_to_float_if_possible", None)
        if self.to_float is None:
            from mlflow.tracking.metric_value_conversion_utils import convert_metric_value_to_float_if_possible

            self.to_float = convert_metric_value_to_float_if_possible

    def point(self, state, key, value, timestamp, step):
        """`(float, timestamp, step)` of a valid point; None for one that only MLflow itself can judge."""
        value = self.to_float(value)  # type: ignore[misc]
        timestamp = int(time.time() * 1000) if timestamp is None else timestamp
        step = 0 if step is None else step
        self.metric(key, value, timestamp, step)
        if len(state.keys) < MOST_KEYS:
            state.keys.add(key)
        value, timestamp, step = float(value), int(timestamp), int(step)
        if len(key) > 250 or not -INT64 <= step < INT64 or not 0 <= timestamp < INT64:
            return None
        return value, timestamp, step

    def param(self, key, value):
        """`(key, value)` as MLflow would store them."""
        return self._pair(self._param, key, str(value), 6000)

    def tag(self, key, value):
        """`(key, value)` as MLflow would store them."""
        return self._pair(self._tag, key, str(value), 8000)

    @staticmethod
    def _pair(validate, key, value, most):
        checked = validate(key, value) if validate is not None else None
        if checked is not None:
            key, value = checked.key, checked.value
        if len(key) > 250 or len(value) > most:
            return None
        # A lone surrogate is no text to any store; MLflow's own request would carry a question mark too.
        return key, value.encode("utf-8", "replace").decode("utf-8")


def _changed_param(key, old, new, run_id):
    from mlflow.exceptions import MlflowException
    from mlflow.protos.databricks_pb2 import INVALID_PARAMETER_VALUE

    return MlflowException(
        "Changing param values is not allowed. Param with key='%s' was already logged with value='%s' for run ID='%s'. "
        "Attempted logging new value '%s'." % (key, old, run_id, new),
        INVALID_PARAMETER_VALUE,
    )


def _operation(tracking, synchronous):
    """What MLflow returns for an asynchronous call: an operation whose wait() ends when the events are stored."""
    if synchronous:
        return None
    from concurrent.futures import ThreadPoolExecutor

    from mlflow.utils.async_logging.run_operations import RunOperations

    if tracking.waiter is None:
        tracking.waiter = ThreadPoolExecutor(1, thread_name_prefix="cellruns-wait")
    return RunOperations([tracking.waiter.submit(tracking.wait_applied)])


def _log_metric(tracking, original, checks):
    def log_metric(self, run_id, key, value, timestamp=None, step=None, synchronous=True, *args, **kwargs):
        if tracking.active and not args and not any(kwargs.values()) and tracking.attached(self):
            state = tracking.state_of(self, run_id, _get_run.original)
            if state is not None:
                point = checks.point(state, key, value, timestamp, step)
                if point is not None:
                    tracking.point(state, key, *point)
                    return _operation(tracking, synchronous)
        result = original(self, run_id, key, value, timestamp, step, synchronous, *args, **kwargs)
        tracking.mirror(self, run_id, lambda state: _mirror_point(tracking, checks, state, key, value, timestamp, step))
        return result

    return log_metric


def _mirror_point(tracking, checks, state, key, value, timestamp, step):
    point = checks.point(state, key, value, timestamp, step)
    if point is not None:
        # MLflow 3 logs a run's metrics once more to link them to a model: the store has them once, so has the chart.
        tracking.recorder.flush()
        if key in state.series and state.series[key].has(*point):
            return
        event = {
            "kind": "metrics", "run": state.run, "key": key,
            "values": [point[0]], "timestamps": [point[1]], "steps": [point[2]], "mirrored": True,
        }
        tracking.mirrored_point(state, event)


def _log_param(tracking, original, checks):
    def log_param(self, run_id, key, value, synchronous=True):
        if tracking.active and tracking.attached(self):
            state = tracking.state_of(self, run_id, _get_run.original)
            pair = checks.param(key, value) if state is not None else None
            if pair is not None:
                old = state.params.get(pair[0])
                if old is not None and old != pair[1]:
                    # The server words this refusal best, and knows of a param deleted meanwhile.
                    return original(self, run_id, key, value, synchronous)
                if old is None:
                    # In this order: an interrupt in between makes it known twice, not never.
                    tracking.entries(state, "params", {pair[0]: pair[1]})
                    state.params[pair[0]] = pair[1]
                return value if synchronous else _operation(tracking, False)
        result = original(self, run_id, key, value, synchronous)
        tracking.mirror_entries(self, run_id, "params", {str(key): str(value)})
        return result

    return log_param


def _set_tag(tracking, original, checks):
    def set_tag(self, run_id, key, value, synchronous=True):
        if tracking.active and tracking.attached(self):
            state = tracking.state_of(self, run_id, _get_run.original)
            pair = checks.tag(key, value) if state is not None else None
            if pair is not None:
                tracking.entries(state, "tags", {pair[0]: pair[1]})
                if pair[0] == "mlflow.runName":
                    state.name = pair[1]
                return _operation(tracking, synchronous)
        result = original(self, run_id, key, value, synchronous)
        tracking.mirror_entries(self, run_id, "tags", {str(key): str(value)})
        return result

    return set_tag


def _log_batch(tracking, original, checks):
    def log_batch(self, run_id, metrics=(), params=(), tags=(), synchronous=True):
        if tracking.active and tracking.attached(self) and (metrics or params or tags):
            batch = _deferred_batch(tracking, checks, self, run_id, metrics, params, tags)
            if batch is not None:
                state, points, new_params, new_tags = batch
                tracking.entries(state, "params", new_params)
                state.params.update(new_params)
                tracking.entries(state, "tags", new_tags)
                for key, point in points:
                    tracking.point(state, key, *point)
                return _operation(tracking, synchronous)
        result = original(self, run_id, metrics, params, tags, synchronous)
        tracking.mirror_entries(self, run_id, "params", {p.key: str(p.value) for p in params})
        tracking.mirror_entries(self, run_id, "tags", {t.key: str(t.value) for t in tags})
        for m in metrics:
            tracking.mirror(
                self, run_id,
                lambda state, m=m: _mirror_point(tracking, checks, state, m.key, m.value, m.timestamp, m.step),
            )
        return result

    return log_batch


def _deferred_batch(tracking, checks, client, run_id, metrics, params, tags):
    """The checked content of a batch, or None where MLflow has to do it: a model's metrics, odd values, limits."""
    if any(getattr(m, "model_id", None) or getattr(m, "dataset_name", None) for m in metrics) or _active_model():
        return None
    state = tracking.state_of(client, run_id, _get_run.original)
    if state is None:
        return None
    points, new_params, new_tags = [], {}, {}
    for m in metrics:
        point = checks.point(state, m.key, m.value, m.timestamp, m.step)
        if point is None:
            return None
        points.append((m.key, point))
    for p in params:
        pair = checks.param(p.key, p.value)
        if pair is None or new_params.get(pair[0], pair[1]) != pair[1]:
            return None
        if state.params.get(pair[0], pair[1]) != pair[1]:
            return None
        if pair[0] not in state.params:
            new_params[pair[0]] = pair[1]
    for t in tags:
        pair = checks.tag(t.key, t.value)
        if pair is None:
            return None
        new_tags[pair[0]] = pair[1]
    return state, points, new_params, new_tags


def _active_model():
    from mlflow.tracking import fluent

    get = getattr(fluent, "get_active_model_id", None)
    return get() if get is not None else None


def _create_run(tracking, original, _checks):
    def create_run(self, experiment_id, start_time=None, tags=None, *args, **kwargs):
        if tracking.active and tracking.attached(self):
            tags = tracking.owner.guard(tracking.with_default_tags, tags, experiment_id) or tags
        run = original(self, experiment_id, start_time, tags, *args, **kwargs)
        if tracking.active:
            tracking.owner.guard(tracking.started, self, run)
        return run

    return create_run


def _get_run(tracking, original, _checks):
    _get_run.original = original

    def get_run(self, run_id):
        run = original(self, run_id)
        if tracking.active and tracking.attached(self):
            tracking.owner.guard(tracking.learn, self, run)
        return run

    return get_run


def _set_terminated(tracking, original, _checks):
    def set_terminated(self, run_id, status=None, end_time=None):
        if tracking.active and tracking.attached(self) and status in (None, "FINISHED", "FAILED", "KILLED"):
            state = tracking.runs.get(run_id)
            if state is not None and state.status == "RUNNING":
                # As MLflow does: what its own asynchronous calls have queued comes before the end.
                stop = getattr(self.store, "shut_down_async_logging", None)
                if stop is not None:
                    stop()
                if tracking.owner.guard(tracking.end, state, status or "FINISHED", end_time):
                    return None
        result = original(self, run_id, status, end_time)
        if tracking.active:
            tracking.owner.guard(tracking.ended, run_id, status or "FINISHED", end_time)
        return result

    return set_terminated


def _update_run(tracking, original, _checks):
    def update_run(self, run_id, status=None, name=None):
        result = original(self, run_id, status, name)
        if tracking.active and status in ("FINISHED", "FAILED", "KILLED"):
            tracking.owner.guard(tracking.ended, run_id, status)
        return result

    return update_run


def _log_url(tracking, original, _checks):
    def log_url(self, *args, **kwargs):
        # MLflow 2 prints a link at a run's end and knows no switch for it; ours would lead to an address for kernels.
        return None if tracking.attached(self) else original(self, *args, **kwargs)

    return log_url


def _delete_run(tracking, original, _checks):
    def delete_run(self, run_id):
        result = original(self, run_id)
        tracking.runs.drop(run_id)
        return result

    return delete_run


def _log_artifact(tracking, original, _checks):
    def log_artifact(self, run_id, local_path, artifact_path=None):
        result = original(self, run_id, local_path, artifact_path)
        tracking.mirror_artifact(self, run_id, local_path, artifact_path)
        return result

    return log_artifact


def _log_artifacts(tracking, original, _checks):
    def log_artifacts(self, run_id, local_dir, artifact_path=None):
        result = original(self, run_id, local_dir, artifact_path)
        tracking.mirror_artifact(self, run_id, artifact_path or "", None)
        return result

    return log_artifacts


def _log_model_artifacts(tracking, original, _checks):
    def log_model_artifacts(self, model_id, local_dir, *args, **kwargs):
        if tracking.active:
            tracking.owner.guard(tracking.cards.saw, model_id, local_dir)
        return original(self, model_id, local_dir, *args, **kwargs)

    return log_model_artifacts


def _finalize_logged_model(tracking, original, _checks):
    def finalize_logged_model(self, model_id, status):
        model = original(self, model_id, status)
        run_id = getattr(model, "source_run_id", None)
        if run_id:
            name, uri = getattr(model, "name", None), getattr(model, "model_uri", None)
            tracking.mirror_model(self, run_id, model_id, name, uri)
        if tracking.active and tracking.cards.mlmodel(model_id) is not None:
            name, uri = getattr(model, "name", None), "models:/%s" % model_id
            tracking.owner.guard(tracking.show_model, model_id, name, uri, run_id)
        return model

    return finalize_logged_model


def _record_logged_model(tracking, original, _checks):
    def record_logged_model(self, run_id, mlflow_model, *args, **kwargs):
        result = original(self, run_id, mlflow_model, *args, **kwargs)
        path = getattr(mlflow_model, "artifact_path", None)
        model_id = getattr(mlflow_model, "model_id", None) or getattr(mlflow_model, "model_uuid", None)
        if model_id:
            uri = "runs:/%s/%s" % (run_id, path)
            if tracking.active:
                tracking.owner.guard(tracking.cards.take, str(model_id), mlflow_model)
            tracking.mirror_model(self, run_id, str(model_id), path, uri)
            if tracking.active:
                tracking.owner.guard(tracking.show_model, str(model_id), path, uri, run_id)
        return result

    return record_logged_model
