"""Tells which distributions give the modules named on stdin. Run by the kernel's own Python: stdlib, Python 3.6 syntax.

Nothing that is found is imported. Reads a JSON list of top-level module names; writes one JSON object to stdout:
`{"python": "3.11.7", "modules": {name: {"distribution", "version", "origin", "standard"}}, "installed": {name: version}}`,
`origin` being the direct URL of PEP 610 (`{"url", "vcs_info", "dir_info"}`) or null.
"""

import sys

# `python -c` looks in the working folder first; a `json.py` lying there must not be run.
sys.path = [entry for entry in sys.path if entry]

import json  # noqa: E402
import os  # noqa: E402
import platform  # noqa: E402
import re  # noqa: E402

try:
    from importlib import metadata
except ImportError:
    import importlib_metadata as metadata  # type: ignore[no-redef,import-not-found,unused-ignore]

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

PREFERRED = ("mlflow", "opencv-python", "tensorflow", "ray", "protobuf")


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def top_levels(dist: "Any") -> "set[str]":
    text = dist.read_text("top_level.txt")
    if text:
        return set(text.split())
    found = set()
    for path in dist.files or []:
        parts = str(path).replace("\\", "/").split("/")
        if parts[0] in ("..", "__pycache__") or parts[0].endswith((".dist-info", ".data", ".pth")):
            continue
        if len(parts) > 1:
            found.add(parts[0])
        elif parts[0].endswith((".py", ".so", ".pyd")):
            found.add(parts[0].split(".")[0])
    return found


def is_standard(name: str) -> bool:
    known = getattr(sys, "stdlib_module_names", None)
    if known is not None:
        return name in known
    if name in sys.builtin_module_names:
        return True
    lib = os.path.dirname(os.__file__)
    dynamic = os.path.join(lib, "lib-dynload")
    return (
        os.path.exists(os.path.join(lib, name + ".py")) or os.path.exists(os.path.join(lib, name, "__init__.py"))
        or (os.path.isdir(dynamic) and any(f.split(".")[0] == name for f in os.listdir(dynamic)))
    )


def main() -> None:
    wanted = set(json.loads(sys.stdin.read()))
    modules: dict[str, dict[str, Any]] = {}
    installed: dict[str, str] = {}
    for dist in metadata.distributions():
        name = dist.metadata["Name"]
        if not name or canonical(name) in installed:
            continue
        installed[canonical(name)] = dist.version
        for module in top_levels(dist) & wanted:
            known = modules.get(module)
            better = known is None or name.lower() in PREFERRED or (
                known["distribution"].lower() not in PREFERRED
                and canonical(name) == canonical(module)
            )
            if better:
                origin = dist.read_text("direct_url.json")
                modules[module] = {
                    "distribution": name, "version": dist.version, "standard": False,
                    "origin": json.loads(origin) if origin else None,
                }
    for module in wanted:
        if module not in modules and is_standard(module):
            modules[module] = {"distribution": None, "version": None, "origin": None, "standard": True}
    print(json.dumps({"python": platform.python_version(), "modules": modules, "installed": installed}))


main()
