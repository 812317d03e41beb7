"""Reads from an MLflow server what `sqlite_read` reads from its tables, in the same form."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import TYPE_CHECKING, Any

from .base import LISTED, OPEN, RunPage, RunQuery, TaggedRun
from .history import WHOLE, History, Window, series_json
from .reduce import Point
from .rules import number, quoted, to_json
from .sqlite_read import set_tag

if TYPE_CHECKING:
    from .rest import Rest

_PAGE = 500
_HISTORY_PAGE = 25_000
"""Most points that MLflow gives in one answer (get-history)."""
AT_ONCE = 8
"""Requests under way at a time where one answer needs many."""
MOST_POINTS = 4_000_000
"""Points of histories that are kept: 100 MB."""
_INFINITE = 1.7976931348623157e308


def run_page(rest: Rest, query: RunQuery) -> RunPage:
    """Runs of a query, newest first. `total` counts no further than one page beyond the one that is asked for."""
    experiments_ = {e["experiment_id"]: e["name"] for e in experiments(rest, None)}
    if query.ids is not None:
        found = [rest.call("GET", "runs/get", params={"run_id": i})["run"] for i in query.ids]
        return RunPage([_summary(run, experiments_) for run in found], len(found))
    wanted = [query.experiment_id] if query.experiment_id is not None else list(experiments_)
    words = (query.text or "").lower().split()
    runs = (run for run in _search(rest, wanted, query.notebook) if all(word in _text(run) for word in words))
    page = list(islice(runs, query.offset, query.offset + query.limit))
    more = sum(1 for _ in islice(runs, _PAGE))
    return RunPage([_summary(run, experiments_) for run in page], query.offset + len(page) + more)


def tagged(rest: Rest, tags: Mapping[str, str], open_only: bool, limit: int) -> list[TaggedRun]:
    """Active runs with all these tags, newest first."""
    wanted = [f"tags.`{key}` = {quoted(value)}" for key, value in tags.items()]
    found: list[TaggedRun] = []
    for run in _search(rest, [e["experiment_id"] for e in experiments(rest, None)], None, wanted):
        info, data = run["info"], run.get("data", {})
        own = _pairs(data.get("tags"))
        if any(own.get(key) != value for key, value in tags.items()):
            continue
        if open_only and info["status"] not in OPEN:
            continue
        last = max((int(m["timestamp"]) for m in data.get("metrics", [])), default=None)
        found.append(TaggedRun(
            info["run_id"], info["experiment_id"], info["status"], own.get("mlflow.parentRunId"),
            own.get("cellruns.source"), last,
        ))
        if len(found) >= limit:
            break
    return found


def _search(
    rest: Rest, experiment_ids: Sequence[str], notebook: str | None, conditions: Sequence[str] = ()
) -> Iterator[dict[str, Any]]:
    if not experiment_ids:
        return
    body: dict[str, Any] = {
        "experiment_ids": list(experiment_ids),
        "run_view_type": "ACTIVE_ONLY",
        "max_results": _PAGE,
        "order_by": ["attributes.start_time DESC"],
    }
    if notebook is not None:
        conditions = [*conditions, f"tags.`mlflow.source.name` = {quoted(notebook)}"]
    if conditions:
        body["filter"] = " AND ".join(conditions)
    while True:
        answer = rest.call("POST", "runs/search", json=body)
        yield from answer.get("runs", [])
        if not answer.get("next_page_token"):
            return
        body["page_token"] = answer["next_page_token"]


def _pairs(entries: Any) -> dict[str, str]:
    return {e["key"]: e.get("value", "") for e in entries or []}


def _text(run: dict[str, Any]) -> str:
    info, data = run["info"], run.get("data", {})
    params, tags = _pairs(data.get("params")), _pairs(data.get("tags"))
    parts = [info.get("run_name", ""), info["run_id"], info["status"], info.get("user_id", "")]
    parts += [f"{k}={v}" for k, v in params.items()] + list(tags.values())
    return "\n".join(parts).lower()


def _summary(run: dict[str, Any], names: dict[str, str], most: int | None = LISTED) -> dict[str, Any]:
    info, data = run["info"], run.get("data", {})
    params, metrics = data.get("params") or [], data.get("metrics") or []
    summary: dict[str, Any] = {
        "run_id": info["run_id"],
        "name": info.get("run_name") or info["run_id"][:8],
        "experiment_id": info["experiment_id"],
        "experiment_name": names.get(info["experiment_id"], info["experiment_id"]),
        "status": info["status"],
        "start_time": info.get("start_time", 0),
        # A resumed run keeps its old end time in the store (mlflow.tracking.fluent.start_run).
        "end_time": None if info["status"] in OPEN else info.get("end_time"),
        "user": info.get("user_id", ""),
        "notebook": None,
        "cell_id": None,
        "execution_count": None,
        "parent": None,
        "lifecycle_stage": info.get("lifecycle_stage", "active"),
        "params": _pairs(_listed(params, most)),
        "params_total": len(params),
        "metrics": {
            m["key"]: {"value": _value(m["value"]), "step": m.get("step", 0), "timestamp": m["timestamp"]}
            for m in _listed(metrics, most)
        },
        "metrics_total": len(metrics),
        "note": None,
    }
    for key, value in _pairs(data.get("tags")).items():
        set_tag(summary, key, value)
    return summary


def _listed(entries: Sequence[dict[str, Any]], most: int | None) -> Sequence[dict[str, Any]]:
    return entries if most is None or len(entries) <= most else sorted(entries, key=lambda e: str(e["key"]))[:most]


def _value(value: Any) -> float | str:
    return to_json(number(value))


def run_detail(rest: Rest, run_id: str, most: int | None = None) -> dict[str, Any]:
    """See `Store.run`. Raises ApiError where there is none."""
    run = rest.call("GET", "runs/get", params={"run_id": run_id})["run"]
    info = run["info"]
    experiment = rest.call("GET", "experiments/get", params={"experiment_id": info["experiment_id"]})["experiment"]
    summary = _summary(run, {info["experiment_id"]: experiment["name"]}, most)
    return {
        "run": summary,
        "params": summary["params"],
        "metrics": _metrics(rest, run_id, summary["metrics"]),
        "tags": dict(sorted(_pairs(run.get("data", {}).get("tags")).items())),
        "datasets": [_dataset(d) for d in run.get("inputs", {}).get("dataset_inputs", [])],
        "models": [
            {"model_id": m["model_id"], "name": _model_name(rest, m["model_id"])}
            for m in run.get("outputs", {}).get("model_outputs", [])
        ],
        "artifact_uri": info.get("artifact_uri", ""),
    }


def _dataset(entry: dict[str, Any]) -> dict[str, Any]:
    dataset = entry["dataset"]
    return {
        "name": dataset["name"],
        "digest": dataset["digest"],
        "source_type": dataset.get("source_type", ""),
        "context": _pairs(entry.get("tags")).get("mlflow.data.context"),
    }


def _model_name(rest: Rest, model_id: str) -> str | None:
    from .rest_write import ApiError

    try:
        return str(rest.call("GET", f"logged-models/{model_id}")["model"]["info"].get("name")) or None
    except ApiError:
        return None


def _metrics(rest: Rest, run_id: str, latest: Mapping[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """`MetricSummary` dicts by name; each takes a request, and a server may be far away."""
    with ThreadPoolExecutor(AT_ONCE, "cellruns-metrics") as pool:
        return list(pool.map(lambda key: _metric(rest, run_id, key, latest[key]), sorted(latest)))


def _metric(rest: Rest, run_id: str, key: str, latest: dict[str, Any]) -> dict[str, Any]:
    count = nonfinite = 0
    low: tuple[float, int] | None = None
    high: tuple[float, int] | None = None
    for step, _, value, is_nan in _history(rest, run_id, key):
        count += 1
        if is_nan or not -_INFINITE < value < _INFINITE:
            nonfinite += 1
            continue
        low = (value, step) if low is None or value < low[0] else low
        high = (value, step) if high is None or value > high[0] else high
    return {
        "key": key,
        "count": count,
        "last": latest["value"],
        "last_step": latest["step"],
        "last_timestamp": latest["timestamp"],
        "min": low[0] if low else None,
        "min_step": low[1] if low else None,
        "max": high[0] if high else None,
        "max_step": high[1] if high else None,
        "nonfinite": nonfinite,
    }


def _history(rest: Rest, run_id: str, key: str) -> Iterator[Point]:
    # Without max_results some servers answer with nothing and a page token for ever (mlflow#23916).
    params = {"run_id": run_id, "metric_key": key, "max_results": _HISTORY_PAGE}
    while True:
        answer = rest.call("GET", "metrics/get-history", params=params)
        for m in answer.get("metrics", []):
            value = number(m["value"])
            is_nan = value - value != 0 and not (value > 0 or value < 0)
            bounded = 0.0 if is_nan else max(-_INFINITE, min(_INFINITE, value))
            yield m.get("step", 0), m["timestamp"], bounded, int(is_nan)
        if not answer.get("next_page_token"):
            return
        params["page_token"] = answer["next_page_token"]


class Histories:
    """Histories that were fetched, so that a zoom asks nothing; at most `MOST_POINTS` are kept, the oldest go first."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[str, str], tuple[dict[str, Any], History]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, rest: Rest, run_id: str, key: str, latest: dict[str, Any]) -> History:
        """The history of a metric whose newest point is `latest`; asked for where another was the newest."""
        with self._lock:
            kept = self._kept.get((run_id, key))
            if kept is not None and kept[0] == latest:
                self._kept.move_to_end((run_id, key))
                return kept[1]
        history = History(_history(rest, run_id, key))
        with self._lock:
            self._kept[run_id, key] = (latest, history)
            self._kept.move_to_end((run_id, key))
            points = sum(len(one) for _, one in self._kept.values())
            while points > MOST_POINTS and len(self._kept) > 1:
                points -= len(self._kept.popitem(last=False)[1][1])
        return history


def series(
    rest: Rest, histories: Histories, run_id: str, keys: Sequence[str] | None, points: int, window: Window = WHOLE
) -> list[dict[str, Any]]:
    """Reduced histories as `Series` dicts; all metrics (at most 50) without `keys`."""
    run = rest.call("GET", "runs/get", params={"run_id": run_id})["run"]
    latest = {m["key"]: m for m in run.get("data", {}).get("metrics", [])}
    if keys is None:
        keys = sorted(latest)[:50]
    found = []
    for key in keys:
        whole = histories.get(rest, run_id, key, latest[key]) if key in latest else History(())
        part = whole.within(window)
        found.append(series_json(key, len(part), part.reduced(points) if len(part) else []))
    return found


def briefs(rest: Rest, run_ids: Sequence[str]) -> list[dict[str, Any]]:
    """`RunBrief` dicts in the order asked for."""
    from .rest_write import ApiError

    names: dict[str, str] = {}
    found = []
    for run_id in run_ids:
        try:
            run = rest.call("GET", "runs/get", params={"run_id": run_id})["run"]
        except ApiError as error:
            if error.code != "RESOURCE_DOES_NOT_EXIST":
                raise
            continue
        info = run["info"]
        experiment = info["experiment_id"]
        if experiment not in names:
            answer = rest.call("GET", "experiments/get", params={"experiment_id": experiment})
            names[experiment] = answer["experiment"]["name"]
        found.append({
            "run": _summary(run, names),
            "tags": dict(sorted(_pairs(run.get("data", {}).get("tags")).items())),
            "datasets": [_dataset(d) for d in run.get("inputs", {}).get("dataset_inputs", [])],
            "models": [
                {"model_id": m["model_id"], "name": _model_name(rest, m["model_id"])}
                for m in run.get("outputs", {}).get("model_outputs", [])
            ],
            "artifact_uri": info.get("artifact_uri", ""),
        })
    return found


def experiments(rest: Rest, filter_: str | None) -> list[dict[str, Any]]:
    """Active experiments, newest first; those of a filter where one is given."""
    body: dict[str, Any] = {
        "max_results": _PAGE,
        "view_type": "ACTIVE_ONLY",
        "order_by": ["last_update_time DESC", "experiment_id DESC"],
    }
    if filter_:
        body["filter"] = filter_
    found: list[dict[str, Any]] = []
    while True:
        answer = rest.call("POST", "experiments/search", json=body)
        found += [
            {
                "experiment_id": e["experiment_id"],
                "name": e["name"],
                "lifecycle_stage": e.get("lifecycle_stage", "active"),
                "last_update_time": e.get("last_update_time", 0),
            }
            for e in answer.get("experiments", [])
        ]
        if not answer.get("next_page_token"):
            return found
        body["page_token"] = answer["next_page_token"]
