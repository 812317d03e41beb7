"""What the user chose for each notebook, kept by path in one small JSON file, following renames."""

from __future__ import annotations

import json
import os
import tempfile
import threading
from pathlib import Path
from typing import Any


class Notebooks:
    """Choices per notebook path (Jupyter's, relative to the root). Thread-safe; calls block for a small file."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._lock = threading.Lock()
        self._choices: dict[str, dict[str, Any]] | None = None

    def get(self, path: str) -> dict[str, Any]:
        """`{path, enabled, experiment, store}`; None means: as the setting says."""
        with self._lock:
            choice = self._read().get(path, {})
        return {
            "path": path, "enabled": choice.get("enabled", True), "experiment": choice.get("experiment"),
            "store": choice.get("store"),
        }

    def put(self, path: str, **changes: Any) -> dict[str, Any]:
        """Change what is given of `enabled`, `experiment` and `store`. Raises OSError."""
        with self._lock:
            choices = self._read()
            choice = dict(choices.get(path, {}))
            choice.update(changes)
            kept = {key: value for key, value in choice.items() if value is not None and (key, value) != ("enabled", True)}
            choices.pop(path, None)
            if kept:
                choices[path] = kept
            self._write(choices)
        return self.get(path)

    def rename(self, old: str, new: str) -> None:
        """A file or folder was renamed."""
        with self._lock:
            choices = self._read()
            moved = {}
            for path in list(choices):
                if path == old or path.startswith(old + "/"):
                    moved[new + path[len(old) :]] = choices.pop(path)
            if moved:
                choices.update(moved)
                self._write(choices)

    def _read(self) -> dict[str, dict[str, Any]]:
        if self._choices is None:
            try:
                loaded = json.loads(self._file.read_text("utf-8"))
                self._choices = {k: v for k, v in loaded.items() if isinstance(v, dict)}
            except (OSError, ValueError, AttributeError):
                self._choices = {}
        return self._choices

    def _write(self, choices: dict[str, dict[str, Any]]) -> None:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=self._file.parent, prefix=".notebooks-")
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(choices, file, indent=1, ensure_ascii=False)
        os.replace(name, self._file)
        self._choices = choices
