"""What the analysis says of notebooks that would not run, or not give the same, in a fresh kernel."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from nbformat import v4, write

from jupyterlab_cellruns.models.executable import NoPython
from jupyterlab_cellruns.projects import analysis, notebook, order
from jupyterlab_cellruns.projects.distributions import Installed
from jupyterlab_cellruns.projects.findings import Finding
from jupyterlab_cellruns.projects.sources import sources


def build(folder: Path, *cells: str, counts: list[int | None] | None = None, errors: dict[int, str] | None = None) -> Path:
    nodes = []
    for place, source in enumerate(cells):
        node = v4.new_code_cell(source, id=f"c{place}")
        node.execution_count = counts[place] if counts else None
        if errors and place in errors:
            node.outputs = [v4.new_output("error", ename=errors[place], evalue="why", traceback=[])]
        nodes.append(node)
    path = folder / "n.ipynb"
    write(v4.new_notebook(cells=nodes), path)
    return path


def findings(folder: Path, *cells: str, history: list[order.Executed] | None = None, **more: Any) -> list[Finding]:
    def nobody(_: set[str]) -> Installed:
        raise NoPython("none")

    found = analysis.analyse(notebook.read(build(folder, *cells, **more)), nobody, history)
    return [f for f in found.findings if f.code != "no_python"]


def codes(found: list[Finding]) -> list[tuple[str, int | None, int | None]]:
    return [(f.code, f.cell, f.line) for f in found]


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["x = 1", "print(x)"], []),
        (["print(x)", "x = 1"], [("name_later", 0, 1)]),
        (["y = 1\nprint(x)"], [("name_missing", 0, 2)]),
        (["print(x)\nx = 1"], [("name_later", 0, 1)]),
        (["def f():\n    return x", "f()", "x = 1"], [("name_later", 1, 1)]),
        (["def f():\n    return x", "x = 1", "f()"], []),
        (["def g():\n    return x\ndef f():\n    return g()", "f()", "x = 2"], [("name_later", 1, 1)]),
        (["def f():\n    return missing"], [("name_missing", 0, 1)]),
        (["class A:\n    def __init__(self):\n        self.v = z", "A()", "z = 1"], [("name_later", 1, 1)]),
        (["class A:\n    n = 3\n    m = n + 1\n    def go(self, q):\n        return q + self.m", "A().go(1)"], []),
        (["a = [i * k for i in range(3)]", "k = 2"], [("name_later", 0, 1)]),
        (["k = 2", "a = [i * k for i in range(3) if (m := i)]\n{j: j for j in a}\nprint(m)"], []),
        (["x = 1", "del x", "print(x)"], [("name_later", 2, 1)]),
        (["from os import *", "print(getcwd())"], []),
        (["exec('x = 1')", "print(x)"], []),
        (["import a.b as c, d.e", "c, d"], []),
        (["try:\n    pass\nexcept ValueError as e:\n    print(e)"], []),
        (["def f():\n    global n\n    n = 1", "f()", "print(n)"], []),
        (["f = lambda v: v + w", "f(1)", "w = 1"], [("name_later", 1, 1)]),
        (["with open('f', 'w') as h, h as k:\n    k, h\nfor (i, j) in []:\n    i, j"], []),
        (["x: int = 3\nx += 1", "x, __name__, get_ipython(), display(_)"], []),
        (["x += 1", "x = 1"], [("name_later", 0, 1)]),
        (["match [1, 2]:\n    case [a, *b]:\n        a, b\n    case {'k': c, **d}:\n        c, d\n    case e:\n        e"], []),
        (["def f(a, *b, c=1, **d):\n    def g():\n        nonlocal a\n        a = b, c, d\n    return g, a", "f(1)"], []),
        (["async def f():\n    async for i in x():\n        yield i", "x = 1"], []),
        (["%%time\ny = 1", "words = !ls {y}\nwords"], []),
        (["if True"], [("syntax", 0, None)]),
        (["name = input('who')"], [("asks", 0, 1)]),
        (["token = 'ghp_abcdefghijklmnopqrstuvwxyz0123456789'"], [("secret", 0, 1)]),
        (["import pandas as pd\npd.read_csv('nothing.csv')"], [("data_missing", 0, 2)]),
        (["open('/etc/hostname').read()"], [("data_absolute", 0, 1)]),
        (["import mlflow\nmlflow.set_experiment('x')"], [("plumbing", 0, 2)]),
    ],
)  # fmt: skip
def test_names(tmp_path: Path, cells: list[str], expected: list[tuple[str, int, int]]) -> None:
    assert codes(findings(tmp_path, *cells)) == expected


def test_history_of_the_notebook(tmp_path: Path) -> None:
    found = findings(tmp_path, "a = 1", "b = a", "c = b", "d = 1", counts=[1, 4, 3, None], errors={1: "ValueError"})
    assert codes(found) == [
        ("error_output", 1, None), ("out_of_order", 2, None), ("not_executed", 3, None),
    ]
    assert "ValueError: why" in found[0].message
    assert "[3]" in found[1].message and "[4]" in found[1].message


def test_history_that_was_kept(tmp_path: Path) -> None:
    history = [
        order.Executed("c0", "a = 1", 1), order.Executed("gone", "helper = 3", 2), order.Executed("c1", "b = a", 3),
        order.Executed("c0", "a = 1  ", 4),
    ]
    found = findings(tmp_path, "a = 1", "b = a + helper", history=history)
    # Cell 0 was run again after cell 1: that is an order, too.
    assert codes(found) == [
        ("name_missing", 1, 1), ("deleted_cell", None, None), ("out_of_order", 1, None), ("edited", 1, None),
    ]
    assert "helper = 3" in found[1].message


def test_history_of_a_cleared_notebook(tmp_path: Path) -> None:
    history = [
        order.Executed("c0", "a = 1", 1), order.Executed("c2", "b = 2", 2), order.Executed("c1", "c = 3", 3),
        order.Executed("c0", "token = '<removed>'", 4, truncated=True),
    ]
    cells = ("a = 1", "c = 3", "b = 2", "d = 4")
    found = findings(tmp_path, *cells, history=history)
    # Nothing is said of the last cell: the record ends with the run.
    assert codes(found) == [("out_of_order", 1, None), ("out_of_order", 2, None)]
    assert "[3]" in found[0].message and "[4]" in found[0].message


def test_a_secret_that_was_taken_out_is_no_edit(tmp_path: Path) -> None:
    from jupyterlab_cellruns.kernel_side.python.redact import redact

    source = "token = 'ghp_abcdefghijklmnopqrstuvwxyz0123456789'"
    kept, _ = redact(source)
    assert kept != source
    found = findings(tmp_path, source, "x = 1", history=[order.Executed("c0", kept, 1), order.Executed("c1", "x = 2", 2)])
    assert codes(found) == [("secret", 0, 1), ("edited", 1, None)]


def test_every_place_lies_in_its_cell(tmp_path: Path) -> None:
    book = notebook.read(build(tmp_path, "%%capture out\n!ls\nx = '''\n!no\n'''\nprint(y)"))
    [source] = sources(book)
    assert len(source.plain.source.split("\n")) == len(source.cell.source.split("\n"))
    [finding] = order.check([source])
    assert source.cell.source.split("\n")[(finding.line or 0) - 1] == "print(y)"
