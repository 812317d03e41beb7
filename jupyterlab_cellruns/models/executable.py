"""Which Python a kernel runs on."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tornado import web

PYTHON = re.compile(r"^(python|pypy)[0-9.]*(\.exe)?$", re.IGNORECASE)


@dataclass(frozen=True)
class Interpreter:
    """A Python executable and what its kernel adds to the environment."""

    executable: str
    env: tuple[tuple[str, str], ...] = field(default=())


class NoPython(Exception):
    """The kernel runs on no Python that can be asked; the text says why, for the user."""


def python_of(argv: Sequence[str]) -> str | None:
    """The Python executable in a command line, also behind a wrapper such as `env` or `bash -c`; None without one."""
    for word in argv[:8]:
        if PYTHON.match(Path(word).name):
            return word
    return None


def of_spec(manager: Any, name: str) -> Interpreter:
    """The interpreter that the kernelspec `name` would start.

    Raises `NoPython` where the kernelspec is missing, is of another language or starts Python by a wrapper.
    """
    try:
        spec = manager.kernel_spec_manager.get_kernel_spec(name)
    except KeyError:
        raise NoPython(f"There is no kernelspec named “{name}”.") from None
    if spec.language.lower() != "python":
        raise NoPython(f"The kernel “{spec.display_name}” runs {spec.language}, not Python.")
    return _interpreter(spec.argv, spec.env, spec.display_name)


def of_kernel(manager: Any, kernel_id: str) -> Interpreter:
    """The interpreter of a running kernel, from the command line it was started with.

    Raises `NoPython` where the kernel is gone, is of another language or its Python cannot be told.
    """
    try:
        kernel = manager.get_kernel(kernel_id)
    except (KeyError, web.HTTPError):  # Jupyter Server's own manager answers 404
        raise NoPython("The kernel is not running.") from None
    provisioner = getattr(kernel, "provisioner", None)
    process = getattr(provisioner, "process", None)
    spec = getattr(kernel, "kernel_spec", None)
    if spec is None:
        raise NoPython("The kernel has no kernelspec.")
    if spec.language.lower() != "python":
        raise NoPython(f"The kernel “{spec.display_name}” runs {spec.language}, not Python.")
    args = getattr(process, "args", None)
    if isinstance(args, list | tuple) and python_of([str(word) for word in args]) is not None:
        return _interpreter([str(word) for word in args], spec.env, spec.display_name)
    if process is None and provisioner is not None:
        raise NoPython(f"The kernel “{spec.display_name}” runs on another machine.")
    return _interpreter(spec.argv, spec.env, spec.display_name)


def _interpreter(argv: Sequence[str], env: dict[str, str], display_name: str) -> Interpreter:
    import sys

    executable = python_of(argv)
    if executable is None:
        raise NoPython(f"The kernel “{display_name}” starts Python by “{argv[0] if argv else ''}”; it cannot be asked.")
    if executable in ("python", "python3") or executable == f"python{sys.version_info[0]}.{sys.version_info[1]}":
        # jupyter_client puts its own Python for these words (KernelManager.format_kernel_cmd).
        executable = sys.executable
    expanded = tuple(sorted((key, os.path.expandvars(value)) for key, value in env.items()))
    return Interpreter(executable, expanded)
