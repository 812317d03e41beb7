"""“Try it” on real models: results, checks against the signature, bounds, and what a model must not see."""

from __future__ import annotations

import json
import urllib.error
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from ..lab import Lab, wait
from . import real


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    folder: Path = tmp_path_factory.mktemp("lab")
    real.make(folder / "root" / "models")
    with Lab(folder, env={"MLFLOW_TRACKING_TOKEN": "secret", "JUPYTERHUB_API_TOKEN": "secret"}) as running:
        yield running


def start(lab: Lab, model: str, **options: Any) -> str:
    body = {"path": f"models/{model}", "kernel_name": "python3", **options}
    return str(lab.fetch("cellruns/models/tries", "POST", body)["id"])


def ended(lab: Lab, key: str) -> dict[str, Any]:
    while (answer := lab.fetch(f"cellruns/models/tries/{key}?wait=1"))["state"] == "running":
        pass
    found: dict[str, Any] = answer
    return found


def tried(lab: Lab, model: str, value: Any = None, **options: Any) -> dict[str, Any]:
    text = None if value is None else json.dumps(value)
    return ended(lab, start(lab, model, input=text, **options))


def texts(answer: dict[str, Any]) -> list[tuple[bool, str]]:
    return [(check["ok"], check["text"]) for check in answer["result"]["checks"]]


@pytest.mark.parametrize("model", ["table", "tensor", "boosted"])
def test_predicts_on_the_input_example(lab: Lab, model: str) -> None:
    answer = tried(lab, model)
    assert answer["state"] == "done", answer
    result = answer["result"]
    assert result["kind"] == "table"
    assert result["total"] == (5 if model == "tensor" else 3)
    assert all(check["ok"] for check in result["checks"]) and result["checks"]
    assert result["seconds"]["load"] > 0
    assert answer["memory"] > 50 << 20
    if model == "table":
        assert [round(row[0], 6) for row in result["rows"]] == [1.0, 2.0, 3.0]


def test_takes_edited_input_in_every_form_four_at_once(lab: Lab) -> None:
    forms = [
        {"dataframe_split": {"columns": ["width", "count"], "data": [[0.1, 1]]}},
        {"dataframe_records": [{"width": 0.1, "count": 1}]},
        {"columns": ["width", "count"], "data": [[0.1, 1]]},
        [{"width": 0.1, "count": 1}],
    ]
    keys = [start(lab, "table", input=json.dumps(form)) for form in forms]
    with pytest.raises(urllib.error.HTTPError) as caught:
        start(lab, "table")
    assert caught.value.code == 429
    for key in keys:
        answer = ended(lab, key)
        assert answer["state"] == "done", answer["error"]
        assert round(answer["result"]["rows"][0][0], 6) == 1.0


def test_takes_arrays_for_a_tensor_signature(lab: Lab) -> None:
    answer = tried(lab, "tensor", [[4.0, 5.0, 6.0, 7.0]])
    assert (answer["state"], answer["result"]["total"]) == ("done", 1), answer
    assert tried(lab, "tensor", {"inputs": [[4, 5, 6, 7]]})["state"] == "done"
    wrong = tried(lab, "tensor", [[1.0]])
    assert (wrong["state"], wrong["error"]["where"]) == ("failed", "predict")


def test_checks_the_output_against_the_signature(lab: Lab) -> None:
    good = tried(lab, "custom")
    assert texts(good) == [(True, "word: string"), (True, "times: long")]
    assert "said by the model: int" in good["log"]
    bad = tried(lab, "custom", [{"do": "str"}])
    assert texts(bad) == [(True, "word: string"), (False, "times: string, the signature says long")]


def test_passes_params(lab: Lab) -> None:
    answer = tried(lab, "custom", [{"do": "params"}], params={"level": 7})
    assert "'level': 7" in answer["result"]["rows"][0][0]


def test_tells_what_the_model_raised(lab: Lab) -> None:
    answer = tried(lab, "custom", [{"do": "raise"}])
    assert answer["state"] == "failed"
    assert answer["error"]["error"] == "RuntimeError: not today"
    assert answer["error"]["where"] == "predict"
    assert "in predict" in answer["error"]["trace"]
    assert "exit code 7" in tried(lab, "custom", [{"do": "exit"}])["error"]["error"]
    assert tried(lab, "custom", "no table")["error"]["where"] in ("input", "predict")
    broken = ended(lab, start(lab, "custom", input="{"))
    assert broken["error"]["where"] == "input"


def test_ends_with_its_time_its_memory_and_on_demand(lab: Lab) -> None:
    sleep = json.dumps([{"do": "sleep"}])
    late = start(lab, "custom", input=sleep, seconds=15)
    cancelled = start(lab, "custom", input=sleep)
    fat = start(lab, "custom", input=json.dumps([{"do": "eat"}]), memory_mib=600)
    wait(lambda: lab.fetch(f"cellruns/models/tries/{cancelled}")["phase"] == "predict", 60)
    assert lab.process is not None
    below = [child.pid for child in psutil.Process(lab.process.pid).children(recursive=True)]
    assert lab.fetch(f"cellruns/models/tries/{cancelled}", "DELETE")["state"] == "cancelled"
    memory = ended(lab, fat)
    assert memory["state"] == "memory"
    assert 600 << 20 < memory["memory"] < 3000 << 20
    assert ended(lab, late)["state"] == "time"
    left = {child.pid for child in psutil.Process(lab.process.pid).children(recursive=True)}
    assert below
    assert not left & set(below)


def test_a_model_sees_no_token(lab: Lab) -> None:
    names = {row[0] for row in tried(lab, "custom", [{"do": "environment"}])["result"]["rows"]}
    assert "PATH" in names
    assert not [n for n in names if n.startswith(("JUPYTER", "JPY", "CELLRUNS", "MLFLOW_TRACKING"))]


def test_ends_when_the_server_is_killed(tmp_path: Path) -> None:
    real.make(tmp_path / "root" / "models")
    with Lab(tmp_path) as lab:
        key = start(lab, "custom", input=json.dumps([{"do": "sleep"}]))
        wait(lambda: lab.fetch(f"cellruns/models/tries/{key}")["phase"] == "predict", 60)
        assert lab.process is not None
        below = psutil.Process(lab.process.pid).children(recursive=True)
        assert below
        lab.kill()
        assert wait(lambda: not any(child.is_running() for child in below), 10)


@pytest.mark.parametrize(
    "body",
    [
        {"path": "models/table"},
        {"kernel_name": "python3"},
        {"path": "../x", "kernel_name": "python3"},
        {"path": "models", "kernel_name": "python3"},
        {"path": "models/table", "uri": "models:/a/1", "kernel_name": "python3"},
        {"uri": "file:///etc", "kernel_name": "python3"},
        {"uri": "runs:/a/../../b", "kernel_name": "python3"},
        {"path": "models/table", "kernel_name": "python3", "seconds": 0},
        {"path": "models/table", "kernel_name": "python3", "memory_mib": "1"},
        {"path": "models/table", "kernel_name": "python3", "input": 3},
        {"path": "models/table", "kernel_name": "python3", "params": []},
    ],
)
def test_refuses_what_is_not_of_the_contract(lab: Lab, body: Any) -> None:
    with pytest.raises(urllib.error.HTTPError) as caught:
        lab.fetch("cellruns/models/tries", "POST", body)
    assert caught.value.code in (400, 404)
