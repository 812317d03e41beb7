"""A sign of life that goes with this process, however it ends: a locked file that any later server can try.

`<source>.json` says whose it is, `<source>.lock` is locked while the process lives and touched every half minute, and
with what the process logs: a point that is newer than the last touch is somebody else's.
The server's side is kernels/processes.py. A run that carries the tag `cellruns.source` is closed by a server only
when the process of that source is known to be gone.
"""

from __future__ import annotations

import json
import os
import socket
import threading
import time

BEAT_SECONDS = 30.0
SHOW_SECONDS = 1.0
"""While it logs, the process is seen at least this often."""


class Alive:
    """Made when mlflow is hooked. `folder` empty or not there (a kernel on another machine): no sign, nothing closed."""

    def __init__(self, folder, source, about):
        self._shown = 0.0
        self._file = None
        """Held open: closing it would give the lock back."""
        if not folder or not os.path.isdir(folder):
            return
        self._path = os.path.join(folder, source)
        self._record = dict(
            about, source=source, pid=os.getpid(), host=host(), started=started(os.getpid()), stores=[]
        )
        try:
            self._file = os.open(self._path + ".lock", os.O_RDWR | os.O_CREAT, 0o600)
            _lock(self._file)
            self._write()
        except OSError:
            self._file = None
            return
        threading.Thread(target=self._beat, name="cellruns-alive", daemon=True).start()

    def uses(self, store):
        """The process has runs in the server's store of this id. Never raises."""
        if self._file is None or store in self._record["stores"]:
            return
        self._record["stores"].append(store)
        try:
            self._write()
        except OSError:
            pass

    def show(self):
        """The process is about to send what it has logged. Never raises."""
        now = time.monotonic()
        if self._file is not None and now - self._shown >= SHOW_SECONDS:
            self._shown = now
            self._touch()

    def _write(self):
        # Never half a record: a server may read it at any moment.
        new = self._path + ".new"
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
            json.dump(self._record, out)
        os.replace(new, self._path + ".json")

    def _beat(self):
        pause = threading.Event()
        while not pause.wait(BEAT_SECONDS):
            self._touch()

    def _touch(self):
        try:
            os.utime(self._path + ".lock")
        except OSError:
            # The folder is away, for a moment or for good: this sign is missed, the next one may be seen.
            pass


def host():
    """This machine in this boot, where that can be known."""
    try:
        with open("/proc/sys/kernel/random/boot_id") as file:
            return socket.gethostname() + "/" + file.read().strip()
    except OSError:
        return socket.gethostname()


def started(pid):
    """When a process started (proc(5), stat field 22: ticks since boot); None where that can't be known or it is gone."""
    try:
        with open("/proc/%d/stat" % pid) as file:
            # The name in parentheses may hold anything, so counting begins after it.
            return file.read().rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return None


def _lock(file):
    if os.name == "nt":
        import msvcrt

        msvcrt.locking(file, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
    else:
        import fcntl

        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
