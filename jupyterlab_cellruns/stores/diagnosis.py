"""What a failed request to a tracking server means: what, where, what to do. Pure but for httpx's exceptions."""

from __future__ import annotations

import contextlib
import json
import re
import socket
import ssl
from collections.abc import Iterator

from .base import StoreUnavailable
from .endpoint import Endpoint

KEPT = "What is logged meanwhile is kept on disk and stored when the server answers again."
_ERRNO = re.compile(r"\[Errno -?\d+\] ")
AWAY_STATUS = (408, 425, 429, 500, 502, 503, 504)
"""Statuses that pass: what MLflow's own client tries again on, and Too Early."""


def of_failure(error: BaseException, endpoint: Endpoint) -> StoreUnavailable:
    """No answer came: an error of httpx's transport."""
    where = endpoint.base_url
    causes = list(_causes(error))
    for cause in causes:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return StoreUnavailable(
                f"The certificate of {where} is not trusted: {cause.verify_message or cause}",
                f"Name the bundle of its CA as ca_bundle (or MLFLOW_TRACKING_SERVER_CERT_PATH), see {endpoint.settings}.",
                "error",
            )
    for cause in causes:
        if isinstance(cause, ssl.SSLError):
            return _tls(str(cause), endpoint)
        if isinstance(cause, socket.gaierror):
            return StoreUnavailable(
                f"{where} does not answer: its host name is not known here",
                f"Check the address and the network (VPN, DNS). {KEPT}",
            )
    if "disconnect" in str(error) and where.startswith("https:") and not endpoint.cert:
        return StoreUnavailable(
            f"{where} closes the connection without an answer",
            f"Check that it runs. It may want a client certificate (client_cert, or MLFLOW_TRACKING_CLIENT_CERT_PATH), "
            f"see {endpoint.settings}. {KEPT}",
        )
    what = _ERRNO.sub("", next((str(c) for c in reversed(causes) if str(c)), type(error).__name__))
    if "timeout" in type(error).__name__.lower():
        seconds = endpoint.connect_timeout if "Connect" in type(error).__name__ else _patience(error)
        what = f"no answer within {seconds:g} s" if seconds else "it takes too long"
    return StoreUnavailable(f"{where} does not answer: {what}", f"Check that it runs and the network. {KEPT}")


def _patience(error: BaseException) -> float | None:
    """How long (s) the request of an httpx error waited for an answer, where it tells."""
    with contextlib.suppress(AttributeError, RuntimeError):
        waits: dict[str, float | None] = error.request.extensions["timeout"]  # type: ignore[attr-defined]
        return waits.get("read")
    return None


def _wants_certificate(endpoint: Endpoint) -> StoreUnavailable:
    return StoreUnavailable(
        f"{endpoint.base_url} wants a client certificate",
        f"Name it as client_cert and client_key (or MLFLOW_TRACKING_CLIENT_CERT_PATH), see {endpoint.settings}.",
        "error",
    )


def _tls(text: str, endpoint: Endpoint) -> StoreUnavailable:
    where = endpoint.base_url
    if "CERTIFICATE_REQUIRED" in text or "certificate required" in text or "HANDSHAKE_FAILURE" in text:
        return _wants_certificate(endpoint)
    if "UNKNOWN_CA" in text or "BAD_CERTIFICATE" in text or "CERTIFICATE_UNKNOWN" in text:
        return StoreUnavailable(
            f"{where} does not accept the client certificate {endpoint.cert}",
            f"Name another one, see {endpoint.settings}.", "error",
        )
    if "WRONG_VERSION_NUMBER" in text or "RECORD_LAYER" in text:
        return StoreUnavailable(
            f"{where} does not speak TLS", f"Should its address begin with http://? See {endpoint.settings}.", "error"
        )
    return StoreUnavailable(f"{where} does not answer: TLS: {text}", f"Check that it runs and the network. {KEPT}")


def of_answer(
    status: int, content_type: str, body: bytes, location: str | None, endpoint: Endpoint
) -> StoreUnavailable | None:
    """What an answer of the API says of the server as a whole; None where it is an answer of MLflow's."""
    where = endpoint.base_url
    if 300 <= status < 400:
        return StoreUnavailable(
            f"{where} redirects to {(location or 'nowhere')[:200]}",
            f"Its address is not the whole one, or it wants a login in a browser. See {endpoint.settings}.", "error",
        )
    if status == 401:
        return StoreUnavailable(
            f"{where} refuses {endpoint.credentials} (HTTP 401)",
            f"Correct the login in {endpoint.settings}. {KEPT}", "error",
        )
    said = mlflow_error(body)
    if status in AWAY_STATUS:
        return StoreUnavailable(f"{where} cannot answer now (HTTP {status}): {said or _text(body)}", KEPT)
    if said is not None or (status < 300 and _is_object(body)):
        return None
    if status == 403:
        return StoreUnavailable(
            f"{where} forbids {endpoint.credentials} to use MLflow's API (HTTP 403): {_text(body)}",
            f"Ask its administrator for access, or correct the login in {endpoint.settings}. {KEPT}", "error",
        )
    if status == 400 and b"SSL certificate" in body:
        # nginx's words (ngx_http_special_response.c): "No required SSL certificate was sent".
        return _wants_certificate(endpoint)
    kind = content_type.partition(";")[0].strip() or "no type"
    return StoreUnavailable(
        f"{where} is not an MLflow tracking server: it answers MLflow's API with HTTP {status} ({kind})",
        f"Check the address, also the path after the host. See {endpoint.settings}.", "error",
    )


def mlflow_error(body: bytes) -> str | None:
    """The message of an error of MLflow's own, None for any other text."""
    try:
        found = json.loads(body)
    except ValueError:
        return None
    return str(found.get("message", "")) if isinstance(found, dict) and "error_code" in found else None


def _is_object(body: bytes) -> bool:
    try:
        return isinstance(json.loads(body), dict)
    except ValueError:
        return False


def _text(body: bytes) -> str:
    return " ".join(body[:200].decode("utf-8", "replace").split()) or "it says nothing"


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    seen = 0
    while error is not None and seen < 10:
        yield error
        error = error.__cause__ or error.__context__
        seen += 1
