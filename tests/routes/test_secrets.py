"""A notebook with a remote store that wants a password: no secret is in anything that is shown, kept or sent."""

from __future__ import annotations

import base64
import json
import os
import urllib.error
import urllib.parse
from pathlib import Path

from jupyterlab_cellruns.routes.table import handlers

from ..lab import Lab, wait
from ..remotes import PASSWORD, TrackingServer

OTHER = "jupyters-own-t0ken-of-the-test"
CELLS = [
    "import os, sys, mlflow\ndb_password = 'hunter2-is-no-good'\napi = dict(api_key='sk-0123456789abcdefghijklmnop')",
    "%env",
    "print(dict(os.environ))",
    "import subprocess\nprint(subprocess.run(['env'], capture_output=True, text=True).stdout)",
    "with mlflow.start_run(run_name='guarded') as run:\n"
    "    mlflow.log_params({'lr': 0.1})\n    mlflow.log_metric('loss', 1.0)\n    mlflow.log_text('hi', 'a.txt')\n"
    "    print(mlflow.get_tracking_uri(), mlflow.get_artifact_uri(), run.info)",
    "print(vars(sys.modules['_cellruns']._attached.settings) | {'token': ''})",
    "mlflow.start_run(run_id='f' * 32)",
    "mlflow.MlflowClient().get_run('nonsense')",
]


def forms(secret: str) -> list[bytes]:
    """A secret as it stands, percent-encoded, in JSON and in base64, alone and as basic auth has it."""
    pair = base64.b64encode(f"admin:{secret}".encode()).decode()
    plain = [secret, urllib.parse.quote(secret), urllib.parse.quote_plus(secret), json.dumps(secret)[1:-1], pair,
             base64.b64encode(secret.encode()).decode().rstrip("=")]
    return [form.encode() for form in dict.fromkeys(plain)]


def test_no_secret_is_shown_kept_or_sent(tmp_path: Path) -> None:
    with TrackingServer(tmp_path / "remote", login=True) as remote:
        env = {"MLFLOW_TRACKING_URI": remote.url, "MLFLOW_TRACKING_USERNAME": "admin", "MLFLOW_TRACKING_PASSWORD": PASSWORD}
        lab = Lab(tmp_path / "lab", "--ServerApp.log_level=DEBUG", env=env)
        lab.token = OTHER
        with lab:
            outputs, kernel = [], lab.notebook("guarded.ipynb").ready()
            for number, code in enumerate(CELLS):
                reply = kernel.run(code, f"c{number}")
                outputs.append(json.dumps(reply.messages, default=str))
                assert reply.status == ("ok" if number < 6 else "error"), reply.error
            saved = {"cells": [{"source": c, "outputs": o} for c, o in zip(CELLS[3:], outputs[3:], strict=True)]}
            (lab.root / "guarded.ipynb").write_text(json.dumps(saved))
            runs = lab.fetch("cellruns/runs")["runs"]
            assert [r["name"] for r in runs] == ["guarded"]
            run = runs[0]["run_id"]
            files = wait(lambda: [f for f in lab.fetch(f"cellruns/runs/{run}/artifacts?path=cellruns")["files"]], 30)
            assert files, "the provenance of the run"
            answers = [status_of(lab, run, path) for path, _, _ in handlers()]
            answers += [lab.read(f"cellruns/runs/{run}/artifacts/content?path={f['path']}") for f in files if not f["is_dir"]]
            token = kernel.evaluate("__import__('os').environ['MLFLOW_TRACKING_TOKEN']").strip("'")
            kept = everything_in(tmp_path / "lab")
        kept |= everything_in(tmp_path / "lab")
    shown = {f"output {i}": o.encode() for i, o in enumerate(outputs)} | {f"answer {i}": a for i, a in enumerate(answers)}
    stored = {"mlflow.db": (tmp_path / "remote" / "mlflow.db").read_bytes()}
    everywhere = {**shown, **kept, **stored}
    assert any("spool" in name for name in kept) and any(name.endswith("jupyter.log") for name in kept)
    for form in forms(PASSWORD):
        assert [name for name, data in everywhere.items() if form in data] == [], form
    # Jupyter's own token is in the files with which Jupyter finds its servers, and nowhere of ours.
    for form in forms(OTHER):
        found = [n for n, data in everywhere.items() if form in data and "jpserver-" not in n and not n.endswith("jupyter.log")]
        assert found == [], form
    # The kernel's token is where the user prints the environment, and nowhere else.
    for form in forms(token):
        found = [n for n, data in everywhere.items() if form in data and n not in ("output 2", "output 3")]
        assert [n for n in found if not n.endswith("guarded.ipynb")] == [], form
    # What looks like a secret in the executed code is not in the run.
    code = b"".join(answers[-len(files):])
    assert b"import os, sys, mlflow" in code
    assert b"hunter2-is-no-good" not in code and b"sk-0123456789abcdef" not in code
    assert b"[redacted]" in code


def status_of(lab: Lab, run: str, pattern: str) -> bytes:
    """What a GET of a route says, an error included."""
    path = pattern.replace("([^/]+)", run).replace("([0-9a-f]+)", "abc").replace("(.*)", "version").replace("(.+)", "models")
    try:
        return lab.read(f"{path.lstrip('/')}?path=a.txt&notebook=guarded.ipynb")
    except urllib.error.HTTPError as error:
        return error.read() + str(error.headers).encode()


def everything_in(folder: Path) -> dict[str, bytes]:
    """All files under a folder."""
    found = {}
    for place, _, names in os.walk(folder):
        for name in names:
            path = Path(place) / name
            if path.is_file() and path.stat().st_size < 50_000_000:
                found[str(path.relative_to(folder))] = path.read_bytes()
    return found
