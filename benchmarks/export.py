"""From a notebook of 200 cells to a written MLproject, without proof: the time of `POST projects/export`.

On a real server, with the packages asked from the kernel's Python each time. The peer is `jupyter nbconvert --to
script` of the same notebook, which neither looks for parameters or packages nor checks anything.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from common import Lab, machine, median, result, table

CELLS = 200


def notebook() -> dict[str, Any]:
    """Imports, parameters, functions that use each other, loops that log, magics, a data file, a local module."""
    sources = [
        "import mlflow\nimport numpy as np\nimport pandas as pd\nfrom sklearn.linear_model import Ridge\nimport helper",
        *(f"rate_{i} = 0.{i + 1}  # a step\nsize_{i} = {i + 1}" for i in range(19)),
        "%matplotlib inline\ntable = pd.read_csv('data/a.csv')",
        *(
            f"def f_{i}(x, y=size_{i % 19}):\n    total = [k * rate_{i % 19} for k in range(y)]\n"
            f"    return sum(total) + x{' + f_' + str(i - 1) + '(x)' if i % 10 else ''}"
            for i in range(80)
        ),
        *(
            f"with mlflow.start_run(run_name='r{i}'):\n    for step in range(size_{i % 19}):\n"
            f"        mlflow.log_metric('loss', f_{i % 80}(step), step=step)\n    # {'text ' * 20}"
            for i in range(CELLS - 101)
        ),
    ]
    cells = [
        {"cell_type": "code", "id": f"c{i}", "metadata": {}, "source": source, "outputs": [], "execution_count": i + 1}
        for i, source in enumerate(sources)
    ]
    spec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return {"cells": cells, "metadata": {"kernelspec": spec}, "nbformat": 4, "nbformat_minor": 5}


def main() -> None:
    content = notebook()
    assert len(content["cells"]) == CELLS
    with tempfile.TemporaryDirectory() as name, Lab(Path(name)) as lab:
        (lab.root / "data").mkdir()
        (lab.root / "data/a.csv").write_text("a,b\n1,2\n")
        (lab.root / "helper.py").write_text("import json\n")
        (lab.root / "n.ipynb").write_text(json.dumps(content))
        lines, times = [], {}
        for form in ("notebook", "script"):
            spans = []
            for i in range(6):
                shutil.rmtree(lab.root / "n-project", ignore_errors=True)
                # Another module each time, so that no answer of the kernel's Python is used again.
                (lab.root / "helper.py").write_text(f"import module_{form}_{i}\n")
                began = time.perf_counter()
                body = {"path": "n.ipynb", "kernel_name": "python3", "form": form}
                lab.fetch("cellruns/projects/export", "POST", body)
                spans.append(time.perf_counter() - began)
            times[form] = median(spans[1:])
            lines.append([f"export, {form} form", times[form], max(spans[1:]), spans[0]])
        spans = []
        for _ in range(3):
            began = time.perf_counter()
            words = [sys.executable, "-m", "nbconvert", "--to", "script", "n.ipynb", "--output", "peer"]
            subprocess.run(words, cwd=lab.root, check=True, capture_output=True)
            spans.append(time.perf_counter() - began)
        lines.append(["jupyter nbconvert --to script", median(spans), max(spans), spans[0]])
    print(f"A notebook of {CELLS} cells, seconds. {machine()}\n")
    table(["", "median", "worst", "first"], lines)
    result("export", max(times.values()), median(spans), "s")


if __name__ == "__main__":
    main()
