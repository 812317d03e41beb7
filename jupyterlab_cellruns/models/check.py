"""Compares requirements with what is installed, by PEP 440 and PEP 508."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal, TypedDict

from packaging.markers import InvalidMarker, Marker, UndefinedEnvironmentName
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from .probe import Environment

State = Literal["ok", "differs", "missing", "unknown", "not_needed"]


class Wanted(TypedDict):
    """A requirement: a distribution, a PEP 440 specifier (may be empty) and an environment marker or None."""

    name: str
    specifier: str
    marker: str | None


class Found(TypedDict):
    """What is installed for a requirement. `order` tells older (-1) or newer (1) than a pinned version, else 0."""

    name: str
    specifier: str
    installed: str | None
    state: State
    order: int


def check(wanted: Iterable[Wanted], environment: Environment) -> list[Found]:
    """One answer per requirement, in order. Never raises: what cannot be compared is `unknown`."""
    return [_check(item, environment) for item in wanted]


def _check(item: Wanted, environment: Environment) -> Found:
    installed = environment.packages.get(canonicalize_name(item["name"]))
    found: Found = {
        "name": item["name"], "specifier": item["specifier"], "installed": installed, "state": "unknown", "order": 0,
    }
    if item["marker"] and not _applies(item["marker"], environment):
        found["state"] = "not_needed"
    elif installed is None:
        found["state"] = "missing"
    elif not item["specifier"]:
        found["state"] = "ok"
    else:
        try:
            specifiers = SpecifierSet(item["specifier"])
            version = Version(installed)
        except (InvalidSpecifier, InvalidVersion):
            found["state"] = "ok" if item["specifier"].lstrip("=") == installed else "unknown"
            return found
        found["state"] = "ok" if specifiers.contains(version, prereleases=True) else "differs"
        found["order"] = _order(version, specifiers)
    return found


def _order(version: Version, specifiers: SpecifierSet) -> int:
    pinned = [spec.version for spec in specifiers if spec.operator == "==" and not spec.version.endswith(".*")]
    if len(pinned) != 1:
        return 0
    want = Version(pinned[0])
    return (version > want) - (version < want)


def _applies(marker: str, environment: Environment) -> bool:
    names: Mapping[str, str] = {
        "python_version": ".".join(environment.python.split(".")[:2]),
        "python_full_version": environment.python,
        "implementation_name": environment.implementation.lower(),
        "platform_python_implementation": environment.implementation,
        "sys_platform": environment.platform,
        "os_name": "nt" if environment.platform == "win32" else "posix",
        "platform_system": {"linux": "Linux", "darwin": "Darwin", "win32": "Windows"}.get(environment.platform, ""),
        "platform_machine": environment.machine,
        "extra": "",
    }
    try:
        return Marker(marker).evaluate(dict(names))
    except (InvalidMarker, UndefinedEnvironmentName, InvalidVersion):
        return True
