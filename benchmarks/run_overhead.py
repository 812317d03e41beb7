"""What running a project through the server costs over plain `mlflow run` of the same project on the same kind of store.

Both write to MLflow's server on SQLite: ours through the tracking proxy of a real Jupyter server, the peer straight to
`mlflow server`. The project works for six seconds and logs 200 points meanwhile, each of which it waits for. Runs
alternate, and so does who goes first, so that noise hits both.
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
for i in range(int(sys.argv[1])):
    time.sleep(0.03)
    mlflow.log_metric("loss", 1 / (i + 1), step=i)
"""
ROUNDS = 5


def by_server(lab: Lab) -> float:
    """Seconds from the request to the end of the job."""
    began = time.perf_counter()
    job = lab.fetch("cellruns/projects/jobs", "POST", {"kind": "run", "uri": "bench", "env_manager": "local"})
    path = f"cellruns/projects/jobs/{job['id']}"
    # A page looks once a second; this asks often enough to see the end, and seldom enough to take no time away.
    done = wait(lambda: (j := lab.fetch(path))["ended"] and j, 120, 0.1)
    took = time.perf_counter() - began
    assert done and done["status"] == "finished", done
    return took


def by_hand(project: Path, uri: str, cwd: Path) -> float:
    """Seconds of `mlflow run` from a terminal."""
    env = {**os.environ, "MLFLOW_TRACKING_URI": uri, "MLFLOW_DISABLE_TELEMETRY": "true"}
    env["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{env.get('PATH', '')}"
    words = [sys.executable, "-m", "mlflow", "run", str(project), "--env-manager", "local"]
    began = time.perf_counter()
    subprocess.run(words, env=env, cwd=cwd, check=True, capture_output=True)
    return time.perf_counter() - began


def main() -> None:
    # With bytecode, as installed packages have it; the first round may have to write it.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with Lab(folder / "ours") as lab, mlflow_server(folder / "server") as uri:
            project = lab.root / "bench"
            project.mkdir()
            (project / "MLproject").write_text(PROJECT)
            (project / "go.py").write_text(CODE)
            ours, plain = [], []
            for i in range(ROUNDS + 1):
                if i % 2:
                    a, b = by_server(lab), by_hand(project, uri, folder)
                else:
                    b, a = by_hand(project, uri, folder), by_server(lab)
                if i:  # the first round starts servers and fills caches
                    ours.append(a)
                    plain.append(b)
    print(f"`mlflow run` of a project of six seconds, {ROUNDS} rounds, seconds. {machine()}\n")
    table(["", "median", "best", "worst"], [
        ["as a job of the server", median(ours), min(ours), max(ours)],
        ["plain mlflow run", median(plain), min(plain), max(plain)],
    ])
    print(f"\nOverhead: {100 * (median(ours) / median(plain) - 1):.1f} % (medians).")
    result("run_overhead", median(ours), median(plain), "s")


if __name__ == "__main__":
    main()
