"""Twenty runs overlaid, in Chromium: from the command to all lines drawn, beside MLflow's own compare page.

The data is that of `_data.py`; each of the twenty runs gets a curve of 5000 points on top.
"""

from __future__ import annotations

from _browser import compare_with_mlflow
from _data import run_id
from common import machine, result, table


def main() -> None:
    found = compare_with_mlflow([run_id(i) for i in range(20)], "curve", points=5000)
    ours, peer = found["ours"], found["peer"]
    print(f"Twenty runs overlaid, 5000 points each. {machine()}\n")
    table(
        ["", "Cellruns", "MLflow's page"],
        [
            ["on screen, ms, first time", ours["first"], peer["first"]],
            ["on screen, ms, median of three times", ours["ms"], peer["ms"]],
            ["lines drawn", ours["lines"], peer["lines"]],
            ["longest browser task, ms", ours["task"], peer["task"]],
            ["memory of the tab, MB", ours["heap"], peer["heap"]],
            ["memory of the server, MB", ours["server"], peer["server"]],
        ],
    )
    result("compare_20", ours["first"], peer["first"], "ms (first time)")


if __name__ == "__main__":
    main()
