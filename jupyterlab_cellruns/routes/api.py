"""What the routes ask of the rest of the server extension. The object itself is `settings["cellruns"]`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from ..experiments import Mode
from ..stores.base import Store

SETTING = "cellruns"
"""Key of the `Service` in the tornado settings."""


class Endpoint(Protocol):
    """Where MLflow's REST of the attached store answers, and with what credentials."""

    @property
    def base_url(self) -> str:
        """`http(s)://host[:port][/prefix]`; with `uds` the host only has a meaning to MLflow's host check."""
        ...

    @property
    def uds(self) -> str | None:
        """Path of a Unix socket, or None for TCP."""
        ...

    @property
    def headers(self) -> Mapping[str, str]:
        """Headers that every request carries, credentials among them."""
        ...

    @property
    def verify(self) -> bool | str:
        """Check the certificate: yes, no, or against this CA bundle."""
        ...

    @property
    def cert(self) -> str | None:
        """Path of a client certificate with its key, or None."""
        ...

    @property
    def timeout(self) -> float:
        """Seconds a connect may take, and a plain JSON call."""
        ...


class Stores(Protocol):
    """Holder of the attached store."""

    def state(self) -> dict[str, Any]:
        """`Store` of docs/http-api.md; does not block."""
        ...

    def store(self) -> Store:
        """The store. Blocks: call it in a thread. Raises `StoreRefused`, `StoreUnavailable`."""
        ...

    async def endpoint(self, timeout: float = 60) -> Endpoint:
        """Wait until MLflow's REST answers (s). Raises `StoreRefused`, `StoreUnavailable`."""
        ...

    def touch(self) -> None:
        """The store is in use: do not stop it for idleness."""
        ...


class Capture(Protocol):
    """The way of run events from kernels into the store."""

    async def applied(self, source: str, seq: int, timeout: float) -> bool:
        """Wait (s) until all of a source up to `seq` is stored; False where that did not happen in time."""
        ...

    @property
    def waiting(self) -> int:
        """Points not yet stored."""
        ...


class Kernels(Protocol):
    """The kernels that carry a run context."""

    def state(self, kernel_id: str) -> dict[str, Any] | None:
        """`KernelState` of docs/http-api.md, or None for a kernel not known here."""
        ...

    def anchors(self, kernel_id: str) -> list[dict[str, Any]]:
        """Charts that this kernel incarnation has opened, oldest first."""
        ...

    async def context(self, kernel_id: str, body: dict[str, Any]) -> dict[str, Any]:
        """Experiment and tags for the next run of a kernel."""
        ...

    def kernel_of_token(self, token: str) -> str | None:
        """Kernel id of a valid kernel token, in constant time, or None."""
        ...

    async def bind(self, kernel_id: str, binding: dict[str, Any]) -> None:
        """Apply what was chosen for a notebook to its running kernel."""
        ...


class Notebooks(Protocol):
    """What the user chose for each notebook. Both calls block."""

    def get(self, path: str) -> dict[str, Any]:
        """`{path, enabled, experiment}`."""
        ...

    def put(self, path: str, enabled: bool | None, experiment: str | None, set_experiment: bool) -> dict[str, Any]:
        """Store a choice and return the whole. `enabled` None and `set_experiment` False leave that part as it is."""
        ...


class Service(Protocol):
    """The server extension as the routes see it."""

    @property
    def version(self) -> str: ...
    @property
    def enabled(self) -> bool: ...
    @property
    def stores(self) -> Stores: ...
    @property
    def capture(self) -> Capture: ...
    @property
    def kernels(self) -> Kernels: ...
    @property
    def notebooks(self) -> Notebooks: ...

    def settings_json(self) -> dict[str, Any]:
        """What `GET settings` answers."""
        ...

    async def apply_settings(self, enabled: bool, mode: Mode, name: str) -> dict[str, Any]:
        """Take over a user's settings; answers as `settings_json`."""
        ...

    async def chart(self, body: dict[str, Any]) -> dict[str, Any]:
        """The final chart output of `POST charts` as a MIME bundle."""
        ...
