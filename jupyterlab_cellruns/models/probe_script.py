"""Lists what a Python environment holds. Run by the kernel's own Python, so: stdlib only, Python 3.6 syntax.

Nothing that is found is imported. Writes one JSON object to stdout:
`{"python", "implementation", "executable", "platform", "machine", "packages": {name: version}, "tools": [name]}`;
the first distribution of a name on `sys.path` counts, as it does for an import.
"""

import sys

# `python -c` looks in the working folder first; a `json.py` lying there must not be run.
sys.path = [entry for entry in sys.path if entry]

import json  # noqa: E402
import os  # noqa: E402
import platform  # noqa: E402
import re  # noqa: E402
import shutil  # noqa: E402

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    Pair = tuple[str | None, str | None]

FOLDER = re.compile(r"^(?P<name>[^-]+(?:-[^-]+)*?)-(?P<version>[^-]+)\.dist-info$")


def from_metadata(path: str) -> "Pair":
    name: str | None = None
    version: str | None = None
    try:
        with open(path, encoding="utf-8", errors="replace") as lines:
            for line in lines:
                if not line.strip():
                    break
                key, _, value = line.partition(":")
                if key == "Name":
                    name = value.strip()
                elif key == "Version":
                    version = value.strip()
    except OSError:
        pass
    return name, version


def scan(entry: str) -> "Iterator[Pair]":
    try:
        children = os.listdir(entry)
    except OSError:
        return
    for child in children:
        if child.endswith(".dist-info"):
            found = FOLDER.match(child)
            if found and os.path.exists(os.path.join(entry, child, "METADATA")):
                yield found.group("name"), found.group("version")
            else:
                yield from_metadata(os.path.join(entry, child, "METADATA"))
        elif child.endswith(".egg-info"):
            path = os.path.join(entry, child)
            yield from_metadata(os.path.join(path, "PKG-INFO") if os.path.isdir(path) else path)
        elif child.endswith(".egg-link"):
            try:
                with open(os.path.join(entry, child)) as link:
                    yield from scan(link.readline().strip())
            except OSError:
                pass


def packages() -> "dict[str, str]":
    found: dict[str, str] = {}
    for entry in sys.path:
        for name, version in scan(entry):
            if name and version:
                found.setdefault(re.sub(r"[-_.]+", "-", name).lower(), version)
    return found


def tools() -> "list[str]":
    found = [tool for tool in ("java", "Rscript", "docker") if shutil.which(tool)]
    home = os.environ.get("JAVA_HOME")
    if home and "java" not in found and os.path.exists(os.path.join(home, "bin", "java")):
        found.append("java")
    if has_library("gomp") or has_library("omp"):
        found.append("libgomp")
    return found


def has_library(name: str) -> bool:
    folders = [os.path.join(sys.prefix, "lib"), "/usr/lib", "/usr/lib64", "/usr/local/lib"]
    folders.append("/usr/lib/" + platform.machine() + "-linux-gnu")
    folders.append("/opt/homebrew/opt/libomp/lib")
    for folder in folders:
        try:
            if any(child.startswith("lib" + name + ".") for child in os.listdir(folder)):
                return True
        except OSError:
            pass
    return sys.platform == "win32"


print(
    json.dumps(
        {
            "python": platform.python_version(),
            "implementation": platform.python_implementation(),
            "executable": sys.executable,
            "platform": sys.platform,
            "machine": platform.machine(),
            "packages": packages(),
            "tools": tools(),
        }
    )
)
