"""A large artifact up and down: through the tracking proxy against straight to the same MLflow server.

Both ways end at one real `mlflow server`; the proxied one goes through a real Jupyter server with a kernel's token, as
MLflow's client in a kernel does. The memory of the Jupyter server is sampled all the while. Size in MB:
CELLRUNS_PROXY_MB, 2048 without it.
"""

from __future__ import annotations

import http.client
import os
import tempfile
import threading
import time
from pathlib import Path
from urllib.parse import urlsplit

from common import cellruns_lab, machine, mlflow_server, result, table

MB = 1 << 20
ROUNDS = 2
_BLOCK = os.urandom(4 * MB)
_PATH = "/api/2.0/mlflow-artifacts/artifacts/0/bench/artifacts/large.bin"


def upload(base: str, token: str | None, size: int) -> float:
    """PUT `size` bytes as MLflow's client does; seconds until the answer."""
    url = urlsplit(base)
    connection = http.client.HTTPConnection(url.hostname or "", url.port, timeout=600)
    began = time.perf_counter()
    connection.putrequest("PUT", url.path + _PATH)
    connection.putheader("Content-Length", str(size))
    if token:
        connection.putheader("Authorization", f"Bearer {token}")
    connection.endheaders()
    for _ in range(size // len(_BLOCK)):
        connection.send(_BLOCK)
    answer = connection.getresponse()
    said = answer.read()
    assert answer.status == 200, (answer.status, said[:500])
    connection.close()
    return time.perf_counter() - began


def download(base: str, token: str | None, size: int) -> float:
    """GET it and throw it away; seconds until the last byte."""
    url = urlsplit(base)
    connection = http.client.HTTPConnection(url.hostname or "", url.port, timeout=600)
    began = time.perf_counter()
    connection.request("GET", url.path + _PATH, headers={"Authorization": f"Bearer {token}"} if token else {})
    answer = connection.getresponse()
    assert answer.status == 200, (answer.status, answer.read()[:500])
    got = 0
    while chunk := answer.read(MB):
        got += len(chunk)
    assert got == size, (got, size)
    connection.close()
    return time.perf_counter() - began


class Memory:
    """The greatest resident size of a process while it is watched, in MB (Linux)."""

    def __init__(self, pid: int) -> None:
        self._status = Path(f"/proc/{pid}/status")
        self.before = self.now()
        self.most = self.before
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def now(self) -> float:
        line = next(line for line in self._status.read_text().splitlines() if line.startswith("VmRSS"))
        return int(line.split()[1]) / 1024

    def stop(self) -> None:
        self._done.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._done.wait(0.02):
            self.most = max(self.most, self.now())


def main() -> None:
    """Measure and print."""
    size = int(os.environ.get("CELLRUNS_PROXY_MB", "2048")) * MB // len(_BLOCK) * len(_BLOCK)
    print(machine())
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with mlflow_server(folder / "server") as direct:
            stores = {"bench": {"url": direct}}
            with cellruns_lab(folder, f"--CellrunsApp.stores={stores!r}", "--CellrunsApp.default_store=bench") as lab:
                kernel = lab.notebook("bench.ipynb").ready()
                said = kernel.run("import os; print(os.environ['MLFLOW_TRACKING_URI'], os.environ['MLFLOW_TRACKING_TOKEN'])")
                proxied, token = said.text.split()
                upload(proxied, token, 16 * MB)
                assert lab.process is not None
                memory = Memory(lab.process.pid)
                best = {}
                for what, move in (("up", upload), ("down", download)):
                    for _ in range(ROUNDS):
                        for way, base, key in (("direct", direct, None), ("proxy", proxied, token)):
                            speed = size / MB / move(base, key, size)
                            best[what, way] = max(best.get((what, way), 0.0), speed)
                memory.stop()
    share = {what: best[what, "proxy"] / best[what, "direct"] for what in ("up", "down")}
    lines = [[what, best[what, "direct"], best[what, "proxy"], share[what]] for what in share]
    table([f"{size // MB} MB", "direct MB/s", "proxy MB/s", "ratio"], lines)
    print(f"Jupyter server: {memory.before:.0f} MB before, at most {memory.most:.0f} MB (+{memory.most - memory.before:.0f})")
    worse = min(share, key=lambda what: share[what])
    result("proxy", best[worse, "proxy"], best[worse, "direct"], "MB/s", higher_is_better=True)


if __name__ == "__main__":
    main()
