"""Our parser of MLflow's filter language against MLflow's own, on generated filters, right and wrong ones."""

from __future__ import annotations

import random

import pytest
from mlflow.exceptions import MlflowException
from mlflow.utils.search_utils import SearchUtils

from jupyterlab_cellruns.table.filters import Clause, FilterError, parse

KEYS = ["loss", "acc", "val_loss", "a.b", "`val/loss`", "`val loss`", '"x-y"', "l2", "_x", "`ü ñ`"]
NUMBERS = ["0", "1", "-1", "0.5", ".5", "5.", "-0.25", "1e5", "1E-3", "12345678901", "2.5e3"]
TEXTS = ["'a'", '"b"', "'0.1'", "'it''s'", "'50%'", "'_x%'", "''", '"say ""x"""', "'x = 1 and y'", "'ä'"]
MLFLOW_KIND = {"metric": "metric", "parameter": "param", "tag": "tag", "attribute": "attribute", "dataset": "dataset"}


def clause(rng: random.Random) -> str:
    kind = rng.choice(["metric", "param", "tag", "number", "text", "run_id", "dataset", "null"])
    space = rng.choice([" ", " ", ""])
    if kind == "metric":
        entity, op = rng.choice(["metrics", "metric", "`metrics`"]), rng.choice(["=", "!=", ">", ">=", "<", "<="])
        return f"{entity}.{rng.choice(KEYS)} {op}{space}{rng.choice(NUMBERS)}"
    if kind in ("param", "tag"):
        entity = rng.choice(["params", "param", "parameters"] if kind == "param" else ["tags", "tag"])
        return f"{entity}.{rng.choice(KEYS)} {rng.choice(['=', '!=', 'LIKE', 'ilike', 'ILIKE', 'like'])} {rng.choice(TEXTS)}"
    if kind == "number":
        name = rng.choice(["start_time", "attributes.end_time", "attr.start_time", "run.created"])
        return f"{name} {rng.choice(['=', '>', '<='])} {rng.choice(NUMBERS)}"
    if kind == "text":
        names = ["status", "attributes.status", "run_name", "attributes.user_id", "artifact_uri", "attributes.`Run name`"]
        name = rng.choice(names)
        return f"{name} {rng.choice(['=', '!=', 'LIKE'])} {rng.choice(TEXTS)}"
    if kind == "run_id":
        some = ", ".join(rng.sample(["'a'", "'b'", '"c"'], rng.randint(1, 3)))
        return f"{rng.choice(['run_id', 'attributes.run_id'])} {rng.choice(['IN', 'in', 'NOT IN'])} ({some})"
    if kind == "dataset":
        key, op = rng.choice(["name", "digest", "context"]), rng.choice(["=", "!=", "LIKE"])
        return f"{rng.choice(['dataset', 'datasets'])}.{key} {op} {rng.choice(TEXTS)}"
    op = rng.choice(["IS NULL", "is not null", "IS NOT NULL"])
    return f"{rng.choice(['params', 'tags'])}.{rng.choice(KEYS)} {op}"


def filters(seed: int) -> list[str]:
    rng = random.Random(seed)
    return [rng.choice([" and ", " AND ", "  And\n"]).join(clause(rng) for _ in range(rng.randint(1, 3))) for _ in range(300)]


def theirs(text: str) -> list[Clause]:
    found = []
    for one in SearchUtils.parse_search_filter(text):
        kind, op = MLFLOW_KIND[one["type"]], one["comparator"].upper()
        key, value = SearchUtils.translate_key_alias(one["key"]), one["value"]
        # What its store does with a clause, and refuses (sqlalchemy_store._get_sqlalchemy_filter_clauses).
        SearchUtils.is_metric(one["type"], op)
        SearchUtils.is_param(one["type"], op)
        SearchUtils.is_tag(one["type"], op)
        SearchUtils.is_attribute(one["type"], key, op)
        SearchUtils.is_dataset(one["type"], op)
        found.append(Clause(kind, key, op, float(value) if kind == "metric" else value))
    return found


@pytest.mark.parametrize("seed", range(4))
def test_right_filters_mean_what_they_mean_to_mlflow(seed: int) -> None:
    for text in filters(seed):
        assert parse(text) == theirs(text), text


def broken(text: str, rng: random.Random) -> str:
    place = rng.randrange(len(text))
    return rng.choice([
        text[:place] + text[place + 1 :], text[:place] + rng.choice("'\"`.,()=<>!ax1 -/") + text[place:],
        text[:place], text.replace(" ", "", 1), text.replace("'", "", 1), text + rng.choice([" or x = 'y'", " )", ";", " 1"]),
    ])  # fmt: skip


def test_what_mlflow_refuses_is_refused_and_what_it_takes_means_the_same() -> None:
    rng = random.Random(7)
    refused = taken = stricter = 0
    for text in (broken(text, rng) for seed in range(5) for text in filters(seed)):
        try:
            wanted = theirs(text)
        except (MlflowException, ValueError, KeyError, IndexError, AttributeError, TypeError):
            with pytest.raises(FilterError) as caught:
                parse(text)
            assert 0 <= caught.value.start <= caught.value.end <= len(text) + 1, text
            refused += 1
            continue
        try:
            found = parse(text)
        except FilterError:
            stricter += 1  # half a filter that MLflow passes over: said at its place here
            continue
        assert found == wanted, text
        taken += 1
    assert refused > 300
    assert taken > 300
    assert stricter < 0.12 * (refused + taken)


@pytest.mark.parametrize(("text", "start", "end", "said"), [
    ("metrics.acc > 0.9 or params.lr = '1'", 18, 20, "or"),
    ("metrics.val-loss > 1", 11, 12, "plain name"),
    ("metrics.acc >", 13, 13, "ends"),
    ("params.lr = 0.1", 12, 15, "quotes"),
    ("params.lr = '0.1", 12, 16, "not closed"),
    ("loss > 1", 0, 4, "attribute"),
    ("metrics.acc LIKE 'a'", 12, 16, "LIKE"),
    ("metrics.acc > 'a'", 14, 17, "number"),
    ("metrics.acc > 1 and", 19, 19, "ends"),
    ("metrics.acc > 1 metrics.b > 2", 16, 23, "and"),
    ("tags.x IN ('a')", 7, 9, "IN"),
])
def test_an_error_says_what_and_where(text: str, start: int, end: int, said: str) -> None:
    with pytest.raises(FilterError) as caught:
        parse(text)
    assert (caught.value.start, caught.value.end) == (start, end)
    assert said in caught.value.message
