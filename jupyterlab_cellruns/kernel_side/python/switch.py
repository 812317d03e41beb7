"""Another store for the runs that start from now on, chosen in the notebook's toolbar while the kernel runs.

MLflow's active run knows no store: what is logged to it goes to the tracking URI of the moment. So the URI changes
only where no run is active, and at the latest just before the next one starts.
"""

from __future__ import annotations

import functools
import os
import sys


def install(tracking):
    """Ask the server for the choice before a run starts, and remember experiments by their names."""
    fluent = sys.modules["mlflow.tracking.fluent"]
    for name, make in (("start_run", _start_run), ("set_experiment", _set_experiment)):
        original = getattr(fluent, name)
        wrapper = functools.wraps(original)(make(tracking, original))
        for module in (fluent, sys.modules["mlflow"]):
            if getattr(module, name, None) is original:
                setattr(module, name, wrapper)


def follow(tracking):
    """Point MLflow to the chosen store, unless a run is active or MLflow uses a store that is not the server's."""
    settings = tracking.settings
    now = tracking.current_store()
    if now is None or now == settings.store or not tracking.owner.enabled or run_is_active():
        return
    import mlflow

    service = sys.modules["mlflow.tracking._tracking_service.utils"]
    if service._tracking_uri is None:
        os.environ["MLFLOW_TRACKING_URI"] = settings.tracking_uri
    else:
        mlflow.set_tracking_uri(settings.tracking_uri)
    _leave_experiment(tracking)


def run_is_active():
    """Whether a run of MLflow's fluent calls is active in any thread."""
    stack = sys.modules["mlflow.tracking.fluent"]._active_run_stack
    every = getattr(stack, "get_all_thread_values", None)
    if every is not None:
        return any(bool(runs) for runs in every().values())
    return bool(stack.get() if hasattr(stack, "get") else stack)


def _leave_experiment(tracking):
    """The experiment that code has set is one of the store before: its name counts in the new one, its id does not."""
    fluent = sys.modules["mlflow.tracking.fluent"]
    if fluent._active_experiment_id is None:
        return
    fluent._active_experiment_id = None
    os.environ.pop("MLFLOW_EXPERIMENT_ID", None)
    tracking.carried_experiment = tracking.experiment_name


def _start_run(tracking, original):
    def prepare():
        tracking.context.follow_choice()
        name, tracking.carried_experiment = tracking.carried_experiment, None
        return name

    def start_run(*args, **kwargs):
        if tracking.active and tracking.current_store() is not None:
            name = tracking.owner.guard(prepare)
            if name is not None:
                sys.modules["mlflow"].set_experiment(name)
        return original(*args, **kwargs)

    return start_run


def _set_experiment(tracking, original):
    def set_experiment(*args, **kwargs):
        experiment = original(*args, **kwargs)
        tracking.experiment_name = getattr(experiment, "name", None)
        tracking.carried_experiment = None
        return experiment

    return set_experiment
