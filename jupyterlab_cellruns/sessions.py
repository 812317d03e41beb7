"""From a kernel to the path of its notebook, always as it is now; and renames as they happen."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

_CONTENTS = "https://events.jupyter.org/jupyter_server/contents_service/v1"


class Sessions:
    """Looks into Jupyter's session table. Paths are Jupyter's: relative to the root, with slashes."""

    def __init__(self, manager: Any, root_dir: str) -> None:
        self._manager = manager
        self._root = os.path.realpath(root_dir)

    def notebook(self, kernel_id: str) -> str | None:
        """Path of the notebook that runs on a kernel; None for a console or a kernel without a session."""
        # The public list_sessions() is a coroutine that also culls; the table it reads is in memory.
        cursor = getattr(self._manager, "cursor", None)
        if cursor is None:
            return None
        cursor.execute("SELECT path, type FROM session WHERE kernel_id=?", (kernel_id,))
        for row in cursor.fetchall():
            path, kind = str(row[0]), str(row[1])
            if kind == "notebook" and path.endswith(".ipynb"):
                return path
        return None

    def of_session_name(self, name: Any) -> str | None:
        """Path of a notebook from the absolute path in JPY_SESSION_NAME."""
        if not isinstance(name, str) or not name.endswith(".ipynb"):
            return None
        path = os.path.relpath(os.path.realpath(name), self._root)
        return None if path.startswith("..") else path.replace(os.sep, "/")

    def follow_renames(self, event_logger: Any, renamed: Callable[[str, str], None]) -> None:
        """Call `renamed(old, new)` on the event loop when a file or folder gets another path."""

        async def listener(logger: Any, schema_id: str, data: dict[str, Any]) -> None:
            if data.get("action") == "rename" and data.get("source_path"):
                renamed(str(data["source_path"]).strip("/"), str(data["path"]).strip("/"))

        event_logger.add_listener(schema_id=_CONTENTS, listener=listener)
