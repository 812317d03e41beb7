"""Handlers that are imported with their first request, so that they cost a starting server nothing."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import Any

from tornado.web import RequestHandler, stream_request_body


def lazy(where: str) -> type[RequestHandler]:
    """A stand-in for the handler `where` ("module.Class" in this package): tornado calls it and gets the real one."""

    def make(_cls: type[RequestHandler], *args: Any, **kwargs: Any) -> RequestHandler:
        return handler(where)(*args, **kwargs)

    # What tornado asks of the class before there is a request: all routes take their bodies as they stream in.
    return stream_request_body(type(where.rpartition(".")[2], (RequestHandler,), {"__new__": make, "where": where}))


@cache
def handler(where: str) -> type[RequestHandler]:
    """The handler itself. Raises ImportError, AttributeError for one that does not exist."""
    module, _, name = where.rpartition(".")
    found: type[RequestHandler] = getattr(import_module(f"{__package__}.{module}"), name)
    return found


def real(route: type[RequestHandler]) -> type[RequestHandler]:
    """The handler behind one of the table."""
    where = getattr(route, "where", None)
    return route if where is None else handler(where)
