"""Looks whether a Python kernel is attached, and attaches one that could not read our files, by one silent request."""

from __future__ import annotations

import ast
import asyncio
import json
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent.parent / "kernel_side" / "python"

# An expression: it binds no name in the user's namespace.
_ASK = "__import__('sys').modules['_cellruns'].state() if '_cellruns' in __import__('sys').modules else None"

_LOAD = """
import sys, types
from importlib import abc, util
class Finder(abc.MetaPathFinder, abc.Loader):
    def find_spec(self, name, path=None, target=None):
        if name in SOURCES:
            return util.spec_from_loader(name, self, is_package=name == "_cellruns")
    def get_source(self, name):
        return SOURCES[name]
    def exec_module(self, module):
        source = SOURCES[module.__name__]
        exec(compile(source, "<cellruns %s>" % module.__name__, "exec"), module.__dict__)
if "_cellruns" not in sys.modules:
    import os
    for name, value in ENVIRON.items():
        os.environ.setdefault(name, value)
    sys.meta_path.append(Finder())
    import _cellruns
    _cellruns.attach()
"""


@cache
def _sources() -> str:
    modules = {}
    for path in sorted(FOLDER.glob("*.py")):
        if path.stem != "boot":
            name = "_cellruns" if path.stem == "__init__" else f"_cellruns.{path.stem}"
            modules[name] = path.read_text("utf-8")
    return json.dumps(modules)


def loading_code(environ: dict[str, str]) -> str:
    """One expression that loads our modules from text into a kernel that can't read our files."""
    sources = f"__import__('json').loads({_sources()!r})"
    scope = f"{{'SOURCES': {sources}, 'ENVIRON': {environ!r}, '__name__': '_cellruns_boot'}}"
    return f"exec({_LOAD!r}, {scope})"


async def look(kernel_manager: Any, environ: dict[str, str] | None, timeout: float = 60.0) -> dict[str, Any] | None:
    """Ask a kernel how it is attached; attach it by text where it is not and `environ` is given.

    Returns the kernel's `state()`, or None where it did not answer as a Python kernel does.
    """
    client = kernel_manager.client()
    client.start_channels(shell=True, iopub=False, stdin=False, hb=False, control=False)
    try:
        state = await _ask(client, "", timeout)
        if state is None and environ is not None:
            state = await _ask(client, loading_code(environ), timeout)
        return state
    finally:
        client.stop_channels()


async def _ask(client: Any, code: str, timeout: float) -> dict[str, Any] | None:
    message_id = client.execute(
        code, silent=True, store_history=False, allow_stdin=False, user_expressions={"cellruns": _ASK}
    )
    end = asyncio.get_running_loop().time() + timeout
    while (left := end - asyncio.get_running_loop().time()) > 0:
        reply = await client.get_shell_msg(timeout=left)
        if reply["parent_header"].get("msg_id") != message_id:
            continue
        answer = reply["content"].get("user_expressions", {}).get("cellruns", {})
        text = answer.get("data", {}).get("text/plain", "None")
        value = ast.literal_eval(text)
        return value if isinstance(value, dict) else None
    return None


async def switch(kernel_manager: Any, enabled: bool, timeout: float = 3600.0) -> dict[str, Any] | None:
    """Turn capture in a kernel on or off. Waits until the kernel is free."""
    return await _call(kernel_manager, f"set_enabled({enabled})", timeout)


async def set_store(kernel_manager: Any, store: str, timeout: float = 3600.0) -> dict[str, Any] | None:
    """Choose the store of a kernel's next runs. Waits until the kernel is free."""
    return await _call(kernel_manager, f"set_store({store!r})", timeout)


async def _call(kernel_manager: Any, call: str, timeout: float) -> dict[str, Any] | None:
    client = kernel_manager.client()
    client.start_channels(shell=True, iopub=False, stdin=False, hb=False, control=False)
    code = f"'_cellruns' in __import__('sys').modules and __import__('sys').modules['_cellruns'].{call}"
    try:
        return await _ask(client, code, timeout)
    finally:
        client.stop_channels()
