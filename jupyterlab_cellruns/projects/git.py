"""Fetches the files of a project in Git, to look at its MLproject before it is run."""

from __future__ import annotations

import fnmatch
import os
import re
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

TIMEOUT = 120.0
"""Seconds."""
_SCP = re.compile(r"^(?:[\w.-]+@)?([\w.-]+):(?!//)[^\\]")
_TEXTS = ("MLproject", "python_env.yaml", "conda.yaml", "requirements.txt", "README.md")
_MAX_TEXT = 1 << 20


class GitRefused(Exception):
    """The repository may not, or cannot be fetched; `hint` says what to do."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


def is_git(uri: str) -> bool:
    """Whether an address is one that MLflow would clone: it has a scheme or is `user@host:path`."""
    return bool(re.match(r"[a-z][a-z0-9+.-]*://", uri)) or bool(_SCP.match(uri))


def host_of(uri: str) -> str:
    """The host of a Git address; `file` for this machine."""
    address = uri.partition("#")[0]
    parts = urlsplit(address)
    if parts.scheme == "file":
        return "file"
    if parts.scheme:
        return (parts.hostname or "").lower()
    found = _SCP.match(address)
    return found.group(1).lower() if found else "file"


def check(uri: str, hosts: Sequence[str]) -> None:
    """Raise `GitRefused` for a host that the configuration does not allow, or an address that is none."""
    host = host_of(uri)
    scheme = urlsplit(uri).scheme
    if scheme not in ("https", "http", "ssh", "git", "file", "") or "::" in uri or uri.startswith("-"):
        raise GitRefused(f"{uri}: not an address that Git fetches from", "Use https, ssh or file.")
    if "@" in urlsplit(uri).netloc and ":" in urlsplit(uri).netloc.rpartition("@")[0]:
        raise GitRefused("The address holds a password", "Leave it out and set up a credential helper of Git.")
    if not host or not any(fnmatch.fnmatch(host, pattern.lower()) for pattern in hosts):
        raise GitRefused(
            f"Projects from {host or uri} are not allowed here", "The administrator lists hosts in CellrunsApp.project_hosts.",
        )


def look(uri: str, version: str, hosts: Sequence[str]) -> dict[str, object]:
    """`{commit, files: [path], texts: {name: text}}` of the project's folder. Blocks; keeps nothing.

    Credentials are those of Git's own helpers; nobody is asked. Raises `GitRefused`.
    """
    check(uri, hosts)
    address, _, folder = uri.partition("#")
    if ".." in Path(folder).parts or folder.startswith("/") or version.startswith("-"):
        raise GitRefused(f"{uri}: leads out of the repository", "Name a folder inside it.")
    with tempfile.TemporaryDirectory(prefix="cellruns-git-") as name:
        _git(name, "init", "-q")
        _git(name, "fetch", "-q", "--depth", "1", "--", address, version or "HEAD")
        commit = _git(name, "rev-parse", "FETCH_HEAD").strip()
        listed = _git(name, "ls-tree", "-z", "--name-only", f"FETCH_HEAD:{folder.strip('/')}")
        files = [path for path in listed.split("\0") if path]
        texts = {}
        for path in files:
            if path.lower() == "mlproject" or path in _TEXTS:
                inner = "/".join(part for part in (folder.strip("/"), path) if part)
                shown = "MLproject" if path.lower() == "mlproject" else path
                texts[shown] = _git(name, "show", f"FETCH_HEAD:{inner}")[:_MAX_TEXT]
        return {"commit": commit, "files": sorted(files), "texts": texts}


def _git(folder: str, *words: str) -> str:
    env = {**os.environ, "GIT_TERMINAL_PROMPT": "0", "GIT_ASKPASS": "", "SSH_ASKPASS": "", "LC_ALL": "C",
           "GIT_SSH_COMMAND": os.environ.get("GIT_SSH_COMMAND", "ssh -o BatchMode=yes")}
    try:
        done = subprocess.run(["git", "-C", folder, *words], capture_output=True, timeout=TIMEOUT, env=env,
                              stdin=subprocess.DEVNULL, check=False)
    except FileNotFoundError:
        raise GitRefused("git is not installed on the server", "Install it.") from None
    except subprocess.TimeoutExpired:
        raise GitRefused(f"git did not end within {TIMEOUT:.0f} s", "Try again, or fetch it in a terminal.") from None
    if done.returncode != 0:
        from .progress import advice

        lines = done.stderr.decode("utf-8", "replace").strip().splitlines()
        said = next((line for line in lines if line.startswith("fatal:")), lines[-1] if lines else "git failed")
        hints = advice(lines)
        unknown = "couldn't find remote ref" in said or "Not a valid object name" in said
        hint = "Check branch, tag, commit and folder." if unknown else hints[0] if hints else "Try it in a terminal."
        raise GitRefused(said.removeprefix("fatal: "), hint)
    return done.stdout.decode("utf-8", "replace")
