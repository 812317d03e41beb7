"""The TLS side of a connection to a tracking server."""

from __future__ import annotations

import ssl
from urllib.parse import urlsplit

from .base import StoreRefused
from .endpoint import Endpoint


def ssl_context(endpoint: Endpoint) -> ssl.SSLContext | bool:
    """What httpx takes as `verify`; False for plain HTTP. Blocks for files. Raises StoreRefused for bad ones."""
    if urlsplit(endpoint.base_url).scheme != "https":
        return False
    context = ssl.create_default_context()
    if endpoint.verify is False:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    elif isinstance(endpoint.verify, str):
        _load(endpoint, "CA bundle", endpoint.verify, lambda: context.load_verify_locations(endpoint.verify))
    else:
        import certifi

        context.load_verify_locations(certifi.where())
    if endpoint.cert:
        cert, key = endpoint.cert, endpoint.key
        _load(endpoint, "client certificate", cert, lambda: context.load_cert_chain(cert, key, _no_password))
    return context


def _no_password() -> str:
    raise ValueError("the key is encrypted")


def _load(endpoint: Endpoint, what: str, path: str, load: object) -> None:
    try:
        load()  # type: ignore[operator]
    except (OSError, ValueError) as error:
        raise StoreRefused(
            f"The {what} {path} for {endpoint.base_url} can't be used: {getattr(error, 'strerror', None) or error}",
            f"It is a PEM file, named in {endpoint.settings}; correct it and restart the Jupyter server.",
        ) from error
