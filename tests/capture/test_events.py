"""The contract of events.v1 on the Python side: what the JSON Schema accepts is read, what it refuses is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jupyterlab_cellruns.capture.events import MalformedEnvelope, Metrics, parse_envelope

SCHEMA = json.loads((Path(__file__).parents[2] / "contracts/events.v1.json").read_text("utf-8"))


def envelope(*events: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"v": 1, "source": "py-1", "seq": 0, "sent_at": 0, "cell": None, "store": "attached",
            "events": list(events), **more}


METRICS = {"kind": "metrics", "run": "r", "key": "loss", "values": [1.5, "NaN", 2], "timestamps": [1, 2, 3],
           "steps": [0, -1, 2**62]}
GOOD = [
    envelope(),
    envelope(METRICS),
    envelope({"kind": "params", "run": "r", "entries": {"a": "1", "ключ": "✓"}}),
    envelope({"kind": "tags", "run": "r", "entries": {}}),
    envelope({"kind": "run.start", "run": "r", "name": "", "experiment": None, "parent": None}),
    envelope({"kind": "run.end", "run": "r", "status": "KILLED", "end_time": None}),
    envelope({"kind": "artifact", "run": "r", "path": "a/b.png", "mirrored": True}),
    envelope({"kind": "model", "run": "r", "model_id": "m-1", "name": None, "uri": None, "mlmodel": None}),
    envelope(cell={"id": "abc", "execution_count": 3, "anchor": "c-1"}, later="unknown fields are ignored"),
]
BAD = [
    ("v", envelope(v=2)),
    ("source", envelope(source="a b")),
    ("source", envelope(source="x" * 65)),
    ("seq", envelope(seq=-1)),
    ("seq", envelope(seq=True)),
    ("events", envelope(events={})),
    ("events[0].kind", envelope({"kind": "nothing", "run": "r"})),
    ("events[0].run", envelope({"kind": "tags", "run": "", "entries": {}})),
    ("events[0].values[1]", envelope({**METRICS, "values": [1, "two", 3]})),
    ("events[0].steps[2]", envelope({**METRICS, "steps": [0, 1, 1.5]})),
    ("events[0].entries['a']", envelope({"kind": "params", "run": "r", "entries": {"a": 1}})),
    ("events[1].status", envelope(METRICS, {"kind": "run.end", "run": "r", "status": "RUNNING"})),
    ("cell", envelope(cell=[])),
]


@pytest.mark.parametrize("data", GOOD)
def test_what_the_schema_accepts_is_read(data: dict[str, Any]) -> None:
    jsonschema.validate(data, SCHEMA)
    assert len(parse_envelope(data).events) == len(data["events"])


@pytest.mark.parametrize(("position", "data"), BAD)
def test_what_the_schema_refuses_is_refused_with_its_position(position: str, data: dict[str, Any]) -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(data, SCHEMA)
    with pytest.raises(MalformedEnvelope) as caught:
        parse_envelope(data)
    assert caught.value.position == position


def test_a_step_beyond_64_bits_and_arrays_of_unequal_length_are_refused() -> None:
    for bad in ({"steps": [0, 1, 2**63]}, {"steps": [0]}):
        with pytest.raises(MalformedEnvelope):
            parse_envelope(envelope({**METRICS, **bad}))


def test_more_than_1000_points_are_refused() -> None:
    many = {"kind": "metrics", "run": "r", "key": "k", "values": [0.0] * 1001, "timestamps": [0] * 1001,
            "steps": [0] * 1001}
    with pytest.raises(MalformedEnvelope, match="1001 metric points"):
        parse_envelope(envelope(many))


def test_values_keep_their_type() -> None:
    event = parse_envelope(envelope(METRICS)).events[0]
    assert isinstance(event, Metrics)
    assert event.values == [1.5, "NaN", 2]


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=12,
)


@given(st.sampled_from(GOOD), st.sampled_from(["v", "source", "seq", "cell", "store", "events", "sent_at"]), _JSON)
@settings(max_examples=300, deadline=None)
def test_any_json_is_read_or_refused_but_never_breaks(data: dict[str, Any], field: str, value: Any) -> None:
    try:
        parse_envelope({**data, field: value})
    except MalformedEnvelope as error:
        assert error.reason


@given(_JSON)
@settings(max_examples=200, deadline=None)
def test_an_event_that_is_any_json_is_read_or_refused(value: Any) -> None:
    with pytest.raises(MalformedEnvelope):
        parse_envelope(envelope(value))
