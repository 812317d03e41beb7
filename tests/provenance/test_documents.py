"""Bounds, order and omissions of the documents; reports that are refused; remotes without credentials."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyterlab_cellruns.kernel_side.python.history import History
from jupyterlab_cellruns.provenance import documents, git
from jupyterlab_cellruns.provenance.log import Redactor
from jupyterlab_cellruns.provenance.pending import Pending, PendingFolder
from jupyterlab_cellruns.provenance.report import BadReport, Execution, parse


def plain(text: str) -> str:
    return text


def execution(serial: int, source: str, cell_id: str | None = None) -> Execution:
    return Execution(serial, cell_id or f"c{serial}", serial, source, 1_700_000_000_000, "ok", False)


def test_cells_that_ran_again_unchanged_go_first_then_the_oldest() -> None:
    again = [execution(i, "loop" * 40_000, "same") for i in range(5)]
    first = Execution(5, "imports", 5, "import mlflow", 1, "ok", False)
    found = json.loads(documents.cells([first, *again], 10, 2, plain))
    assert next(c["cell_id"] for c in found["cells"]) == "imports"
    assert found["omitted"] == 2 + (6 - len(found["cells"]))
    assert len(documents.cells([first, *again], 10, 2, plain)) <= documents.CELLS_BYTES
    big = json.loads(documents.cells([execution(i, str(i) * 120_000) for i in range(9)], 9, 0, plain))
    assert [c["execution_count"] for c in big["cells"]] == [5, 6, 7, 8]


@given(st.lists(st.tuples(st.text(max_size=200), st.integers(1, 4000)), max_size=30))
def test_everything_together_stays_under_a_megabyte(parts: list[tuple[str, int]]) -> None:
    executions = [execution(i, text * times) for i, (text, times) in enumerate(parts)]
    state = git.GitState(
        "c" * 40, "b", None, "", [{"status": "??", "path": t * 20} for t, _ in parts], len(parts),
        "".join(t * n for t, n in parts)[: git.PATCH_BYTES],
    )
    environment = {"packages": {f"{t}{i}": t * n for i, (t, n) in enumerate(parts)}, "imported": [t * n for t, n in parts]}
    files = {
        "cells.json": documents.cells(executions, 1000, 0, plain),
        "environment.json": documents.environment(environment, plain), **documents.git(state, plain),
    }
    assert sum(len(data) for data in files.values()) <= 1_000_000
    for name, data in files.items():
        if name.endswith(".json"):
            json.loads(data)


def test_history_is_bounded_and_keeps_the_newest() -> None:
    history = History(most_text=1000, most_cells=20)
    for i in range(100):
        history.started(i, f"c{i}", i, "x" * 90, 0)
        history.finished(i, True)
    kept = history.until(100)
    assert kept[-1].serial == 99
    assert kept[-1].status == "ok"
    assert len(kept) + history.omitted == 100
    assert sum(len(e.source) for e in kept) <= 1000
    assert [e.serial for e in history.until(95)][-1] == 95


@pytest.mark.parametrize(("given_url", "clean"), [
    ("https://u:p@host/x.git", "https://host/x.git"), ("https://tok@host:8443/x?a=b#c", "https://host:8443/x"),
    ("git@host:group/x.git", "git@host:group/x.git"), ("ssh://git:pw@host/x", "ssh://git@host/x"),
    ("/srv/x.git", "/srv/x.git"), ("../x", "../x"),
])
def test_remotes_lose_what_lets_somebody_in(given_url: str, clean: str) -> None:
    assert git.clean_url(given_url) == clean


def test_a_folder_without_git_and_a_repository_without_commits(tmp_path: Path) -> None:
    assert git.read(tmp_path / "missing") is None
    import subprocess

    subprocess.run(["git", "init", "-q", "-b", "new", str(tmp_path)], check=True)
    (tmp_path / "ä b.py").write_text("1")
    state = git.read(tmp_path)
    assert state is not None
    assert (state.commit, state.branch, state.patch) == (None, "new", "")
    assert state.changed == [{"status": "??", "path": "ä b.py"}]
    assert documents.git_tags(state) == {"mlflow.source.git.branch": "new"}


def test_a_large_patch_is_cut_at_a_line(tmp_path: Path) -> None:
    import subprocess

    def run(*arguments: str) -> None:
        subprocess.run(["git", "-c", "user.name=A", "-c", "user.email=a@b", *arguments], cwd=tmp_path, check=True)

    run("init", "-q")
    (tmp_path / "sub").mkdir()
    (tmp_path / "big.txt").write_text("")
    run("add", ".")
    run("commit", "-q", "-m", "x")
    (tmp_path / "big.txt").write_text("line of text\n" * 100_000)
    state = git.read(tmp_path / "sub")
    assert state is not None
    assert state.patch_truncated
    assert state.folder == "sub"
    assert len(state.patch) <= git.PATCH_BYTES
    assert state.patch.endswith("line of text\n")


GOOD: dict[str, Any] = {
    "session_name": "", "folder": "/x", "omitted": 0, "environment": {},
    "runs": [{"run": "a" * 32, "store": "attached", "holder": "a" * 32, "serial": 1, "after": {"source": "py-1", "seq": 3}}],
    "executions": [
        {"serial": 1, "cell_id": None, "execution_count": 1, "source": "1", "started_at": 1, "status": "ok"}
    ],
}


def test_reports() -> None:
    assert parse(GOOD).runs[0].after == ("py-1", 3)
    for name, bad in {
        "runs": [{"run": "../x", "store": "attached", "holder": "a", "serial": 1}], "executions": [{"serial": "1"}],
        "environment": [], "omitted": True, "folder": None,
    }.items():
        with pytest.raises(BadReport, match=name):
            parse({**GOOD, name: bad})


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda x: st.lists(x) | st.dictionaries(
    st.sampled_from([*GOOD, "run", "holder", "serial", "store"]), x)))
def test_no_report_breaks_the_reader(body: Any) -> None:
    with contextlib.suppress(BadReport):
        parse(body)


def test_what_waits_survives_a_restart(tmp_path: Path) -> None:
    folder = PendingFolder(tmp_path)
    folder.write(Pending("r1", "attached", {"cellruns/cells.json": "ü"}, {"t": "1"}, {"u": "2"}, ("py", 1)))
    (tmp_path / "r2.provenance.json").write_text('{"run":')
    assert folder.read() == [Pending("r1", "attached", {"cellruns/cells.json": "ü"}, {"t": "1"}, {"u": "2"}, None)]
    assert (tmp_path / "r1.provenance.json").stat().st_mode & 0o777 == 0o600
    folder.remove("r1")
    assert list(tmp_path.iterdir()) == []


def test_the_redactor_remembers_and_is_the_same() -> None:
    redactor = Redactor(most=2)
    for _ in range(2):
        assert "hunter2hunter2" not in redactor('password = "hunter2hunter2"')
        assert redactor("x = 1") == "x = 1"
        assert redactor("y = 1") == "y = 1"
