"""A metric of a million points on screen, in Chromium: how long the user waits, and whether the three spikes are there.

Ours: a comparison opened on its curves, from the command to the drawn line. The peer is MLflow's own page of the same
run over the same database (`mlflow server`), from the navigation to its first drawn curve, after a first visit that
fills the browser's cache.
"""

from __future__ import annotations

from _browser import compare_with_mlflow
from _data import LONG_KEY, LONG_RUN, SPIKES
from common import machine, result, table


def main() -> None:
    found = compare_with_mlflow([LONG_RUN], LONG_KEY, spikes=SPIKES)
    ours, peer = found["ours"], found["peer"]
    print(f"One metric of 1 000 000 points on screen. {machine()}\n")
    table(
        ["", "Cellruns", "MLflow's page"],
        [
            ["on screen, ms, first time", ours["first"], peer["first"]],
            ["on screen, ms, median of three times", ours["ms"], peer["ms"]],
            ["the series route / get-history, ms", ours["request"], peer["request"]],
            ["single-point spikes kept, of 3", ours["spikes"], peer["spikes"]],
            ["longest browser task, ms", ours["task"], peer["task"]],
            ["memory of the tab, MB", ours["heap"], peer["heap"]],
            ["memory of the server, MB", ours["server"], peer["server"]],
        ],
    )
    result("series_1m", ours["first"], peer["first"], "ms (first time)")


if __name__ == "__main__":
    main()
