"""`GET runs/<id>/artifacts` and its content: asked of MLflow's REST, never of the file system."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from jupyter_server.auth.decorator import authorized
from tornado import iostream, web

from ..stores.base import StoreRefused, StoreUnavailable
from ..stores.diagnosis import of_failure
from ..stores.mlruns import MlrunsStore
from . import arguments, artifact_files, forward
from .artifact_types import content_type
from .base import BrowserHandler
from .containment import check_inside
from .encode import encode
from .errors import BadArgument, RouteError, UnknownRun, from_store
from .ranges import Span, parse_range
from .upstream import Lease

if TYPE_CHECKING:
    import httpx

    from ..stores.attached import AttachedStore
    from ..stores.endpoint import Endpoint

MAX_FILES = 10_000
"""Most entries of one directory that are answered."""
_READ_S = 600.0
"""Longest wait for a next byte; a server in front of an object store fetches the whole file first."""
_POLICY = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:"


class StoreHandler(BrowserHandler):
    """Asks MLflow's REST with a GET."""

    async def endpoint(self, run: str, path: str) -> Endpoint:
        """The endpoint of the store of a run; what it refuses becomes an answer of this route.

        Raises `RouteError` where `path` leads out of the run's artifacts.
        """
        attached = self.attached(run)
        attached.touch()
        if path and attached.artifacts is not None:
            await self.blocking(lambda: _check(attached, run, path))
        try:
            return await attached.endpoint()
        except (StoreRefused, StoreUnavailable) as error:
            raise from_store(error) from error

    async def folder(self, run: str) -> Path | None:
        """Where the run's artifacts are, if its store is a folder that is only shown."""
        attached = self.attached(run)
        if not isinstance(attached, MlrunsStore):
            return None
        return await self.blocking(lambda: attached.artifact_folder(run))

    async def ask(
        self, endpoint: Endpoint, lease: Lease, path: str, query: dict[str, str], headers: dict[str, str] | None = None
    ) -> httpx.Response:
        """Send a GET; the response is open and has a status below 300."""
        httpx = await self.context.upstream.load()
        request = httpx.Request(
            "GET",
            endpoint.base_url,
            headers=forward.request_headers((headers or {}).items(), endpoint.headers),
            extensions={
                "target": forward.target(endpoint.base_url, path, urlencode(query, quote_via=quote)),
                "timeout": httpx.Timeout(_READ_S, connect=endpoint.connect_timeout).as_dict(),
            },
        )
        try:
            response = await lease.client.send(request, stream=True)
        except httpx.TransportError as error:
            raise from_store(of_failure(error, endpoint)) from error
        if response.status_code < 300:
            return response
        try:
            raise await _refused(response, query, endpoint)
        finally:
            await response.aclose()


class ArtifactsHandler(StoreHandler):
    """One directory of a run's artifacts."""

    @web.authenticated
    @authorized
    async def get(self, run_id: str) -> None:
        """`{files: [{path, is_dir, file_size}]}`, directories first, by name; size in bytes."""
        run = arguments.run_id(run_id)
        path = arguments.artifact_path(self.argument("path") or "")
        folder = await self.folder(run)
        if folder is not None:
            found = await self.blocking(lambda: artifact_files.listing(folder, path, MAX_FILES))
            return self._finish(found)
        endpoint = await self.endpoint(run, path)
        files: list[dict[str, Any]] = []
        query = {"run_id": run, **({"path": path} if path else {})}
        async with await self.context.upstream.lease(endpoint) as lease:
            while len(files) < MAX_FILES:
                response = await self.ask(endpoint, lease, "api/2.0/mlflow/artifacts/list", query)
                try:
                    page = json.loads(await response.aread())
                finally:
                    await response.aclose()
                files += page.get("files", [])
                token = page.get("next_page_token")
                if not token:
                    break
                query["page_token"] = token
        listed = [
            {"path": file["path"], "is_dir": bool(file.get("is_dir")), "file_size": _size(file.get("file_size"))}
            for file in files[:MAX_FILES]
        ]
        self._finish(listed)

    def _finish(self, listed: list[dict[str, Any]]) -> None:
        listed.sort(key=lambda file: (not file["is_dir"], file["path"]))
        self.finish(encode({"files": listed}))


class ArtifactContentHandler(StoreHandler):
    """The bytes of one artifact, streamed. Never a page of Jupyter's origin: sandboxed, and no type is sniffed."""

    @web.authenticated
    @authorized
    async def get(self, run_id: str) -> None:
        """All of it, or one range of bytes (`Range: bytes=a-b`, or `limit=n` for the first n), then 206."""
        run = arguments.run_id(run_id)
        path = arguments.artifact_path(arguments.text(self.argument("path"), "path"))
        download = arguments.flag(self.argument("download"), "download")
        span = self._span()
        folder = await self.folder(run)
        if folder is not None:
            file = await self.blocking(lambda: artifact_files.open_file(folder, path))
            try:
                return await self._stream(file, path, download, span)
            except iostream.StreamClosedError:
                return
            finally:
                await file.aclose()
        endpoint = await self.endpoint(run, path)
        async with await self.context.upstream.lease(endpoint) as lease:
            # Identity: what arrives is what the ranges count.
            wanted = {"Accept-Encoding": "identity"}
            response = await self.ask(endpoint, lease, "get-artifact", {"run_uuid": run, "path": path}, wanted)
            try:
                await self._stream(response, path, download, span)
            except iostream.StreamClosedError:
                return
            finally:
                await response.aclose()

    def _span(self) -> Span | None:
        limit = self.argument("limit")
        if limit is not None:
            return Span(0, arguments.integer(limit, "limit", 0, 1, 2**53) - 1)
        return parse_range(self.request.headers.get("Range"))

    async def _stream(
        self, response: httpx.Response | artifact_files.FileResponse, path: str, download: bool, span: Span | None
    ) -> None:
        declared = response.headers.get("content-length", "")
        total = int(declared) if declared.isdigit() else None
        first, last = 0, None if total is None else total - 1
        if span is not None and total is not None:
            resolved = span.resolve(total)
            if resolved is None:
                raise RouteError(416, f"The artifact has {total} bytes")
            first, last = resolved
            if last - first + 1 < total:
                self.set_status(206)
                self.set_header("Content-Range", f"bytes {first}-{last}/{total}")
        self._set_headers(path, download)
        if last is not None:
            self.set_header("Content-Length", str(last - first + 1))
        elif span is not None and span.first == 0 and span.last is not None:
            last = span.last
        await self.flush()
        at = 0
        async for chunk in response.aiter_raw():
            end = at + len(chunk)
            if end > first:
                part = chunk[max(0, first - at) : len(chunk) if last is None else last + 1 - at]
                if part:
                    self.write(part)
                    await self.flush()
            at = end
            if last is not None and at > last:
                break
        self.finish()

    def _set_headers(self, path: str, download: bool) -> None:
        self.set_header("Content-Type", content_type(path))
        self.set_header("Content-Security-Policy", _POLICY)
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("Cross-Origin-Resource-Policy", "same-origin")
        self.set_header("Cache-Control", "private, no-cache")
        self.set_header("Accept-Ranges", "bytes")
        name = quote(path.rsplit("/", 1)[-1], safe="", encoding="utf-8", errors="replace")
        kind = "attachment" if download else "inline"
        self.set_header("Content-Disposition", f"{kind}; filename*=UTF-8''{name}")

    def compute_etag(self) -> None:
        """None: the bytes are not held."""
        return None


def _check(attached: AttachedStore, run: str, path: str) -> None:
    found = attached.store().briefs([run])
    if not found:
        raise UnknownRun(run)
    check_inside(str(found[0]["artifact_uri"]), path, attached.artifacts)


def _size(value: Any) -> int | None:
    return None if value is None else int(value)


async def _refused(response: httpx.Response, query: dict[str, str], endpoint: Endpoint) -> RouteError:
    """What MLflow's error means for a browser route."""
    body = await response.aread()
    try:
        said = json.loads(body)
        code, message = str(said.get("error_code", "")), str(said.get("message", ""))
    except (ValueError, AttributeError):
        code, message = "", body[:200].decode("utf-8", "replace")
    run = query.get("run_uuid") or query.get("run_id") or ""
    if code == "RESOURCE_DOES_NOT_EXIST" and run in message and "artifact" not in message.lower():
        return UnknownRun(run)
    if response.status_code == 404 or (response.status_code >= 500 and "No such" in message):
        return RouteError(404, f"No artifact {query.get('path', '')!r} in run {run}", "Refresh the list of artifacts.")
    if response.status_code == 400:
        return BadArgument("path", message[:300])
    if response.status_code == 401:
        said = f"{endpoint.base_url} refuses {endpoint.credentials} (HTTP 401)"
        return RouteError(502, said, f"Correct the login in {endpoint.settings}.")
    if response.status_code == 403:
        said = f"{endpoint.base_url} forbids {endpoint.credentials} to read the artifacts of run {run} (HTTP 403)"
        return RouteError(502, said, "Ask the owner of the experiment for access.")
    return RouteError(
        502, f"The tracking server answered {response.status_code}: {message[:300]}", "See the server's log."
    )
