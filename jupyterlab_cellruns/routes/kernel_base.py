"""The base of the routes for kernels: a kernel token instead of a login, and nothing else opens them."""

from __future__ import annotations

import base64
import binascii
import ipaddress
import json
from typing import Any, cast

from tornado import web

from ..stores.base import StoreRefused, StoreUnavailable
from .api import REMOTE_KERNELS, SETTING, Service
from .context import RouteContext


class KernelHandler(web.RequestHandler):
    """A route for kernels.

    Not one of Jupyter's handlers, so that neither a Jupyter cookie nor a Jupyter token is ever looked at.
    Without cookies there is nothing that a foreign page could ride on: XSRF does not apply.
    Errors are MLflow's, `{error_code, message}` (mlflow/exceptions.py), since MLflow's client reads them.
    """

    kernel: str = ""

    def initialize(self, context: RouteContext) -> None:
        """Called by tornado with the arguments of the route table."""
        self.context = context

    @property
    def service(self) -> Service:
        """The server extension; only asked for after `admit`."""
        return cast(Service, self.settings[SETTING])

    def check_xsrf_cookie(self) -> None:
        """Nothing to check, see above."""

    def _cross_origin_protection(self) -> None:
        # tornado >= 6.6 has a second check by Origin; the token stands for both.
        """Nothing to check, see above."""

    def set_default_headers(self) -> None:
        """No Server header, and never a page."""
        self.clear_header("Server")
        self.set_header("Content-Type", "application/json")
        self.set_header("Cache-Control", "no-store")
        self.set_header("X-Content-Type-Options", "nosniff")

    def compute_etag(self) -> None:
        """None: a kernel's request is never answered by 304 from here."""
        return None

    def admit(self) -> bool:
        """Let a request with a valid kernel token in; answer any other one and return False."""
        service = self.settings.get(SETTING)
        if service is None:
            self.refuse(503, "TEMPORARILY_UNAVAILABLE", "Cellruns is not running in this Jupyter server")
            return False
        if not self._from_here():
            self.refuse(401, "UNAUTHENTICATED", "This address is for kernels on the machine of the Jupyter server")
            return False
        token = token_of(self.request.headers.get("Authorization", ""))
        if token is None:
            self.refuse(401, "UNAUTHENTICATED", "This address is for kernels of this Jupyter server, by their token")
            return False
        kernel = service.kernels.kernel_of_token(token)
        if kernel is None:
            self.refuse(
                401,
                "UNAUTHENTICATED",
                "The kernel token is not valid (any more): restart the kernel to get a new one",
            )
            return False
        self.kernel = kernel
        return True

    def refuse_store(self, trouble: StoreUnavailable | StoreRefused, for_good: bool) -> None:
        """Say that a store can't be used: for good, or so that MLflow's client tries again (on 503) for a while."""
        said = f"{trouble} ({trouble.hint})" if trouble.hint else str(trouble)
        if isinstance(trouble, StoreRefused):
            self.refuse(400, "INVALID_STATE", said)
        else:
            self.refuse(424 if for_good else 503, "TEMPORARILY_UNAVAILABLE", said)

    def _from_here(self) -> bool:
        """Whether a process of this machine asks, and no proxy for somebody else.

        A kernel's token can get into a notebook, printed with the environment: elsewhere it opens nothing.
        """
        if self.settings.get(REMOTE_KERNELS):
            return True
        if any(name in self.request.headers for name in ("X-Forwarded-For", "X-Real-IP", "Forwarded")):
            return False
        stream = getattr(self.request.connection, "stream", None)
        socket = getattr(stream, "socket", None)
        try:
            there, here = socket.getpeername(), socket.getsockname()  # type: ignore[union-attr]
        except (AttributeError, OSError):
            return True
        # (On a Unix socket the names are text, and both ends are here.)
        return isinstance(there, str) or there[0] == here[0] or ipaddress.ip_address(there[0]).is_loopback

    def refuse(self, status: int, error_code: str, message: str) -> None:
        """Answer with an error of MLflow's form and finish."""
        if self._finished:
            return
        self.set_status(status)
        if status == 401:
            self.set_header("WWW-Authenticate", "Bearer")
        self.finish(json.dumps({"error_code": error_code, "message": message}))

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """What was not foreseen, in MLflow's form."""
        error = kwargs.get("exc_info", (None, None, None))[1]
        if status_code == 413 and isinstance(error, web.HTTPError):
            return self.refuse(413, "BAD_REQUEST", error.log_message or "")
        code = {404: "ENDPOINT_NOT_FOUND", 405: "BAD_REQUEST", 400: "BAD_REQUEST"}.get(status_code, "INTERNAL_ERROR")
        self.refuse(status_code, code, f"Cellruns: {self._reason}; see the log of the Jupyter server")


def token_of(authorization: str) -> str | None:
    """The token of an Authorization header: of `Bearer <token>`, or the password of `Basic`; None without one."""
    scheme, _, value = authorization.strip().partition(" ")
    value = value.strip()
    if scheme.lower() == "bearer":
        return value or None
    if scheme.lower() == "basic":
        try:
            pair = base64.b64decode(value, validate=True).decode("utf-8")
        except (binascii.Error, UnicodeDecodeError, ValueError):
            return None
        return pair.partition(":")[2] or None
    return None
