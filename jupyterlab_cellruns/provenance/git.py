"""The git state of a folder, by the user's own git.

Reads only: it takes no lock and runs no hook, no external diff and no file monitor.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

PATCH_BYTES = 300_000
MOST_FILES = 200
_SECONDS = 10.0
_NOTEBOOKS = ":(exclude,top,glob)**/*.ipynb"


@dataclass(frozen=True)
class GitState:
    """Where a working tree stands. `patch` is against `commit`, without notebooks and untracked files."""

    commit: str | None
    branch: str | None
    remote: str | None
    folder: str
    """The asked folder inside the repository, with slashes; empty at its root."""
    changed: list[dict[str, str]] = field(default_factory=list)
    """`{status, path}` of changed and untracked files, at most `MOST_FILES`; two letters as in `git status`."""
    changed_total: int = 0
    patch: str = ""
    patch_truncated: bool = False
    trouble: str | None = None

    def json(self) -> dict[str, Any]:
        """As in `cellruns/git.json`."""
        return {
            "version": 1, "commit": self.commit, "branch": self.branch, "remote": self.remote, "folder": self.folder,
            "dirty": self.changed_total > 0, "changed": self.changed, "changed_total": self.changed_total,
            "patch": "patch.diff" if self.patch else None, "patch_truncated": self.patch_truncated,
            "trouble": self.trouble,
        }  # fmt: skip


class _GitFailed(Exception):
    """git said no, is not there, or took too long."""


def read(folder: Path) -> GitState | None:
    """State of the repository that `folder` is in; None where there is none, or no git. Blocks, for seconds at most."""
    if not folder.is_dir():
        return None
    try:
        root = _git(folder, "rev-parse", "--show-toplevel").rstrip("\n")
    except _GitFailed:
        return None
    top = Path(root)
    commit = _maybe(top, "rev-parse", "--verify", "-q", "HEAD")
    branch = _maybe(top, "symbolic-ref", "-q", "--short", "HEAD")
    name = (_maybe(top, "config", "--get", f"branch.{branch}.remote") if branch else None) or "origin"
    remote = _maybe(top, "config", "--get", f"remote.{name}.url")
    inside = os.path.relpath(os.path.realpath(folder), os.path.realpath(top)).replace(os.sep, "/")
    changed: list[dict[str, str]] = []
    patch, cut, trouble = "", False, None
    try:
        changed = _status(_git(top, "status", "--porcelain=v1", "-z", "--untracked-files=normal"))
        if commit is not None and any(not c["status"].startswith("??") for c in changed):
            patch, cut = _bounded_diff(top)
    except _GitFailed as error:
        trouble = str(error)
    return GitState(
        commit, branch, clean_url(remote) if remote else None, "" if inside == "." else inside,
        changed[:MOST_FILES], len(changed), patch, cut, trouble,
    )  # fmt: skip


def clean_url(url: str) -> str:
    """A remote's URL without what could let somebody in: user and password, query, fragment."""
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]*://", url):
        parts = urlsplit(url)
        host = parts.netloc.rpartition("@")[2]
        user = parts.username if parts.scheme in ("ssh", "git+ssh") and parts.username else ""
        return urlunsplit((parts.scheme, f"{user}@{host}" if user else host, parts.path, "", ""))
    # scp-like, [user@]host:path; the user is no secret, and a password is not possible here.
    return url


def _status(text: str) -> list[dict[str, str]]:
    """Entries of `git status --porcelain=v1 -z`; a rename is followed by its old name."""
    found, fields = [], iter(text.split("\0"))
    for entry in fields:
        if len(entry) > 3:
            found.append({"status": entry[:2], "path": entry[3:]})
            if entry[0] in "RC":
                next(fields, None)
    return found


def _bounded_diff(top: Path) -> tuple[str, bool]:
    data = _run(top, PATCH_BYTES + 1, "diff", "HEAD", "--no-color", "--no-ext-diff", "--no-textconv", "--", ".", _NOTEBOOKS)
    cut = len(data) > PATCH_BYTES
    if cut:
        data = data[:PATCH_BYTES]
        data = data[: data.rfind(b"\n") + 1]
    return data.decode("utf-8", "replace"), cut


def _maybe(folder: Path, *arguments: str) -> str | None:
    try:
        return _git(folder, *arguments).rstrip("\n") or None
    except _GitFailed:
        return None


def _git(folder: Path, *arguments: str) -> str:
    return _run(folder, 4_000_000, *arguments).decode("utf-8", "replace")


def _run(folder: Path, most: int, *arguments: str) -> bytes:
    """At most `most` bytes of what git prints. Raises _GitFailed."""
    git = shutil.which("git")
    if git is None:
        raise _GitFailed("git is not installed where the Jupyter server runs")
    env = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
    env.update(GIT_OPTIONAL_LOCKS="0", GIT_TERMINAL_PROMPT="0", LC_ALL="C")
    command = [git, "-c", "core.fsmonitor=false", "-c", "core.quotePath=false", "-c", "core.hooksPath=/dev/null"]
    try:
        process = subprocess.Popen(
            [*command, "-C", str(folder), *arguments], env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip
    except OSError as error:
        raise _GitFailed(f"git could not be started: {error}") from error
    late = threading.Event()

    def stop() -> None:
        late.set()
        process.kill()

    timer = threading.Timer(_SECONDS, stop)
    timer.start()
    try:
        assert process.stdout is not None
        data = process.stdout.read(most)
        if len(data) >= most:
            process.kill()
            return data
        code = process.wait()
    finally:
        timer.cancel()
        process.stdout.close()  # type: ignore[union-attr]
        process.wait()
    if late.is_set():
        raise _GitFailed(f"git {arguments[0]} took longer than {_SECONDS:.0f} s")
    if code != 0:
        raise _GitFailed(f"git {arguments[0]} ended with {code}")
    return data
