"""What Cellruns adds to a start of JupyterLab: time and memory of its server part, size of its first browser chunk.

The peer is the same JupyterLab without Cellruns.
"""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from common import ROOT, Lab, cellruns_lab, machine, median, result, table

IMPORT = """
import json, time, resource, sys
import jupyter_server.serverapp, jupyter_server.extension.application
def rss():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS")) / 1024
before, began = rss(), time.perf_counter()
import jupyterlab_cellruns.app, jupyterlab_cellruns.service, jupyterlab_cellruns.routes.table, jupyterlab_cellruns.stores.local
took = time.perf_counter() - began
print(json.dumps([took * 1000, rss() - before, sorted(m for m in ("mlflow", "httpx", "pandas") if m in sys.modules)]))
"""


def imports() -> tuple[float, float]:
    """Milliseconds and MiB of importing the server part into a process that has Jupyter Server."""
    # With bytecode, as an installed package has it; the first run may have to write it.
    env = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    found = []
    for _ in range(6):
        done = subprocess.run([sys.executable, "-c", IMPORT], capture_output=True, text=True, check=True, cwd=ROOT, env=env)
        found.append(json.loads(done.stdout))
        assert found[-1][2] == [], f"imported at start: {found[-1][2]}"
    del found[0]
    return median(f[0] for f in found), median(f[1] for f in found)


def start(lab: Lab) -> float:
    """Seconds until the server answers."""
    began = time.perf_counter()
    with lab:
        return time.perf_counter() - began


def without_cellruns(lab: Lab) -> Lab:
    """The same JupyterLab with our server part switched off."""
    lab.command = tuple(str(part).replace("True", "False") for part in lab.command)
    return lab


def kernel_start(lab: Lab) -> float:
    """Milliseconds from asking for a kernel to its first answer."""
    began = time.perf_counter()
    kernel = lab.bare_kernel()
    try:
        kernel.ready()
        return (time.perf_counter() - began) * 1000
    finally:
        kernel.close()
        lab.fetch(f"api/kernels/{kernel.id}", "DELETE")


def kernel_starts(folder: Path) -> tuple[float, float]:
    """Medians of ten kernel starts each, in turns: with Cellruns, without."""
    ours, peer = cellruns_lab(folder / "kernels"), without_cellruns(cellruns_lab(folder / "plain"))
    with ours, peer:
        pairs = [(kernel_start(ours), kernel_start(peer)) for _ in range(11)][1:]
    return median(a for a, _ in pairs), median(b for _, b in pairs)


def first_chunk() -> tuple[int, int]:
    """Bytes (gzip) of what a page loads of us before anything is opened, and of all our chunks."""
    static = ROOT / "jupyterlab_cellruns" / "labextension" / "static"
    package = json.loads((static.parent / "package.json").read_text("utf-8"))
    entry = static.parent / package["jupyterlab"]["_build"]["load"]
    sizes = {path: len(gzip.compress(path.read_bytes())) for path in static.rglob("*.js")}
    text = entry.read_text("utf-8")
    first = {entry, *(static / name for name in exposed(text, static))}
    return sum(sizes[path] for path in first if path in sizes), sum(sizes.values())


def exposed(entry: str, static: Path) -> list[str]:
    """Files of the chunks that the container loads for its exposed modules (extension, styles)."""
    import re

    ids = set()
    for block in re.findall(r'"\./(?:extension|index|style)":\s*\(?.*?(?=\}\)|"\./)', entry, re.S):
        ids |= set(re.findall(r'\.e\(\s*/?\*?[^)]*?"?([\w./-]+)"?\s*\)', block))
    return [p.name for p in static.glob("*.js") if any(p.name.split(".")[0] == i.split("/")[-1] for i in ids)]


def main() -> None:
    took, memory = imports()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        ours = median(start(cellruns_lab(folder / f"ours{i}")) for i in range(3))
        peer = median(start(without_cellruns(cellruns_lab(folder / f"peer{i}"))) for i in range(3))
        kernels = kernel_starts(folder)
    print(f"Start of JupyterLab. {machine()}\n")
    lines = [
        ["JupyterLab answers, s", ours, peer],
        ["a kernel answers, ms", *kernels],
        ["import of the server part, ms", took, 0.0],
        ["memory of the server part, MiB", memory, 0.0],
    ]
    first, everything = first_chunk()
    lines += [["first browser chunk, KiB gzip", first / 1024, 0.0], ["all browser chunks, KiB gzip", everything / 1024, 0.0]]
    table(["", "with Cellruns", "without"], lines)
    result("lab_startup", ours, peer, "s")


if __name__ == "__main__":
    main()
