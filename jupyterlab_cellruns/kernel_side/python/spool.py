"""The durable copy of what was sent: JSON lines, one envelope each, written before the message leaves.

Segments are named `<source>.<first seq>.jsonl`; the server removes a segment when all of it is stored.
"""

from __future__ import annotations

import os

SEGMENT_BYTES = 8 << 20


class Spool:
    """Append-only segments in a folder of the server's. `path` empty: no spool (a kernel on another machine)."""

    def __init__(self, folder, source, segment_bytes=SEGMENT_BYTES):
        self.folder = folder if folder and os.path.isdir(folder) else ""
        self.source = source
        self.segment_bytes = segment_bytes
        self.error = None
        self._file = None
        self._size = 0

    def append(self, seq, line):
        """Write one envelope (JSON bytes without a newline). Never raises; `error` holds the last fault."""
        if not self.folder:
            return False
        try:
            if self._file is None or self._size >= self.segment_bytes:
                self._open(seq)
            file = self._file
            if file is None:
                return False
            data = line + b"\n"
            written = 0
            while written < len(data):
                written += os.write(file, data[written:])
            self._size += len(data)
            self.error = None
            return True
        except OSError as error:
            self.error = "%s: %s" % (self.folder, error.strerror or error)
            # The next envelope starts a new segment: half a line may stand at the end of this one.
            self._abandon()
            return False

    def _open(self, seq):
        self.close()
        path = os.path.join(self.folder, "%s.%012d.jsonl" % (self.source, seq))
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._size = 0

    def _abandon(self):
        try:
            self.close()
        except OSError:
            pass

    def close(self):
        """Close the current segment."""
        file, self._file = self._file, None
        if file is not None:
            os.close(file)
