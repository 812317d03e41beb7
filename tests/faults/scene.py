"""A training loop in a real kernel that something happens to, and the count of what became of its points."""

from __future__ import annotations

import itertools
import json
import os
import signal
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..lab import Kernel, Lab, Reply, wait

Rows = Callable[..., list[tuple[Any, ...]]]

LOOP = """
import os, time, mlflow
folder, rest, every, most = {folder!r}, {rest}, {every}, {most}
run = mlflow.start_run()
count = os.open(folder + "/count", os.O_RDWR | os.O_CREAT, 0o600)
with open(folder + "/begin", "w") as file: file.write("%d %s" % (os.getpid(), run.info.run_id))
os.rename(folder + "/begin", folder + "/run")
{before}
i = 0
while i < most and (i % every or not os.path.exists(folder + "/stop")):
    mlflow.log_metric("loss", 1 / (i + 1), step=i)
    mlflow.log_metric("acc", i, step=i)
    i += 1
    os.pwrite(count, b"%d" % (2 * i), 0)
    if i % every == 0: time.sleep(rest)
{after}
mlflow.end_run()
"""


@dataclass
class Tally:
    """What became of the points of one run. `spooled` is None where nobody looked at the spool."""

    logged: int
    spooled: int | None
    stored: int
    lost: int
    doubled: int
    unordered: int
    status: str

    @property
    def clean(self) -> bool:
        """None lost, none doubled, all in order."""
        return not (self.lost or self.doubled or self.unordered)


class Witness:
    """Keeps every segment that appears in the spool, by a second link to it: what was written there is known for sure."""

    def __init__(self, lab: Lab, folder: Path) -> None:
        self._spool = lab.folder / "data/cellruns/spool"
        self._folder = folder
        folder.mkdir()
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def points(self, run_id: str) -> dict[str, list[int]]:
        """Steps by key, in the order in which they were written."""
        self._end.set()
        self._thread.join()
        found: dict[tuple[str, int], Any] = {}
        for path in self._folder.iterdir():
            for line in path.read_bytes().split(b"\n")[:-1]:
                envelope = json.loads(line)
                found[envelope["source"], envelope["seq"]] = envelope["events"]
        steps: dict[str, list[int]] = {}
        for _, events in sorted(found.items(), key=lambda entry: entry[0]):
            for event in events:
                if event["kind"] == "metrics" and event["run"] == run_id:
                    steps.setdefault(event["key"], []).extend(event["steps"])
        return steps

    def _watch(self) -> None:
        while not self._end.wait(0.005):
            self._look()
        self._look()

    def _look(self) -> None:
        for path in self._spool.glob("*/*.jsonl"):
            kept = self._folder / path.name
            if not kept.exists():
                try:
                    os.link(path, kept)
                except OSError:
                    continue


class Scene:
    """One loop in one notebook. `rest` seconds of pause after `every` steps; two points a step."""

    def __init__(self, lab: Lab, name: str, *, rest: float = 0.002, every: int = 10, most: int = 10**9, before: str = "",
                 after: str = "", kernel: str = "python3") -> None:
        self.lab = lab
        self.folder = lab.folder / f"scene-{name}"
        self.folder.mkdir()
        self.kernel: Kernel = lab.notebook(f"{name}.ipynb", kernel).ready()
        self.witness = Witness(lab, self.folder / "witness")
        self.code = LOOP.format(
            folder=str(self.folder), rest=rest, every=every, most=most, before=before, after=after
        )
        self._sent = ""

    def start(self, points: int = 1000) -> Scene:
        """Begin, and wait until so many points are logged."""
        self._sent = self.kernel.send(self.code, "loop")
        assert wait((self.folder / "run").exists, 90), self.lab.log()[-3000:]
        return self.reach(points)

    def reach(self, points: int, seconds: float = 60) -> Scene:
        """Wait until so many points are logged."""
        assert wait(lambda: self.logged >= points, seconds, 0.01), (self.logged, self.lab.log()[-3000:])
        return self

    def more(self, points: int = 1000) -> Scene:
        """Wait until so many more points are logged: the loop goes on."""
        return self.reach(self.logged + points)

    def finish(self, timeout: float = 120) -> Reply:
        """Let the loop end and the run with it."""
        (self.folder / "stop").touch()
        return self.kernel.wait(self._sent, timeout)

    @property
    def pid(self) -> int:
        """The kernel's process."""
        return int((self.folder / "run").read_text().split()[0])

    @property
    def run_id(self) -> str:
        """The run."""
        return (self.folder / "run").read_text().split()[1]

    @property
    def logged(self) -> int:
        """Points whose log call has returned."""
        try:
            return int((self.folder / "count").read_text() or 0)
        except FileNotFoundError:
            return 0

    def kill(self) -> None:
        """SIGKILL the kernel."""
        os.kill(self.pid, signal.SIGKILL)

    def tally(self, rows: Rows | None = None, whole: bool = False, seconds: float = 60) -> Tally:
        """Count, once all is stored that has to be.

        That is all that was spooled; with `whole`, where the loop came to its end, all that was logged.
        """
        rows = rows or self.lab.rows
        spooled = self.witness.points(self.run_id)
        wanted = {key: list(range(self.logged // 2)) for key in ("acc", "loss")} if whole else spooled
        total = sum(map(len, wanted.values()))
        count = "SELECT count(*) FROM metrics WHERE run_uuid=? AND key IN ('acc', 'loss')"
        wait(lambda: rows(count, self.run_id)[0][0] >= total, seconds, 0.2)
        status = "SELECT status FROM runs WHERE run_uuid=?"
        wait(lambda: rows(status, self.run_id)[0][0] != "RUNNING", 30, 0.1)
        # The order in which rows were made.
        sql = "SELECT key, step, value FROM metrics WHERE run_uuid=? AND key IN ('acc', 'loss') ORDER BY rowid"
        stored: dict[str, list[int]] = {"acc": [], "loss": []}
        for key, step, value in rows(sql, self.run_id):
            assert value == (step if key == "acc" else 1 / (step + 1))
            stored[key].append(step)
        lost = sum(len(set(steps) - set(stored[key])) for key, steps in wanted.items())
        doubled = sum(n - 1 for steps in stored.values() for n in Counter(steps).values())
        unordered = sum(a > b for steps in stored.values() for a, b in itertools.pairwise(steps))
        return Tally(
            self.logged, sum(map(len, spooled.values())), sum(map(len, stored.values())), lost, doubled, unordered,
            rows(status, self.run_id)[0][0],
        )
