"""The durable copy of what was sent: JSON lines, one envelope each, written before the message leaves.

Segments are named `<source>.<first seq>.jsonl`; the server removes a segment when all of it is stored. One process
writes a file and only appends; nothing is mapped into memory. On a network file system every write is waited for:
there, what write() has taken may be refused later (disk full, close(2)), and other machines do not see it yet. As long
as the process lives it holds a lock on `<source>.lock`: a server that finds the folder of a dead one knows by it
whether more will come.
"""

from __future__ import annotations

import os

SEGMENT_BYTES = 8 << 20
MOST_BYTES = 4 << 30
"""Bound of all segments of one source, so that a store that never comes back can't fill the disk."""


_NETWORK = frozenset((
    "nfs", "nfs4", "cifs", "smb3", "fuse.sshfs", "lustre", "beegfs", "gpfs", "9p", "afs", "ceph", "fuse.glusterfs",
))


def on_network(folder, mounts="/proc/mounts"):
    """Whether a folder is on a network file system, as far as the list of `mounts` tells."""
    try:
        with open(mounts, encoding="utf-8", errors="replace") as file:
            lines = file.read().splitlines()
    except OSError:
        return False
    path, best, kind = os.path.realpath(folder), "", ""
    for fields in (line.split(" ") for line in lines):
        if len(fields) > 2:
            point = fields[1].replace("\\040", " ")
            if (path == point or path.startswith(point.rstrip("/") + "/")) and len(point) >= len(best):
                best, kind = point, fields[2]
    return kind in _NETWORK


class Spool:
    """Append-only segments in a folder of the server's. `path` empty: no spool (a kernel on another machine)."""

    def __init__(self, folder, source, segment_bytes=SEGMENT_BYTES, most_bytes=MOST_BYTES):
        self.folder = folder if folder and os.path.isdir(folder) else ""
        self.source = source
        self.segment_bytes = segment_bytes
        self.most_bytes = most_bytes
        self.error = None
        """The last fault, None while all is well."""
        self.missed = 0
        """Envelopes that could not be written since the fault."""
        self._file = None
        self._size = 0
        self._lock = None
        self._wait = bool(self.folder) and on_network(self.folder)

    def append(self, seq, line):
        """Write one envelope (JSON bytes without a newline). Never raises; False where it could not be written."""
        if not self.folder:
            return False
        try:
            file = self._file
            if file is None or self._size >= self.segment_bytes:
                file = self._open(seq)
            self._write(file, line + b"\n")
            self.error = None
            return True
        except OSError as error:
            self.error = "%s: %s" % (self.folder, error.strerror or error)
            self.missed += 1
            return False

    def _write(self, file, data):
        written = 0
        try:
            while written < len(data):
                written += os.write(file, data[written:])
            if self._wait:
                os.fsync(file)
        except OSError:
            # Half a line may stand there. Without it the file can be used again when there is room; if it stays,
            # the next envelope needs a file of its own.
            try:
                os.ftruncate(file, self._size)
            except OSError:
                self.close()
            raise
        self._size += len(data)

    def _open(self, seq):
        self._hold()
        if self._total() >= self.most_bytes:
            raise OSError(0, "the spool of this kernel has reached its bound of %d MiB" % (self.most_bytes >> 20))
        path = os.path.join(self.folder, "%s.%012d.jsonl" % (self.source, seq))
        # First the new one: what an old one says at its end (a network file system may only then find the disk
        # full) is no reason not to go on.
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        old, self._file, self._size = self._file, file, 0
        if old is not None:
            os.close(old)
        return file

    def _hold(self):
        if self._lock is not None:
            return
        try:
            import fcntl
        except ImportError:
            # Windows keeps a file that is open from being removed.
            return
        lock = os.open(os.path.join(self.folder, self.source + ".lock"), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.lockf(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            # No locks on this file system: the server has to go by what it sees.
            pass
        self._lock = lock

    def _total(self):
        total = 0
        for name in os.listdir(self.folder):
            if name.startswith(self.source + ".") and name.endswith(".jsonl"):
                try:
                    total += os.stat(os.path.join(self.folder, name)).st_size
                except OSError:
                    continue
        return total

    def close(self):
        """Close the current segment."""
        file, self._file = self._file, None
        if file is not None:
            try:
                os.close(file)
            except OSError:
                pass
