"""The tracking proxy holds no file: a side that waits makes the other one wait, and memory stays flat. A real MLflow."""

from __future__ import annotations

import http.client
import os
import signal
import threading
import time
from pathlib import Path

import pytest

from ..lab import Lab, wait
from ..stores.test_trouble import children

MEGABYTES = int(os.environ.get("CELLRUNS_STREAM_MB", "256"))
"""Size of the file; the issue's 2 GB take a minute."""
MEGABYTE = b"x" * (1 << 20)
HELD_MB = 64
"""What sockets and a pipe of a few chunks may hold, with room to spare."""
BIG = "api/2.0/mlflow-artifacts/artifacts/big/file.bin"


class Kernels:
    """What a kernel of this lab may ask."""

    def __init__(self, lab: Lab) -> None:
        kernel = lab.notebook("stream.ipynb").ready()
        # The child that serves artifacts is started with the first run.
        assert kernel.run("import mlflow\nwith mlflow.start_run(): mlflow.log_text('a', 'a.txt')").status == "ok"
        self.lab = lab
        self.token = kernel.evaluate("__import__('os').environ['MLFLOW_TRACKING_TOKEN']").strip("'")

    def begin(self, method: str, path: str, length: int = 0) -> http.client.HTTPConnection:
        """Send the head of a request."""
        connection = http.client.HTTPConnection("127.0.0.1", self.lab.port, timeout=120)
        connection.putrequest(method, f"/cellruns/tracking/local/{path}")
        connection.putheader("Authorization", f"Bearer {self.token}")
        connection.putheader("Content-Length", str(length))
        connection.endheaders()
        return connection

    def megabytes(self) -> float:
        """Memory of the Jupyter server."""
        assert self.lab.process is not None
        status = Path(f"/proc/{self.lab.process.pid}/status").read_text()
        return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS")) / 1024


@pytest.fixture(scope="module")
def kernels(lab: Lab) -> Kernels:
    return Kernels(lab)


def test_a_file_goes_up_and_down_with_flat_memory(kernels: Kernels) -> None:
    (child,) = children(kernels.lab)
    before, sent = kernels.megabytes(), 0

    def send() -> None:
        nonlocal sent
        for _ in range(MEGABYTES):
            up.send(MEGABYTE)
            sent += 1

    up = kernels.begin("PUT", BIG, MEGABYTES << 20)
    # MLflow stands still: whoever sends has to wait for it.
    os.kill(child, signal.SIGSTOP)
    sending = threading.Thread(target=send, daemon=True)
    try:
        sending.start()
        time.sleep(3)
        held = sent
    finally:
        os.kill(child, signal.SIGCONT)
    assert held < HELD_MB, f"{held} MB were taken while the store took nothing"
    sending.join(120)
    assert up.getresponse().status == 200
    assert kernels.megabytes() - before < HELD_MB

    before = kernels.megabytes()
    down = kernels.begin("GET", BIG)
    answer = down.getresponse()
    assert answer.status == 200
    # Now the kernel stands still.
    assert answer.read(1 << 20) == MEGABYTE
    time.sleep(3)
    grown = kernels.megabytes() - before
    assert grown < HELD_MB, f"{grown:.0f} MB are held for a kernel that does not read"
    assert sum(len(part) for part in iter(lambda: answer.read(1 << 20), b"")) == (MEGABYTES - 1) << 20
    assert kernels.megabytes() - before < HELD_MB


def test_what_is_no_part_of_mlflows_api_is_not_forwarded(kernels: Kernels) -> None:
    for path in (
        "", "static-files/index.html", "api", "api/../static-files/x", "api/2.0/%2e%2e/%2e%2e/x", "api/2.0/%252e%252e/x",
        "api/2.0/..%5cx", "get-artifactx", "metrics",
    ):  # fmt: skip
        answer = kernels.begin("GET", path).getresponse()
        text = answer.read()
        assert answer.status == 404 and b"is not part of MLflow's API" in text, (path, answer.status, text[:200])
    assert wait(lambda: kernels.begin("GET", "version").getresponse().status == 200)
