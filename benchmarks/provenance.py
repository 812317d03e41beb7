"""What recording a run's provenance costs the cell: starting and ending runs with it on and off, in the same kernel."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from common import Kernel, cellruns_lab, machine, median, result, table

CODE = """
import json, time, mlflow
clock, spans = time.perf_counter, []
for _ in range({runs}):
    began = clock()
    run = mlflow.start_run()
    mlflow.log_metric("loss", 1.0)
    spans.append((clock() - began) * 1e3)
    mlflow.end_run()
print(json.dumps(spans))
"""
LOOP = """
import json, time, mlflow
with mlflow.start_run():
    began = time.perf_counter()
    sum(i * i for i in range(6_000_000))
    print(json.dumps((time.perf_counter() - began) * 1e3))
"""


def spans(kernel: Kernel, code: str) -> list[float]:
    """What a cell printed."""
    reply = kernel.run(code, cell_id="bench", timeout=600)
    assert reply.status == "ok", reply.error
    found = json.loads(reply.text.splitlines()[-1])
    return found if isinstance(found, list) else [found]


def main() -> None:
    starts: dict[bool, list[float]] = {True: [], False: []}
    loops: dict[bool, list[float]] = {True: [], False: []}
    with tempfile.TemporaryDirectory() as name, cellruns_lab(Path(name)) as lab:
        kernel = lab.notebook("bench.ipynb").ready()
        for i in range(60):
            kernel.run(f"x{i} = {i}\n" + "# a line of code\n" * 100, cell_id=f"c{i}")
        spans(kernel, CODE.format(runs=3))
        for turn in range(12):
            on = turn % 2 == 0
            settings = {"enabled": True, "experiment_mode": "notebook", "provenance": on}
            lab.fetch("cellruns/settings", "PUT", settings)
            starts[on] += spans(kernel, CODE.format(runs=10))
            loops[on] += spans(kernel, LOOP)
    print(f"Milliseconds, provenance on and off in turns, a history of 60 cells. {machine()}\n")
    lines = [
        [what, median(found[True]), median(found[False]), max(found[True]), max(found[False])]
        for what, found in (("start_run and first metric", starts), ("a loop of pure Python in a run", loops))
    ]
    table(["", "on", "off", "worst on", "worst off"], lines)
    result("provenance", median(starts[True]), median(starts[False]), "ms")


if __name__ == "__main__":
    main()
