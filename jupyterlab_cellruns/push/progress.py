"""How far a push is, as the routes tell it."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Any


class Cancelled(Exception):
    """The user has stopped the push; what has arrived stays, and the next push goes on from there."""


@dataclass
class RunProgress:
    """One run of a push. `state` is waiting, running, done or failed; sizes are bytes."""

    run: str
    name: str
    asked: bool = True
    """Whether the user chose it; parents and children come along."""
    state: str = "waiting"
    step: str = ""
    remote_run: str | None = None
    made: bool = False
    points_sent: int = 0
    points_total: int = 0
    files_sent: int = 0
    bytes_sent: int = 0
    notices: list[str] = field(default_factory=list)
    error: dict[str, str | None] | None = None

    def json(self) -> dict[str, Any]:
        """As in `GET push/<id>`."""
        return {
            "run_id": self.run, "name": self.name, "asked": self.asked, "state": self.state, "step": self.step,
            "remote_run_id": self.remote_run, "made": self.made, "points_sent": self.points_sent,
            "points_total": self.points_total, "files_sent": self.files_sent, "bytes_sent": self.bytes_sent,
            "notices": self.notices, "error": self.error,
        }  # fmt: skip


class Stop:
    """Asked between all steps."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def set(self) -> None:
        """Stop at the next step."""
        self._event.set()

    def check(self) -> None:
        """Raises Cancelled once it is set."""
        if self._event.is_set():
            raise Cancelled

    def wait(self, seconds: float) -> None:
        """Pause. Raises Cancelled."""
        self._event.wait(seconds)
        self.check()
