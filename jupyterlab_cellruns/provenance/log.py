"""From a kernel's report to artifacts and tags of its runs, behind the back of kernel and event loop."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import os
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Protocol

from ..capture.events import Tags, attached_id
from ..kernel_side.python.redact import known_secrets, redact
from ..stores.base import Store, StoreRefused, StoreUnavailable
from ..stores.endpoint import Endpoint
from ..stores.rest import Rest
from ..stores.rest_write import ApiError
from . import documents, git
from .pending import Pending, PendingFolder
from .report import Report

HOLDER_TAG = "cellruns.provenance"
"""Run tag: id of the run whose artifacts hold the record, the run itself or a parent."""

_APPLIED_SECONDS = 10.0
_GIT_SECONDS, _GIT_MOST_SECONDS, _GIT_SHARE = 1.0, 30.0, 50
"""How long what git said counts: at least, at most, and in times of what asking took. A sweep may start many runs a
second, and git may take seconds in a large repository."""
_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 30.0


class AttachedStore(Protocol):
    """A store as far as it is needed here."""

    async def endpoint(self, timeout: float = 60) -> Endpoint:
        """MLflow's REST."""
        ...

    def store(self) -> Store:
        """The store; blocks."""
        ...


class Stores(Protocol):
    """The stores of this server by id."""

    def get(self, store_id: str) -> AttachedStore:
        """The store of an id."""
        ...

    def locations(self) -> dict[str, str]:
        """Where each store is, by id."""
        ...


class ProvenanceLog:
    """`take` keeps a report in the spool folder; one task on the event loop brings it into the store, in order.

    `applied` waits for envelopes, `problem(run, text)` tells the user, `changed(run ids)` that runs have news.
    """

    def __init__(
        self,
        folder: Path,
        stores: Stores,
        applied: Callable[[str, int, float], Awaitable[bool]],
        problem: Callable[[str, str], None],
        changed: Callable[[set[str]], None],
        log: logging.Logger,
    ) -> None:
        self._kept = PendingFolder(folder)
        self._stores = stores
        self._applied = applied
        self._problem = problem
        self._changed = changed
        self._log = log
        self._queue: dict[str, Pending] = {}
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._rest: tuple[Endpoint, Rest] | None = None
        self._git: dict[Path, tuple[float, git.GitState | None]] = {}
        """State of a folder, and until when (monotonic, s) it counts."""
        self._redactor = Redactor()

    def start(self) -> None:
        """Begin; what is kept from before comes first."""
        self._task = asyncio.ensure_future(self._run())

    async def stop(self) -> None:
        """Stop; what is not stored stays in its files."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})
        if self._rest is not None:
            await asyncio.to_thread(self._rest[1].close)

    @property
    def waiting(self) -> int:
        """Runs whose record is not stored yet."""
        return len(self._queue)

    async def take(self, report: Report, folder: Path) -> None:
        """Keep what a report says of its runs. `folder` is the notebook's. Raises OSError where it can't be kept."""
        for pending in await asyncio.to_thread(self._prepare, report, folder):
            # A later record takes the place of one that waits; what only the earlier one has stays.
            earlier = self._queue.pop(pending.run, None)
            if earlier is not None:
                pending.files = {**earlier.files, **pending.files}
            self._queue[pending.run] = pending
        self._wake.set()

    def _prepare(self, report: Report, folder: Path) -> list[Pending]:
        state = self._state(folder)
        text = self._redactor
        shared: dict[str, bytes] = {}
        absent: dict[str, str] = {}
        if any(noted.run == noted.holder for noted in report.runs):
            shared["environment.json"] = documents.environment(report.environment, text)
        if state is not None:
            shared.update(documents.git(state, text))
            absent = {key: text(value) for key, value in documents.git_tags(state).items()}
        locations = self._stores.locations()
        cells: dict[int, bytes] = {}
        found: dict[str, Pending] = {}
        for noted in report.runs:
            location = locations.get(attached_id(noted.store) or "")
            if location is None:
                continue
            pending = Pending(noted.run, location, {}, {HOLDER_TAG: noted.holder}, absent, noted.after)
            if noted.run == noted.holder:
                if noted.serial not in cells:
                    cells[noted.serial] = documents.cells(report.executions, noted.serial, report.omitted, text)
                pending.files = _texts({**shared, "cells.json": cells[noted.serial]})
            found[noted.run] = pending
        for pending in found.values():
            self._kept.write(pending)
        return list(found.values())

    def _state(self, folder: Path) -> git.GitState | None:
        began = time.monotonic()
        known = self._git.get(folder)
        if known is None or began > known[0]:
            self._git = {path: entry for path, entry in self._git.items() if began <= entry[0]}
            state = git.read(folder)
            now = time.monotonic()
            counts = min(max((now - began) * _GIT_SHARE, _GIT_SECONDS), _GIT_MOST_SECONDS)
            known = self._git[folder] = (now + counts, state)
        return known[1]

    async def _run(self) -> None:
        for pending in await asyncio.to_thread(self._kept.read):
            self._queue.setdefault(pending.run, pending)
        pause = _FIRST_PAUSE
        while True:
            if not self._queue:
                self._wake.clear()
                await self._wake.wait()
                continue
            run = next(iter(self._queue))
            pending = self._queue[run]
            try:
                await self._bring(pending)
                pause = _FIRST_PAUSE
            except StoreUnavailable as error:
                self._log.debug("Cellruns keeps the provenance of run %s: %s", run, error)
                # One run may not hold up those of another store.
                self._queue[run] = self._queue.pop(run)
                await asyncio.sleep(pause)
                pause = min(pause * 2, _LONGEST_PAUSE)
                continue
            except (StoreRefused, ApiError) as error:
                self._problem(run, f"The provenance of the run was not stored: {error}")
            except Exception as error:
                self._log.exception("Cellruns could not store the provenance of run %s", run)
                self._problem(run, f"The provenance of the run was not stored: {error!r}")
            if self._queue.get(run) is pending:
                del self._queue[run]
                await asyncio.to_thread(self._kept.remove, run)
                self._changed({run})

    async def _bring(self, pending: Pending) -> None:
        store = self._store_at(pending.store)
        if pending.after is not None:
            # What the user's own code has tagged by now has to be seen; later, it wins by coming later.
            await self._applied(pending.after[0], pending.after[1], _APPLIED_SECONDS)
        if pending.files:
            rest = await self._connected(await store.endpoint())
            await asyncio.to_thread(_upload, rest, pending)
        await asyncio.to_thread(_tag, store, pending)

    def _store_at(self, location: str) -> AttachedStore:
        for store_id, where in self._stores.locations().items():
            if where == location:
                return self._stores.get(store_id)
        raise StoreRefused(f"{location} is no store of this server", "")

    async def _connected(self, endpoint: Endpoint) -> Rest:
        if self._rest is None or self._rest[0] != endpoint:
            if self._rest is not None:
                await asyncio.to_thread(self._rest[1].close)
            self._rest = (endpoint, await asyncio.to_thread(Rest, endpoint))
        return self._rest[1]


class Redactor:
    """`redact` of a text with what this server's environment holds; remembers texts, as cells come again and again."""

    def __init__(self, most: int = 5000) -> None:
        self._most = most
        self._known = known_secrets(os.environ)
        self._seen: dict[bytes, str | None] = {}

    def __call__(self, text: str) -> str:
        """The text without what looks like a secret."""
        key = hashlib.sha256(text.encode("utf-8", "replace")).digest()
        if key in self._seen:
            return self._seen[key] or text
        clean, count = redact(text, self._known)
        if len(self._seen) >= self._most:
            self._seen.clear()
        self._seen[key] = str(clean) if count else None
        return str(clean)


def _texts(files: dict[str, bytes]) -> dict[str, str]:
    return {f"{documents.FOLDER}/{name}": data.decode("utf-8") for name, data in files.items()}


def _upload(rest: Rest, pending: Pending) -> None:
    for path, text in pending.files.items():
        rest.upload(pending.run, path, text.encode("utf-8"))


def _tag(attached: AttachedStore, pending: Pending) -> None:
    store = attached.store()
    detail = store.run(pending.run)
    if detail is None:
        raise StoreRefused(f"Run with id={pending.run} not found", "")
    set_already = detail["tags"]
    absent = {k: v for k, v in pending.absent_tags.items() if k not in set_already}
    store.write([Tags(pending.run, {**pending.tags, **absent})])

