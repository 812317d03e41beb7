"""Copies of stored models on this machine, for processes that must not see the store's credentials."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from pathlib import Path

Fill = Callable[[Path], Awaitable[None]]
"""Writes the model's files into an empty folder."""

_KEPT = 8


class Copies:
    """A few folders, made once for each model and removed when the server stops or others are wanted more."""

    def __init__(self) -> None:
        self._root: str | None = None
        self._folders: OrderedDict[str, Path] = OrderedDict()
        self._locks: dict[str, asyncio.Lock] = {}
        self._count = 0

    async def folder(self, key: str, fill: Fill) -> Path:
        """The folder of a model, filled by `fill` where it is not there yet."""
        async with self._locks.setdefault(key, asyncio.Lock()):
            found = self._folders.get(key)
            if found is not None and await asyncio.to_thread(found.is_dir):
                self._folders.move_to_end(key)
                return found
            if self._root is None:
                self._root = await asyncio.to_thread(tempfile.mkdtemp, "", "cellruns-models-")
            self._count += 1
            made = Path(self._root) / str(self._count)
            await asyncio.to_thread(made.mkdir)
            try:
                await fill(made)
            except BaseException:
                await asyncio.to_thread(shutil.rmtree, made, True)
                raise
            self._folders[key] = made
            while len(self._folders) > _KEPT:
                _, old = self._folders.popitem(last=False)
                await asyncio.to_thread(shutil.rmtree, old, True)
            return made

    async def close(self) -> None:
        """Remove them all."""
        root, self._root = self._root, None
        self._folders.clear()
        if root is not None:
            await asyncio.to_thread(shutil.rmtree, root, True)
