"""Run events, version 1: from JSON to typed Python, or a refusal that says where.

The contract is docs/events.md and contracts/events.v1.json.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple, Union

MAX_POINTS = 1000
"""Most metric points in one envelope."""
MAX_BYTES = 1 << 20
"""Most bytes of JSON in one envelope."""

ATTACHED = "attached"
"""The `store` of an envelope whose runs live in the store that is chosen for the kernel's notebook."""
_ATTACHED_ID = ATTACHED + ":"

_SOURCE = re.compile(r"[A-Za-z0-9._-]{1,64}\Z")
_SURROGATE = re.compile("[\ud800-\udfff]")
_INT64_MAX = 2**63 - 1
_NON_FINITE = ("NaN", "Infinity", "-Infinity")
_STATUSES = ("FINISHED", "FAILED", "KILLED")


def attached(store_id: str) -> str:
    """The `store` of an envelope for a store of this server by its id."""
    return _ATTACHED_ID + store_id


def attached_id(store: str) -> str | None:
    """Id of the server's store that an envelope names; None where it is another store."""
    return store[len(_ATTACHED_ID) :] if store.startswith(_ATTACHED_ID) else None


class MalformedEnvelope(ValueError):
    """An envelope that is refused whole. `position` is a path such as `events[3].steps[7]`."""

    def __init__(self, position: str, reason: str) -> None:
        super().__init__(f"{position}: {reason}" if position else reason)
        self.position = position
        self.reason = reason


class Cell(NamedTuple):
    """The cell whose execution caused the events."""

    id: str | None
    execution_count: int | None
    anchor: str | None


class RunStart(NamedTuple):
    """A run began. `exists`: the sender already made it in the store through MLflow.

    `resumed`: it goes on after the `RunEnd` with this end time (ms), which is taken back.
    """

    run: str
    name: str
    experiment: str | None = None
    parent: str | None = None
    tags: Mapping[str, str] = MappingProxyType({})
    start_time: int | None = None
    exists: bool = True
    resumed: int | None = None


class Metrics(NamedTuple):
    """Points of one metric, three parallel lists of one length. Values: float or a name of one that JSON has not."""

    run: str
    key: str
    values: list[float | str]
    timestamps: list[int]
    steps: list[int]
    mirrored: bool = False


class Params(NamedTuple):
    """Params of a run, key to text."""

    run: str
    entries: dict[str, str]
    mirrored: bool = False


class Tags(NamedTuple):
    """Tags of a run, key to text."""

    run: str
    entries: dict[str, str]
    mirrored: bool = False


class Artifact(NamedTuple):
    """A file of a run: `content` is base64 text. One that is named by `file` only is refused by the stores, and said."""

    run: str
    path: str
    content: str | None = None
    file: str | None = None
    mirrored: bool = False


class LoggedModel(NamedTuple):
    """A model was logged. For display only."""

    run: str
    model_id: str
    name: str | None = None
    uri: str | None = None
    mlmodel: str | None = None


class RunEnd(NamedTuple):
    """A run ended, where it has not yet. `mirrored`: MLflow has written it already."""

    run: str
    status: str
    end_time: int | None = None
    mirrored: bool = False


Event = Union[RunStart, Metrics, Params, Tags, Artifact, LoggedModel, RunEnd]


class Envelope(NamedTuple):
    """One message of one writer."""

    source: str
    seq: int
    sent_at: int
    cell: Cell | None
    store: str
    events: tuple[Event, ...]

    @property
    def points(self) -> int:
        """How many metric points it holds."""
        return sum(len(e.values) for e in self.events if isinstance(e, Metrics))


def parse_envelope(data: Any) -> Envelope:
    """Check a decoded JSON value and make an `Envelope` of it.

    Raises `MalformedEnvelope` with the position of the first fault; nothing is half accepted.
    """
    if not isinstance(data, dict):
        raise MalformedEnvelope("", f"an envelope is a JSON object, not {_name(data)}")
    version = data.get("v")
    if version != 1 or isinstance(version, bool):
        raise MalformedEnvelope("v", f"version {str(version)[:40]!r} is not known here; this server reads version 1")
    source = data.get("source")
    if not isinstance(source, str) or not _SOURCE.match(source):
        raise MalformedEnvelope("source", "wants 1 to 64 characters of A-Z a-z 0-9 . _ -")
    seq = _integer(data.get("seq"), "seq")
    if seq < 0:
        raise MalformedEnvelope("seq", "must not be negative")
    raw_events = data.get("events")
    if not isinstance(raw_events, list):
        raise MalformedEnvelope("events", f"wants a list, not {_name(raw_events)}")
    store = data.get("store", ATTACHED)
    if not isinstance(store, str) or not store:
        raise MalformedEnvelope("store", "wants 'attached' or a tracking URI")
    sent_at = data.get("sent_at", 0)
    events = tuple(_event(raw, f"events[{i}]") for i, raw in enumerate(raw_events))
    envelope = Envelope(source, seq, _integer(sent_at, "sent_at"), _cell(data.get("cell")), store, events)
    if envelope.points > MAX_POINTS:
        raise MalformedEnvelope("events", f"{envelope.points} metric points; at most {MAX_POINTS} fit in one envelope")
    return envelope


def _event(raw: Any, at: str) -> Event:
    if not isinstance(raw, dict):
        raise MalformedEnvelope(at, f"wants an object, not {_name(raw)}")
    kind = raw.get("kind")
    run = _text(raw.get("run"), f"{at}.run", 256)
    mirrored = _flag(raw, "mirrored", at, False)
    if kind == "metrics":
        key = _text(raw.get("key"), f"{at}.key")
        values = _numbers(raw.get("values"), f"{at}.values")
        timestamps = _integers(raw.get("timestamps"), f"{at}.timestamps")
        steps = _integers(raw.get("steps"), f"{at}.steps")
        if not len(values) == len(timestamps) == len(steps):
            raise MalformedEnvelope(
                at, f"values, timestamps and steps differ in length: {len(values)}, {len(timestamps)}, {len(steps)}"
            )
        return Metrics(run, key, values, timestamps, steps, mirrored)
    if kind == "params":
        return Params(run, _entries(raw.get("entries"), f"{at}.entries"), mirrored)
    if kind == "tags":
        return Tags(run, _entries(raw.get("entries"), f"{at}.entries"), mirrored)
    if kind == "run.start":
        start_time = raw.get("start_time")
        return RunStart(
            run,
            _text(raw.get("name"), f"{at}.name", minimum=0),
            _optional_text(raw.get("experiment"), f"{at}.experiment"),
            _optional_text(raw.get("parent"), f"{at}.parent"),
            _entries(raw.get("tags") or {}, f"{at}.tags"),
            None if start_time is None else _integer(start_time, f"{at}.start_time"),
            _flag(raw, "exists", at, True),
            None if raw.get("resumed") is None else _integer(raw["resumed"], f"{at}.resumed"),
        )
    if kind == "run.end":
        status = raw.get("status")
        if status not in _STATUSES:
            raise MalformedEnvelope(f"{at}.status", f"{str(status)[:40]!r} is none of {', '.join(_STATUSES)}")
        end_time = raw.get("end_time")
        return RunEnd(run, status, None if end_time is None else _integer(end_time, f"{at}.end_time"), mirrored)
    if kind == "artifact":
        return Artifact(
            run,
            _text(raw.get("path"), f"{at}.path"),
            _optional_text(raw.get("content"), f"{at}.content"),
            _optional_text(raw.get("file"), f"{at}.file"),
            mirrored,
        )
    if kind == "model":
        return LoggedModel(
            run,
            _text(raw.get("model_id"), f"{at}.model_id"),
            _optional_text(raw.get("name"), f"{at}.name"),
            _optional_text(raw.get("uri"), f"{at}.uri"),
            _optional_text(raw.get("mlmodel"), f"{at}.mlmodel"),
        )
    raise MalformedEnvelope(f"{at}.kind", f"{str(kind)[:40]!r} is no event of version 1")


def _cell(raw: Any) -> Cell | None:
    if raw is None:
        return None
    if not isinstance(raw, dict):
        raise MalformedEnvelope("cell", f"wants an object or null, not {_name(raw)}")
    count = raw.get("execution_count")
    return Cell(
        _optional_text(raw.get("id"), "cell.id"),
        None if count is None else _integer(count, "cell.execution_count"),
        _optional_text(raw.get("anchor"), "cell.anchor"),
    )


def _name(value: Any) -> str:
    return "null" if value is None else type(value).__name__


def _flag(raw: dict[str, Any], key: str, at: str, default: bool) -> bool:
    value = raw.get(key, default)
    if not isinstance(value, bool):
        raise MalformedEnvelope(f"{at}.{key}", f"wants true or false, not {_name(value)}")
    return value


def _text(value: Any, at: str, most: int | None = None, minimum: int = 1) -> str:
    if not isinstance(value, str):
        raise MalformedEnvelope(at, f"wants text, not {_name(value)}")
    if len(value) < minimum:
        raise MalformedEnvelope(at, "must not be empty")
    if most is not None and len(value) > most:
        raise MalformedEnvelope(at, f"{len(value)} characters; at most {most} are allowed")
    if not value.isascii() and _SURROGATE.search(value):
        raise MalformedEnvelope(at, "is no valid Unicode text (a lone surrogate)")
    return value


def _optional_text(value: Any, at: str) -> str | None:
    return None if value is None else _text(value, at, minimum=0)


def _integer(value: Any, at: str) -> int:
    if type(value) is not int:
        raise MalformedEnvelope(at, f"wants an integer, not {_name(value)}")
    if not -_INT64_MAX - 1 <= value <= _INT64_MAX:
        raise MalformedEnvelope(at, f"{value if abs(value) < 2**200 else 'a number'} does not fit in 64 bits")
    return value


def _integers(value: Any, at: str) -> list[int]:
    if not isinstance(value, list):
        raise MalformedEnvelope(at, f"wants a list, not {_name(value)}")
    for i, item in enumerate(value):
        if type(item) is not int or not -_INT64_MAX - 1 <= item <= _INT64_MAX:
            _integer(item, f"{at}[{i}]")
    return value


def _numbers(value: Any, at: str) -> list[float | str]:
    if not isinstance(value, list):
        raise MalformedEnvelope(at, f"wants a list, not {_name(value)}")
    for i, item in enumerate(value):
        kind = type(item)
        if kind is float:
            if item - item != 0.0:
                raise MalformedEnvelope(f"{at}[{i}]", 'write "NaN", "Infinity" or "-Infinity" as text')
        elif kind is str:
            if item not in _NON_FINITE:
                raise MalformedEnvelope(f"{at}[{i}]", f"{item[:40]!r} is no number")
        elif kind is not int:
            raise MalformedEnvelope(f"{at}[{i}]", f"wants a number, not {_name(item)}")
    return value


def _entries(value: Any, at: str) -> dict[str, str]:
    if not isinstance(value, dict):
        raise MalformedEnvelope(at, f"wants an object, not {_name(value)}")
    for key, item in value.items():
        if not isinstance(item, str):
            raise MalformedEnvelope(f"{at}[{key[:100]!r}]", f"wants text, not {_name(item)}")
    return value
