"""Where a tracking server's REST answers, with what credentials. Everything secret stays in this process."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit, urlunsplit


@dataclass(frozen=True)
class Endpoint:
    """One MLflow REST address.

    `base_url`: `http(s)://host[:port][/prefix]` without a slash at the end. `uds`: path of a Unix socket, or None for
    TCP. `headers`: sent with every request. `verify`: check certificates: yes, no, or against this CA bundle. `cert`
    and `key`: paths of a client certificate and of its key, where that is in a file of its own. `connect_timeout` and
    `timeout`: seconds for a connect and for a plain JSON call. `settings`: where all this was configured, in words
    for the user.
    """

    base_url: str
    uds: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    verify: bool | str = True
    cert: str | None = None
    key: str | None = None
    connect_timeout: float = 5.0
    timeout: float = 30.0
    settings: str = ""

    @property
    def credentials(self) -> str:
        """What the Authorization header holds, in words."""
        scheme = next((v.partition(" ")[0] for k, v in self.headers.items() if k.lower() == "authorization"), "")
        return {"": "no credentials", "Basic": "the user name and password", "Bearer": "the token"}.get(
            scheme, "the credentials"
        )


def basic(user: str, password: str) -> str:
    """An Authorization header (RFC 7617)."""
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def split_user(url: str) -> tuple[str, str | None]:
    """A URL without `user:password@`, and the Authorization header that this stands for."""
    parts = urlsplit(url)
    if parts.username is None:
        return url.rstrip("/"), None
    host = parts.netloc.rpartition("@")[2]
    header = basic(unquote(parts.username), unquote(parts.password or ""))
    return urlunsplit((parts.scheme, host, parts.path, "", "")).rstrip("/"), header


def endpoint_from_environment(environ: Mapping[str, str]) -> Endpoint:
    """The server of MLFLOW_TRACKING_URI with MLflow's own credentials (mlflow/utils/credentials.py).

    Those are its variables and the file `~/.mlflow/credentials`; user and password win over a token, as in MLflow.
    Raises ValueError for variables that exclude each other or are not supported.
    """
    insecure = _is_true(environ.get("MLFLOW_TRACKING_INSECURE_TLS"))
    bundle = environ.get("MLFLOW_TRACKING_SERVER_CERT_PATH")
    if insecure and bundle:
        raise ValueError(
            "MLFLOW_TRACKING_INSECURE_TLS and MLFLOW_TRACKING_SERVER_CERT_PATH exclude each other; unset one of them"
        )
    for name in ("MLFLOW_TRACKING_AUTH", "MLFLOW_TRACKING_AWS_SIGV4"):
        if environ.get(name) and not (name.endswith("SIGV4") and not _is_true(environ[name])):
            raise ValueError(f"{name} is not supported; unset it, or give the headers in CellrunsApp.stores")
    base_url, authorization = split_user(environ["MLFLOW_TRACKING_URI"])
    file_user, file_password = _credentials_file()
    user = environ.get("MLFLOW_TRACKING_USERNAME") or file_user
    password = environ.get("MLFLOW_TRACKING_PASSWORD") or file_password
    token = environ.get("MLFLOW_TRACKING_TOKEN")
    # A login in the address wins over all others, as requests has it.
    if authorization is None and user and password:
        authorization = basic(user, password)
    elif authorization is None and token:
        authorization = f"Bearer {token}"
    # What requests, and so MLflow's own client, takes for its default.
    default = environ.get("REQUESTS_CA_BUNDLE") or environ.get("CURL_CA_BUNDLE") or True
    return Endpoint(
        base_url,
        headers={"Authorization": authorization} if authorization else {},
        verify=bundle if bundle else False if insecure else default,
        cert=environ.get("MLFLOW_TRACKING_CLIENT_CERT_PATH") or None,
        settings="the variables MLFLOW_TRACKING_* of the Jupyter server",
    )


def _credentials_file() -> tuple[str | None, str | None]:
    import configparser

    path = Path("~/.mlflow/credentials").expanduser()
    config = configparser.ConfigParser(interpolation=None)
    try:
        config.read(path)
        section = config["mlflow"]
    except (configparser.Error, OSError, KeyError, UnicodeDecodeError):
        return None, None
    return section.get("mlflow_tracking_username"), section.get("mlflow_tracking_password")


def _is_true(text: str | None) -> bool:
    return (text or "").lower() in ("true", "1")
