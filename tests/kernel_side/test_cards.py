"""The card of logged models: its one-line signature and its bounds."""

from __future__ import annotations

import json
import sys
from types import SimpleNamespace
from typing import Any

import pytest
import yaml

from jupyterlab_cellruns.kernel_side.python import cards

assert sys.modules["yaml"] is yaml

MLMODEL = """
flavors:
  python_function: {loader_module: mlflow.sklearn}
  sklearn: {sklearn_version: 1.9.1}
model_size_bytes: 2048
signature:
  inputs: '[{"type": "double", "name": "a", "required": true}, {"type": "long", "name": "b"}]'
  outputs: '[{"type": "tensor", "tensor-spec": {"dtype": "int64", "shape": [-1]}}]'
"""


def test_says_of_a_model_what_its_file_says() -> None:
    found = cards.describe(MLMODEL)
    assert found["flavors"] == ["python_function", "sklearn"]
    assert found["signature"] == "(a: double, b: long) → int64[?]"
    assert (found["size"], found["mlmodel"]) == (2048, MLMODEL)
    assert cards.describe("")["signature"] is None


@pytest.mark.parametrize(
    ("signature", "line"),
    [
        (None, None), ("odd", None), ({"inputs": None, "outputs": None}, None), ({"inputs": "{"}, None),
        ({"inputs": "[]", "outputs": None}, "() → ?"),
        ({"inputs": '[{"type": "string"}]', "outputs": '[{"type": "string"}]'}, "(string) → string"),
        ({"inputs": json.dumps([{"type": "long", "name": f"c{n}"} for n in range(30)])},
         "(" + ", ".join(f"c{n}: long" for n in range(8)) + ", … 22 more) → ?"),
    ],
)
def test_signature_in_one_line(signature: Any, line: str | None) -> None:
    assert cards.one_line(signature) == line


def entry(n: int, size: int) -> dict[str, Any]:
    return {
        **cards.describe(""), "name": f"model {n}", "model_id": f"m-{n}", "uri": f"models:/m-{n}", "run": "r",
        "run_name": "fit", "registered": [{"name": "lines", "version": "2"}], "flavors": ["sklearn"],
        "mlmodel": "x" * size, "requirements": "y" * 4000, "size": 5000,
    }


@pytest.mark.parametrize("count", [1, 3, 20])
def test_is_never_more_than_64_kib(count: int) -> None:
    cell = SimpleNamespace(id="c", execution_count=1)
    data = cards.bundle(cell, [entry(n, 16_000) for n in range(count)], count)
    assert set(data) == {cards.MIME, "text/plain"}
    assert len(json.dumps(data)) <= cards.MAX_BYTES
    models = data[cards.MIME]["models"]
    assert [m["name"] for m in models] == [f"model {n}" for n in range(count)]
    # The newest keep their file, from which the verdict is made.
    assert models[-1]["mlmodel"] is not None or count == 20
    assert "model 0 (sklearn)" in data["text/plain"].replace("Model ", "")
    assert "registered as lines version 2" in data["text/plain"]
