"""MLflow's own variables and its credentials file mean the same to us as to MLflow's client, seen on the wire."""

from __future__ import annotations

import http.server
import itertools
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import mlflow
import pytest
from mlflow.utils.rest_utils import MlflowHostCreds

from jupyterlab_cellruns.stores.endpoint import endpoint_from_environment
from jupyterlab_cellruns.stores.rest import Rest

CREDENTIALS = "[mlflow]\nmlflow_tracking_username = file-user\nmlflow_tracking_password = file pass:word\n"
VARIABLES = {
    "MLFLOW_TRACKING_USERNAME": "ada", "MLFLOW_TRACKING_PASSWORD": "pässword:%20", "MLFLOW_TRACKING_TOKEN": "s3cret-token",
}  # fmt: skip
ALL = (*VARIABLES, "MLFLOW_TRACKING_INSECURE_TLS", "MLFLOW_TRACKING_SERVER_CERT_PATH", "MLFLOW_TRACKING_CLIENT_CERT_PATH",
       "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "MLFLOW_TRACKING_AUTH", "MLFLOW_TRACKING_AWS_SIGV4")  # fmt: skip


class Seen(http.server.BaseHTTPRequestHandler):
    """Answers that there are no experiments, and remembers who asked."""

    authorizations: list[str | None]

    def answer(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.authorizations.append(self.headers.get("Authorization"))
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    do_GET = do_POST = answer

    def log_message(self, *_: Any) -> None:
        """Quiet."""


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[str, list[str | None]]]:
    Seen.authorizations = []
    serving = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Seen)
    threading.Thread(target=serving.serve_forever, daemon=True).start()
    yield f"127.0.0.1:{serving.server_address[1]}", Seen.authorizations
    serving.shutdown()


@pytest.fixture
def clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    for name in ALL:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    return monkeypatch


CASES = [
    (given, in_file, in_url)
    for n in range(len(VARIABLES) + 1)
    for given in itertools.combinations(VARIABLES, n)
    for in_file in (False, True)
    for in_url in (False, True)
]


@pytest.mark.parametrize(("given", "in_file", "in_url"), CASES)
def test_the_same_authorization_is_sent(
    clean: pytest.MonkeyPatch, tmp_path: Path, server: tuple[str, list[str | None]], given: tuple[str, ...],
    in_file: bool, in_url: bool,
) -> None:  # fmt: skip
    address, seen = server
    uri = f"http://{'me:url%20pass@' if in_url else ''}{address}"
    environ = {"MLFLOW_TRACKING_URI": uri, **{name: VARIABLES[name] for name in given}}
    for name, value in environ.items():
        clean.setenv(name, value)
    if in_file:
        (tmp_path / ".mlflow").mkdir()
        (tmp_path / ".mlflow" / "credentials").write_text(CREDENTIALS)
    seen.clear()
    mlflow.MlflowClient(uri).search_experiments()
    Rest(endpoint_from_environment(environ)).call("POST", "experiments/search", json={"max_results": 1})
    theirs, ours = seen
    assert ours == theirs


@pytest.mark.parametrize("insecure", [None, "false", "true"])
@pytest.mark.parametrize("bundle", [None, "MLFLOW_TRACKING_SERVER_CERT_PATH", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
@pytest.mark.parametrize("client", [False, True])
def test_tls_is_set_up_alike(
    clean: pytest.MonkeyPatch, insecure: str | None, bundle: str | None, client: bool
) -> None:
    environ = {"MLFLOW_TRACKING_URI": "https://mlflow.example.org"}
    if insecure:
        environ["MLFLOW_TRACKING_INSECURE_TLS"] = insecure
    if bundle:
        environ[bundle] = "/certificates/ca.pem"
    if client:
        environ["MLFLOW_TRACKING_CLIENT_CERT_PATH"] = "/certificates/client.pem"
    for name, value in environ.items():
        clean.setenv(name, value)
    if insecure == "true" and bundle == "MLFLOW_TRACKING_SERVER_CERT_PATH":
        with pytest.raises(mlflow.MlflowException):
            credentials()
        with pytest.raises(ValueError, match="exclude each other"):
            endpoint_from_environment(environ)
        return
    theirs, ours = credentials(), endpoint_from_environment(environ)
    # `verify` of requests, which lets its own variables stand in for True.
    assert ours.verify == (environ.get(bundle, True) if bundle and theirs.verify is True else theirs.verify)
    assert ours.cert == theirs.client_cert_path


def credentials() -> MlflowHostCreds:
    """What MLflow's client makes of the environment."""
    from mlflow.utils.credentials import get_default_host_creds

    made: MlflowHostCreds = get_default_host_creds("https://mlflow.example.org")
    return made
