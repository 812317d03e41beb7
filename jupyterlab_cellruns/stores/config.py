"""Remote stores as the administrator configures them: `CellrunsApp.stores`, and MLflow's own variables."""

from __future__ import annotations

import ast
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from .attached import ENVIRONMENT, LOCAL, STORE_ID
from .base import StoreRefused
from .endpoint import Endpoint, basic, endpoint_from_environment, split_user

_RESERVED = (LOCAL, ENVIRONMENT)
_TEXT = {"label", "url", "auth", "ca_bundle", "client_cert", "client_key"}
_SECRET = {"user", "password", "token"}
_OTHER = {"headers", "insecure", "connect_timeout", "timeout"}


class BadStore(ValueError):
    """An entry of `CellrunsApp.stores` that can't be used; says which and why."""


@dataclass(frozen=True)
class RemoteSpec:
    """A store to be made: its id, its name for people, its address without credentials, and how to connect.

    `secrets`: names of the environment variables with its credentials, which no kernel gets. `replaces`: the value of
    MLFLOW_TRACKING_URI that it stands for.
    """

    id: str
    label: str
    location: str
    connect: Callable[[], Endpoint]
    secrets: frozenset[str] = frozenset()
    replaces: str | None = None


def from_config(stores: Any, environ: Mapping[str, str] = os.environ) -> tuple[list[RemoteSpec], list[str]]:
    """`CellrunsApp.stores`, or its text from the command line: the stores, and what is wrong with others."""
    if isinstance(stores, str):
        try:
            stores = ast.literal_eval(stores)
        except (ValueError, SyntaxError):
            stores = None
    if not isinstance(stores, Mapping):
        return [], ["CellrunsApp.stores: wants a dict from names to dicts"]
    specs, faults = [], []
    for name, entry in stores.items():
        try:
            specs.append(_spec(name, entry, environ))
        except BadStore as error:
            faults.append(str(error))
    return specs, faults


def _spec(name: Any, entry: Any, environ: Mapping[str, str]) -> RemoteSpec:
    """One entry. Raises BadStore, whose text never holds a secret."""
    where = f"CellrunsApp.stores, {name!r}"
    if not isinstance(name, str) or not STORE_ID.match(name) or name in _RESERVED:
        raise BadStore(
            f"{where}: a name has 1 to 40 letters, digits, - or _, and is neither of {', '.join(_RESERVED)}; "
            "a freer text goes into label"
        )
    if not isinstance(entry, Mapping):
        raise BadStore(f"{where}: wants a dict")
    for key, value in entry.items():
        if key in _TEXT:
            if not isinstance(value, str) or not value:
                raise BadStore(f"{where}: {key}: wants text")
        elif key in _SECRET:
            _check_secret(f"{where}: {key}", value)
        elif key not in _OTHER:
            raise BadStore(f"{where}: {key}: is not known; known are {', '.join(sorted(_TEXT | _SECRET | _OTHER))}")
    headers = entry.get("headers", {})
    if not isinstance(headers, Mapping):
        raise BadStore(f"{where}: headers: wants a dict")
    for key, value in headers.items():
        _check_secret(f"{where}: headers: {key}", value)
    for key in ("connect_timeout", "timeout"):
        if not isinstance(entry.get(key, 1.0), (int, float)) or entry.get(key, 1.0) <= 0:
            raise BadStore(f"{where}: {key}: wants seconds above 0")
    if not isinstance(entry.get("insecure", False), bool):
        raise BadStore(f"{where}: insecure: wants True or False")
    if entry.get("insecure") and entry.get("ca_bundle"):
        raise BadStore(f"{where}: insecure and ca_bundle exclude each other")
    url, in_url = split_user(str(entry.get("url", "")))
    if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname:
        raise BadStore(f"{where}: url: {url!r} is no http:// or https:// address")
    auth = entry.get("auth") or _auth_of(entry, in_url)
    wanted = {"basic": ("user", "password"), "bearer": ("token",), "none": ()}.get(auth)
    if wanted is None:
        raise BadStore(f"{where}: auth: {auth!r} is none of 'basic', 'bearer', 'none'")
    for key in wanted:
        if key not in entry and not (auth == "basic" and in_url):
            raise BadStore(f"{where}: {key}: is missing, auth is '{auth}'")
    secrets = [entry[k] for k in _SECRET if k in entry] + list(headers.values())

    def connect() -> Endpoint:
        made = {str(k): _secret(f"{where}: headers: {k}", v, environ) for k, v in headers.items()}
        if auth == "basic":
            user, password = entry.get("user"), entry.get("password")
            made["Authorization"] = in_url or basic(
                _secret(f"{where}: user", user, environ), _secret(f"{where}: password", password, environ)
            )
        elif auth == "bearer":
            made["Authorization"] = "Bearer " + _secret(f"{where}: token", entry["token"], environ)
        return Endpoint(
            url, headers=made, verify=_path(entry.get("ca_bundle")) or not entry.get("insecure", False),
            cert=_path(entry.get("client_cert")), key=_path(entry.get("client_key")),
            connect_timeout=float(entry.get("connect_timeout", 5.0)), timeout=float(entry.get("timeout", 30.0)),
            settings=where,
        )

    hidden = frozenset(str(s["env"]) for s in secrets if isinstance(s, Mapping) and "env" in s)
    return RemoteSpec(name, str(entry.get("label") or name), url, connect, hidden)


def from_environment(environ: Mapping[str, str] = os.environ) -> RemoteSpec | None:
    """The server of MLFLOW_TRACKING_URI; None where that names none."""
    uri = environ.get("MLFLOW_TRACKING_URI", "")
    if not uri.startswith(("http://", "https://")):
        return None

    def connect() -> Endpoint:
        try:
            return endpoint_from_environment(environ)
        except ValueError as error:
            raise StoreRefused(str(error), "Then restart the Jupyter server.") from error

    url, _ = split_user(uri)
    return RemoteSpec(ENVIRONMENT, urlsplit(url).netloc, url, connect, replaces=uri)


def _auth_of(entry: Mapping[str, Any], in_url: str | None) -> str:
    if in_url or "user" in entry or "password" in entry:
        return "basic"
    return "bearer" if "token" in entry else "none"


def _check_secret(where: str, value: Any) -> None:
    if isinstance(value, str):
        return
    if not isinstance(value, Mapping) or set(value) not in ({"env"}, {"file"}):
        raise BadStore(f"{where}: wants text, {{'env': name of a variable}} or {{'file': path}}")


def _secret(where: str, value: Any, environ: Mapping[str, str]) -> str:
    """The text of a secret as it is now. Raises StoreRefused where its variable or file is not there."""
    if isinstance(value, str):
        return value
    if "env" in value:
        name = str(value["env"])
        if not environ.get(name):
            raise StoreRefused(
                f"{where}: the variable {name} is not set for the Jupyter server", "Set it and restart the Jupyter server."
            )
        return environ[name]
    path = Path(str(value["file"])).expanduser()
    try:
        return path.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise StoreRefused(
            f"{where}: the file {path} can't be read: {getattr(error, 'strerror', None) or error}",
            "Make it readable for the user of the Jupyter server; it is read again every few seconds.",
        ) from error


def _path(text: Any) -> str | None:
    return str(Path(str(text)).expanduser()) if text else None
