"""The base of all browser routes: login, authorization, XSRF and JSON errors."""

from __future__ import annotations

import json
from collections.abc import Callable
from http.client import responses
from typing import Any, ClassVar, TypeVar, cast

from jupyter_server.base.handlers import APIHandler
from tornado import web

from ..stores.attached import AttachedStore
from ..stores.base import Store, StoreRefused, StoreUnavailable
from .api import SETTING, Service
from .bounded import BoundedBody
from .context import RouteContext
from .encode import encode
from .errors import BadArgument, RouteError, UnknownStore, code_of, from_store

T = TypeVar("T")


class BrowserHandler(BoundedBody, APIHandler):
    """A route for the browser. Subclasses decorate each verb with `@web.authenticated` and `@authorized`."""

    auth_resource: ClassVar[str] = "cellruns"

    def initialize(self, context: RouteContext) -> None:
        """Called by tornado with the arguments of the route table."""
        self.context = context

    @property
    def service(self) -> Service:
        """The server extension; 503 while it is not there."""
        service = self.settings.get(SETTING)
        if service is None:
            raise RouteError(503, "Cellruns is not running in this server", "See the server's log.", "not_running")
        return cast(Service, service)

    async def blocking(self, work: Callable[[], T]) -> T:
        """Run a blocking call in a thread; what the store refuses becomes an answer of this route."""
        try:
            return await self.context.blocking(work)
        except (StoreRefused, StoreUnavailable) as error:
            raise from_store(error) from error

    async def answer(self, work: Callable[[], Any]) -> None:
        """Answer with the JSON of what `work` returns; both are made in a thread."""
        body = await self.blocking(lambda: encode(work()))
        self.finish(body)

    def attached(self, run: str | None = None) -> AttachedStore:
        """The store that a request is about: by `store`, else the one that `run` is in, else that of a notebook.

        The notebook is `notebook`, or `near` where the answer is not to be only about that.
        """
        service = self.service
        wanted = self.argument("store")
        if wanted is None:
            notebook = self.argument("notebook") or self.argument("near")
            wanted = service.store_of_run(run) if run is not None else service.store_of_notebook(notebook or None)
        folder = service.folders.get(wanted)
        if folder is not None:
            return folder
        if wanted not in service.stores:
            raise UnknownStore(wanted, service.stores.ids())
        return service.stores.get(wanted)

    async def answer_from_store(self, work: Callable[[Store], Any], run: str | None = None) -> None:
        """Like `answer`, with the store that the request is about as argument."""
        attached = self.attached(run)
        attached.touch()
        await self.answer(lambda: work(attached.store()))

    def json_object(self) -> dict[str, Any]:
        """The body as a JSON object. Raises `BadArgument` where it is none."""
        return json_object(self.request.body)

    def argument(self, name: str) -> str | None:
        """One query argument as it stands, or None. Said twice is a fault."""
        values = self.get_query_arguments(name, strip=False)
        if len(values) > 1:
            raise BadArgument(name, "is given more than once")
        return values[0] if values else None

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Every error as `{message, hint, code}`."""
        error = kwargs.get("exc_info", (None, None, None))[1]
        if isinstance(error, RouteError):
            answer: dict[str, Any] = {"message": error.message, "hint": error.hint, "code": error.code}
            if error.span is not None:
                answer["span"] = list(error.span)
        else:
            said = error.log_message if isinstance(error, web.HTTPError) else None
            hint = "See the server's log." if status_code >= 500 else None
            answer = {
                "message": said or responses.get(status_code, "Error"),
                "hint": hint,
                "code": code_of(status_code),
            }
        self.finish(encode(answer))


def json_object(body: bytes) -> dict[str, Any]:
    """A JSON object of well-formed text, or `BadArgument`."""
    try:
        value = json.loads(body)
        # A lone surrogate (\\ud800) is no text: no file and no database takes it.
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except RecursionError:
        raise BadArgument("body", "is nested too deeply") from None
    except ValueError as error:
        raise BadArgument("body", f"is no JSON: {error}") from None
    if not isinstance(value, dict):
        raise BadArgument("body", "wants a JSON object")
    return value
