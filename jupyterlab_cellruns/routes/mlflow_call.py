"""Calls of MLflow's REST by browser routes; what the server says against one is passed on in its own words."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from ..models.address import RunModel, parse
from ..stores.base import StoreRefused, StoreUnavailable
from ..stores.diagnosis import of_failure
from . import forward
from .base import BrowserHandler
from .errors import RouteError, from_store
from .upstream import Lease

if TYPE_CHECKING:
    import httpx

    from ..stores.attached import AttachedStore
    from ..stores.endpoint import Endpoint

API = "api/2.0/mlflow/"
_MAX_JSON = 32 << 20
"""Most bytes of a JSON answer that are read."""
_READ_S = 600.0
_PASSED_ON = (400, 403, 404, 409, 429)


class MlflowHandler(BrowserHandler):
    """Asks MLflow's REST of a store."""

    def asked_store(self) -> AttachedStore:
        """The store by `store`, else that of the run which `uri` or `run` names, else the default one."""
        uri = self.argument("uri") or self._uri_of_body()
        address = parse(uri) if uri else None
        run = address.run_id if isinstance(address, RunModel) else self.argument("run") or None
        return self.attached(run)

    def _uri_of_body(self) -> str | None:
        if self.request.method != "POST":
            return None
        uri = self.json_object().get("uri")
        return uri if isinstance(uri, str) else None

    async def store_endpoint(self) -> Endpoint:
        """The endpoint of the asked store; what it refuses becomes an answer of this route."""
        attached = self.asked_store()
        attached.touch()
        try:
            return await attached.endpoint()
        except (StoreRefused, StoreUnavailable) as error:
            raise from_store(error) from error

    async def call(
        self, endpoint: Endpoint, lease: Lease, method: str, path: str, query: dict[str, str] | None = None,
        body: dict[str, Any] | None = None,
    ) -> dict[str, Any]:
        """One JSON call of `/api/2.0/mlflow/<path>`. Raises `RouteError` with the server's own message."""
        response = await self.send(endpoint, lease, method, API + path, query, body)
        try:
            raw = bytearray()
            async for chunk in response.aiter_bytes():
                raw += chunk
                if len(raw) > _MAX_JSON:
                    raise RouteError(502, f"The tracking server's answer to {path} has more than {_MAX_JSON} bytes")
        finally:
            await response.aclose()
        try:
            found = json.loads(bytes(raw))
        except ValueError:
            raise RouteError(502, f"The tracking server answered {path} with something that is no JSON") from None
        return found if isinstance(found, dict) else {}

    async def send(
        self, endpoint: Endpoint, lease: Lease, method: str, path: str, query: dict[str, str] | None = None,
        body: dict[str, Any] | None = None, headers: dict[str, str] | None = None,
    ) -> httpx.Response:
        """Send a request; the response is open and has a status below 300."""
        loaded = await self.context.upstream.load()
        content = None if body is None else json.dumps(body).encode()
        sent = dict(headers or {})
        if content is not None:
            sent["Content-Type"] = "application/json"
        request = loaded.Request(
            method,
            endpoint.base_url,
            headers=forward.request_headers(sent.items(), endpoint.headers),
            content=content,
            extensions={
                "target": forward.target(
                    endpoint.base_url, quote(path), urlencode(query, quote_via=quote) if query else None
                ),
                "timeout": loaded.Timeout(_READ_S, connect=endpoint.connect_timeout).as_dict(),
            },
        )
        try:
            response: httpx.Response = await lease.client.send(request, stream=True)
        except loaded.TransportError as error:
            trouble = of_failure(error, endpoint)
            self.asked_store().note(trouble)
            raise from_store(trouble) from error
        if response.status_code < 300:
            return response
        try:
            raise await refused(response)
        finally:
            await response.aclose()


async def refused(response: httpx.Response) -> RouteError:
    """The server's refusal with its own message; a login that is refused is no fault of the browser's login."""
    raw = (await response.aread())[:100_000]
    try:
        said = json.loads(raw)
        code, message = str(said.get("error_code", "")), str(said.get("message", ""))
    except (ValueError, AttributeError):
        code, message = "", raw[:300].decode("utf-8", "replace").strip()
    message = message or f"The tracking server answered {response.status_code}"
    status = response.status_code
    if status == 401:
        return RouteError(502, f"The tracking server refuses the login: {message}", "Check its credentials.")
    if status in _PASSED_ON:
        hint = "The tracking server's own rules say no; ask who runs it." if status == 403 else None
        return RouteError(status, message, hint, code.lower() or None)
    return RouteError(502, f"The tracking server answered {status}: {message}", "See the server's log.")
