"""Adds up the reports of a test run and prints `N passed, N failed` as the last line.

Reads `runs.tsv` (group, kind, name, exit status) in the folder given and one report per run, `<name>.<kind>`:
JUnit XML of pytest, JSON of vitest and of Playwright. A run of kind `exit` has no report and counts as one.
A runner that failed without a failed test, left no readable report or ran no test counts as one failure.
"""

from __future__ import annotations

import json
import sys
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import NamedTuple


class Counts(NamedTuple):
    """How many tests passed, failed (errors included) and were skipped."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def plus(self, other: Counts) -> Counts:
        return Counts(*(a + b for a, b in zip(self, other, strict=True)))


def read_junit(path: Path) -> Counts:
    suites = ET.parse(path).getroot().iter("testsuite")
    counts = Counts()
    for suite in suites:
        total, skipped = int(suite.get("tests", 0)), int(suite.get("skipped", 0))
        failed = int(suite.get("failures", 0)) + int(suite.get("errors", 0))
        # A test can fail and have an error in its teardown: it is in both numbers, but once in the total.
        counts = counts.plus(Counts(max(total - failed - skipped, 0), failed, skipped))
    return counts


def read_vitest(path: Path) -> Counts:
    report = json.loads(path.read_text(encoding="utf-8"))
    # A file that cannot be loaded fails without any test in it.
    broken = sum(1 for file in report["testResults"] if file["status"] == "failed" and not file["assertionResults"])
    skipped = report["numPendingTests"] + report["numTodoTests"]
    return Counts(report["numPassedTests"], report["numFailedTests"] + broken, skipped)


def read_playwright(path: Path) -> Counts:
    report = json.loads(path.read_text(encoding="utf-8"))
    stats = report["stats"]
    failed = stats["unexpected"]
    if report.get("errors") and not failed:
        failed = len(report["errors"])
    return Counts(stats["expected"] + stats["flaky"], failed, stats["skipped"])


READERS = {"junit": read_junit, "vitest": read_vitest, "playwright": read_playwright}


def count(kind: str, report: Path, status: int) -> Counts:
    """Counts of one run; never all zero."""
    if kind == "exit":
        return Counts(failed=1) if status else Counts(passed=1)
    try:
        counts = READERS[kind](report)
    except (OSError, ValueError, KeyError, TypeError, ET.ParseError) as error:
        print(f"{report.name}: no report to read ({error})", file=sys.stderr)
        return Counts(failed=1)
    if (status and not counts.failed) or counts == Counts():
        return counts.plus(Counts(failed=1))
    return counts


def line(counts: Counts) -> str:
    skipped = f", {counts.skipped} skipped" if counts.skipped else ""
    return f"{counts.passed} passed, {counts.failed} failed{skipped}"


def main(folder: Path) -> int:
    groups: dict[str, Counts] = {}
    failures: list[str] = []
    for row in (folder / "runs.tsv").read_text(encoding="utf-8").splitlines():
        group, kind, name, status = row.split("\t")
        counts = count(kind, folder / f"{name}.{kind}", int(status))
        groups[group] = groups.get(group, Counts()).plus(counts)
        if counts.failed:
            failures.append(f"{group}: {name}")
    print()
    total = Counts()
    for group, counts in groups.items():
        print(f"{group:12}{line(counts)}")
        total = total.plus(counts)
    if failures:
        print("Failed in " + ", ".join(failures))
    print(line(total))
    return 1 if total.failed else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
