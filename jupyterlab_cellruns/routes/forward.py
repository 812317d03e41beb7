"""Which requests the tracking proxy forwards, and with which headers. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from urllib.parse import unquote, urlsplit

_OPEN = re.compile(r"(?:api|ajax-api)/.|(?:health|version|get-artifact|model-versions/get-artifact|v1/traces)\Z")

# RFC 9110 section 7.6.1, and what older agents send
_HOP_BY_HOP = {"connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection"}
_HOP_BY_HOP |= {"te", "trailer", "transfer-encoding", "upgrade"}
_NOT_UPSTREAM = _HOP_BY_HOP | {"host", "origin", "referer", "cookie", "authorization", "expect", "x-cellruns-applied"}
_NOT_UPSTREAM |= {"forwarded", "x-real-ip", "via", "x-xsrftoken"}
_NOT_DOWNSTREAM = _HOP_BY_HOP | {"set-cookie", "server", "date", "alt-svc", "strict-transport-security"}
_NOT_DOWNSTREAM |= {"www-authenticate", "content-security-policy", "location"}

_BARRIER = re.compile(r"\s*([A-Za-z0-9._-]{1,64}):([0-9]{1,15})(?:@([A-Za-z0-9_-]{1,40}))?\s*\Z")


def is_open(path: str) -> bool:
    """Whether a path (as sent, percent-encoded, no leading slash) is one of MLflow's API.

    A path with a dot segment is not, however often it was encoded: servers behind us may resolve it.
    """
    if not _OPEN.match(path) or len(path) > 16_384:
        return False
    for _ in range(4):
        if any(segment in ("..", ".") for segment in re.split(r"[/\\]", path)):
            return False
        decoded = unquote(path)
        if decoded == path:
            return True
        path = decoded
    return False


def target(base_url: str, path: str, query: str | None) -> bytes:
    """The request target (RFC 9112 section 3.2.1) under a base URL, byte for byte as the kernel sent it."""
    prefix = urlsplit(base_url).path.rstrip("/")
    return f"{prefix}/{path}{'' if query is None else '?' + query}".encode("latin-1")


def request_headers(received: Iterable[tuple[str, str]], own: Mapping[str, str]) -> list[tuple[str, str]]:
    """Headers for the store: the kernel's without those of this hop, then our own, which win. Host is by the URL."""
    received = list(received)
    connection = ",".join(value for key, value in received if key.lower() == "connection")
    named = {name.strip().lower() for name in connection.split(",")}
    mine = {key.lower() for key in own}
    headers = [
        (key, value)
        for key, value in received
        if (low := key.lower()) not in _NOT_UPSTREAM
        and low not in named
        and low not in mine
        and not low.startswith(("x-forwarded-", "sec-"))
    ]
    return [*headers, *own.items()]


def response_headers(received: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Headers for the kernel: the store's without those of this hop and without its cookies."""
    return [(key, value) for key, value in received if key.lower() not in _NOT_DOWNSTREAM]


def barriers(header: str, store_id: str) -> list[tuple[str, int]] | None:
    """`<source>:<seq>[@<store>][,...]` as pairs, without those of other stores; None where it is malformed."""
    pairs: list[tuple[str, int]] = []
    for part in header.split(","):
        match = _BARRIER.match(part)
        if match is None:
            return None
        if match[3] in (None, store_id):
            pairs.append((match[1], int(match[2])))
    return pairs
