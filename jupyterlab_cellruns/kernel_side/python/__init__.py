"""What Cellruns runs inside a Python kernel, as the module `_cellruns`. Standard library only, Python >= 3.8.

This file is all that a kernel pays for at its start; the rest is imported when the user imports mlflow.
Nothing here may raise into user code, bind a name in the user's namespace or print.
"""

from __future__ import annotations

import os
import sys

VERSION = 1

_attached = None
"""The `Session` of this kernel, once attached."""


class Settings:
    """What the server told this kernel, read once from the environment."""

    def __init__(self, environ):
        self.kernel = environ.get("CELLRUNS_KERNEL", "")
        self.server = environ.get("CELLRUNS_SERVER", "")
        self.token = environ.get("CELLRUNS_TOKEN", "")
        self.spool = environ.get("CELLRUNS_SPOOL", "")
        self.alive = environ.get("CELLRUNS_ALIVE", "")
        self.kept = {
            name[len("CELLRUNS_KEPT_MLFLOW_TRACKING_"):].lower(): environ[name]
            for name in environ if name.startswith("CELLRUNS_KEPT_MLFLOW_TRACKING_")
        }
        """The user's own `username`, `password`, `token` for servers that his code names itself."""
        uri = environ.get("CELLRUNS_TRACKING_URI", "")
        self.tracking_base, _, self.store = uri.rpartition("/")
        """Tracking URI of a store of the server is `<tracking_base>/<store id>`; `store` is the chosen one."""

    @property
    def tracking_uri(self):
        """Where the next runs go."""
        return self.uri_of(self.store)

    def uri_of(self, store):
        """Tracking URI of a store of the server."""
        return self.tracking_base + "/" + store

    def store_of(self, uri):
        """Id of the server's store that a tracking URI is for; None for any other URI."""
        base, _, store = str(uri).rpartition("/")
        return store if base and base == self.tracking_base else None


def attach():
    """Hook this kernel: once per kernel process, silently. Returns what the server wants to know of it."""
    global _attached  # noqa: PLW0603
    if _attached is not None:
        return state()
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    settings = Settings(os.environ)
    # The notebook's outputs can show the environment; the token is not needed there any more by that name.
    for name in ["CELLRUNS_TOKEN"] + [name for name in os.environ if name.startswith("CELLRUNS_KEPT_")]:
        os.environ.pop(name, None)
    if shell is None or not settings.kernel or getattr(shell, "kernel", None) is None:
        return state()
    from .session import Session

    _attached = Session(shell, settings)
    _attached.start()
    return state()


def state():
    """For the server's look at this kernel: attached, enabled, whether mlflow is hooked, and our own faults."""
    if _attached is None:
        return {"attached": False, "version": VERSION}
    return dict(_attached.state(), attached=True, version=VERSION)


def set_store(store):
    """Send the runs that start from now on to another store of the server."""
    if _attached is not None:
        _attached.set_store(str(store))
    return state()


def set_enabled(enabled):
    """Switch capture on or off for the runs that start from now on."""
    if _attached is not None:
        _attached.set_enabled(bool(enabled))
    return state()
