"""Every route refuses who is not logged in, and unsafe methods without the XSRF token. The table itself is walked."""

from __future__ import annotations

import urllib.error
import urllib.request

import pytest

from jupyterlab_cellruns.routes.table import handlers

from ..lab import Lab

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD")


def paths() -> list[tuple[str, type]]:
    return [(route[0].replace("([^/]+)", "abc").replace("(.*)", "version"), route[1]) for route in handlers("/")]


def ask(lab: Lab, path: str, method: str, **headers: str) -> int:
    request = urllib.request.Request(
        f"http://127.0.0.1:{lab.port}{path}", method=method, headers=headers, data=b"{}" if method in ("POST", "PUT") else None
    )
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


@pytest.mark.parametrize(("path", "handler"), paths(), ids=[p for p, _ in paths()])
def test_nobody_gets_in_without_login_or_kernel_token(lab: Lab, path: str, handler: type) -> None:
    for method in METHODS:
        assert ask(lab, path, method) in (401, 403, 405), method
        assert ask(lab, path, method, Authorization="Bearer not-a-token") in (401, 403, 405), method


@pytest.mark.parametrize(("path", "handler"), paths(), ids=[p for p, _ in paths()])
def test_a_cookie_alone_changes_nothing(lab: Lab, path: str, handler: type) -> None:
    """What another site can make a browser send: the login cookie without the XSRF header."""
    login = urllib.request.Request(f"http://127.0.0.1:{lab.port}/api/me?token={lab.token}")
    with urllib.request.urlopen(login) as answer:
        cookies = "; ".join(c.split(";")[0] for c in answer.headers.get_all("Set-Cookie") or [])
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        assert ask(lab, path, method, Cookie=cookies) in (401, 403, 405), method


def test_artifact_paths_stay_in_their_run(lab: Lab) -> None:
    kernel = lab.notebook("paths.ipynb").ready()
    reply = kernel.run(
        "import mlflow\nwith mlflow.start_run() as run:\n    mlflow.log_text('<script>1</script>', 'a/page.html')\n"
        "print(run.info.run_id)"
    )
    run_id = reply.text.split()[-1]
    base = f"/cellruns/runs/{run_id}/artifacts/content?path="
    token = f"token {lab.token}"
    for bad in ("../../../../etc/passwd", "/etc/passwd", "a/../../x", "..%2F..%2Fx", "a%5C..%5Cb", "%00"):
        assert ask(lab, base + bad, "GET", Authorization=token) in (400, 403, 404), bad
    request = urllib.request.Request(
        f"http://127.0.0.1:{lab.port}{base}a/page.html", headers={"Authorization": token}
    )
    with urllib.request.urlopen(request) as answer:
        assert b"<script>" in answer.read()
        assert "sandbox" in answer.headers["Content-Security-Policy"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
