"""Any envelope against decoder, inbox and a real MLflow database: no crash, no half of it, and its neighbours are kept."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jupyterlab_cellruns.capture.events import Envelope
from jupyterlab_cellruns.capture.inbox import Inbox
from jupyterlab_cellruns.capture.spool import SpoolFolder
from jupyterlab_cellruns.capture.writer import _writable
from jupyterlab_cellruns.stores.sqlite import SqliteStore

TABLES = ("runs", "metrics", "latest_metrics", "params", "tags")


class Desk:
    """An inbox in front of a store, without threads: what is delivered is written at once."""

    def __init__(self, folder: Path) -> None:
        database = folder / "mlflow.db"
        code = (
            "import sys; from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore; "
            f"SqlAlchemyStore('sqlite:///{database}', {str(folder)!r})"
        )
        subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
        self.store = SqliteStore(database)
        self.run = self.store.create_run("0", "fuzz", 1, {})
        self.spool = SpoolFolder(folder / "spool")
        self.db = sqlite3.connect(database)
        self.next = 0

    def inbox(self, said: list[str]) -> Inbox:
        def deliver(envelope: Envelope) -> None:
            self.store.write(_writable([envelope]))

        return Inbox(self.spool, deliver, lambda _source, text: said.append(text))

    def rows(self) -> dict[str, int]:
        return {table: self.db.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in TABLES}


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    made = Desk(tmp_path_factory.mktemp("fuzz"))
    yield made
    made.db.close()
    made.store.close()


TEXT = st.text(alphabet=st.characters(), max_size=30) | st.sampled_from(["\0", "\ud800", "🦉", "x" * 300, "../a", "²", "9" * 30])
SCALAR = st.none() | st.booleans() | st.integers() | st.floats() | TEXT
JSON = st.recursive(SCALAR, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3), max_leaves=6)
INT64 = st.integers(-(2**63), 2**63 - 1)


@st.composite
def events(draw: Any) -> dict[str, Any]:
    """An event that is right, or nearly."""
    kind = draw(st.sampled_from(["metrics", "params", "tags", "run.start", "run.end", "artifact", "model"]))
    n = draw(st.integers(0, 3))
    entries = st.dictionaries(TEXT, TEXT, max_size=3)
    values = st.floats(allow_nan=False, allow_infinity=False) | st.sampled_from(["NaN", "Infinity"]) | INT64
    event: dict[str, Any] = {"kind": kind, "run": draw(st.sampled_from(["RUN", "other", "x"]))}
    if kind == "metrics":
        event.update(
            key=draw(TEXT), values=draw(st.lists(values, min_size=n, max_size=n)),
            timestamps=draw(st.lists(INT64, min_size=n, max_size=n)), steps=draw(st.lists(INT64, min_size=n, max_size=n)),
        )
    elif kind in ("params", "tags"):
        event["entries"] = draw(entries)
    elif kind == "run.start":
        event.update(
            name=draw(TEXT), experiment=draw(st.none() | st.just("0") | TEXT), parent=draw(st.none() | TEXT),
            tags=draw(entries), start_time=draw(st.none() | INT64), exists=draw(st.booleans()),
        )
    elif kind == "run.end":
        event.update(status=draw(st.sampled_from(["FINISHED", "FAILED"])), end_time=draw(st.none() | INT64))
    else:
        event.update(path=draw(TEXT), model_id=draw(TEXT))
    if draw(st.integers(0, 3)) == 0:
        event[draw(st.sampled_from(sorted(event)))] = draw(JSON)
    return event


@st.composite
def messages(draw: Any) -> bytes:
    """An envelope as bytes, sometimes with a field, sometimes with some bytes of it replaced."""
    envelope: dict[str, Any] = {
        "v": 1, "source": "fuzz", "seq": 0, "sent_at": 0, "cell": None, "store": "attached",
        "events": draw(st.lists(events(), max_size=4)),
    }
    if draw(st.integers(0, 4)) == 0:
        envelope[draw(st.sampled_from(sorted(envelope)))] = draw(JSON)
    data = bytearray(json.dumps(envelope, ensure_ascii=draw(st.booleans())).encode("utf-8", "surrogatepass"))
    if draw(st.integers(0, 4)) == 0 and data:
        at = draw(st.integers(0, len(data) - 1))
        data[at : at + draw(st.integers(0, 8))] = draw(st.binary(max_size=8))
    return bytes(data)


@given(messages())
@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_envelope_is_refused_whole_or_applied_and_its_neighbour_is_kept(desk: Desk, message: bytes) -> None:
    said: list[str] = []
    inbox = desk.inbox(said)
    before = desk.rows()
    try:
        taken = inbox.accept_json(message.replace(b'"RUN"', json.dumps(desk.run).encode()))
    except Exception as error:
        raise AssertionError(f"{message!r} breaks what reads it") from error
    if taken is None:
        assert len(said) == 1
        assert desk.rows() == before
    after = desk.rows()
    step = desk.next
    desk.next += 1
    point = {"kind": "metrics", "run": desk.run, "key": "neighbour", "values": [1.5], "timestamps": [1], "steps": [step]}
    inbox.accept_json(json.dumps({"v": 1, "source": "good", "seq": 0, "events": [point]}).encode())
    assert desk.rows()["metrics"] == after["metrics"] + 1


@given(st.binary(max_size=200))
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes_are_refused_with_a_word(desk: Desk, message: bytes) -> None:
    said: list[str] = []
    before = desk.rows()
    assert desk.inbox(said).accept_json(message) is None
    assert len(said) == 1
    assert desk.rows() == before
