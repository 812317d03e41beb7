"""What running a project through the server costs over plain `mlflow run` of the same project on the same kind of store.

Both write to MLflow's server on SQLite: ours through the tracking proxy of a real Jupyter server, the peer straight to
`mlflow server`. The project logs 200 points and works for five seconds. Runs alternate, so that noise hits both.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from common import Lab, machine, median, mlflow_server, result, table, wait

PROJECT = """
name: bench
entry_points:
  main:
    parameters: {points: {type: int, default: 200}}
    command: python go.py {points}
"""
CODE = """
import sys, time, mlflow
end = time.monotonic() + 5
for i in range(int(sys.argv[1])):
    mlflow.log_metric("loss", 1 / (i + 1), step=i)
time.sleep(max(0, end - time.monotonic()))
"""
ROUNDS = 5


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with Lab(folder / "ours") as lab, mlflow_server(folder / "server") as uri:
            project = lab.root / "bench"
            project.mkdir()
            (project / "MLproject").write_text(PROJECT)
            (project / "go.py").write_text(CODE)
            env = {**os.environ, "MLFLOW_TRACKING_URI": uri, "MLFLOW_DISABLE_TELEMETRY": "true"}
            env["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{env.get('PATH', '')}"
            ours, plain = [], []
            for i in range(ROUNDS + 1):
                began = time.perf_counter()
                body = {"kind": "run", "uri": "bench", "env_manager": "local"}
                job = lab.fetch("cellruns/projects/jobs", "POST", body)
                path = f"cellruns/projects/jobs/{job['id']}"
                job = wait(lambda path=path: (j := lab.fetch(path))["ended"] and j, 120, 0.02)
                took = time.perf_counter() - began
                assert job["status"] == "finished", job
                began = time.perf_counter()
                words = [sys.executable, "-m", "mlflow", "run", str(project), "--env-manager", "local"]
                subprocess.run(words, env=env, cwd=folder, check=True, capture_output=True)
                if i:  # the first round starts servers and fills caches
                    ours.append(took)
                    plain.append(time.perf_counter() - began)
    print(f"`mlflow run` of a project of five seconds, {ROUNDS} rounds, seconds. {machine()}\n")
    table(["", "median", "best", "worst"], [
        ["as a job of the server", median(ours), min(ours), max(ours)],
        ["plain mlflow run", median(plain), min(plain), max(plain)],
    ])
    print(f"\nOverhead: {100 * (median(ours) / median(plain) - 1):.1f} % (medians).")
    result("run_overhead", median(ours), median(plain), "s")


if __name__ == "__main__":
    main()
