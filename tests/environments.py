"""Python environments for tests, made by uv: in seconds, where pip needs minutes on two cores."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def make(folder: Path, *packages: str) -> Path:
    """A new environment in `folder` with pip and these packages; its Python. Raises CalledProcessError."""
    uv = [sys.executable, "-m", "uv"]
    subprocess.run([*uv, "venv", "--quiet", "--seed", "--clear", "--python", sys.executable, folder], check=True)
    python = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    # Servers and kernels are started from it again and again: they should not compile their sources each time.
    subprocess.run(
        [*uv, "pip", "install", "--quiet", "--compile-bytecode", "--python", python, *packages], check=True, timeout=580
    )
    return python
