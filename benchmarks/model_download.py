"""Memory of the Jupyter server while the largest file of a stored model goes through it.

A model with an artifact of 500 MB is logged by a notebook and downloaded through `models/content`. The peer figure is
what holding the file would cost.
"""

from __future__ import annotations

import tempfile
import threading
import time
import urllib.request
from pathlib import Path
from urllib.parse import urlencode

import psutil
from common import cellruns_lab, machine, result, table

MIB = 500
LOG = f"""
import mlflow, os
with open("/tmp/cellruns-weights.bin", "wb") as file:
    for _ in range({MIB}):
        file.write(os.urandom(1 << 20))

class Big(mlflow.pyfunc.PythonModel):
    def predict(self, context, model_input, params=None):
        return model_input

with mlflow.start_run():
    info = mlflow.pyfunc.log_model(python_model=Big(), name="big", artifacts={{"weights": "/tmp/cellruns-weights.bin"}})
os.remove("/tmp/cellruns-weights.bin")
print(info.model_id)
"""


def main() -> None:
    with tempfile.TemporaryDirectory() as name, cellruns_lab(Path(name)) as lab:
        kernel = lab.notebook("big.ipynb").ready()
        reply = kernel.run(LOG, timeout=300)
        assert reply.status == "ok", reply.error
        uri = f"models:/{reply.text.split()[-1]}"
        assert lab.process is not None
        server = psutil.Process(lab.process.pid)
        query = urlencode({"uri": uri, "path": "artifacts/cellruns-weights.bin", "download": "1"})
        address = f"http://127.0.0.1:{lab.port}/cellruns/models/content?{query}"
        request = urllib.request.Request(address, headers={"Authorization": f"token {lab.token}"})
        peak, going = 0, True

        def watch() -> None:
            nonlocal peak
            while going:
                peak = max(peak, server.memory_info().rss)
                time.sleep(0.01)

        # Once for what is loaded with the first request of its kind.
        urllib.request.urlopen(request, timeout=120).read(1 << 20)
        time.sleep(1)
        before = server.memory_info().rss
        watcher = threading.Thread(target=watch)
        watcher.start()
        start, size = time.monotonic(), 0
        with urllib.request.urlopen(request, timeout=300) as answer:
            while chunk := answer.read(1 << 20):
                size += len(chunk)
        seconds, going = time.monotonic() - start, False
        watcher.join()
        kernel.close()
    assert size == MIB << 20, size
    grown = (peak - before) / (1 << 20)
    print(f"Downloading {MIB} MiB of a stored model through the Jupyter server. {machine()}\n")
    table(["", "value"], [["server memory before, MiB", before >> 20], ["grown by at most, MiB", grown],
                          ["MiB/s", MIB / seconds]])
    result("model_download", max(grown, 0.1), float(MIB), "MiB more")


if __name__ == "__main__":
    main()
