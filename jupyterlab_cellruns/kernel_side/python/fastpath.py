"""A short cut for `mlflow.log_metric`: the fluent layer alone costs about 100 us a call, this one a few.

It takes the plain case only (active run of a store of the server, a number, no model, no dataset, synchronous) and hands
everything else to MLflow's own function.
"""

from __future__ import annotations

import functools
import os
import sys
from time import time

from .recorder import HIGH_WATER

_INT64 = 2**63


def install(tracking):
    """Replace `log_metric` in `mlflow` and `mlflow.tracking.fluent` where all it stands on is there."""
    fluent = sys.modules["mlflow.tracking.fluent"]
    service = sys.modules["mlflow.tracking._tracking_service.utils"]
    original = fluent.log_metric
    stack = fluent._active_run_stack
    if not hasattr(stack, "get") or not hasattr(service, "_tracking_uri"):
        return
    get_model = getattr(fluent, "get_active_model_id", None)
    fast = functools.wraps(original)(_make(tracking, original, stack, service, get_model))
    for module in (fluent, sys.modules["mlflow"]):
        if getattr(module, "log_metric", None) is original:
            module.log_metric = fast


def _make(tracking, original, stack, service, get_model):
    states = tracking.runs._states
    recorder = tracking.recorder
    buffer = recorder.buffer
    append = buffer.append
    owner = tracking.owner
    environ = os.environ

    def log_metric(
        key, value, step=None, synchronous=None, timestamp=None, run_id=None, model_id=None, dataset=None, **more
    ):
        kind = type(value)
        if (
            (kind is float or kind is int)
            and (step is None or type(step) is int)
            and timestamp is None and run_id is None and model_id is None and dataset is None and not more
            and not tracking.broken and owner.enabled
        ):
            runs = stack.get()
            if runs:
                run = runs[-1]
                state = states.get(run.info.run_id)
                # `keys` holds what MLflow's own validation has accepted; the first point of a metric goes through it.
                if (
                    state is not None and not state.mirrored and type(key) is str and key in state.keys
                    and (service._tracking_uri or environ.get("MLFLOW_TRACKING_URI")) == state.uri
                    and (synchronous or (synchronous is None and "MLFLOW_ENABLE_ASYNC_LOGGING" not in environ))
                    and (get_model is None or get_model() is None)
                    and not (getattr(run, "outputs", None) is not None and run.outputs.model_outputs)
                    and (step is None or -_INT64 <= step < _INT64)
                ):
                    if state.cell_serial != owner.cell.serial:
                        tracking.touch(state)
                    append((state, key, float(value), int(time() * 1000), step or 0))
                    if not recorder.armed:
                        recorder.arm()
                    if len(buffer) > HIGH_WATER:
                        recorder.flush()
                    return None
        given = {"run_id": run_id, "model_id": model_id, "dataset": dataset}
        more.update((name, item) for name, item in given.items() if item is not None)
        return original(key, value, step, synchronous, timestamp, **more)

    return log_metric
