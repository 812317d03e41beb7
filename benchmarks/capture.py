"""From the log call to the committed row: points per second, points lost, and what it costs the kernel in memory.

Ours: 2 000 000 single `log_metric` calls, timed until a read sees them all. Plain MLflow gets far fewer calls (its
rate does not depend on their number): single calls, and its own asynchronous logging with buffering.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from common import Kernel, cellruns_lab, machine, mlflow_server, result, table

CODE = """
import json, os, time, mlflow
{setup}
def rss():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS")) / 1024
with mlflow.start_run():
    mlflow.log_metric("warm", 1)
peak = base = rss()
began = time.perf_counter()
with mlflow.start_run() as run:
    for i in range({calls}):
        mlflow.log_metric("loss", 1 / (i + 1), step=i{more})
        if i % 10000 == 0:
            peak = max(peak, rss())
    {after}
{read}
took = time.perf_counter() - began
print(json.dumps([run.info.run_id, {calls} / took, peak - base]))
"""

# A notebook reads its own writes, so this comes back when all is stored.
READ = "mlflow.get_run(run.info.run_id)"


def measure(kernel: Kernel, calls: int, setup: str = "", more: str = "", after: str = "pass") -> tuple[str, float, float]:
    """Run id, points per second until all is stored, growth of the kernel's memory (MiB)."""
    reply = kernel.run(CODE.format(calls=calls, setup=setup, more=more, after=after, read=READ), cell_id="b", timeout=1800)
    assert reply.status == "ok", reply.error
    run_id, rate, growth = json.loads(reply.text.splitlines()[-1])
    return run_id, rate, growth


def main() -> None:
    calls = 2_000_000
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with cellruns_lab(folder / "ours") as lab:
            run_id, ours, growth = measure(lab.notebook("bench.ipynb").ready(), calls)
            [(stored, steps)] = lab.rows("SELECT count(*), sum(step) FROM metrics WHERE run_uuid=?", run_id)
            lost = calls - stored
            assert lost or steps == calls * (calls - 1) // 2
        with cellruns_lab(folder / "peer", "--CellrunsApp.enabled=False") as lab, mlflow_server(folder / "s") as uri:
            kernel = lab.notebook("bench.ipynb").ready()
            use = f"mlflow.set_tracking_uri('sqlite:///{folder}/plain.db')"
            sqlite = measure(kernel, 1000, use)
            http = measure(kernel, 500, f"mlflow.set_tracking_uri({uri!r})")
            buffered = "import os; os.environ['MLFLOW_ASYNC_LOGGING_BUFFERING_SECONDS'] = '1'\n" + use
            late = measure(kernel, 5000, buffered, ", synchronous=False", "mlflow.flush_async_logging()")
    print(f"From the call to the committed row. {machine()}\n")
    table(
        ["", "points", "points/s", "lost", "kernel MiB more"],
        [
            ["Cellruns, log_metric", calls, ours, lost, growth],
            ["plain MLflow, SQLite, log_metric", 1000, sqlite[1], 0, sqlite[2]],
            ["plain MLflow, HTTP, log_metric", 500, http[1], 0, http[2]],
            ["plain MLflow, SQLite, asynchronous, buffered 1 s", 5000, late[1], 0, late[2]],
        ],
    )
    result("capture", ours, sqlite[1], "points/s", higher_is_better=True)


if __name__ == "__main__":
    main()
