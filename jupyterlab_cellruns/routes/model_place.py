"""Where the files of a model in a tracking store lie, and how MLflow's REST is asked for them."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit

from ..models.address import LoggedModel, RegisteredVersion, RunModel, parse
from . import arguments
from .errors import BadArgument, RouteError

_MODEL_ID = re.compile(r"/models/(m-[A-Za-z0-9-]{1,64})/artifacts/?\Z")
MLMODEL = "MLmodel"
MAX_PARTS = 500
"""Most files and folders that are listed of one model."""
MAX_FOLDERS = 40
"""Most requests for one listing."""


class Call(Protocol):
    """`MlflowHandler.call` with endpoint and lease filled in."""

    async def __call__(self, method: str, path: str, query: dict[str, str] | None = None) -> dict[str, Any]: ...


@dataclass(frozen=True)
class Place:
    """A model's folder. One of `model_id` and `run_id` with `path` says how it is listed; neither: it cannot be."""

    uri: str
    run_id: str | None = None
    path: str | None = None
    model_id: str | None = None
    name: str | None = None
    version: str | None = None
    artifact_uri: str | None = None
    """Where the store says the folder is."""
    label: str = ""
    """Name for people."""

    def listing(self, folder: str) -> tuple[str, dict[str, str]] | None:
        """Request (path, query) that lists one folder of the model."""
        if self.model_id is not None:
            query = {"artifact_directory_path": folder} if folder else {}
            return f"logged-models/{self.model_id}/artifacts/directories", query
        if self.run_id is not None and self.path is not None:
            return "artifacts/list", {"run_id": self.run_id, "path": _join(self.path, folder)}
        return None

    def inside(self, listed: str) -> str:
        """The path inside the model of a path that a listing names."""
        prefix = f"{self.path}/" if self.model_id is None and self.path else ""
        return listed.removeprefix(prefix)

    def file(self, path: str) -> tuple[str, dict[str, str]]:
        """Request (path without prefix, query) for the bytes of one file."""
        if self.model_id is not None:
            return f"ajax-api/2.0/mlflow/logged-models/{self.model_id}/artifacts/files", {"artifact_file_path": path}
        if self.run_id is not None and self.path is not None:
            return "get-artifact", {"run_uuid": self.run_id, "path": _join(self.path, path)}
        return "model-versions/get-artifact", {"name": self.name or "", "version": self.version or "", "path": path}


async def find(uri: str, call: Call) -> Place:
    """The place of a model URI. Raises `BadArgument` for one that names none, else what the store says."""
    address = parse(uri)
    if isinstance(address, RunModel):
        path = arguments.artifact_path(address.path, "uri")
        run = await call("GET", "runs/get", {"run_id": address.run_id})
        root = str(run.get("run", {}).get("info", {}).get("artifact_uri", ""))
        label = path.rsplit("/", 1)[-1]
        return Place(uri, run_id=address.run_id, path=path, artifact_uri=_join(root, path), label=label)
    if isinstance(address, LoggedModel):
        return _of_logged(uri, await call("GET", f"logged-models/{address.model_id}"), address.model_id)
    if isinstance(address, RegisteredVersion):
        return await _of_version(uri, address, call)
    raise BadArgument("uri", f"{uri[:100]!r} names no model: wants runs:/<run>/<path>, models:/m-<id>, "
                             "models:/<name>/<version> or models:/<name>@<alias>")


def _of_logged(uri: str, answer: dict[str, Any], model_id: str) -> Place:
    info = answer.get("model", {}).get("info", {})
    run = info.get("source_run_id") or None
    label = str(info.get("name") or model_id)
    return Place(uri, run_id=run, model_id=model_id, artifact_uri=info.get("artifact_uri"), label=label)


async def _of_version(uri: str, address: RegisteredVersion, call: Call) -> Place:
    if address.version is None:
        query = {"name": address.name, "alias": address.alias or ""}
        answer = await call("GET", "registered-models/alias", query)
    else:
        answer = await call("GET", "model-versions/get", {"name": address.name, "version": address.version})
    found = answer.get("model_version", {})
    version, source = str(found.get("version", address.version)), str(found.get("source", ""))
    run = found.get("run_id") or None
    named: dict[str, Any] = {"name": address.name, "version": version, "artifact_uri": source,
                             "label": f"{address.name} {version}"}
    model_id = found.get("model_id") or None
    inner = parse(source)
    if model_id is None and isinstance(inner, LoggedModel):
        model_id = inner.model_id
    if model_id is None and (match := _MODEL_ID.search(source)):
        model_id = match[1]
    if model_id is not None:
        try:
            place = _of_logged(uri, await call("GET", f"logged-models/{model_id}"), model_id)
        except RouteError as error:
            if error.status_code != 404:
                raise
            return Place(uri, run_id=run, **named)
        return Place(uri, run_id=place.run_id or run, model_id=model_id, **{**named, "artifact_uri": place.artifact_uri})
    if isinstance(inner, RunModel):
        return Place(uri, run_id=inner.run_id, path=inner.path, **named)
    if run is not None:
        root = str((await call("GET", "runs/get", {"run_id": run})).get("run", {}).get("info", {}).get("artifact_uri"))
        if root and source.startswith(root.rstrip("/") + "/"):
            return Place(uri, run_id=run, path=source[len(root.rstrip("/")) + 1 :].strip("/"), **named)
    return Place(uri, run_id=run, **named)


def local_folder(place: Place, store: dict[str, Any]) -> str | None:
    """The folder itself where the local store (`Store` of docs/http-api.md) keeps it on this disk. Blocks."""
    parts = urlsplit(place.artifact_uri or "")
    if store["kind"] != "local" or parts.scheme != "mlflow-artifacts" or parts.netloc:
        return None
    root = (Path(store["location"]).parent / "mlartifacts").resolve()
    folder = (root / unquote(parts.path).lstrip("/")).resolve()
    return str(folder) if folder.is_relative_to(root) and (folder / MLMODEL).is_file() else None


async def listed(
    place: Place, call: Call, enters: Callable[[str], Awaitable[bool]],
) -> tuple[list[dict[str, Any]], bool]:
    """All files and folders below a place, `{path, is_dir, file_size}`, and whether there are more.

    `enters` says whether to look into a folder (path in the place).
    """
    files: list[dict[str, Any]] = []
    folders, asked = [""], 0
    while folders:
        request = place.listing(folders.pop(0))
        if request is None:
            return [], True
        path, query = request
        while True:
            if asked == MAX_FOLDERS:
                return files, True
            asked += 1
            page = await call("GET", path, query)
            for entry in page.get("files", []):
                if len(files) == MAX_PARTS:
                    return files, True
                inside, is_dir = place.inside(str(entry["path"])), bool(entry.get("is_dir"))
                size = entry.get("file_size")
                files.append({"path": inside, "is_dir": is_dir, "file_size": None if size is None else int(size)})
                if is_dir and await enters(inside):
                    folders.append(inside)
            token = page.get("next_page_token")
            if not token:
                break
            query = {**query, "page_token": token}
    return files, False


def _join(*parts: str) -> str:
    return "/".join(part.strip("/") if n else part.rstrip("/") for n, part in enumerate(parts) if part)
