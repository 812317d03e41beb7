"""Runs one comparison in Chromium, in JupyterLab and in MLflow's own page, over the same database."""

from __future__ import annotations

import json
import math
import os
import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from _data import START, make, run_id
from common import ROOT, cellruns_lab, memory, mlflow_server, server_memory

_OTHERS = [run_id(100), run_id(101)]


def compare_with_mlflow(
    runs: Sequence[str], key: str, *, spikes: Sequence[int] = (), points: int = 0
) -> dict[str, Any]:
    """`{ours, peer}`, each `{first, ms, request, lines, spikes, task, heap, server}`.

    `first` is the first visit, the rest are medians of three; `heap` of the tab and `server` (resident) in MB. With
    `points` each of the runs, and some that are only visited beforehand, get a curve of so many points first. The data
    is made once in CELLRUNS_BENCH_DATA, else in a folder of its own.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        kept = Path(os.environ.get("CELLRUNS_BENCH_DATA") or folder / "data")
        lab = cellruns_lab(folder / "lab", "--LabApp.expose_app_in_browser=True")
        shutil.copy(make(kept), lab.root / "mlflow.db")
        if points:
            _curves(lab.root / "mlflow.db", [*runs, *_OTHERS], key, points)
        else:
            _curves(lab.root / "mlflow.db", _OTHERS, "curve", 5000)
        (folder / "peer").mkdir()
        shutil.copy(lab.root / "mlflow.db", folder / "peer" / "mlflow.db")
        with lab, mlflow_server(folder / "peer") as peer:
            asked = {
                "lab": f"http://127.0.0.1:{lab.port}/lab?token={lab.token}", "mlflow": peer, "runs": list(runs), "key": key,
                "spikes": list(spikes), "others": _OTHERS, "otherKey": key if points else "curve",
            }
            command = ["node", str(ROOT / "benchmarks" / "_browser.mjs"), json.dumps(asked)]
            done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT, timeout=900)
            assert done.returncode == 0, done.stderr
            found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
            assert lab.process is not None
            found["ours"]["server"] = memory(lab.process.pid)
            found["peer"]["server"] = server_memory(peer)
            return found


def _curves(database: Path, runs: Sequence[str], key: str, points: int) -> None:
    with closing(sqlite3.connect(database)) as db:
        for place, run in enumerate(runs):
            rows = [
                (key, math.exp(-step / points * (1 + place / 5)) + 0.01 * math.sin(step * (place + 1)), START + step, step, run)
                for step in range(points)
            ]
            db.executemany(
                "INSERT INTO metrics (key, value, timestamp, step, is_nan, run_uuid) VALUES (?, ?, ?, ?, 0, ?)", rows
            )
            db.execute(
                "INSERT INTO latest_metrics (key, value, timestamp, step, is_nan, run_uuid) VALUES (?, ?, ?, ?, 0, ?)", rows[-1]
            )
        db.commit()
