"""What one `mlflow.log_metric` costs the user's code: attached store against plain MLflow, on SQLite and over HTTP.

Every kernel is a real one of a real Jupyter server; the peers run in one where Cellruns is switched off.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
from pathlib import Path

from common import ROOT, Kernel, cellruns_lab, machine, mlflow_server, result, table

CODE = """
import json, time, mlflow
{setup}
clock, spans = time.perf_counter, []
with mlflow.start_run():
    mlflow.log_metric("loss", 0.0, step=0)
    for i in range(1, {calls}):
        began = clock()
        mlflow.log_metric("loss", 1 / i, step=i)
        spans.append(clock() - began)
spans.sort()
at = lambda q: spans[min(int(q * len(spans)), len(spans) - 1)] * 1e6
print(json.dumps([at(0.5), at(0.99), spans[-1] * 1e6, sum(spans) / len(spans) * 1e6]))
"""


def measure(kernel: Kernel, calls: int, setup: str = "") -> list[float]:
    """Median, p99, worst and mean of a call, microseconds."""
    reply = kernel.run(CODE.format(calls=calls, setup=setup), cell_id="bench", timeout=900)
    assert reply.status == "ok", reply.error
    found: list[float] = json.loads(reply.text.splitlines()[-1])
    return found


def measure_open(folder: Path) -> list[float]:
    """As `measure`, in a notebook that is open in Chromium, its chart drawn and the notebook saved every second."""
    lab = cellruns_lab(folder, "--LabApp.expose_app_in_browser=True")
    settings = folder / "config" / "lab" / "user-settings" / "@jupyterlab" / "docmanager-extension"
    settings.mkdir(parents=True)
    (settings / "plugin.jupyterlab-settings").write_text('{"autosave": true, "autosaveInterval": 1}')
    source = CODE.format(calls=100_000, setup="")
    cell = {"cell_type": "code", "id": "c0", "metadata": {}, "source": source, "outputs": [], "execution_count": None}
    kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook = {"cells": [cell], "metadata": {"kernelspec": kernelspec}, "nbformat": 4, "nbformat_minor": 5}
    (lab.root / "open.ipynb").write_text(json.dumps(notebook))
    lab.env["JUPYTERLAB_SETTINGS_DIR"] = str(folder / "config" / "lab" / "user-settings")
    with lab:
        url = f"http://127.0.0.1:{lab.port}/lab/tree/open.ipynb?token={lab.token}"
        command = ["node", str(ROOT / "benchmarks" / "log_call.mjs"), url]
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT, timeout=300)
        assert done.returncode == 0, done.stderr
        found: list[float] = json.loads(done.stdout.splitlines()[-1])
        return found


def main() -> None:
    lines = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with cellruns_lab(folder / "ours") as lab:
            kernel = lab.notebook("bench.ipynb").ready()
            ours = [measure(kernel, 100_000) for _ in range(3)]
            lines += [[f"Cellruns, attached store, 100 000 calls, run {i + 1}", *run] for i, run in enumerate(ours)]
        lines += [["the same with an open chart, saved every second", *measure_open(folder / "open")]]
        off = "--CellrunsApp.enabled=False"
        with mlflow_server(folder / "remote") as uri, cellruns_lab(folder / "b", env={"MLFLOW_TRACKING_URI": uri}) as lab:
            kernel = lab.notebook("bench.ipynb").ready()
            lines += [["the same with a remote store attached", *measure(kernel, 100_000)]]
        with cellruns_lab(folder / "peer", off) as lab, mlflow_server(folder / "server") as uri:
            kernel = lab.notebook("bench.ipynb").ready()
            sqlite = measure(kernel, 1000, f"mlflow.set_tracking_uri('sqlite:///{folder}/plain.db')")
            http = measure(kernel, 500, f"mlflow.set_tracking_uri({uri!r})")
            lines += [["plain MLflow, SQLite, 1 000 calls", *sqlite], ["plain MLflow, HTTP, 500 calls", *http]]
    print(f"One mlflow.log_metric call, microseconds. {machine()}\n")
    table(["", "median", "p99", "worst", "mean"], lines)
    best = sorted(ours)[len(ours) // 2]
    print(f"\nMedian run of ours: {best[0]:.1f} us median, {best[1]:.1f} us p99.")
    print(f"Against plain MLflow: {sqlite[0] / best[0]:,.0f}x SQLite, {http[0] / best[0]:,.0f}x HTTP (medians).")
    result("log_call", best[0], sqlite[0], "us")


if __name__ == "__main__":
    main()
