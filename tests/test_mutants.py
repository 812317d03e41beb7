"""The list of mutants is in step with the source: every place is there once, every test exists, the page has the table."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def mutants() -> ModuleType:
    spec = importlib.util.spec_from_file_location("mutants", ROOT / "scripts/mutants.py")
    assert spec is not None and spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    sys.modules["mutants"] = made
    spec.loader.exec_module(made)
    return made


def test_every_place_is_there_once_and_every_test_exists(mutants: ModuleType) -> None:
    found = mutants.read()
    assert {m.section for m in found} == {1, 2, 3, 4, 5}
    assert len({m.promise for m in found}) == len(found)
    for mutant in found:
        for change in mutant.changes:
            assert (ROOT / change.file).read_text("utf-8").count(change.old) == 1, (mutant.promise, change.file)
            assert change.old != change.new, mutant.promise
        name = mutant.name.partition("[")[0]
        text = (ROOT / mutant.file).read_text("utf-8")
        assert f"def {name}(" in text or f"'{name}" in text, mutant.test


def test_the_page_has_the_table(mutants: ModuleType) -> None:
    assert f"{mutants.BEGIN}\n{mutants.table(mutants.read())}\n{mutants.END}" in mutants.PAGE.read_text("utf-8")
