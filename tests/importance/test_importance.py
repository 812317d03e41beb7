"""Importances by the real scikit-learn, in the real process."""

from __future__ import annotations

import random
import sys
from typing import Any

import pytest

from jupyterlab_cellruns.importance import process
from jupyterlab_cellruns.importance.process import NoImportance, importance


def rows(n: int, seed: int = 1) -> list[dict[str, Any]]:
    """Runs whose metric follows `lr` strongly, `opt` a little and `noise` not at all."""
    rng = random.Random(seed)
    made = []
    for i in range(n):
        lr, opt = rng.uniform(0, 1), rng.choice(["adam", "sgd"])
        value = 3 * lr + (0.5 if opt == "sgd" else 0) + rng.gauss(0, 0.02)
        params = {"lr": str(lr), "opt": opt, "noise": str(rng.random()), "same": "1", "name": f"run-{i}"}
        if i == 0:
            params["rare"] = "x"
            params.pop("noise")
        made.append({"params": params, "value": value})
    return made


async def test_what_matters_comes_first_and_what_tells_nothing_is_named() -> None:
    found = await importance("loss", rows(80))
    assert [p["key"] for p in found["params"]] == ["lr", "opt", "noise"]
    lr, opt, noise = found["params"]
    assert lr["importance"] > 10 * opt["importance"] > 0
    assert abs(noise["importance"]) < 0.05
    assert lr["correlation"] > 0.9
    assert opt["kind"] == "category"
    assert opt["correlation"] is None
    assert found["score"] > 0.9
    assert found["runs"] == 80
    assert {o["key"]: o["reason"] for o in found["left_out"]} == {
        "same": "constant", "rare": "constant", "name": "identifier"}


async def test_a_metric_that_no_param_explains_says_so_by_its_score() -> None:
    rng = random.Random(3)
    made = [{**row, "value": rng.random()} for row in rows(40)]
    assert (await importance("loss", made))["score"] < 0.2


@pytest.mark.parametrize(("made", "code"), [
    (rows(7), "too_few"),
    ([{**row, "value": "NaN"} for row in rows(20)], "too_few"),
    ([{**row, "value": 2.0} for row in rows(20)], "constant"),
    ([{"params": {"a": "1"}, "value": float(i)} for i in range(20)], "no_params"),
])
async def test_refusals_have_their_reason(made: list[dict[str, Any]], code: str) -> None:
    with pytest.raises(NoImportance) as caught:
        await importance("loss", made)
    assert caught.value.code == code
    assert caught.value.hint


async def test_without_scikit_learn_the_way_to_install_it_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    # An environment without it can't be had here; a package of that name that fails to import stands in for it.
    (tmp_path / "sklearn").mkdir()
    (tmp_path / "sklearn" / "__init__.py").write_text("raise ImportError('No module named sklearn')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with pytest.raises(NoImportance) as caught:
        await importance("loss", rows(20))
    assert caught.value.code == "no_sklearn"
    assert f"{sys.executable} -m pip install scikit-learn" in (caught.value.hint or "")


async def test_a_process_that_takes_too_long_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "TIMEOUT", 0.05)
    with pytest.raises(NoImportance) as caught:
        await importance("loss", rows(20))
    assert caught.value.code == "too_slow"
