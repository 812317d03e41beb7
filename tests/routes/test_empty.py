"""A server whose store does not exist yet: every look at it answers, and none makes a database."""

from __future__ import annotations

import urllib.error
from pathlib import Path

import pytest

from ..lab import Lab


def test_looking_makes_no_database(tmp_path: Path) -> None:
    window = {"offset": 0, "limit": 50, "sort": [{"column": "metric:loss", "descending": True}]}
    with Lab(tmp_path) as lab:
        lab.fetch("cellruns/status")
        assert lab.fetch("cellruns/experiments") == {"experiments": []}
        assert lab.fetch("cellruns/runs")["runs"] == []
        assert lab.fetch("cellruns/runs/cells?notebook=a.ipynb") == {"cells": []}
        table = lab.fetch("cellruns/runs/table", "POST", window)
        assert (table["total"], table["rows"]["id"], table["loaded"], table["store"]) == (0, [], None, "local")
        offered = lab.fetch("cellruns/runs/table/columns", "POST", {})
        assert offered["runs"] == 0 and all(one["column"].startswith("attribute:") for one in offered["columns"])
        assert lab.fetch("cellruns/runs/table/values", "POST", {"column": "param:lr", "prefix": ""}) == {"values": []}
        assert lab.fetch("cellruns/runs/table/ids", "POST", {"first": 0, "last": 5}) == {"ids": []}
        assert lab.fetch("cellruns/runs/table/warm", "POST", {}) == {}
        assert lab.fetch("cellruns/registry/versions?run=0123456789abcdef0123456789abcdef")["versions"] == []
        with pytest.raises(urllib.error.HTTPError, match="400"):
            lab.fetch("cellruns/runs/table", "POST", {"filter": "metrics.loss >"})
        assert [p.name for p in lab.root.iterdir() if p.name.startswith(("mlflow", "mlartifacts"))] == []

        kernel = lab.notebook("a.ipynb").ready()
        reply = kernel.run("import mlflow\nwith mlflow.start_run(): mlflow.log_metric('loss', 1)")
        assert reply.status == "ok", reply.error
        assert lab.fetch("cellruns/runs/table", "POST", window)["total"] == 1
        assert len(lab.fetch("cellruns/experiments")["experiments"]) >= 1
