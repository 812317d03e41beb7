"""The runs of an MLflow server, copied page by page into tables of MLflow's shape, so that the table can ask them."""

from __future__ import annotations

import sqlite3
import tempfile
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..stores.base import StoreUnavailable
from ..stores.rules import INFINITE, number
from .query import Refresh, Scope
from .source import Connections, Extremes

FIRST_PAGE = 100
"""Runs of the first page: MLflow needs 3 ms for each, and somebody waits."""
PAGE = 1000
_HISTORY_PAGE = 25_000
_LOOKED_AT_SECONDS = 30.0
"""A scope that nobody has asked for since is not filled any further."""
_RETRY_SECONDS = 2.0
_INLINE = 20
"""Runs with news that are fetched before an answer; more come after it."""

TABLES = """
CREATE TABLE experiments (experiment_id TEXT PRIMARY KEY, name TEXT, lifecycle_stage TEXT);
CREATE TABLE runs (run_uuid TEXT PRIMARY KEY, name TEXT, user_id TEXT, status TEXT, start_time INTEGER, end_time INTEGER,
  lifecycle_stage TEXT, artifact_uri TEXT, experiment_id TEXT);
CREATE TABLE params (key TEXT NOT NULL, value TEXT, run_uuid TEXT NOT NULL, PRIMARY KEY (key, run_uuid));
CREATE INDEX params_run ON params (run_uuid);
CREATE TABLE tags (key TEXT NOT NULL, value TEXT, run_uuid TEXT NOT NULL, PRIMARY KEY (key, run_uuid));
CREATE INDEX tags_run ON tags (run_uuid);
CREATE TABLE latest_metrics (key TEXT NOT NULL, value REAL, timestamp INTEGER, step INTEGER, is_nan INTEGER,
  run_uuid TEXT NOT NULL, PRIMARY KEY (key, run_uuid));
CREATE INDEX metrics_run ON latest_metrics (run_uuid);
CREATE TABLE datasets (dataset_uuid TEXT PRIMARY KEY, name TEXT, digest TEXT);
CREATE TABLE inputs (input_uuid TEXT PRIMARY KEY, source_id TEXT, destination_type TEXT, destination_id TEXT);
CREATE TABLE input_tags (input_uuid TEXT, name TEXT, value TEXT, PRIMARY KEY (input_uuid, name));
CREATE TABLE extremes (key TEXT, run_uuid TEXT, low REAL, high REAL, step INTEGER, timestamp INTEGER,
  PRIMARY KEY (key, run_uuid));
"""
"""MLflow's tables as far as the runs table reads them, and the extremes that a server has told."""

Call = Callable[..., dict[str, Any]]
"""`Rest.call(method, path, params=, json=)`."""


@dataclass
class _Feed:
    """A part of the server's runs on its way into the mirror."""

    scope: Scope
    body: dict[str, Any]
    token: str | None = None
    begun: bool = False
    done: bool = False
    count: int = 0
    asked: float = 0.0


class MirrorSource:
    """A `Source` over REST. One thread fetches what somebody looks at; a temporary folder holds the copy."""

    def __init__(self, call: Call, gone: Callable[[Exception], bool]) -> None:
        self._call = call
        self._gone = gone
        self._lock = threading.RLock()
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._writer: sqlite3.Connection | None = None
        self._connections = Connections(self._connect)
        self._feeds: OrderedDict[Scope, _Feed] = OrderedDict()
        self._dirty: dict[str, None] = {}
        self._histories: dict[tuple[str, str], None] = {}
        self._thread: threading.Thread | None = None
        self._trouble: str | None = None
        self._closed = False

    def prepare(self, scope: Scope, refresh: Refresh) -> None:
        """See `Source.prepare`. Raises StoreUnavailable where nothing of the scope has come yet and none can be had."""
        key = Scope(None if scope.notebook else scope.experiments, scope.notebook)
        with self._lock:
            feed = self._feeds.get(key)
            if feed is None or refresh == "all" or not feed.begun:
                feed = self._feeds[key] = _Feed(key, self._body(key))
            self._feeds.move_to_end(key)
            feed.asked = time.monotonic()
        if not feed.begun:
            self._next_page(feed, FIRST_PAGE)
        elif refresh == "news":
            self._head(feed)
        self._fetch_dirty(_INLINE)
        self._wake()

    def touch(self, run_ids: Iterable[str]) -> None:
        """These runs were changed: fetch them before the next answer."""
        with self._lock:
            if self._feeds:
                self._dirty.update(dict.fromkeys(run_ids))

    def loaded(self, scope: Scope) -> int | None:
        """See `Source.loaded`."""
        feed = self._feeds.get(Scope(None if scope.notebook else scope.experiments, scope.notebook))
        return None if feed is None or feed.done else feed.count

    def trouble(self) -> str | None:
        """See `Source.trouble`."""
        return self._trouble

    def version(self) -> int:
        """See `Source.version`."""
        return self._connections.version()

    def reading(self) -> AbstractContextManager[sqlite3.Connection]:
        """See `Source.reading`."""
        return self._connections.reading()

    def extremes(self, db: sqlite3.Connection, key: str, wanted: Sequence[str]) -> tuple[Extremes, int]:
        """See `Source.extremes`; one request per run and metric, in the background."""
        found = {
            run: (low, high)
            for run, low, high in db.execute("SELECT run_uuid, low, high FROM extremes WHERE key = ? AND low IS NOT NULL", (key,))
        }
        # A history that was read before the latest point came is read again.
        stale = {
            run
            for (run,) in db.execute(
                "SELECT m.run_uuid FROM latest_metrics m LEFT JOIN extremes e ON e.key = m.key AND e.run_uuid = m.run_uuid "
                "WHERE m.key = ? AND (e.step IS NULL OR e.step <> m.step OR e.timestamp <> m.timestamp)",
                (key,),
            )
        }
        waiting = [run for run in wanted if run in stale]
        with self._lock:
            # What was asked last comes first.
            self._histories = {**{(key, run): None for run in waiting}, **self._histories}
        self._wake()
        return found, len(waiting)

    def close(self) -> None:
        """See `Source.close`."""
        with self._lock:
            self._closed = True
            thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join(5)
        self._connections.close()
        with self._lock:
            if self._writer is not None:
                self._writer.close()
            if self._folder is not None:
                self._folder.cleanup()

    def _body(self, key: Scope) -> dict[str, Any]:
        body: dict[str, Any] = {"run_view_type": "ALL", "order_by": ["attributes.start_time DESC"]}
        if key.notebook is not None:
            quote = '"' if "'" in key.notebook else "'"
            body["filter"] = f"tags.`mlflow.source.name` = {quote}{key.notebook}{quote}"
        return body

    def _page(self, feed: _Feed, size: int, token: str | None) -> tuple[list[dict[str, Any]], str | None]:
        experiments = feed.scope.experiments
        if "experiment_ids" not in feed.body:
            known = self._experiments()
            feed.body["experiment_ids"] = list(known if experiments is None else experiments)
        if not feed.body["experiment_ids"]:
            return [], None
        body = {**feed.body, "max_results": size, **({"page_token": token} if token else {})}
        answer = self._call("POST", "runs/search", json=body)
        return answer.get("runs", []), answer.get("next_page_token") or None

    def _next_page(self, feed: _Feed, size: int) -> None:
        runs, token = self._page(feed, size, feed.token)
        self._put(runs)
        with self._lock:
            feed.begun, feed.token, feed.done = True, token, token is None
            feed.count += len(runs)

    def _head(self, feed: _Feed) -> None:
        feed.body.pop("experiment_ids", None)
        runs, _ = self._page(feed, FIRST_PAGE, None)
        self._put(runs)
        with self._lock, closing(self._db().execute("SELECT run_uuid FROM runs WHERE status = 'RUNNING'")) as running:
            self._dirty.update(dict.fromkeys(run for (run,) in running.fetchmany(_INLINE)))

    def _experiments(self) -> list[str]:
        found: list[tuple[str, str, str]] = []
        body: dict[str, Any] = {"max_results": PAGE, "view_type": "ACTIVE_ONLY", "order_by": ["last_update_time DESC"]}
        while True:
            answer = self._call("POST", "experiments/search", json=body)
            found += [(e["experiment_id"], e["name"], e.get("lifecycle_stage", "active")) for e in answer.get("experiments", [])]
            if not answer.get("next_page_token"):
                break
            body["page_token"] = answer["next_page_token"]
        with self._lock:
            db = self._db()
            db.executemany("INSERT OR REPLACE INTO experiments VALUES (?, ?, ?)", found)
            db.commit()
        return [experiment for experiment, _, _ in found]

    def _fetch_dirty(self, most: int) -> None:
        with self._lock:
            ids = list(self._dirty)[:most]
            for run in ids:
                del self._dirty[run]
        for place, run in enumerate(ids):
            try:
                self._put([self._call("GET", "runs/get", params={"run_id": run})["run"]])
            except StoreUnavailable:
                with self._lock:
                    self._dirty.update(dict.fromkeys(ids[place:]))
                raise
            except Exception as error:
                if not self._gone(error):
                    raise
                self._remove(run)

    def _wake(self) -> None:
        with self._lock:
            if self._thread is None and not self._closed and (self._histories or self._dirty or self._open_feed()):
                self._thread = threading.Thread(target=self._work, name="cellruns-mirror", daemon=True)
                self._thread.start()

    def _open_feed(self) -> _Feed | None:
        now = time.monotonic()
        for feed in reversed(self._feeds.values()):
            if feed.begun and not feed.done and now - feed.asked < _LOOKED_AT_SECONDS:
                return feed
        return None

    def _work(self) -> None:
        while True:
            with self._lock:
                feed = self._open_feed()
                history = next(iter(self._histories), None)
                if self._closed or not (feed or history or self._dirty):
                    self._thread = None
                    return
            try:
                if self._dirty:
                    self._fetch_dirty(_INLINE)
                elif feed is not None:
                    self._next_page(feed, PAGE)
                elif history is not None:
                    self._read_history(*history)
                self._trouble = None
            except StoreUnavailable as error:
                self._trouble = str(error)
                time.sleep(_RETRY_SECONDS)
            except Exception as error:
                # The server refuses this one thing: say so and go on with the rest.
                self._trouble = str(error)
                with self._lock:
                    if feed is not None:
                        feed.done = True
                    elif history is not None:
                        self._histories.pop(history, None)

    def _read_history(self, key: str, run: str) -> None:
        low = high = None
        params: dict[str, Any] = {"run_id": run, "metric_key": key, "max_results": _HISTORY_PAGE}
        while True:
            answer = self._call("GET", "metrics/get-history", params=params)
            numbers = (number(m["value"]) for m in answer.get("metrics", []))
            finite = [value for value in numbers if -INFINITE < value < INFINITE]
            if finite:
                low = min(finite) if low is None else min(low, *finite)
                high = max(finite) if high is None else max(high, *finite)
            if not answer.get("next_page_token"):
                break
            params["page_token"] = answer["next_page_token"]
        with self._lock:
            self._histories.pop((key, run), None)
            db = self._db()
            db.execute(
                "INSERT OR REPLACE INTO extremes SELECT key, run_uuid, ?, ?, step, timestamp FROM latest_metrics "
                "WHERE key = ? AND run_uuid = ?",
                (low, high, key, run),
            )
            db.commit()

    def _put(self, runs: Sequence[dict[str, Any]]) -> None:
        for start in range(0, len(runs), FIRST_PAGE):
            with self._lock:
                db = self._db()
                for run in runs[start : start + FIRST_PAGE]:
                    _insert(db, run)
                db.commit()

    def _remove(self, run: str) -> None:
        with self._lock:
            db = self._db()
            for table in ("runs", "params", "tags", "latest_metrics", "extremes"):
                db.execute(f"DELETE FROM {table} WHERE run_uuid = ?", (run,))
            db.commit()

    def _db(self) -> sqlite3.Connection:
        if self._writer is None:
            self._folder = tempfile.TemporaryDirectory(prefix="cellruns-")
            self._writer = sqlite3.connect(Path(self._folder.name) / "mirror.db", timeout=20, check_same_thread=False)
            self._writer.execute("PRAGMA journal_mode = WAL")
            self._writer.execute("PRAGMA synchronous = OFF")
            self._writer.executescript(TABLES)
        return self._writer

    def _connect(self) -> sqlite3.Connection:
        with self._lock:
            self._db()
            assert self._folder is not None
            return sqlite3.connect(
                Path(self._folder.name) / "mirror.db", timeout=20, check_same_thread=False, isolation_level=None
            )


def _insert(db: sqlite3.Connection, run: dict[str, Any]) -> None:
    """One run as MLflow's REST gives it. What is unchanged keeps its row."""
    info, data = run["info"], run.get("data", {})
    run_id = info["run_id"]
    db.execute(
        "INSERT INTO runs VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (run_uuid) DO UPDATE SET name = excluded.name, "
        "user_id = excluded.user_id, status = excluded.status, start_time = excluded.start_time, "
        "end_time = excluded.end_time, lifecycle_stage = excluded.lifecycle_stage, artifact_uri = excluded.artifact_uri",
        (
            run_id, info.get("run_name", ""), info.get("user_id", ""), info.get("status"), info.get("start_time", 0),
            info.get("end_time"), info.get("lifecycle_stage", "active"), info.get("artifact_uri", ""), info["experiment_id"],
        ),
    )  # fmt: skip
    _keep(db, "params", run_id, data.get("params"))
    _keep(db, "tags", run_id, data.get("tags"))
    db.executemany(
        "INSERT INTO latest_metrics VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (key, run_uuid) DO UPDATE SET "
        "value = excluded.value, timestamp = excluded.timestamp, step = excluded.step, is_nan = excluded.is_nan",
        _metrics(run_id, data.get("metrics") or ()),
    )
    for place, entry in enumerate(run.get("inputs", {}).get("dataset_inputs") or ()):
        dataset, uuid = entry["dataset"], f"{run_id}/{place}"
        db.execute("INSERT OR REPLACE INTO datasets VALUES (?, ?, ?)", (uuid, dataset["name"], dataset["digest"]))
        db.execute("INSERT OR REPLACE INTO inputs VALUES (?, ?, 'RUN', ?)", (uuid, uuid, run_id))
        db.executemany(
            "INSERT OR REPLACE INTO input_tags VALUES (?, ?, ?)",
            [(uuid, tag["key"], tag.get("value", "")) for tag in entry.get("tags") or ()],
        )


def _keep(db: sqlite3.Connection, table: str, run_id: str, entries: Any) -> None:
    pairs = [(e["key"], e.get("value", ""), run_id) for e in entries or ()]
    db.executemany(
        f"INSERT INTO {table} VALUES (?, ?, ?) ON CONFLICT (key, run_uuid) DO UPDATE SET value = excluded.value "
        "WHERE value <> excluded.value",
        pairs,
    )
    if table == "tags":  # tags can be taken away
        marks = ",".join("?" * len(pairs))
        db.execute(
            f"DELETE FROM tags WHERE run_uuid = ? AND key NOT IN ({marks})", (run_id, *(key for key, _, _ in pairs))
        )


def _metrics(run_id: str, metrics: Iterable[dict[str, Any]]) -> Iterator[tuple[Any, ...]]:
    for metric in metrics:
        value = number(metric["value"])
        is_nan = value != value
        bounded = 0.0 if is_nan else max(-INFINITE, min(INFINITE, value))
        yield metric["key"], bounded, metric["timestamp"], metric.get("step", 0), int(is_nan), run_id
