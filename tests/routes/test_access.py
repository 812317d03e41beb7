"""Every route refuses who is not logged in, and unsafe methods without the XSRF token. The table itself is walked,

so a route that is added is covered by itself; under a token, a password, JupyterHub, and a base URL.
"""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from tornado.web import RequestHandler

from jupyterlab_cellruns.routes.containment import is_inside
from jupyterlab_cellruns.routes.kernel_base import KernelHandler
from jupyterlab_cellruns.routes.lazy import real
from jupyterlab_cellruns.routes.table import handlers

from ..lab import Lab
from .auth import Asker, with_hub, with_password, with_token

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD")
UNSAFE = ("POST", "PUT", "PATCH", "DELETE")
REFUSED = (401, 403)


def paths() -> list[tuple[str, type[RequestHandler]]]:
    """The routes as paths under the base URL."""
    found = []
    for pattern, route, _ in handlers():
        path = pattern.lstrip("/")
        for group, example in (("([^/]+)", "abc"), ("([0-9a-f]+)", "abc"), ("(.*)", "version"), ("(.+)", "models")):
            path = path.replace(group, example)
        assert "(" not in path, f"say in this test what stands for the groups of {pattern}"
        found.append((path, real(route)))
    return found


BROWSER = [(path, handler) for path, handler in paths() if not issubclass(handler, KernelHandler)]
KERNEL = [(path, handler) for path, handler in paths() if issubclass(handler, KernelHandler)]


def supported(handler: type[RequestHandler], method: str) -> bool:
    own = getattr(handler, method.lower())
    return method in handler.SUPPORTED_METHODS and own is not getattr(RequestHandler, method.lower())


def body(method: str) -> bytes | None:
    return b"{}" if method in ("POST", "PUT", "PATCH") else None


@pytest.fixture(scope="module", params=[with_token, with_password, with_hub], ids=lambda p: p.__name__)
def guarded(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Lab, Asker]]:
    with request.param(tmp_path_factory.mktemp("guarded")) as found:
        yield found


def test_the_table_has_routes_of_both_kinds() -> None:
    assert len(BROWSER) > 10
    assert len(KERNEL) > 1


def test_nobody_gets_in_without_login_or_kernel_token(guarded: tuple[Lab, Asker]) -> None:
    lab, _ = guarded
    nobody = Asker(lab)
    for path, handler in BROWSER + KERNEL:
        for method in METHODS:
            expected = REFUSED if supported(handler, method) else (*REFUSED, 405)
            assert nobody.ask(path, method, body(method)) in expected, (path, method)
            for wrong in ("Bearer not-a-token", "token not-a-token", "Basic YTpi"):
                assert nobody.ask(path, method, body(method), Authorization=wrong) in expected, (path, method, wrong)


def test_a_login_alone_changes_nothing_and_with_the_xsrf_token_all_are_open(guarded: tuple[Lab, Asker]) -> None:
    """A cookie without the XSRF header is what another site can make a browser send."""
    _, somebody = guarded
    by_cookie = bool(somebody.jar)
    for path, handler in BROWSER:
        opened = []
        for method in METHODS:
            if not supported(handler, method):
                continue
            if by_cookie and method in UNSAFE:
                assert somebody.ask(path, method, body(method)) in REFUSED, (path, method)
                assert somebody.ask(path, method, body(method), X_XSRFToken="wrong") in REFUSED, (path, method)
            status = somebody.ask(path, method, body(method), X_XSRFToken=somebody.xsrf())
            assert status not in REFUSED and status not in (405, 500), (path, method, status)
            opened.append(method)
        assert opened, path


def test_a_login_does_not_open_what_is_for_kernels(guarded: tuple[Lab, Asker]) -> None:
    lab, somebody = guarded
    for path, _ in KERNEL:
        for method in METHODS:
            assert somebody.ask(path, method, body(method), X_XSRFToken=somebody.xsrf()) in (401, 405), (path, method)
            token = {"Authorization": f"token {lab.token}"}
            assert Asker(lab, token).ask(path, method, body(method)) in (401, 405), (path, method)


def test_another_site_is_refused_by_its_origin(guarded: tuple[Lab, Asker]) -> None:
    _, somebody = guarded
    if not somebody.jar:
        pytest.skip("the login is a header, which no other site can make a browser send")
    for path, handler in BROWSER:
        for method in UNSAFE:
            if supported(handler, method):
                status = somebody.ask(path, method, body(method), Origin="https://evil.example")
                assert status in (403, 404), (path, method, status)


def test_the_tracking_routes_work_under_every_login_and_base_url(guarded: tuple[Lab, Asker]) -> None:
    lab, somebody = guarded
    headers = {"X_XSRFToken": somebody.xsrf(), "Content_Type": "application/json"}
    status, text = somebody.read("api/kernels", "POST", b'{"name": "python3"}', **headers)
    assert status == 201, text
    import json

    from ..lab import Kernel

    kernel = Kernel(lab, json.loads(text)["id"], None).ready()
    reply = kernel.run("import mlflow\nwith mlflow.start_run() as run: mlflow.log_metric('x', 1)\nprint(run.info.run_id)")
    assert reply.status == "ok", reply.error
    run = reply.text.strip()
    assert lab.rows("SELECT status FROM runs WHERE run_uuid=?", run) == [("FINISHED",)]
    assert somebody.ask(f"cellruns/runs/{run}") == 200
    assert Asker(lab).ask(f"cellruns/runs/{run}") in REFUSED


def test_a_kernel_token_opens_nothing_from_elsewhere(lab: Lab) -> None:
    """It can get into a notebook, printed with the environment."""
    kernel = lab.bare_kernel().ready()
    token = kernel.evaluate("__import__('os').environ['MLFLOW_TRACKING_TOKEN']").strip("'")
    bearer = {"Authorization": f"Bearer {token}"}
    route = "cellruns/tracking/local/version"
    assert Asker(lab, bearer).ask(route) == 200
    for proxied in ({"X_Forwarded_For": "203.0.113.9"}, {"Forwarded": "for=203.0.113.9"}, {"X_Real_IP": "203.0.113.9"}):
        assert Asker(lab, bearer).ask(route, **proxied) == 401
    for path, _ in BROWSER:
        assert Asker(lab, bearer).ask(path) in (*REFUSED, 405), path
    forged = token[:-1] + ("1" if token.endswith("0") else "0")
    assert Asker(lab, {"Authorization": f"Bearer {forged}"}).ask(route) == 401


def test_bodies_are_bounded_before_they_are_read(lab: Lab) -> None:
    """A declared length is refused at once; what declares none is cut off, whoever sends it."""
    import http.client

    for path, handler in BROWSER + KERNEL:
        most = getattr(handler, "max_body", None)
        if most is None:
            continue
        for method in ("POST", "PUT"):
            if not supported(handler, method):
                continue
            for chunked in (False, True):
                connection = http.client.HTTPConnection("127.0.0.1", lab.port, timeout=30)
                connection.putrequest(method, "/" + path)
                connection.putheader("Authorization", f"token {lab.token}")
                connection.putheader(*(("Transfer-Encoding", "chunked") if chunked else ("Content-Length", str(most + 1))))
                connection.endheaders()
                try:
                    if chunked:
                        connection.send(f"{most + 1:x}\r\n".encode() + b" " * 70_000)
                    status = connection.getresponse().status
                except TimeoutError:
                    status = -1  # It waits for more.
                except OSError:
                    status = 0  # Cut off.
                assert status in ((0, 400, 401, 413) if chunked else (401, 413)), (path, method, chunked, status)
                connection.close()


def test_a_link_that_leads_out_of_a_run_is_seen(tmp_path: Path) -> None:
    """By us, too: not every MLflow looks where a link in its folder leads."""
    inside = tmp_path / "artifacts/1/run/artifacts"
    (inside / "a").mkdir(parents=True)
    (inside / "a/page.html").write_text("page")
    (tmp_path / "outside.txt").write_text("secret")
    (inside / "link.txt").symlink_to(tmp_path / "outside.txt")
    (inside / "a/up").symlink_to(tmp_path)
    (inside / "fine.html").symlink_to(inside / "a/page.html")
    for uri in ("mlflow-artifacts:/1/run/artifacts", str(inside), inside.as_uri()):
        for path in ("a/page.html", "fine.html", "", "not/there"):
            assert is_inside(uri, path, tmp_path / "artifacts"), (uri, path)
        for path in ("link.txt", "a/up", "a/up/outside.txt", "../x", "/etc/passwd"):
            assert not is_inside(uri, path, tmp_path / "artifacts"), (uri, path)


def test_artifact_paths_stay_in_their_run(lab: Lab) -> None:
    kernel = lab.notebook("paths.ipynb").ready()
    reply = kernel.run(
        "import mlflow\nwith mlflow.start_run() as run:\n    mlflow.log_text('<script>1</script>', 'a/page.html')\n"
        "with mlflow.start_run() as other: mlflow.log_text('other', 'secret.txt')\n"
        "print(run.info.run_id, other.info.run_id, run.info.artifact_uri)"
    )
    run_id, other, uri = reply.text.split()
    asker = Asker(lab, {"Authorization": f"token {lab.token}"})
    base = f"cellruns/runs/{run_id}/artifacts"
    outside = lab.folder / "outside.txt"
    outside.write_text("top secret")
    folder = lab.root / "mlartifacts" / uri.partition("mlflow-artifacts:/")[2].lstrip("/")
    assert (folder / "a" / "page.html").exists()
    (folder / "link.txt").symlink_to(outside)
    (folder / "a" / "up").symlink_to(lab.folder)
    (folder / "fine.html").symlink_to(folder / "a" / "page.html")
    for bad in (
        "../../../../etc/passwd", "/etc/passwd", "a/../../x", "..%2F..%2Fx", "%2E%2E/%2E%2E/x", "..%252F..%252Fx",
        "a%5C..%5Cb", "%00", "a%00", "file:///etc/passwd", "C:/x", "....//....//x", "a/./../../x", "%2Fetc%2Fpasswd",
        f"../../{other}/artifacts/secret.txt", "link.txt", "a/up/outside.txt", "a/up", "%C0%AE%C0%AE/x", "..;/x", "~root/x",
    ):
        for route in ("/content?path=", "?path="):
            status, text = asker.read(base + route + bad)
            # (tornado turns control characters into blanks: there is nothing of such a name.)
            assert status in (400, 403, 404) or text == b'{"files":[]}', (route, bad, status, text)
            assert b"secret" not in text.replace(b"secret.txt", b""), (route, bad)
    assert asker.ask(base + "/content?path=fine.html") == 200
    (folder / "a" / "MLmodel").write_text("flavors: {}\n")
    model = f"cellruns/models/content?uri=runs:/{run_id}/a&path="
    assert asker.ask(model + "MLmodel") == 200
    listed = json.loads(asker.read(f"cellruns/models/files?uri=runs:/{run_id}/a")[1])["files"]
    assert {file["path"] for file in listed} == {"MLmodel", "page.html", "up"}
    for bad in ("up/outside.txt", "../link.txt", "..%2F..%2Fx"):
        status, text = asker.read(model + bad)
        assert status in (400, 403, 404), (bad, status, text)
        assert b"secret" not in text
    for bad in ("a/up", "..", "a/../..", "%2E%2E"):
        status, text = asker.read(f"cellruns/models/content?uri=runs:/{run_id}/{bad}&path=outside.txt")
        assert status in (400, 403, 404), (bad, status, text)
    for bad_run in ("..", "%2E%2E", "..%2F..", "a%2Fb", "a.b"):
        assert asker.ask(f"cellruns/runs/{bad_run}/artifacts/content?path=x") in (400, 404), bad_run
    request = urllib.request.Request(
        f"http://127.0.0.1:{lab.port}/{base}/content?path=a/page.html", headers=asker.headers
    )
    with urllib.request.urlopen(request) as answer:
        assert b"<script>" in answer.read()
        assert "sandbox" in answer.headers["Content-Security-Policy"].split(";")[0]
        assert "allow" not in answer.headers["Content-Security-Policy"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


