"""`POST models/check`: what the environment of a kernel has of what a model wants."""

from __future__ import annotations

from typing import Any

from jupyter_server.auth.decorator import authorized
from tornado import web

from ..models.check import Wanted, check
from ..models.executable import NoPython, of_kernel, of_spec
from . import arguments
from .base import BrowserHandler
from .encode import encode
from .errors import BadArgument, RouteError

MAX_REQUIREMENTS = 2000


class ModelCheckHandler(BrowserHandler):
    """The kernel's own Python is asked in a process of its own; the kernel is not touched, no package is imported."""

    _track_activity = False

    @web.authenticated
    @authorized
    async def post(self) -> None:
        """`{kernel, python, implementation, executable, tools, mlflow, requirements: [Found]}`; 409 without Python."""
        body = self.json_object()
        wanted = requirements(body.get("requirements"))
        kernel, name = body.get("kernel"), body.get("kernel_name")
        fresh = body.get("fresh") is True
        if (kernel is None) == (name is None):
            raise BadArgument("kernel", "wants either kernel (an id) or kernel_name (a kernelspec)")
        try:
            if kernel is not None:
                kernel_id = arguments.kernel_id(arguments.text(kernel, "kernel"))
                interpreter = of_kernel(self.kernel_manager, kernel_id)
            else:
                interpreter = of_spec(self.kernel_manager, arguments.text(name, "kernel_name", 256))
            environment = await self.service.models.prober.environment(interpreter, fresh)
        except NoPython as error:
            raise RouteError(409, str(error), "Choose another kernel.", "no_python") from error
        found = await self.context.blocking(lambda: check(wanted, environment))
        answer = {
            "python": environment.python, "implementation": environment.implementation,
            "executable": environment.executable, "tools": environment.tools,
            "mlflow": environment.packages.get("mlflow") or environment.packages.get("mlflow-skinny"),
            "requirements": found,
        }
        self.finish(encode(answer))


def requirements(value: Any) -> list[Wanted]:
    """The requirements of a body. Raises `BadArgument` where they have not the shape of the contract."""
    if not isinstance(value, list) or len(value) > MAX_REQUIREMENTS:
        raise BadArgument("requirements", f"wants a list of at most {MAX_REQUIREMENTS}")
    wanted: list[Wanted] = []
    for item in value:
        if not isinstance(item, dict):
            raise BadArgument("requirements", "wants objects with name, specifier and marker")
        name, specifier, marker = item.get("name"), item.get("specifier", ""), item.get("marker")
        if not isinstance(specifier, str) or len(specifier) > 1000:
            raise BadArgument("requirements", "specifier wants text")
        if marker is not None and (not isinstance(marker, str) or len(marker) > 1000):
            raise BadArgument("requirements", "marker wants text or null")
        wanted.append({"name": arguments.text(name, "requirements", 256), "specifier": specifier, "marker": marker})
    return wanted
