"""What this kernel's Python is and has: read from the names of the installed folders, which costs milliseconds."""

from __future__ import annotations

import os
import platform
import re
import sys
import time

_INFO = re.compile(r"(?P<name>.+?)-(?P<version>[^-]+)\.dist-info\Z")
_MOST_PACKAGES = 5000
_MOST_MODULES = 2000


class Environment:
    """`read()` again after a package was installed: the folders of `sys.path` tell by their times."""

    def __init__(self):
        self._key = None
        self._packages = {}

    def read(self):
        """Python, platform, `packages` {normalised name: version} and the top-level modules imported by now."""
        key = tuple((path, _mtime(path)) for path in sys.path)
        if key != self._key:
            self._packages, self._key = packages(), key
        return {
            "python": platform.python_version(),
            "implementation": platform.python_implementation(),
            "executable": sys.executable,
            "platform": "%s %s %s" % (platform.system(), platform.release(), platform.machine()),
            "packages": self._packages,
            "imported": imported(),
        }


def packages():
    """Installed distributions, the first on `sys.path` of each name."""
    from importlib import metadata

    found = {}
    for i, distribution in enumerate(metadata.distributions()):
        if i % 20 == 0:
            # The user's cell is running: let it have the interpreter.
            time.sleep(0.001)
        try:
            match = _INFO.match(os.path.basename(str(getattr(distribution, "_path", ""))))
            if match:
                name, version = match.group("name"), match.group("version")
            else:
                name, version = distribution.metadata["Name"], distribution.version
            if name and version and len(found) < _MOST_PACKAGES:
                found.setdefault(re.sub(r"[-_.]+", "-", name).lower(), version)
        except Exception:
            # One broken folder hides no other.
            continue
    return dict(sorted(found.items()))


def imported():
    """Top-level modules that are imported and not of the standard library (where Python >= 3.10 says which are)."""
    standard = getattr(sys, "stdlib_module_names", ())
    names = {name.partition(".")[0] for name in list(sys.modules)}
    return sorted(n for n in names if n not in standard and not n.startswith("_"))[:_MOST_MODULES]


def _mtime(path):
    try:
        return os.stat(path or ".").st_mtime_ns
    except OSError:
        return 0
