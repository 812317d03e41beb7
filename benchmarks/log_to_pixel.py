"""From the log call to the painted frame, in Chromium, while the cell runs at 1000 points a second.

The notebook logs the kernel's own clock as a metric; the page reads it off the chart, frame by frame, and compares it
with the same machine's clock. Also: the longest browser task meanwhile. The peer is MLflow's own page, which asks its
server every 30 s (RUNS_AUTO_REFRESH_INTERVAL in its source): 15 s on average, not measured here.
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from pathlib import Path

from common import ROOT, cellruns_lab, machine, quantile, result, table

SECONDS = 20
CELL = f"""
import mlflow, random, time
with mlflow.start_run(run_name="live"):
    end, i = time.time() + {SECONDS + 25}, 0
    while time.time() < end:
        mlflow.log_metric("stamp", int(time.time() * 1000) % 100000, step=i)
        for _ in range(9):
            mlflow.log_metric("noise", random.random(), step=i)
            i += 1
        time.sleep(0.01)
"""
NOTEBOOK = {
    "cells": [{"cell_type": "code", "id": "c0", "metadata": {}, "source": CELL, "outputs": [], "execution_count": None}],
    "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
    "nbformat": 4, "nbformat_minor": 5,
}  # fmt: skip
PEER_MS = 15_000.0


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        lab = cellruns_lab(Path(name), "--LabApp.expose_app_in_browser=True")
        (lab.root / "live.ipynb").write_text(json.dumps(NOTEBOOK))
        with lab:
            url = f"http://127.0.0.1:{lab.port}/lab/tree/live.ipynb?token={lab.token}"
            command = ["node", str(ROOT / "benchmarks" / "log_to_pixel.mjs"), url, str(SECONDS)]
            done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT, env=os.environ, timeout=180)
            assert done.returncode == 0, done.stderr
            found = json.loads(done.stdout.splitlines()[-1])
    latencies, tasks = found["latencies"], found["tasks"] or [0.0]
    print(f"From the log call to the frame that shows it, 1000 points/s for {SECONDS} s. {machine()}\n")
    table(
        ["", "value"],
        [
            ["frames with news", len(latencies)],
            ["latency p50, ms", quantile(latencies, 0.5)],
            ["latency p95, ms", quantile(latencies, 0.95)],
            ["latency worst, ms", max(latencies)],
            ["browser tasks over 50 ms", len(found["tasks"])],
            ["longest browser task, ms", max(tasks)],
        ],
    )
    result("log_to_pixel", quantile(latencies, 0.95), PEER_MS, "ms (p95)")


if __name__ == "__main__":
    main()
