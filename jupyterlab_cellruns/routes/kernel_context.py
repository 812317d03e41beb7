"""`POST kernel/context`: experiment and tags for the next run of a kernel."""

from __future__ import annotations

import json

from jupyter_server.auth.decorator import allow_unauthenticated

from ..stores.base import StoreRefused, StoreUnavailable
from .base import MAX_JSON
from .encode import encode
from .kernel_base import KernelHandler


class KernelContextHandler(KernelHandler):
    """Asked by the kernel side just before a run starts."""

    SUPPORTED_METHODS = ("POST",)

    # Not open to all: `admit` wants a kernel token. The mark only tells Jupyter that its login does not apply.
    @allow_unauthenticated
    async def post(self) -> None:
        """Answer of the service."""
        if not self.admit():
            return
        if len(self.request.body) > MAX_JSON:
            return self.refuse(413, "BAD_REQUEST", f"body: at most {MAX_JSON} bytes are read")
        try:
            body = json.loads(self.request.body or b"{}")
        except ValueError as error:
            return self.refuse(400, "INVALID_PARAMETER_VALUE", f"body: is no JSON: {error}")
        if not isinstance(body, dict):
            return self.refuse(400, "INVALID_PARAMETER_VALUE", "body: wants a JSON object")
        try:
            answer = await self.service.kernels.context(self.kernel, body)
        except (StoreRefused, StoreUnavailable) as error:
            return self.refuse_store(error, for_good=False)
        self.finish(encode(answer))
