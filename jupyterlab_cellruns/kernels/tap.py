"""The server's own subscription to a kernel's iopub channel, apart from any browser's.

The socket that Jupyter makes loses messages when the event loop stalls (its queue is bounded) and brings every
message of the kernel; ours has an unbounded queue and a topic filter. The callback only hands frames on.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from typing import Any

Content = tuple[bytes, bool]
"""An envelope's JSON, and whether its sender has it in the spool too."""
Feed = Callable[[Callable[[], "Content | None"]], None]
Notice = Callable[[str, str], None]

EVENTS_MIME = "application/vnd.cellruns.events.v1+json"


class Tap:
    """One kernel's tap. Made and closed on the event loop; `feed` gets a function that yields an envelope's JSON."""

    def __init__(self, kernel_manager: Any, everything: bool, feed: Feed, notice: Notice) -> None:
        from jupyter_client.session import Session

        self.manager = kernel_manager
        self.ports = list(kernel_manager.ports)
        self._everything = everything
        self._feed = feed
        self._notice = notice
        self._session = Session(config=kernel_manager.session.config, key=kernel_manager.session.key)
        self._stream = kernel_manager.connect_iopub()
        self._widen()
        self._stream.on_recv(self._received)

    def close(self) -> None:
        """Close the socket."""
        if not self._stream.closed():
            self._stream.on_recv(None)
            self._stream.close()

    def _widen(self) -> None:
        import zmq

        socket = self._stream.socket
        if not self._everything:
            # Kernels in other languages send our events as display_data, under topics of their own.
            socket.setsockopt(zmq.SUBSCRIBE, b"cellruns.")
            socket.setsockopt(zmq.UNSUBSCRIBE, b"")
        # A high-water mark counts for connections made after it was set.
        socket.setsockopt(zmq.RCVHWM, 0)
        endpoint = socket.getsockopt(zmq.LAST_ENDPOINT).rstrip(b"\0")
        socket.disconnect(endpoint)
        socket.connect(endpoint)

    def _received(self, frames: list[bytes]) -> None:
        self._feed(partial(self._content, frames))

    def _content(self, frames: list[bytes]) -> Content | None:
        """The envelope in a message, after its signature was checked; notices are handed on. In the inbox thread."""
        _, parts = self._session.feed_identities(frames, copy=True)
        if self._everything and not _may_be_ours(frames):
            return None
        message = self._session.deserialize(parts, content=False)
        kind = message["header"]["msg_type"]
        content = bytes(message["content"])
        if kind == "cellruns_events":
            return content, message["metadata"].get("spooled") is True
        if kind == "cellruns_notice":
            notice = json.loads(content)
            self._notice(str(notice.get("kind", "")), str(notice.get("text", "")))
        elif kind == "display_data" and EVENTS_MIME.encode() in content:
            data = json.loads(content).get("data", {}).get(EVENTS_MIME)
            return (json.dumps(data).encode(), False) if data is not None else None
        return None


def _may_be_ours(frames: list[bytes]) -> bool:
    """A glance at the header before the costlier check: topic, delimiter, signature, header, ..."""
    return any(b'"display_data"' in frame or b'"cellruns_' in frame for frame in frames[2:5])
