"""Where a tracking server's REST answers, with what credentials. Everything secret stays in this process."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Endpoint:
    """One MLflow REST address.

    `base_url`: `http(s)://host[:port][/prefix]` without a slash at the end. `uds`: path of a Unix socket, or None for
    TCP. `headers`: sent with every request. `verify`: check certificates: yes, no, or against this CA bundle. `cert`:
    path of a client certificate with its key. `timeout`: seconds for a connect and for a plain JSON call.
    """

    base_url: str
    uds: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    verify: bool | str = True
    cert: str | None = None
    timeout: float = 30.0


def endpoint_from_environment(environ: Mapping[str, str]) -> Endpoint:
    """The server of MLFLOW_TRACKING_URI with MLflow's own credential variables (mlflow/utils/credentials.py).

    User and password win over a token, as in MLflow. Raises ValueError for variables that exclude each other.
    """
    insecure = environ.get("MLFLOW_TRACKING_INSECURE_TLS", "").lower() in ("true", "1")
    bundle = environ.get("MLFLOW_TRACKING_SERVER_CERT_PATH")
    if insecure and bundle:
        raise ValueError(
            "MLFLOW_TRACKING_INSECURE_TLS and MLFLOW_TRACKING_SERVER_CERT_PATH exclude each other; unset one of them"
        )
    headers = {}
    user, password = environ.get("MLFLOW_TRACKING_USERNAME"), environ.get("MLFLOW_TRACKING_PASSWORD")
    token = environ.get("MLFLOW_TRACKING_TOKEN")
    if user and password:
        headers["Authorization"] = "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
    elif token:
        headers["Authorization"] = f"Bearer {token}"
    return Endpoint(
        environ["MLFLOW_TRACKING_URI"].rstrip("/"),
        headers=headers,
        verify=bundle if bundle else not insecure,
        cert=environ.get("MLFLOW_TRACKING_CLIENT_CERT_PATH") or None,
    )
