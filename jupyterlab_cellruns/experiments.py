"""Which experiment and which tags the next run of a notebook gets."""

from __future__ import annotations

from typing import Any, Literal, cast

from .stores.base import Store

NOTEBOOK_TAG = "cellruns.notebook"
"""Experiment and run tag with the notebook's path; on an experiment it follows renames."""

Mode = Literal["notebook", "default", "fixed"]


def choose(store: Store, path: str | None, mode: Mode, fixed: str, chosen: str | None) -> tuple[str | None, str]:
    """`(experiment id, name)` for a run of the notebook at `path`; id None is MLflow's own default. Blocks.

    What was chosen for the notebook wins over the setting. The notebook's own experiment is found by its tag, so that
    it stays the same after a rename; a new notebook under an old name gets an experiment of its own.
    """
    if chosen:
        return store.ensure_experiment(chosen, {}), chosen
    if mode == "fixed" and fixed:
        return store.ensure_experiment(fixed, {}), fixed
    if mode == "default" or path is None:
        return None, "Default"
    found = store.find_experiment(NOTEBOOK_TAG, path)
    if found is not None:
        return str(found["experiment_id"]), str(found["name"])
    taken = {str(e["name"]) for e in store.experiments()}
    name = free_name(path, taken)
    return store.ensure_experiment(name, {NOTEBOOK_TAG: path}), name


def free_name(path: str, taken: set[str]) -> str:
    """`path`, or `path (2)` and so on where another notebook's experiment has that name."""
    name, number = path, 1
    while name in taken:
        number += 1
        name = f"{path} ({number})"
    return name


def planned(path: str | None, mode: Mode, fixed: str, chosen: str | None) -> str:
    """The name that `choose` would start from, without asking the store."""
    if chosen:
        return chosen
    if mode == "fixed" and fixed:
        return fixed
    return "Default" if mode == "default" or path is None else path


def run_tags(path: str | None, kernel_id: str) -> dict[str, str]:
    """Tags of a run of a notebook; MLflow's own names where it has them."""
    tags = {"cellruns.kernel_id": kernel_id}
    if path is not None:
        tags.update({"mlflow.source.name": path, "mlflow.source.type": "NOTEBOOK", NOTEBOOK_TAG: path})
    return tags


def renamed(store: Store, old: str, new: str) -> None:
    """A notebook was renamed or moved: its experiment follows. Blocks."""
    found: dict[str, Any] | None = store.find_experiment(NOTEBOOK_TAG, old)
    if found is not None:
        store.set_experiment_tag(str(found["experiment_id"]), NOTEBOOK_TAG, new)


def mode_of(text: str) -> Mode:
    """A configured experiment mode. Raises ValueError for one that does not exist."""
    if text not in ("notebook", "default", "fixed"):
        raise ValueError(f"experiment_mode: {text!r} is none of 'notebook', 'default', 'fixed'")
    return cast(Mode, text)
