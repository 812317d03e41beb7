"""Servers for all tests of this folder: MLflow of this environment and the last MLflow 2 with logins, and one without."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from ..remotes import TrackingServer, mlflow_2


@pytest.fixture(scope="package")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[TrackingServer]]:
    made = [
        TrackingServer(tmp_path_factory.mktemp("three"), login=True),
        TrackingServer(tmp_path_factory.mktemp("two"), mlflow_2(), login=True),
        TrackingServer(tmp_path_factory.mktemp("plain"), mlflow_2()),
    ]
    try:
        with ThreadPoolExecutor() as pool:
            list(pool.map(TrackingServer.start, made))
        yield made
    finally:
        for server in made:
            server.stop()


@pytest.fixture(scope="package")
def server_3(servers: list[TrackingServer]) -> TrackingServer:
    return servers[0]


@pytest.fixture(scope="package")
def server_2(servers: list[TrackingServer]) -> TrackingServer:
    return servers[1]


@pytest.fixture(scope="package")
def plain_2(servers: list[TrackingServer]) -> TrackingServer:
    return servers[2]
