"""What can happen to a remote store: real MLflow server, real network faults in front of it, every point counted."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from ..lab import Lab
from . import faults
from .proxy import FaultProxy
from .servers import MlflowServer

AWAY_SECONDS = float(os.environ.get("CELLRUNS_AWAY_SECONDS", "1"))
"""How long the server stays away beyond what it takes to notice."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MlflowServer]:
    with MlflowServer(tmp_path_factory.mktemp("server")) as running:
        yield running


@pytest.fixture(scope="module")
def proxy(server: MlflowServer) -> Iterator[FaultProxy]:
    with FaultProxy(server.port) as running:
        yield running


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory, proxy: FaultProxy) -> Iterator[Lab]:
    folder: Path = tmp_path_factory.mktemp("lab")
    with faults.new_lab(folder, {"MLFLOW_TRACKING_URI": proxy.url}) as running:
        yield running


def test_server_killed_for_a_while_and_back(lab: Lab, server: MlflowServer) -> None:
    tally = faults.remote_away(lab, "away", server, AWAY_SECONDS)
    assert tally.clean, tally
    assert tally.status == "FINISHED"


def test_server_away_for_an_hour_of_simulated_time(lab: Lab, server: MlflowServer, proxy: FaultProxy) -> None:
    asked = proxy.seen["writes"]
    tally = faults.remote_away_for_an_hour(lab, "hour", server)
    assert tally.clean, tally
    assert tally.status == "FINISHED"
    # It was an hour for the writer, too: it tries again every 15 s.
    assert proxy.seen["writes"] - asked > 3600 / 15 / 2


def test_late_answers_errors_and_cut_connections(lab: Lab, server: MlflowServer, proxy: FaultProxy) -> None:
    # Three times as many faults as docs/reliability.md has: the loop is short.
    tally = faults.remote_bad(lab, "bad", server, proxy, 1500, 0.15)
    assert tally.clean, tally
    assert tally.status == "FINISHED"
    assert sum(n for kind, n in proxy.seen.items() if kind not in ("requests", "writes")) > 1
