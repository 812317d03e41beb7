"""`POST kernel/provenance`: what a kernel's runs were made from."""

from __future__ import annotations

import asyncio
import json

from jupyter_server.auth.decorator import allow_unauthenticated

from ..provenance.report import BadReport, Report, parse
from .bounded import BoundedBody
from .encode import encode
from .kernel_base import KernelHandler

MAX_REPORT = 8 << 20
"""Most bytes of a report; a kernel keeps 1.5 million characters of source."""


class KernelProvenanceHandler(BoundedBody, KernelHandler):
    """Asked by the kernel side's own thread, after a run has begun."""

    SUPPORTED_METHODS = ("POST",)
    max_body = MAX_REPORT

    # Not open to all: `admit` wants a kernel token. The mark only tells Jupyter that its login does not apply.
    @allow_unauthenticated
    async def post(self) -> None:
        """`{taken}`: false where the settings want no provenance."""
        if not self.admit():
            return
        body = self.request.body
        try:
            report = await asyncio.to_thread(_parse, body)
        except ValueError as error:
            return self.refuse(400, "INVALID_PARAMETER_VALUE", str(error))
        try:
            taken = await self.service.provenance(self.kernel, report)
        except OSError as error:
            return self.refuse(503, "TEMPORARILY_UNAVAILABLE", f"The record could not be kept: {error}")
        self.finish(encode({"taken": taken}))


def _parse(body: bytes) -> Report:
    try:
        return parse(json.loads(body or b"{}"))
    except RecursionError as error:
        raise BadReport("body: is nested too deeply") from error
