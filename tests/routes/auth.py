"""Jupyter servers under the ways of logging in, and how somebody who is logged in asks them.

JupyterHub is the real `jupyterhub-singleuser` with its own OAuth client; only the Hub is a stand-in that answers the
two questions of its API that a single-user server asks (who is this token, here is my activity), since a whole Hub
needs users and a proxy of its own.
"""

from __future__ import annotations

import http.cookiejar
import json
import sys
import threading
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from ..lab import Lab, free_port

PASSWORD = "correct horse battery"
HUB_TOKEN = "hub-token-of-ann"


class Asker:
    """Somebody with a cookie jar, a login header, both or neither. `ask` gives the status."""

    def __init__(self, lab: Lab, headers: dict[str, str] | None = None) -> None:
        self.lab = lab
        self.headers = headers or {}
        self.jar = http.cookiejar.CookieJar()
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.jar), _NoRedirect())

    def ask(self, path: str, method: str = "GET", body: bytes | None = None, **headers: str) -> int:
        """Status of a request; `path` is under the base URL."""
        return self.read(path, method, body, **headers)[0]

    def read(self, path: str, method: str = "GET", body: bytes | None = None, **headers: str) -> tuple[int, bytes]:
        """Status and body."""
        base = urllib.parse.quote(urllib.parse.unquote(self.lab.base_url))
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.lab.port}{base}{path}", data=body, method=method,
            headers={**self.headers, **{k.replace("_", "-"): v for k, v in headers.items()}},
        )
        try:
            with self._opener.open(request, timeout=60) as answer:
                return int(answer.status), bytes(answer.read())
        except urllib.error.HTTPError as error:
            return error.code, error.read()

    def xsrf(self) -> str:
        """The XSRF token of the cookie jar."""
        return next((c.value or "" for c in self.jar if c.name == "_xsrf"), "")


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


@contextmanager
def with_token(folder: Path) -> Iterator[tuple[Lab, Asker]]:
    """Jupyter's own token; the browser has traded it for a cookie."""
    with Lab(folder) as lab:
        asker = Asker(lab)
        asker.ask("login")
        assert asker.ask(f"api/me?token={lab.token}") == 200
        yield lab, asker


@contextmanager
def with_password(folder: Path) -> Iterator[tuple[Lab, Asker]]:
    """A password and no token, under a base URL."""
    from jupyter_server.auth import passwd

    lab = Lab(folder, "--ServerApp.identity_provider_class=jupyter_server.auth.identity.PasswordIdentityProvider",
              f"--PasswordIdentityProvider.hashed_password={passwd(PASSWORD)}", base_url="/user/ann/")
    lab.token = ""
    with lab:
        asker = Asker(lab)
        asker.ask("login")
        form = urllib.parse.urlencode({"password": PASSWORD, "_xsrf": asker.xsrf()}).encode()
        assert asker.ask("login", "POST", form) == 302
        yield lab, asker


class _Hub(BaseHTTPRequestHandler):
    """The Hub's API as a single-user server of ann asks it."""

    def do_GET(self) -> None:
        known = self.headers.get("Authorization") in (f"token {HUB_TOKEN}", f"Bearer {HUB_TOKEN}")
        if self.path.rstrip("/").endswith("/hub/api"):
            self._answer(200, {"version": "5.0.0"})
        elif self.path.endswith("/user") and known:
            self._answer(200, {"kind": "user", "name": "ann", "admin": False, "groups": [], "session_id": None,
                               "scopes": ["access:servers!server=ann/"]})
        else:
            self._answer(403, {"status": 403, "message": "not known"})

    def do_POST(self) -> None:
        self._answer(200, {})

    def _answer(self, status: int, body: Any) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    def log_message(self, *_: Any) -> None:
        """Quiet."""


@contextmanager
def with_hub(folder: Path) -> Iterator[tuple[Lab, Asker]]:
    """A single-user server of JupyterHub."""
    hub = ThreadingHTTPServer(("127.0.0.1", 0), _Hub)
    threading.Thread(target=hub.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{hub.server_port}/hub"
    env = {
        "JUPYTERHUB_API_TOKEN": "service-token", "JUPYTERHUB_API_URL": url + "/api", "JUPYTERHUB_USER": "ann",
        "JUPYTERHUB_CLIENT_ID": "jupyterhub-user-ann", "JUPYTERHUB_HOST": "", "JUPYTERHUB_BASE_URL": "/",
        "JUPYTERHUB_SERVICE_PREFIX": "/user/ann/", "JUPYTERHUB_SERVER_NAME": "",
        "JUPYTERHUB_OAUTH_SCOPES": '["access:servers!server=ann/"]',
        "JUPYTERHUB_OAUTH_ACCESS_SCOPES": '["access:servers!server=ann/"]',
        "JUPYTERHUB_OAUTH_CALLBACK_URL": "/user/ann/oauth_callback", "JUPYTERHUB_ACTIVITY_URL": "",
        "JUPYTERHUB_SINGLEUSER_APP": "jupyter_server.serverapp.ServerApp",
    }
    lab = Lab(folder, env=env, base_url="/user/ann/", command=(
        sys.executable, "-m", "jupyterhub.singleuser", "--ServerApp.jpserver_extensions={'jupyterlab_cellruns': True}",
    ))
    lab.token = HUB_TOKEN
    lab.fixed_port = free_port()
    lab.env["JUPYTERHUB_SERVICE_URL"] = f"http://127.0.0.1:{lab.fixed_port}/user/ann/"
    try:
        with lab:
            yield lab, Asker(lab, {"Authorization": f"token {HUB_TOKEN}"})
    finally:
        hub.shutdown()
