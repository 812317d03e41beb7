"""A kernel's report on its runs, checked: the body of `POST kernel/provenance`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

_RUN = re.compile(r"[A-Za-z0-9][\w-]{0,255}\Z")
_MOST_RUNS = 10_000
_MOST_EXECUTIONS = 5000


class BadReport(ValueError):
    """A report that is refused whole; the text says where and why."""


@dataclass(frozen=True)
class Execution:
    """One cell run once. `started_at` is ms since epoch; `status` is `running`, `ok` or `error`."""

    serial: int
    cell_id: str | None
    execution_count: int | None
    source: str
    started_at: int
    status: str
    truncated: bool

    def json(self) -> dict[str, Any]:
        """As in `cellruns/cells.json`."""
        found: dict[str, Any] = {
            "cell_id": self.cell_id, "execution_count": self.execution_count, "source": self.source,
            "started_at": self.started_at, "status": self.status,
        }  # fmt: skip
        return {**found, "truncated": True} if self.truncated else found


@dataclass(frozen=True)
class NotedRun:
    """A run and who holds its record: itself or a parent. Cells up to `serial` belong to it."""

    run: str
    store: str
    """As in an envelope."""
    holder: str
    serial: int
    after: tuple[str, int] | None
    """Source and sequence number of the last envelope for the run's store that was sent before."""


@dataclass(frozen=True)
class Report:
    """What a kernel says of runs that began or went on."""

    session_name: str
    folder: str
    runs: tuple[NotedRun, ...]
    omitted: int
    executions: tuple[Execution, ...]
    environment: dict[str, Any]


def parse(body: Any) -> Report:
    """Check a decoded body. Raises BadReport."""
    if not isinstance(body, dict):
        raise BadReport("body: wants a JSON object")
    runs = _list(body, "runs", _MOST_RUNS)
    executions = _list(body, "executions", _MOST_EXECUTIONS)
    environment = body.get("environment")
    if not isinstance(environment, dict):
        raise BadReport("environment: wants an object")
    return Report(
        _text(body.get("session_name"), "session_name", 4096),
        _text(body.get("folder"), "folder", 4096),
        tuple(_run(item, f"runs[{i}]") for i, item in enumerate(runs)),
        _integer(body.get("omitted", 0), "omitted"),
        tuple(_execution(item, f"executions[{i}]") for i, item in enumerate(executions)),
        environment,
    )


def _run(item: Any, at: str) -> NotedRun:
    if not isinstance(item, dict):
        raise BadReport(f"{at}: wants an object")
    for name in ("run", "holder"):
        if not isinstance(item.get(name), str) or not _RUN.match(item[name]):
            raise BadReport(f"{at}.{name}: is no run id")
    store = _text(item.get("store"), f"{at}.store", 200)
    after = item.get("after")
    source = after.get("source") if isinstance(after, dict) else None
    seq = after.get("seq") if isinstance(after, dict) else None
    known = (source, seq) if isinstance(source, str) and type(seq) is int and seq >= 0 else None
    return NotedRun(item["run"], store, item["holder"], _integer(item.get("serial"), f"{at}.serial"), known)


def _execution(item: Any, at: str) -> Execution:
    if not isinstance(item, dict):
        raise BadReport(f"{at}: wants an object")
    cell_id, count, status = item.get("cell_id"), item.get("execution_count"), item.get("status")
    if status not in ("running", "ok", "error"):
        raise BadReport(f"{at}.status: is none of running, ok, error")
    return Execution(
        _integer(item.get("serial"), f"{at}.serial"),
        None if cell_id is None else _text(cell_id, f"{at}.cell_id", 256),
        None if count is None else _integer(count, f"{at}.execution_count"),
        _text(item.get("source"), f"{at}.source", 1 << 20),
        _integer(item.get("started_at"), f"{at}.started_at"),
        status,
        item.get("truncated") is True,
    )


def _list(body: dict[str, Any], name: str, most: int) -> list[Any]:
    value = body.get(name)
    if not isinstance(value, list) or len(value) > most:
        raise BadReport(f"{name}: wants a list of at most {most}")
    return value


def _text(value: Any, at: str, most: int) -> str:
    if not isinstance(value, str) or len(value) > most:
        raise BadReport(f"{at}: wants text of at most {most} characters")
    return value


def _integer(value: Any, at: str) -> int:
    if type(value) is not int:
        raise BadReport(f"{at}: wants an integer")
    return value
