"""10 000 runs x 40 columns in Chromium: sort, beside MLflow's own page on the same data (see _runs.py)."""

from __future__ import annotations

from _runs import report

if __name__ == "__main__":
    report("runs_sort")
