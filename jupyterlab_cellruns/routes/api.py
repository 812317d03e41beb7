"""What the routes ask of the rest of the server extension. The object itself is `settings["cellruns"]`."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Protocol

from ..stores.attached import AttachedStore

if TYPE_CHECKING:
    from ..experiments import Mode
    from ..folders import Folders
    from ..models.jobs import ModelJobs
    from ..projects.service import Projects
    from ..provenance.report import Report
    from ..push.jobs import Jobs
    from ..rerun import Rerun

SETTING = "cellruns"
"""Key of the `Service` in the tornado settings."""
REMOTE_KERNELS = "cellruns_remote_kernels"
"""Key in the tornado settings: whether kernels on other machines may use their tokens."""


class Stores(Protocol):
    """The stores of this server, by id."""

    def __contains__(self, store_id: object) -> bool: ...

    @property
    def default(self) -> str:
        """Id of the store where nothing else was chosen."""
        ...

    def ids(self) -> list[str]:
        """All ids."""
        ...

    def states(self) -> list[dict[str, Any]]:
        """`Store` of docs/http-api.md of each; does not block."""
        ...

    def get(self, store_id: str) -> AttachedStore:
        """One of them. Raises `StoreRefused` for an id that is not there."""
        ...


class Capture(Protocol):
    """The way of run events from kernels into the store."""

    async def applied(self, source: str, seq: int, timeout: float) -> bool:
        """Wait (s) until all of a source up to `seq` is stored; False where that did not happen in time."""
        ...

    def waiting(self, store_id: str | None = None) -> int:
        """Points not yet stored, of one store or of all."""
        ...


class Kernels(Protocol):
    """The kernels that carry a run context."""

    def state(self, kernel_id: str) -> dict[str, Any] | None:
        """`KernelState` of docs/http-api.md, or None for a kernel not known here."""
        ...

    def anchors(self, kernel_id: str) -> list[dict[str, Any]]:
        """Charts that this kernel incarnation has opened, oldest first."""
        ...

    def cards(self, kernel_id: str) -> list[dict[str, Any]]:
        """Cards of models under cells that are running: `{cell_id, execution_count, data}`."""
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
        """`{path, enabled, experiment, store}`."""
        ...

    def put(self, path: str, **changes: Any) -> dict[str, Any]:
        """Change what is given of `enabled`, `experiment` and `store`, and return the whole."""
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
    @property
    def projects(self) -> Projects: ...
    @property
    def pushes(self) -> Jobs: ...
    @property
    def folders(self) -> Folders: ...

    def keep(self, task: asyncio.Future[Any]) -> None:
        """Keep a task until it is done, and log its failure."""
        ...

    def store_of_notebook(self, path: str | None) -> str:
        """Id of the store that the next run of a notebook goes to."""
        ...

    def store_of_run(self, run_id: str) -> str:
        """Id of the store where a run is, as far as it is known without asking one."""
        ...

    async def provenance(self, kernel_id: str, report: Report) -> bool:
        """Take a kernel's report on its runs; False where the settings want none. Raises OSError."""
        ...
    @property
    def models(self) -> ModelJobs: ...

    def settings_json(self) -> dict[str, Any]:
        """What `GET settings` answers."""
        ...

    async def apply_settings(
        self, enabled: bool, mode: Mode, name: str, provenance: bool, rerun: Rerun | None
    ) -> dict[str, Any]:
        """Take over a user's settings; answers as `settings_json`."""
        ...

    def changed(self, run_ids: set[str]) -> None:
        """Tell open pages that these runs have news."""
        ...

    async def chart(self, body: dict[str, Any]) -> dict[str, Any]:
        """The final chart output of `POST charts` as a MIME bundle."""
        ...
