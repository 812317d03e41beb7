"""`POST kernel/context`: experiment and tags for the next run of a kernel."""

from __future__ import annotations

from jupyter_server.auth.decorator import allow_unauthenticated

from ..stores.base import StoreRefused, StoreUnavailable
from .base import json_object
from .bounded import BoundedBody
from .encode import encode
from .errors import BadArgument
from .kernel_base import KernelHandler


class KernelContextHandler(BoundedBody, KernelHandler):
    """Asked by the kernel side just before a run starts."""

    SUPPORTED_METHODS = ("POST",)

    # Not open to all: `admit` wants a kernel token. The mark only tells Jupyter that its login does not apply.
    @allow_unauthenticated
    async def post(self) -> None:
        """Answer of the service."""
        if not self.admit():
            return
        try:
            body = json_object(self.request.body or b"{}")
        except BadArgument as error:
            return self.refuse(400, "INVALID_PARAMETER_VALUE", error.message)
        try:
            answer = await self.service.kernels.context(self.kernel, body)
        except (StoreRefused, StoreUnavailable) as error:
            return self.refuse_store(error, for_good=False)
        self.finish(encode(answer))
