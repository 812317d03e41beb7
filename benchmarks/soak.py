"""Mixed load for a while (CELLRUNS_SOAK_SECONDS, 600 by default): memory of server and kernels, and every point counted.

Two kernels train run after run (params, tags, nested runs, metrics in several keys, text artifacts), one logs as fast
as it can in bursts, one is restarted again and again, and a reader asks for status, runs and series as open pages do.
"""

from __future__ import annotations

import os
import tempfile
import threading
import time
from pathlib import Path

from common import Kernel, Lab, cellruns_lab, machine, result, table

from tests.faults.faults import children
from tests.lab import wait

TRAIN = """
import os, random, time, mlflow
folder = {folder!r}
pid, logged, runs = os.getpid(), 0, 0
open(folder + "/pid", "w").write(str(pid))
while not os.path.exists(folder + "/stop"):
    with mlflow.start_run(run_name="soak %d" % runs):
        mlflow.log_params({{"lr": 0.1 * runs, "text": "x" * 200}})
        with mlflow.start_run(nested=True):
            mlflow.log_metric("inner", runs); logged += 1
        for step in range({steps}):
            for key in ("loss", "val/loss", "acc", "grad", "lr"):
                mlflow.log_metric(key, random.random(), step=step)
            logged += 5
            if step % {every} == 0: time.sleep({rest})
        mlflow.set_tag("state", "done")
        if runs % 5 == 0: mlflow.log_text("some text " * 100, "notes.txt")
    runs += 1
    open(folder + "/count.new", "w").write("%d %d" % (logged, runs)); os.replace(folder + "/count.new", folder + "/count")
"""


class Trainer:
    """One kernel that trains without end."""

    def __init__(self, lab: Lab, folder: Path, name: str, steps: int, every: int, rest: float) -> None:
        self.folder = folder / name
        self.folder.mkdir()
        self.kernel: Kernel = lab.notebook(f"{name}.ipynb").ready()
        code = TRAIN.format(folder=str(self.folder), steps=steps, every=every, rest=rest)
        self.message = self.kernel.send(code, "soak")

    def started(self) -> bool:
        return (self.folder / "count").exists()

    def pid(self) -> int:
        return int((self.folder / "pid").read_text())

    def end(self) -> tuple[int, int]:
        """Points and runs."""
        (self.folder / "stop").touch()
        reply = self.kernel.wait(self.message, 120)
        assert reply.status == "ok", reply.error
        logged, runs = (self.folder / "count").read_text().split()
        return int(logged), int(runs)


def memory(pid: int) -> float:
    """Resident memory of a process, MiB."""
    with open(f"/proc/{pid}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS")) / 1024


class Reader(threading.Thread):
    """What two open pages ask for."""

    def __init__(self, lab: Lab, kernel: str) -> None:
        super().__init__(daemon=True)
        self.lab = lab
        self.kernel = kernel
        self.end = threading.Event()
        self.slowest = 0.0
        self.asked = 0

    def run(self) -> None:
        while not self.end.wait(0.5):
            began = time.perf_counter()
            self.lab.fetch(f"cellruns/status?kernel={self.kernel}")
            runs = self.lab.fetch("cellruns/runs?limit=50")["runs"]
            if runs:
                self.lab.fetch(f"cellruns/runs/{runs[0]['run_id']}/series?points=500")
            self.asked += 3
            self.slowest = max(self.slowest, time.perf_counter() - began)


def restarts(lab: Lab, kernel: Kernel, end: threading.Event, done: list[int]) -> None:
    code = "import mlflow\nmlflow.start_run()\nfor i in range(10**7): mlflow.log_metric('storm', i, step=i)"
    while not end.is_set():
        Kernel(lab, kernel.id, kernel.session_id).send(code)
        if end.wait(20):
            return
        lab.fetch(f"api/kernels/{kernel.id}/restart", "POST")
        done.append(1)


def growth(samples: list[float]) -> float:
    """MiB by which the last third is above the second, on average: the first is for warming up."""
    third = len(samples) // 3
    middle, last = samples[third : 2 * third], samples[2 * third :]
    return sum(last) / len(last) - sum(middle) / len(middle)


def main() -> None:
    seconds = float(os.environ.get("CELLRUNS_SOAK_SECONDS", "600"))
    with tempfile.TemporaryDirectory() as name, cellruns_lab(Path(name)) as lab:
        folder = Path(name)
        trainers = [
            Trainer(lab, folder, "slow", 400, 5, 0.05), Trainer(lab, folder, "nested", 200, 2, 0.02),
            Trainer(lab, folder, "burst", 20_000, 20_000, 5.0),
        ]
        restarted = lab.notebook("restarted.ipynb").ready()
        assert wait(lambda: all(t.started() for t in trainers), 180)
        reader, stop, storms = Reader(lab, trainers[0].kernel.id), threading.Event(), list[int]()
        reader.start()
        storm = threading.Thread(target=restarts, args=(lab, restarted, stop, storms), daemon=True)
        storm.start()
        assert lab.process is not None
        pids = {"Jupyter Server": lab.process.pid}
        pids.update({f"kernel {t.folder.name}": t.pid() for t in trainers})
        samples: dict[str, list[float]] = {who: [] for who in (*pids, "MLflow process")}
        spool: list[float] = []
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for who, pid in pids.items():
                samples[who].append(memory(pid))
            samples["MLflow process"].extend(memory(pid) for pid in children(lab)[:1])
            files = list((folder / "data/cellruns/spool").glob("*/*.jsonl"))
            spool.append(sum(f.stat().st_size for f in files if f.exists()) / 2**20)
            time.sleep(min(2.0, seconds / 60))
        reader.end.set()
        stop.set()
        storm.join()
        lab.fetch(f"api/kernels/{restarted.id}", "DELETE")
        ends = [trainer.end() for trainer in trainers]
        logged, runs = sum(points for points, _ in ends), sum(count for _, count in ends)
        sql = (
            "SELECT count(*), count(DISTINCT m.run_uuid || m.key || m.step) FROM metrics m JOIN tags t ON "
            "t.run_uuid = m.run_uuid AND t.key = 'mlflow.source.name' AND t.value <> 'restarted.ipynb'"
        )
        wait(lambda: lab.rows(sql)[0][0] >= logged, 60, 0.5)
        [(rows, steps)] = lab.rows(sql)
    print(f"Mixed load for {seconds:.0f} s: {logged:,} points in {runs} runs, {len(storms)} restarts. {machine()}\n")
    table(
        ["", "MiB after a third", "MiB in the end", "most MiB", "growth MiB"],
        [[who, s[len(s) // 3], s[-1], max(s), growth(s)] for who, s in samples.items() if len(s) > 3],
    )
    print(f"\nPoints lost: {logged - steps}, doubled: {rows - steps}. Spool at most {max(spool):.1f} MiB.")
    print(f"{reader.asked} requests of a reader, the slowest three together {reader.slowest * 1e3:.0f} ms.")
    result("soak", growth(samples["Jupyter Server"]), None, "MiB of growth of the server")


if __name__ == "__main__":
    main()
