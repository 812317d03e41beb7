"""Messages from this kernel: on iopub beside the user's outputs, and to the server over HTTP."""

from __future__ import annotations

import json
import ssl
import threading
import urllib.error
import urllib.request

_PACE_SECONDS = 2.0


class Channel:
    """The iopub socket of this kernel under a topic of our own.

    Message type `cellruns_events` (an envelope of docs/events.md) or `cellruns_notice` (`{kind, text}`).
    Output areas ignore both; nothing of it is saved in a notebook.
    """

    def __init__(self, owner, source="notice"):
        self.owner = owner
        self.kernel = owner.kernel
        self.topic = b"cellruns." + source.encode("ascii")
        # A session of its own: Session counts messages without a lock and the kernel's is in use elsewhere.
        self.session = self.kernel.session.clone()
        self.session.session = "cellruns-" + source
        self._sent = threading.Event()

    def send(self, msg_type, content, parent, metadata=None):
        """Hand one message to the iopub thread. `content` is a dict or its JSON as bytes."""
        self.session.send(
            self.kernel.iopub_socket, msg_type, content=content, parent=parent, ident=self.topic, metadata=metadata
        )

    def pace(self):
        """Wait until the iopub thread has taken what was sent, so that its queue can't grow without bound."""
        thread = getattr(self.kernel, "iopub_thread", None)
        if thread is None or not hasattr(thread, "schedule"):
            return
        self._sent.clear()
        thread.schedule(self._sent.set)
        self._sent.wait(_PACE_SECONDS)

    def send_notice(self, kind, text="", parent=None):
        """Tell the server, and pages that listen, something that is no run event."""
        self.send("cellruns_notice", {"kind": kind, "text": text, "kernel": self.owner.settings.kernel}, parent)


class ServerError(Exception):
    """The Jupyter server did not answer, or refused; the text says which."""


def post(settings, route, body, timeout=75.0):
    """POST JSON to a kernel route of the Jupyter server and read JSON. Raises `ServerError`."""
    data = json.dumps(body).encode("utf-8")
    answer = _request(settings, route, {"Content-Type": "application/json"}, data, timeout)
    try:
        return json.loads(answer.decode("utf-8"))
    except ValueError as error:
        raise ServerError(str(error)) from None


def wait_applied(settings, headers, timeout=75.0):
    """Return when the server has stored what `headers` names. Raises `ServerError`."""
    stores = [part.rpartition("@")[2] for part in headers["X-Cellruns-Applied"].split(",")]
    for store in dict.fromkeys(stores):
        _request(settings, "tracking/%s/version" % store, headers, None, timeout)


def _request(settings, route, headers, data, timeout):
    request = urllib.request.Request(
        settings.server.rstrip("/") + "/" + route, data=data,
        headers=dict(headers, Authorization="Bearer " + settings.token),
    )
    handlers = []
    if settings.server.startswith("https:"):
        # Our own server on the loopback interface, with a certificate made for its public name.
        handlers.append(urllib.request.HTTPSHandler(context=ssl._create_unverified_context()))
    # The server is on this machine: a proxy of the environment has no business in between.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), *handlers)
    try:
        with opener.open(request, timeout=timeout) as response:
            return response.read()
    except urllib.error.HTTPError as error:
        detail = error.read(2000).decode("utf-8", "replace")
        try:
            detail = json.loads(detail).get("message") or detail
        except ValueError:
            pass
        raise ServerError("HTTP %d: %s" % (error.code, detail)) from None
    except (OSError, ValueError) as error:
        raise ServerError(str(error)) from None
