"""Where a kernel on this machine reaches this Jupyter server, and the token that opens the kernel routes only."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import Any

_ANY = ("", "0.0.0.0", "*", "localhost", "127.0.0.1")


def server_url(serverapp: Any) -> str | None:
    """`http://127.0.0.1:8888/base/cellruns`, or None where the server listens on a Unix socket only."""
    if getattr(serverapp, "sock", ""):
        return None
    ip = str(serverapp.ip)
    if ip in _ANY:
        host = "127.0.0.1"
    elif ip in ("::", "::1"):
        host = "[::1]"
    else:
        host = f"[{ip}]" if ":" in ip else ip
    scheme = "https" if serverapp.certfile else "http"
    return f"{scheme}://{host}:{serverapp.port}{serverapp.base_url.rstrip('/')}/cellruns"


class KernelTokens:
    """Tokens `<kernel id>.<HMAC>` that need no table. They open the tracking proxy and nothing of Jupyter."""

    def __init__(self) -> None:
        self._secret = secrets.token_bytes(32)

    def make(self, kernel_id: str) -> str:
        """The token of a kernel."""
        return f"{kernel_id}.{self._sign(kernel_id)}"

    def kernel(self, token: str) -> str | None:
        """The kernel that a token was made for, None for a token that was not made here."""
        kernel_id, _, signature = token.rpartition(".")
        if kernel_id and hmac.compare_digest(signature.encode(), self._sign(kernel_id).encode()):
            return kernel_id
        return None

    def _sign(self, kernel_id: str) -> str:
        return hmac.new(self._secret, kernel_id.encode("utf-8"), hashlib.sha256).hexdigest()
