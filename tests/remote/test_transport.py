"""Every kind of login and TLS against a real front before a real MLflow, and the words for what goes wrong.

Each store of one Jupyter server stands for one case. The way through is tested twice: by the server's own requests
(the panel's list of experiments) and by a run of a kernel, whose requests the proxy forwards.
"""

from __future__ import annotations

import contextlib
import http.server
import json
import socket
import threading
import time
import urllib.error
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ..lab import Kernel, Lab, free_port, wait
from ..remotes import PASSWORD, Authority, Front, TrackingServer

RUN = """
import mlflow
with mlflow.start_run() as run:
    mlflow.log_metric("m", 1.0)
    mlflow.log_text("a", "a.txt")
print(run.info.run_id)
"""


class Page(http.server.BaseHTTPRequestHandler):
    """Something that is no MLflow: a page for whatever is asked, or a way to a login."""

    def answer(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.path.startswith("/login"):
            self.send_response(302)
            self.send_header("Location", "https://login.example.org/start")
        elif self.path.startswith("/forbidden"):
            self.send_response(403)
        else:
            self.send_response(404)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", "10")
        self.end_headers()
        self.wfile.write(b"<p>no</p>\n")

    do_GET = do_POST = do_PUT = answer

    def log_message(self, *_: Any) -> None:
        """Quiet."""


class Scene:
    """A lab with all stores, and what stands before the servers."""

    def __init__(self, lab: Lab, fronts: dict[str, Front]) -> None:
        self.lab = lab
        self.fronts = fronts
        self.kernels: dict[str, Kernel] = {}

    def kernel(self, store: str) -> Kernel:
        path = f"{store}.ipynb"
        self.lab.fetch("cellruns/notebooks", "PUT", {"path": path, "store": store})
        return self.lab.notebook(path).ready()

    def state(self, store: str) -> dict[str, Any]:
        stores: list[dict[str, Any]] = self.lab.fetch("cellruns/status?all=1")["stores"]
        return next(s for s in stores if s["id"] == store)

    def settled(self, store: str) -> dict[str, Any]:
        """How a store is, once it has been looked at."""
        found: dict[str, Any] = wait(lambda: (s := self.state(store))["state"] != "idle" and s, 20) or self.state(store)
        return found


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory, server_3: TrackingServer, plain_2: TrackingServer) -> Iterator[Scene]:
    folder = tmp_path_factory.mktemp("transport")
    ours, theirs = Authority(folder / "ca"), Authority(folder / "other")
    token = folder / "token"
    token.write_text("s3cret-token")
    pages = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page)
    threading.Thread(target=pages.serve_forever, daemon=True).start()
    page = f"http://127.0.0.1:{pages.server_address[1]}"
    with contextlib.ExitStack() as stack:
        # The system takes connections for it, and nobody ever reads from them.
        silent = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=64))
        fronts = {
            "tls": Front(server_3.port, ours.server),
            "mutual": Front(plain_2.port, ours.server, clients=ours.bundle),
            "bearer": Front(plain_2.port, ours.server, header="authorization: bearer s3cret-token\r\n"),
            "headers": Front(plain_2.port, header="x-team: blue\r\n"),
        }
        for front in fronts.values():
            stack.enter_context(front)
        tls, mutual = fronts["tls"].url, fronts["mutual"].url
        login: dict[str, Any] = {"user": "admin", "password": PASSWORD}
        stores: dict[str, dict[str, Any]] = {
            "ca": {"url": tls, "ca_bundle": ours.bundle, **login},
            "insecure": {"url": tls, "insecure": True, **login},
            "userinfo": {"url": tls.replace("//", f"//admin:{PASSWORD.replace(' ', '%20')}@"), "ca_bundle": ours.bundle},
            "mutual": {
                "url": mutual, "ca_bundle": ours.bundle, "client_cert": ours.client_cert, "client_key": ours.client_key,
            },
            "mutual-one-file": {"url": mutual, "ca_bundle": ours.bundle, "client_cert": ours.client},
            "bearer": {"url": fronts["bearer"].url, "ca_bundle": ours.bundle, "token": {"file": str(token)}},
            "headers": {"url": fronts["headers"].url, "headers": {"X-Team": {"env": "TEAM"}}},
            "wrong-password": {"url": server_3.url, "user": "admin", "password": "wrong"},
            "no-login": {"url": server_3.url},
            "other-ca": {"url": tls, "ca_bundle": theirs.bundle, **login},
            "public-ca": {"url": tls, **login},
            "no-client-cert": {"url": mutual, "ca_bundle": ours.bundle},
            "http-for-https": {"url": tls.replace("https", "http"), **login},
            "https-for-http": {"url": server_3.url.replace("http", "https"), **login},
            "no-mlflow": {"url": page + "/some/path"},
            "login-page": {"url": page + "/login"},
            "forbidden": {"url": page + "/forbidden", "token": "x"},
            "nobody-there": {"url": f"http://127.0.0.1:{free_port()}"},
            "no-name": {"url": "http://mlflow.invalid"},
            "no-variable": {"url": page, "token": {"env": "NOT_SET_ANYWHERE"}},
            "no-file": {"url": page, "token": {"file": str(folder / "nothing")}},
            "no-bundle": {"url": tls, "ca_bundle": str(folder / "nothing.pem")},
            "silent": {"url": f"http://127.0.0.1:{silent.getsockname()[1]}", "timeout": 1.5},
            # Refused at the start, with the reason in the log and no word of what is secret.
            "bad": {"url": page, "pasword": "hunter2"},
            "bad scheme": {"url": "ftp://x"},
        }  # fmt: skip
        with Lab(folder, f"--CellrunsApp.stores={stores!r}", env={"TEAM": "blue"}) as lab:
            yield Scene(lab, fronts)
        pages.shutdown()


@pytest.mark.parametrize("store", ["ca", "mutual", "bearer", "headers"])
def test_a_run_goes_through(scene: Scene, server_3: TrackingServer, plain_2: TrackingServer, store: str) -> None:
    server = server_3 if store == "ca" else plain_2
    kernel = scene.kernel(store)
    reply = kernel.run(RUN)
    assert reply.status == "ok", reply.error
    run_id = reply.text.strip()
    assert (server.status(run_id), server.history(run_id, "m")) == ("FINISHED", [0])
    assert scene.lab.read(f"cellruns/runs/{run_id}/artifacts/content?path=a.txt&store={store}") == b"a"
    assert scene.settled(store)["state"] == "ready"
    front = scene.fronts["tls" if store == "ca" else store]
    # What the front has seen of the kernel's requests: neither Origin, nor our address, nor our token.
    assert front.requests
    assert not any(b"origin" in head.lower() for head in front.requests)
    assert all(f"Host: 127.0.0.1:{front.port}".encode() in head for head in front.requests)
    for ours in (f":{scene.lab.port}", kernel.id, scene.lab.token):
        assert not any(ours.encode() in head for head in front.requests)


@pytest.mark.parametrize("store", ["insecure", "userinfo", "mutual-one-file"])
def test_the_server_gets_through(scene: Scene, store: str) -> None:
    found = scene.settled(store)
    assert found["state"] == "ready", found
    assert scene.lab.fetch(f"cellruns/experiments?store={store}")["experiments"]
    assert PASSWORD.partition(" ")[0] not in json.dumps(scene.settled(store))


REFUSED = {
    "wrong-password": ("error", ["refuses the user name and password (HTTP 401)"], "CellrunsApp.stores, 'wrong-password'"),
    "no-login": ("error", ["refuses no credentials (HTTP 401)"], "CellrunsApp.stores, 'no-login'"),
    "other-ca": ("error", ["certificate of https://127.0.0.1", "is not trusted"], "ca_bundle"),
    "public-ca": ("error", ["is not trusted"], "ca_bundle"),
    "no-client-cert": (None, ["https://127.0.0.1"], "client_cert"),
    "http-for-https": (None, ["http://127.0.0.1"], "Check"),
    "https-for-http": ("error", ["does not speak TLS"], "http://"),
    "no-mlflow": ("error", ["is not an MLflow tracking server", "HTTP 404 (text/html)"], "path"),
    "login-page": ("error", ["redirects to https://login.example.org/start"], "login"),
    "forbidden": ("error", ["forbids the token", "HTTP 403"], "access"),
    "nobody-there": ("away", ["does not answer", "refused"], "kept on disk"),
    "silent": ("away", ["no answer within 1.5 s"], "kept on disk"),
    "no-name": ("away", ["host name is not known"], "VPN"),
    "no-variable": ("error", ["NOT_SET_ANYWHERE is not set"], "restart"),
    "no-file": ("error", ["can't be read", "No such file"], "readable"),
    "no-bundle": ("error", ["CA bundle", "can't be used"], "PEM"),
}


@pytest.mark.parametrize("store", REFUSED)
def test_what_is_wrong_is_said(scene: Scene, store: str) -> None:
    state, words, hint = REFUSED[store]
    found = scene.settled(store)
    assert found["state"] == state or (state is None and found["state"] in ("away", "error")), found
    for word in words:
        assert word in found["message"], found
    assert hint in found["hint"], found
    # The same words where the panel asks.
    with pytest.raises(urllib.error.HTTPError) as refused:
        scene.lab.read(f"cellruns/runs?store={store}")
    answer = json.loads(refused.value.read())
    assert words[-1] in answer["message"], answer
    assert answer["hint"]


@pytest.mark.parametrize("store", ["wrong-password", "nobody-there", "no-mlflow", "no-file"])
def test_start_run_fails_soon_and_says_why(scene: Scene, store: str) -> None:
    kernel = scene.kernel(store)
    began = time.monotonic()
    reply = kernel.run("import mlflow\nmlflow.start_run()", timeout=120)
    took = time.monotonic() - began
    assert reply.status == "error"
    assert "MlflowException" in reply.error or "RestException" in reply.error
    assert REFUSED[store][1][0].split("(")[0].strip() in " ".join(reply.error.split()), reply.error
    # MLflow's own client would go on for minutes.
    assert took < 60, took


def test_a_bad_entry_is_left_out_and_the_log_says_so(scene: Scene) -> None:
    ids = [s["id"] for s in scene.lab.fetch("cellruns/status")["stores"]]
    assert "bad" not in ids
    assert "bad scheme" not in ids
    log = scene.lab.log()
    assert "CellrunsApp.stores, 'bad': pasword: is not known" in log
    assert "CellrunsApp.stores, 'bad scheme': a name has" in log
    assert "hunter2" not in log
    assert PASSWORD not in log


def test_a_token_that_is_renewed_is_read_again(scene: Scene, tmp_path: Path) -> None:
    token = scene.lab.folder / "token"
    assert scene.lab.fetch("cellruns/experiments?store=bearer")["experiments"]
    token.write_text("an old one")
    assert wait(lambda: scene.state("bearer")["state"] == "error", 30, 0.5)
    token.write_text("s3cret-token\n")
    assert wait(lambda: scene.state("bearer")["state"] == "ready", 30, 0.5)
