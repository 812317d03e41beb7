"""File locks that go with the process, however it ends."""

from __future__ import annotations

import os
from pathlib import Path


def try_lock(path: Path) -> int | None:
    """A file descriptor that holds the lock on `path` (made where absent), or None where another process has it."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        if os.name == "nt":
            import msvcrt

            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
        else:
            import fcntl

            fcntl.lockf(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(handle)
        return None
    return handle


def is_locked(path: Path) -> bool:
    """Whether another process holds the lock on `path`; in doubt, and where there is no such file, not.

    Not for a lock of our own: closing a second handle would give it back (fcntl(2)).
    """
    if not path.exists():
        return False
    try:
        handle = try_lock(path)
    except OSError:
        return False
    if handle is not None:
        os.close(handle)
    return handle is None
