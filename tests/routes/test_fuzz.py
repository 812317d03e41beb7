"""Whatever a body or an argument holds, a route answers with a reason or does what it is for; never a 500.

And what is refused has changed nothing: neither a choice, nor a setting, nor a run.
"""

from __future__ import annotations

import http.client
import json
import urllib.parse
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ..lab import Lab, wait
from .test_access import BROWSER, supported

EXAMPLES = 20
FIELDS = (
    "path", "enabled", "experiment", "store", "kernel", "experiment_mode", "experiment_name", "provenance", "rerun", "anchor",
    "cell_id", "execution_count", "run_ids", "change", "set", "remove", "name", "note", "status", "columns", "most", "offset",
    "limit", "folded", "toggled", "reveal", "snapshot", "refresh", "column", "prefix", "first", "last", "requirements",
    "kernel_name", "fresh", "notebook", "parameters", "uri", "body", "text", "filter", "order", "group", "scope", "experiments",
    "mlmodel", "version", "alias", "entry_point", "target", "folder", "source", "ids", "key", "points", "q", "marker",
    "specifier",
)
WORDS = (
    "", " ", "a", "0", "1", "-1", "true", "notebook", "nested", "train.ipynb", "../x", "/etc/passwd", "\x00", "ÿ€😀", "\ud800",
    "a" * 300,
    "tags", "rename", "delete", "runs:/x", "models:/m/1", "metrics.loss > 0.1", "params.`a", "' OR 1=1 --", "%00", "local", "NaN",
    "file:///etc/passwd", "http://127.0.0.1:1/", "{{7*7}}", "numpy>=1", "python_version<'3'",
)
SCALARS = (
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.sampled_from([0, 1, -1, 2**63, 1e308, 0.5])
    | st.floats(allow_nan=True) | st.sampled_from(WORDS) | st.text(max_size=12)
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(FIELDS) | st.text(max_size=5), inner, max_size=4),
    max_leaves=8,
)
OBJECTS = st.dictionaries(st.sampled_from(FIELDS), VALUES, max_size=8)
RAW = st.sampled_from([b"", b"{", b"[]", b"null", b"1", b"\xff\xfe", b'{"a":1}x', b"[" * 100_000, b'{"a":' * 50_000, b"1" * 5000])
BODIES = RAW | st.binary(max_size=40) | OBJECTS.map(lambda body: json.dumps(body).encode())
ARGUMENTS = st.lists(
    st.tuples(st.sampled_from(FIELDS), st.sampled_from(WORDS) | st.text(max_size=12)), max_size=5
).map(lambda pairs: urllib.parse.urlencode([(k, v.encode("utf-8", "surrogatepass")) for k, v in pairs]))

CHANGING = [(p, m) for p, h in BROWSER for m in ("POST", "PUT", "PATCH", "DELETE") if supported(h, m)]
READING = [p for p, h in BROWSER if supported(h, "GET")]
quick = settings(
    max_examples=EXAMPLES, deadline=None, derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)


class Line:
    """One connection that is kept."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.connection = http.client.HTTPConnection("127.0.0.1", lab.port, timeout=60)

    def ask(self, method: str, path: str, body: bytes | None = None) -> tuple[int, bytes]:
        try:
            return self._ask(method, path, body)
        except (http.client.HTTPException, OSError):
            self.connection.close()
            return self._ask(method, path, body)

    def _ask(self, method: str, path: str, body: bytes | None) -> tuple[int, bytes]:
        headers = {"Authorization": f"token {self.lab.token}", "Content-Type": "application/json"}
        self.connection.request(method, "/" + path, body, headers)
        answer = self.connection.getresponse()
        return answer.status, answer.read()


@pytest.fixture(scope="module")
def line(lab: Lab) -> Iterator[Line]:
    kernel = lab.notebook("fuzz.ipynb").ready()
    reply = kernel.run("import mlflow\nwith mlflow.start_run():\n mlflow.log_params({'a': 1})\n mlflow.log_metric('loss', 1)")
    assert reply.status == "ok", reply.error
    # The record of what the run was made from comes a moment later; its tag is the last of it.
    assert wait(lambda: lab.rows("SELECT 1 FROM tags WHERE key = 'cellruns.provenance'"))
    made = Line(lab)
    yield made
    made.connection.close()


def state(line: Line) -> Any:
    """All that a refused request could have half written."""
    names = ("runs", "tags", "params", "experiments", "experiment_tags")
    tables = [line.lab.rows(f"SELECT * FROM {name} ORDER BY 1, 2") for name in names]
    choices = [p.read_text() for p in line.lab.folder.glob("data/cellruns/*/notebooks.json")]
    files = sorted(str(p) for p in line.lab.root.rglob("*") if "mlflow.db" not in p.name)
    return tables, choices, files, line.ask("GET", "cellruns/settings")


def check(line: Line, method: str, path: str, body: bytes | None = None) -> int:
    status, text = line.ask(method, path, body)
    assert status < 500, (method, path, body, status, text)
    if status >= 400:
        answer = json.loads(text)
        assert answer["message"], (method, path, body, answer)
    return status


@pytest.mark.parametrize(("path", "method"), CHANGING, ids=[f"{m} {p}" for p, m in CHANGING])
def test_any_body_is_answered_and_a_refused_one_changes_nothing(line: Line, path: str, method: str) -> None:
    @quick
    @given(BODIES, ARGUMENTS)
    def ask(body: bytes, arguments: str) -> None:
        before = state(line)
        status = check(line, method, f"{path}?{arguments}", None if method == "DELETE" else body)
        if status >= 400:
            assert state(line) == before, (method, path, body)

    ask()


@pytest.mark.parametrize("path", READING)
def test_any_argument_is_answered(line: Line, path: str) -> None:
    run = line.lab.rows("SELECT run_uuid FROM runs LIMIT 1")[0][0]

    @quick
    @given(ARGUMENTS)
    def ask(arguments: str) -> None:
        check(line, "GET", f"{path}?{arguments}")
        check(line, "GET", f"{path.replace('/abc', '/' + run)}?{arguments}")

    ask()


def test_nothing_went_wrong_inside(line: Line) -> None:
    """The log of the server has no traceback of ours."""
    for part in line.lab.log().split("Traceback (most recent call last)")[1:]:
        assert "jupyterlab_cellruns/routes" not in part[:4000], part[:4000]
