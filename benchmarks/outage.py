"""The tracking server goes down in mid-training: what a log call costs meanwhile, and what is there in the end.

The same loop runs in two real kernels at once, ours (the server is the attached store) and plain MLflow against the
same server, which is killed and started again after a while (CELLRUNS_OUTAGE_SECONDS, 300 by default: plain MLflow
gives up a call after about four minutes).
"""

from __future__ import annotations

import json
import os
import tempfile
import time
from pathlib import Path

from common import Kernel, cellruns_lab, machine, result, table

from tests.faults.servers import MlflowServer
from tests.lab import wait

CODE = """
import json, os, time, mlflow
{setup}
folder, spans, error = {folder!r}, [], ""
try:
    with mlflow.start_run() as run:
        open(folder + "/run", "w").write(run.info.run_id)
        i, clock = 0, time.perf_counter
        while not os.path.exists(folder + "/stop"):
            began = clock()
            try:
                mlflow.log_metric("loss", 1 / (i + 1), step=i)
            finally:
                spans.append(clock() - began)
            i += 1
            time.sleep(0.05)
except Exception as e:
    error = type(e).__name__
open(folder + "/done", "w").write("")
spans = spans or [0.0]
print(json.dumps([i, sorted(spans)[len(spans) // 2], max(spans), error]))
"""


class Loop:
    """One of the two loops."""

    def __init__(self, kernel: Kernel, folder: Path, setup: str = "pass") -> None:
        self.kernel = kernel
        self.folder = folder
        folder.mkdir()
        self.message = kernel.send(CODE.format(folder=str(folder), setup=setup), "loop")

    def run_id(self) -> str:
        return (self.folder / "run").read_text() if (self.folder / "run").exists() else ""

    def end(self) -> tuple[int, float, float, str]:
        """Calls that returned, median and longest call (s), and the exception that ended the loop."""
        (self.folder / "stop").touch()
        reply = self.kernel.wait(self.message, 900)
        assert reply.status == "ok", reply.error
        count, median, worst, error = json.loads(reply.text.splitlines()[-1])
        return count, median, worst, error


def main() -> None:
    seconds = float(os.environ.get("CELLRUNS_OUTAGE_SECONDS", "300"))
    with tempfile.TemporaryDirectory() as name, MlflowServer(Path(name) / "server") as server:
        folder = Path(name)
        off = "--CellrunsApp.enabled=False"
        with (
            cellruns_lab(folder / "ours", env={"MLFLOW_TRACKING_URI": server.url}) as lab,
            cellruns_lab(folder / "peer", off) as plain,
        ):
            ours = Loop(lab.notebook("bench.ipynb").ready(), folder / "a")
            peer = Loop(
                plain.notebook("bench.ipynb").ready(), folder / "b", f"mlflow.set_tracking_uri({server.url!r})"
            )
            assert wait(lambda: ours.run_id() and peer.run_id(), 90)
            time.sleep(5)
            server.kill()
            time.sleep(seconds)
            # The training ends while the server is still away.
            ended = ours.end()
            server.start()
            (folder / "b/stop").touch()
            other = peer.end()
            found = []
            for loop, (count, median, worst, error) in ((ours, ended), (peer, other)):
                run = loop.run_id()

                def stored(run: str = run) -> tuple[int, int]:
                    found: tuple[int, int] = server.rows(
                        "SELECT count(*), count(DISTINCT step) FROM metrics WHERE run_uuid=?", run
                    )[0]
                    return found

                wait(lambda count=count, stored=stored: stored()[0] >= count, 60, 0.5)
                rows, steps = stored()
                [(status,)] = server.rows("SELECT status FROM runs WHERE run_uuid=?", run)
                found.append([count, median * 1e3, worst * 1e3, count - steps, rows - steps, error or "-", status])
    print(f"A tracking server that is away for {seconds:.0f} s in mid-training. {machine()}\n")
    table(
        ["", "calls", "median ms", "longest ms", "lost", "doubled", "raised", "run in the end"],
        [["Cellruns", *found[0]], ["plain MLflow", *found[1]]],
    )
    result("outage", found[0][2], found[1][2], "ms, the longest log call")


if __name__ == "__main__":
    main()
