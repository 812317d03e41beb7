"""A bad network in front of a real MLflow server: late answers, errors 500, connections that close without an answer."""

from __future__ import annotations

import http.client
import random
import socket
import threading
import time
from collections import Counter
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Faults:
    """What goes wrong, as shares of the requests (0 to 1), and `late` seconds for each answer.

    `error`: answered 500; `cut`: the connection is closed with no answer. Half of both happen before the server has
    got the request, half after it has done what was asked. `down`: nobody listens. `poison`: a request with these
    bytes is answered 500 and never reaches the server.
    """

    late: float = 0.0
    error: float = 0.0
    cut: float = 0.0
    down: bool = False
    poison: bytes = b""


class FaultProxy:
    """Use with `with`; `url` is the address for clients, `faults` may be changed at any time, `seen` counts."""

    def __init__(self, upstream_port: int, faults: Faults | None = None, seed: int = 1) -> None:
        self.faults = faults or Faults()
        self.seen: Counter[str] = Counter()
        self._random = random.Random(seed)
        self._upstream = upstream_port
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_: Any) -> None:
                return

            def handle_one_request(self) -> None:
                try:
                    super().handle_one_request()
                except (ConnectionError, TimeoutError):
                    self.close_connection = True

            def do_GET(self) -> None:
                proxy.pass_on(self)

            do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_GET

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def verify_request(self, request: Any, _address: Any) -> bool:
                return not proxy.faults.down

            def handle_error(self, *_: Any) -> None:
                return

        self._server = Server(("127.0.0.1", 0), Handler)
        self.port = int(self._server.server_address[1])
        self.url = f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> FaultProxy:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def pass_on(self, handler: BaseHTTPRequestHandler) -> None:
        """Forward one request, or do to it what `faults` says."""
        faults = self.faults
        body = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
        if faults.down:
            return self._cut(handler)
        self.seen["requests"] += 1
        self.seen["writes"] += handler.path.endswith("/runs/log-batch")
        draw, before = self._random.random(), self._random.random() < 0.5
        error, cut = draw < faults.error, faults.error <= draw < faults.error + faults.cut
        if faults.poison and faults.poison in body:
            self.seen["poison"] += 1
            return self._answer(handler, 500, [], b'{"error_code": "INTERNAL_ERROR", "message": "poison"}')
        status, headers, content = 500, [], b'{"error_code": "INTERNAL_ERROR", "message": "injected"}'
        if not ((error or cut) and before):
            upstream = http.client.HTTPConnection("127.0.0.1", self._upstream, timeout=60)
            try:
                kept = {k: v for k, v in handler.headers.items() if k.lower() not in ("host", "connection")}
                upstream.request(handler.command, handler.path, body, kept)
                response = upstream.getresponse()
                read = response.read()
                if not error:
                    status, headers, content = response.status, response.getheaders(), read
            except OSError:
                return self._cut(handler)
            finally:
                upstream.close()
        if faults.late:
            time.sleep(faults.late)
        if cut:
            self.seen["cut before" if before else "cut after"] += 1
            return self._cut(handler)
        if error:
            self.seen["error before" if before else "error after"] += 1
        self._answer(handler, status, headers, content)

    @staticmethod
    def _answer(handler: BaseHTTPRequestHandler, status: int, headers: list[tuple[str, str]], content: bytes) -> None:
        handler.send_response(status)
        for name, value in headers:
            if name.lower() not in ("content-length", "transfer-encoding", "connection", "date", "server"):
                handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        if handler.command != "HEAD":
            handler.wfile.write(content)

    @staticmethod
    def _cut(handler: BaseHTTPRequestHandler) -> None:
        """Close our half and then the connection, with no word."""
        handler.close_connection = True
        try:
            handler.connection.shutdown(socket.SHUT_WR)
        except OSError:
            return
