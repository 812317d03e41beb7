"""Real MLflow tracking servers of two generations, with and without logins, and a TLS front for them."""

from __future__ import annotations

import asyncio
import datetime
import ipaddress
import json
import os
import signal
import ssl
import subprocess
import sys
import threading
import urllib.error
import urllib.request
import venv
from contextlib import suppress
from pathlib import Path
from typing import Any

from jupyterlab_cellruns.locks import try_lock

from .lab import ROOT, free_port, wait

STATE = ROOT / ".cellruns"
PASSWORD = "correct horse battery"


def mlflow_2() -> str:
    """The Python of an environment with the last MLflow 2, made once and kept in .cellruns/.

    CELLRUNS_MLFLOW2_PYTHON names one that is there already.
    """
    named = os.environ.get("CELLRUNS_MLFLOW2_PYTHON")
    if named:
        return named
    folder = STATE / "mlflow2"
    python = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    stamp = folder / "ready"
    STATE.mkdir(exist_ok=True)
    # Tests run side by side.
    lock = wait(lambda: try_lock(STATE / "mlflow2.lock"), 600, 0.5)
    assert lock, "another process has been making the environment for ten minutes"
    try:
        if not stamp.exists():
            # MLflow 2 imports a name that SQLAlchemy 2.1 has not, and its basic-auth imports pkg_resources.
            wanted = ["mlflow[auth]<3", "sqlalchemy<2.1", "setuptools<81"]
            venv.create(folder, with_pip=True, clear=True)
            subprocess.run([python, "-m", "pip", "install", "-q", *wanted], check=True, timeout=580)
            stamp.touch()
    finally:
        os.close(lock)
    return str(python)


class TrackingServer:
    """`mlflow server` of an environment's Python; `login` switches MLflow's own basic-auth app on (user admin)."""

    def __init__(self, folder: Path, python: str = sys.executable, *, login: bool = False, port: int | None = None) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.login = login
        self.log_path = folder / "server.log"
        self._python = python
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> TrackingServer:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> TrackingServer:
        """Start it and wait until it answers."""
        keep = {k: v for k, v in os.environ.items() if not k.startswith("MLFLOW_")}
        env = {
            **keep, "MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
            "MLFLOW_FLASK_SERVER_SECRET_KEY": "for tests",
        }
        command = [
            self._python, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(self.port), "--workers", "1",
            "--backend-store-uri", f"sqlite:///{self.folder}/mlflow.db", "--serve-artifacts",
            "--artifacts-destination", str(self.folder / "artifacts"),
        ]  # fmt: skip
        if self.login:
            settings = self.folder / "auth.ini"
            settings.write_text(
                f"[mlflow]\ndefault_permission = READ\ndatabase_uri = sqlite:///{self.folder}/auth.db\n"
                f"admin_username = admin\nadmin_password = {PASSWORD}\n"
                "authorization_function = mlflow.server.auth:authenticate_request_basic_auth\n"
            )
            env["MLFLOW_AUTH_CONFIG_PATH"] = str(settings)
            command += ["--app-name", "basic-auth"]
        with self.log_path.open("ab") as log:
            # A session of its own: the server has worker processes, and all of them have to go.
            self._process = subprocess.Popen(command, env=env, cwd=self.folder, stdout=log, stderr=log, start_new_session=True)
        assert wait(self._answers, 120), self.log_path.read_text()[-3000:]
        return self

    def stop(self) -> None:
        """Take it away at once, as a machine that is switched off."""
        process, self._process = self._process, None
        if process is not None:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def ask(self, path: str, body: Any = None, headers: dict[str, str] | None = None, method: str | None = None) -> Any:
        """A call of its REST, as the admin where it has logins."""
        import base64

        made = {"Content-Type": "application/json", **(headers or {})}
        if self.login:
            made["Authorization"] = "Basic " + base64.b64encode(f"admin:{PASSWORD}".encode()).decode()
        data = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(f"{self.url}/api/2.0/mlflow/{path}", data=data, headers=made, method=method)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.loads(answer.read() or b"{}")

    def run(self, run_id: str) -> dict[str, Any]:
        """A run as the server tells it."""
        found: dict[str, Any] = self.ask(f"runs/get?run_id={run_id}")["run"]
        return found

    def status(self, run_id: str) -> str:
        """Status of a run."""
        return str(self.run(run_id)["info"]["status"])

    def history(self, run_id: str, key: str) -> list[int]:
        """Steps of all points of a metric, in the order of steps."""
        points = self.ask(f"metrics/get-history?run_id={run_id}&metric_key={key}").get("metrics", [])
        return sorted(int(point.get("step", 0)) for point in points)

    def runs(self) -> list[dict[str, Any]]:
        """All runs."""
        ids = [e["experiment_id"] for e in self.ask("experiments/search", {"max_results": 100})["experiments"]]
        found: list[dict[str, Any]] = self.ask("runs/search", {"experiment_ids": ids}).get("runs", [])
        return found

    def _answers(self) -> bool:
        if self._process is not None and self._process.poll() is not None:
            raise AssertionError(self.log_path.read_text()[-3000:])
        with suppress(OSError):
            urllib.request.urlopen(f"{self.url}/health", timeout=5).close()
            return True
        return False


class Authority:
    """A certificate authority of the tests' own, and certificates of it as PEM files in a folder."""

    def __init__(self, folder: Path) -> None:
        from cryptography import x509
        from cryptography.hazmat.primitives import hashes, serialization
        from cryptography.hazmat.primitives.asymmetric import ec
        from cryptography.x509.oid import NameOID

        folder.mkdir(parents=True, exist_ok=True)
        now = datetime.datetime.now(datetime.timezone.utc)

        def name(text: str) -> Any:
            return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])

        def make(text: str, issuer: Any, signer: Any, ca: bool) -> tuple[Any, Any]:
            key = ec.generate_private_key(ec.SECP256R1())
            builder = (
                x509.CertificateBuilder().subject_name(name(text)).issuer_name(name(issuer)).public_key(key.public_key())
                .serial_number(x509.random_serial_number()).not_valid_before(now - datetime.timedelta(days=1))
                .not_valid_after(now + datetime.timedelta(days=2))
                .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
                .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
                .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key((signer or key).public_key()), critical=False)
                .add_extension(x509.SubjectAlternativeName(
                    [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
                ), critical=False)
                .add_extension(x509.KeyUsage(True, False, False, False, False, ca, ca, False, False), critical=True)
            )  # fmt: skip
            return builder.sign(signer or key, hashes.SHA256()), key

        def write(file: str, *parts: Any) -> str:
            path = folder / file
            pem = serialization.Encoding.PEM
            with path.open("wb") as out:
                for part in parts:
                    if isinstance(part, x509.Certificate):
                        out.write(part.public_bytes(pem))
                    else:
                        out.write(part.private_bytes(
                            pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
                        ))
            return str(path)

        root, root_key = make("Cellruns test CA", "Cellruns test CA", None, True)
        self.bundle = write("ca.pem", root)
        self.server = write("server.pem", *make("localhost", "Cellruns test CA", root_key, False))
        client, client_key = make("a user", "Cellruns test CA", root_key, False)
        self.client = write("client.pem", client, client_key)
        self.client_cert, self.client_key = write("client-cert.pem", client), write("client-key.pem", client_key)


class Front:
    """A TLS front before a server: it ends TLS, asks for a client certificate or a header where told to, and passes
    bytes on. `requests` holds the head of each first request of a connection."""

    def __init__(
        self, target: int, certificate: str | None = None, *, clients: str | None = None, header: str | None = None
    ) -> None:
        self.port = free_port()
        self.url = f"{'https' if certificate else 'http'}://127.0.0.1:{self.port}"
        self.requests: list[bytes] = []
        self._target = target
        self._header = header.encode().lower() if header else None
        self._context: ssl.SSLContext | None = None
        if certificate:
            self._context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            self._context.load_cert_chain(certificate)
            if clients:
                self._context.load_verify_locations(clients)
                self._context.verify_mode = ssl.CERT_REQUIRED
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> Front:
        self._thread.start()
        listening = asyncio.start_server(self._serve, "127.0.0.1", self.port, ssl=self._context)
        self._server = asyncio.run_coroutine_threadsafe(listening, self._loop).result(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._server.close)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError):
            head = await reader.readuntil(b"\r\n\r\n")
            self.requests.append(head)
            if self._header is not None and self._header not in head.lower():
                writer.write(
                    b"HTTP/1.1 401 Unauthorized\r\nContent-Type: text/html\r\nContent-Length: 9\r\n"
                    b"Connection: close\r\n\r\n<p>no</p>"
                )
            else:
                far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._target)
                far_writer.write(head)
                await asyncio.gather(_pump(reader, far_writer), _pump(far_reader, writer))
        writer.close()


async def _pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    with suppress(OSError, ssl.SSLError):
        while data := await source.read(1 << 18):
            sink.write(data)
            await sink.drain()
    sink.close()
