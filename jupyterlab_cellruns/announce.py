"""Tells open pages, at most twice a second, which runs have news: on Jupyter's own event stream."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

SCHEMA_ID = "https://jupyterlab-cellruns.readthedocs.io/events/runs_changed/v1"
_PERIOD_SECONDS = 0.5
_MOST_RUNS = 200

_SCHEMA = {
    "$id": SCHEMA_ID,
    "version": "1",
    "title": "Runs changed",
    "description": "Runs have news, or the state of a store has changed.",
    "personal-data": False,
    "type": "object",
    "required": ["runs", "store_state", "waiting", "problems"],
    "properties": {
        "runs": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "run_id": {"type": "string"},
                    "store": {"type": ["string", "null"]},
                    "experiment_id": {"type": ["string", "null"]},
                    "status": {"type": "string"},
                },
            },
        },
        "store_state": {"type": "string"},
        "stores": {
            "type": "object",
            "additionalProperties": {
                "type": "object",
                "properties": {"state": {"type": "string"}, "waiting": {"type": "integer"}},
            },
        },
        "waiting": {"type": "integer"},
        "problems": {"type": "integer"},
    },
}


class Announcer:
    """Gathers run ids from any thread and emits one event per period. `describe(ids)` makes the event's data."""

    def __init__(self, event_logger: Any, describe: Callable[[list[str]], dict[str, Any]], log: logging.Logger) -> None:
        self._logger = event_logger
        self._describe = describe
        self._log = log
        self._loop: asyncio.AbstractEventLoop | None = None
        self._pending: set[str] = set()
        self._scheduled = False
        self._last = 0.0
        if SCHEMA_ID not in event_logger.schemas:
            event_logger.register_event_schema(_SCHEMA)

    def start(self) -> None:
        """Begin to emit. Called on the running event loop."""
        self._loop = asyncio.get_running_loop()

    def changed(self, run_ids: set[str]) -> None:
        """Runs have news (an empty set: the store has). From any thread; costs next to nothing."""
        self._pending |= run_ids
        if not self._scheduled and self._loop is not None and not self._loop.is_closed():
            self._scheduled = True
            self._loop.call_soon_threadsafe(self._schedule)

    def _schedule(self) -> None:
        assert self._loop is not None
        wait = max(self._last + _PERIOD_SECONDS - self._loop.time(), 0.02)
        self._loop.call_later(wait, self._emit)

    def _emit(self) -> None:
        assert self._loop is not None
        self._last = self._loop.time()
        self._scheduled = False
        pending, self._pending = self._pending, set()
        try:
            self._logger.emit(schema_id=SCHEMA_ID, data=self._describe(sorted(pending)[:_MOST_RUNS]))
        except Exception:
            self._log.exception("Cellruns could not announce changed runs")
