"""Takes away what keeps each promise, one at a time, and sees whether the promise's test then fails by an assertion.

tests/mutants.toml says what is taken away and which test has to notice. Every run has a copy of the tree of its own.
First each test runs once with nothing taken away, and has to pass.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).resolve().parents[1]
LIST = ROOT / "tests/mutants.toml"
PAGE = ROOT / "docs/reliability.md"
BEGIN, END = "<!-- table: scripts/mutants --table -->", "<!-- end of table -->"

_SECONDS = 600.0
_WITH_MLFLOW_2 = ("tests/remote/", "tests/push/")
_LINKED = (".venv", "node_modules", "jupyterlab_cellruns/labextension")
# What pytest and vitest say of an assertion that failed; a timeout is none.
_ASSERTION = re.compile(r"AssertionError|assert\b|Failed: (?!Timeout)")


class Change(NamedTuple):
    """One place in the source: `old`, which stands there once, becomes `new`."""

    file: str
    old: str
    new: str


class Mutant(NamedTuple):
    """A promise, what is taken away of what keeps it, and the test that has to notice."""

    number: int
    section: int
    promise: str
    changes: tuple[Change, ...]
    test: str
    slow: bool

    @property
    def file(self) -> str:
        """The file of the test."""
        return self.test.partition("::")[0]

    @property
    def name(self) -> str:
        """The test in its file."""
        return self.test.partition("::")[2]


class Outcome(NamedTuple):
    """What came of a test. `said` is the first line of what it failed by."""

    passed: bool
    by_assertion: bool = False
    said: str = ""


def read(path: Path = LIST) -> list[Mutant]:
    """All mutants in the order of the file. Raises KeyError and ValueError for an entry that is not whole."""
    found = []
    for number, entry in enumerate(tomllib.loads(path.read_text("utf-8"))["mutant"], 1):
        changes = [Change(place["file"], place["old"], place["new"]) for place in (entry, *entry.get("also", ()))]
        if unknown := entry.keys() - {"section", "promise", "file", "old", "new", "also", "test", "slow"}:
            raise ValueError(f"mutant {number}: {', '.join(sorted(unknown))} is not known")
        found.append(
            Mutant(number, entry["section"], entry["promise"], tuple(changes), entry["test"], entry.get("slow", False))
        )
    return found


def mutate(tree: Path, mutant: Mutant) -> None:
    """Make the changes in a copy of the tree. Raises ValueError where a place is not there, or there twice."""
    for change in mutant.changes:
        path = tree / change.file
        text = path.read_text("utf-8")
        if (count := text.count(change.old)) != 1:
            raise ValueError(f"mutant {mutant.number}: {change.old!r} stands {count} times in {change.file}, not once")
        path.write_text(text.replace(change.old, change.new), "utf-8")


def table(mutants: Sequence[Mutant]) -> str:
    """The table of docs/reliability.md."""
    lines = ["| section | promise | seen failing without it |", "| --- | --- | --- |"]
    for mutant in mutants:
        name = mutant.name.partition("[")[0]
        lines.append(f"| {mutant.section} | {mutant.promise} | `{mutant.file.removeprefix('tests/')}` {name} |")
    return "\n".join(lines)


def copy_tree(tree: Path) -> None:
    """The files of the working tree that Git knows or would take; what was installed or built is linked."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT, check=True, capture_output=True
    ).stdout.decode()
    for name in [*listed.split("\0"), "jupyterlab_cellruns/_version.py"]:
        source, target = ROOT / name, tree / name
        if name and source.is_file() and not source.is_symlink():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, target)
    for name in _LINKED:
        if (ROOT / name).exists():
            (tree / name).symlink_to(ROOT / name)
    (tree / ".cellruns").mkdir()


def run(tests: Sequence[str], mutant: Mutant | None = None) -> dict[str, Outcome]:
    """Run tests of one file in a copy of the tree, changed or as it is."""
    with tempfile.TemporaryDirectory(prefix="cellruns-mutant-", ignore_cleanup_errors=True) as name:
        tree = Path(name) / "tree"
        tree.mkdir()
        copy_tree(tree)
        if mutant is not None:
            mutate(tree, mutant)
        if tests[0].partition("::")[0].endswith((".ts", ".tsx")):
            return {test: _vitest(tree, test) for test in tests}
        return _pytest(tree, tests)


def _pytest(tree: Path, tests: Sequence[str]) -> dict[str, Outcome]:
    report = tree / ".cellruns/report.xml"
    command = [
        sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--basetemp={tree.parent / 'made'}",
        f"--junitxml={report}", *tests,
    ]
    said = _call(command, tree, _SECONDS * len(tests))
    if not report.exists():
        return dict.fromkeys(tests, Outcome(False, said=said))
    cases = list(ET.parse(report).getroot().iter("testcase"))
    found = {}
    for test in tests:
        name = test.partition("::")[2]
        mine = [case for case in cases if case.get("name") == name or str(case.get("name")).startswith(name + "[")]
        faults = [fault for case in mine for fault in case if fault.tag in ("failure", "error", "skipped")]
        failures = [fault.get("message") or "" for fault in faults if fault.tag == "failure"]
        asserted = [message for message in failures if _ASSERTION.match(message)]
        texts = [*asserted, *failures, *(fault.get("message") or fault.tag for fault in faults), said]
        found[test] = Outcome(bool(mine) and not faults, bool(asserted), _first_line(texts[0]))
    return found


def _vitest(tree: Path, test: str) -> Outcome:
    report = tree / ".cellruns/report.json"
    file, _, name = test.partition("::")
    command = ["vitest", "run", file, "-t", name, "--reporter=json", f"--outputFile={report}"]
    said = _call(command, tree, _SECONDS)
    if not report.exists():
        return Outcome(False, said=said)
    data: dict[str, Any] = json.loads(report.read_text("utf-8"))
    cases = [case for result in data["testResults"] for case in result["assertionResults"] if case["status"] != "skipped"]
    messages = [message for case in cases for message in case.get("failureMessages") or ()]
    by_assertion = any(_ASSERTION.match(message) for message in messages)
    passed = bool(cases) and all(case["status"] == "passed" for case in cases)
    return Outcome(passed, by_assertion, _first_line(messages[0] if messages else said))


def _call(command: Sequence[str], tree: Path, seconds: float) -> str:
    """Run a command to its end; its last line."""
    env = {k: v for k, v in os.environ.items() if k not in ("JUPYTER_PATH", "JUPYTER_CONFIG_PATH")}
    env |= {"PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        done = subprocess.run(command, cwd=tree, env=env, capture_output=True, text=True, timeout=seconds, check=False)
    except subprocess.TimeoutExpired:
        return f"no end within {seconds:.0f} s"
    lines = (done.stdout + done.stderr).strip().splitlines()
    return lines[-1] if lines else f"status {done.returncode}"


def _first_line(text: str) -> str:
    return next((line.strip() for line in text.splitlines() if line.strip()), "")[:200]


def share_mlflow_2(mutants: Sequence[Mutant]) -> None:
    """The environment with MLflow 2 is made once, and not in every copy of the tree."""
    if any(mutant.file.startswith(_WITH_MLFLOW_2) for mutant in mutants):
        sys.path.insert(0, str(ROOT))
        from tests.remotes import mlflow_2

        os.environ["CELLRUNS_MLFLOW2_PYTHON"] = mlflow_2()


def chosen(mutants: list[Mutant], words: Sequence[str]) -> list[Mutant]:
    """Those of these numbers, and those with these words in their promise or test; the slow ones last."""
    found = [
        m for m in mutants
        if not words or any(w == str(m.number) if w.isdecimal() else w in m.promise or w in m.test for w in words)
    ]
    return sorted(found, key=lambda m: m.slow)


def unchanged(mutants: Sequence[Mutant]) -> list[str]:
    """Run every test once as it is, file by file; what does not pass."""
    failed = []
    for file in dict.fromkeys(m.file for m in mutants):
        tests = list(dict.fromkeys(m.test for m in mutants if m.file == file))
        began = time.monotonic()
        outcomes = run(tests)
        failed += [f"{test}: {outcome.said}" for test, outcome in outcomes.items() if not outcome.passed]
        good = sum(outcome.passed for outcome in outcomes.values())
        print(f"unchanged  {file}: {good} of {len(tests)} pass ({time.monotonic() - began:.0f} s)", flush=True)
    return failed


def write_page(text: str) -> None:
    """Replace the table in docs/reliability.md."""
    before, _, rest = PAGE.read_text("utf-8").partition(BEGIN)
    PAGE.write_text(f"{before}{BEGIN}\n{text}\n{END}{rest.partition(END)[2]}", "utf-8")


def main(arguments: Sequence[str]) -> int:
    """0 where every mutant was seen failing and every test passes without one."""
    mutants = read()
    if "--table" in arguments:
        print(table(mutants))
        if os.environ.get("CELLRUNS_WRITE"):
            write_page(table(mutants))
        return 0
    mutants = chosen(mutants, arguments)
    if not mutants:
        print("There is no such mutant in tests/mutants.toml", file=sys.stderr)
        return 2
    share_mlflow_2(mutants)
    failed = unchanged(mutants)
    lines, survived = [], 0
    for mutant in mutants:
        began = time.monotonic()
        outcome = run([mutant.test], mutant)[mutant.test]
        seen = outcome.by_assertion and not outcome.passed
        survived += not seen
        verdict = "yes" if seen else "NO: it passes" if outcome.passed else "NO: not by an assertion"
        lines.append(f"| {mutant.number} | {mutant.promise} | {mutant.test} | {verdict} | {outcome.said} |")
        print(f"{verdict:10} {mutant.number} {mutant.promise} ({time.monotonic() - began:.0f} s): {outcome.said}", flush=True)
    print("\n| | promise | test | seen failing | by |\n| --- | --- | --- | --- | --- |")
    print("\n".join(lines))
    for text in failed:
        print(f"Fails with nothing taken away: {text}")
    print(f"{len(mutants) - survived} seen failing, {survived} not; {len(failed)} tests fail with nothing taken away")
    return 1 if survived or failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
