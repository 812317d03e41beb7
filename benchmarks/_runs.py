"""What runs_open, runs_sort and runs_filter share: both servers on the same data, Chromium, and one measurement of all."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import _data
from common import ROOT, cellruns_lab, machine, memory, mlflow_server, quantile, result, server_memory, table

TIMES = 3
_PARTS = {
    "runs_open": ("open", "peerOpen", "first rows of a cold page on 10 000 runs x 40 columns"),
    "runs_sort": ("sort", "peerSort", "first rows sorted by a metric"),
    "runs_filter": ("filter", "peerFilter", "first rows of a filter with a metric and a param"),
}


def measure() -> dict[str, Any]:
    """Everything the browser's half has found, and the memory of both servers after it (MB)."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        data = _data.make(folder / "data")
        peer = folder / "peer"
        peer.mkdir()
        shutil.copyfile(data, peer / "mlflow.db")
        lab = cellruns_lab(folder, "--LabApp.expose_app_in_browser=True")
        shutil.copyfile(data, lab.root / "mlflow.db")
        with mlflow_server(peer) as mlflow, lab:
            url = f"http://127.0.0.1:{lab.port}/lab?token={lab.token}&reset"
            command = ["node", str(ROOT / "benchmarks" / "_runs_page.mjs"), url, mlflow, str(TIMES)]
            done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT, env=os.environ, timeout=900)
            assert done.returncode == 0, done.stderr
            found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
            assert lab.process is not None
            found["server_mb"] = memory(lab.process.pid)
            found["peer_server_mb"] = server_memory(mlflow)
            return found


def report(name: str) -> None:
    """Measure, print the table and the last line of one of the three benchmarks."""
    found = measure()
    ours, theirs, what = _PARTS[name]

    def line(title: str, values: Iterable[float]) -> list[Any]:
        some = list(values)
        return [title, quantile(some, 0.5), max(some)]

    print(f"Runs table beside MLflow's page, both in Chromium on the same 10 001 runs: {what}. {machine()}\n")
    table(
        ["ms", "median", "worst"],
        [
            line("Cellruns: open", found["open"]), line("Cellruns: sort", found["sort"]),
            line("Cellruns: filter (with its wait for typing)", found["filter"]), line("Cellruns: scroll", found["scroll"]),
            line("MLflow: open", found["peerOpen"]), line("MLflow: sort", found["peerSort"]),
            line("MLflow: filter", found["peerFilter"]),
        ],
    )  # fmt: skip
    print()
    table(
        ["", "value"],
        [
            ["browser tasks over 50 ms", len(found["tasks"])], ["longest browser task, ms", max(found["tasks"] or [0.0])],
            ["JS heap, our page, MB", found["heap"] / 1e6], ["JS heap, MLflow's page, MB", found["peerHeap"] / 1e6],
            ["Jupyter server, MB", found["server_mb"]], ["MLflow's server, MB", found["peer_server_mb"]],
        ],
    )  # fmt: skip
    result(name, quantile(found[ours], 0.5), quantile(found[theirs], 0.5), "ms (median)")
