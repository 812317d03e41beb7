"""What the benchmarks share: numbers, the table, the last line, and real servers (JupyterLab from tests/lab.py)."""

from __future__ import annotations

import json
import math
import os
import platform
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.lab import Kernel, Lab, Reply, free_port, wait  # noqa: E402

__all__ = [
    "ROOT",
    "Kernel",
    "Lab",
    "Reply",
    "cellruns_lab",
    "free_port",
    "machine",
    "median",
    "mlflow_server",
    "quantile",
    "result",
    "table",
    "wait",
]


def quantile(values: Iterable[float], q: float) -> float:
    """The q-quantile (0 to 1) of the values by nearest rank: a value that was measured, never one in between."""
    ordered = sorted(values)
    if not ordered:
        raise ValueError("no values")
    return ordered[max(math.ceil(q * len(ordered)) - 1, 0)]


def median(values: Iterable[float]) -> float:
    return quantile(values, 0.5)


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)


def table(headers: Sequence[str], lines: Iterable[Sequence[Any]]) -> None:
    """Print a table: first column to the left, the others to the right; floats with three figures."""
    cells = [list(headers), *([_cell(value) for value in line] for line in lines)]
    widths = [max(len(line[i]) for line in cells) for i in range(len(headers))]
    cells.insert(1, ["-" * width for width in widths])
    for first, *others in cells:
        padded = [text.rjust(width) for text, width in zip(others, widths[1:], strict=True)]
        print("  ".join([first.ljust(widths[0]), *padded]).rstrip())


def result(name: str, ours: float, peer: float | None, unit: str, *, higher_is_better: bool = False) -> None:
    """Print the last line of a benchmark. `ratio` says how many times better `ours` is; null without a peer."""
    ratio = None
    if peer and ours:
        ratio = ours / peer if higher_is_better else peer / ours
    figures = {"ours": ours, "peer": peer, "ratio": ratio}
    rounded = {key: None if value is None else float(f"{value:.4g}") for key, value in figures.items()}
    print(json.dumps({"name": name, **rounded, "unit": unit}), flush=True)


def machine() -> str:
    """One line that says what was measured on."""
    versions = []
    for package in ("jupyterlab", "jupyter_server", "ipykernel", "mlflow"):
        try:
            versions.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            versions.append(f"no {package}")
    return f"Python {platform.python_version()}, {platform.system()} {platform.machine()}, {', '.join(versions)}"


def cellruns_lab(folder: Path, *options: str, env: dict[str, str] | None = None) -> Lab:
    """A JupyterLab with both halves of Cellruns, its root in `folder/root`; start it with `with`."""
    # `Lab` takes no Jupyter variables over, but a checkout with a borrowed environment has its front end there.
    places = {name: os.environ[name] for name in ("JUPYTER_PATH", "JUPYTER_CONFIG_PATH") if name in os.environ}
    command = (sys.executable, "-m", "jupyterlab", *Lab.command[3:])
    return Lab(folder, *options, env={**places, **(env or {})}, command=command)


@contextmanager
def mlflow_server(folder: Path) -> Iterator[str]:
    """A plain `mlflow server` with SQLite and artifacts in `folder`, one worker, no jobs; yields its URI."""
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    command = [
        sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1",
        "--backend-store-uri", f"sqlite:///{folder}/mlflow.db", "--artifacts-destination", str(folder / "mlartifacts"),
    ]  # fmt: skip
    env = {**os.environ, "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false", "MLFLOW_DISABLE_TELEMETRY": "true"}
    log = folder / "mlflow-server.log"
    with log.open("wb") as stream:
        # A session of its own: the server has worker processes, and all of them have to go.
        child = subprocess.Popen(command, env=env, cwd=folder, stdout=stream, stderr=stream, start_new_session=True)
    try:
        if not wait(lambda: child.poll() is not None or _healthy(port), 120) or child.poll() is not None:
            raise RuntimeError(f"mlflow server did not start:\n{log.read_text(errors='replace')[-4000:]}")
        yield f"http://127.0.0.1:{port}"
    finally:
        with suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            child.wait(15)
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()


def memory(pid: int) -> float:
    """Resident memory of a process, MB; 0 where the system does not tell or it has gone."""
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmRSS"):
                return int(line.split()[1]) / 1024
    return 0.0


def server_memory(url: str) -> float:
    """Resident memory (MB) of a `mlflow_server` and its worker processes."""
    port = url.rpartition(":")[2].encode()
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            words = (entry / "cmdline").read_bytes().split(b"\0")
            if b"mlflow" in words and port in words:
                return sum(memory(pid) for pid in _session(int(entry.name)))
    return 0.0


def _session(leader: int) -> Iterator[int]:
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if os.getsid(int(entry.name)) == os.getsid(leader):
                yield int(entry.name)


def _healthy(port: int) -> bool:
    try:
        urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5).close()
    except OSError:
        return False
    return True
