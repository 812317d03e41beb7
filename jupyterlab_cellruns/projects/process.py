"""A process with all that it starts, its output in a file, and its end."""

from __future__ import annotations

import contextlib
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import psutil

GRACE = 5.0
"""Seconds between asking to stop and killing."""


class ProcessTree:
    """Runs a command. `on_line` is called, in a thread, with each line of the output as it comes."""

    def __init__(self, argv: Sequence[str], env: Mapping[str, str], cwd: Path, log: Path, job: str,
                 on_line: Callable[[str], None]) -> None:
        self._job = job
        self._on_line = on_line
        self._log = log
        self.cancelled = False
        with log.open("ab") as stream:
            self.process = subprocess.Popen(
                argv, env=dict(env), cwd=cwd, stdin=subprocess.DEVNULL, stdout=stream, stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._reader = threading.Thread(target=self._follow, name="cellruns-job-log", daemon=True)
        self._reader.start()

    def wait(self, timeout: float | None = None) -> int:
        """Exit code, once the output is read to its end. Raises `subprocess.TimeoutExpired`."""
        code = self.process.wait(timeout)
        self._reader.join(10)
        return code

    def cancel(self) -> None:
        """End the whole tree: what is a child now, and what has left the tree but carries the job's variable. Blocks."""
        self.cancelled = True
        end = time.monotonic() + GRACE
        for process in self.members():
            with contextlib.suppress(psutil.Error):
                process.terminate()
        # Not by psutil's own waiting: it may take the exit code of our child away from the thread that waits for it,
        # which then gets 0.
        while self.members() and time.monotonic() < end:
            time.sleep(0.1)
        for process in self.members():
            with contextlib.suppress(psutil.Error):
                process.kill()

    def members(self) -> list[psutil.Process]:
        """Processes of the job that are alive."""
        found: dict[int, psutil.Process] = {}
        with contextlib.suppress(psutil.Error):
            root = psutil.Process(self.process.pid)
            if self.process.poll() is None:
                found[root.pid] = root
            for child in root.children(recursive=True):
                found[child.pid] = child
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error, OSError):
                if process.pid not in found and process.environ().get("CELLRUNS_JOB") == self._job:
                    found[process.pid] = process
        return [p for p in found.values() if _alive(p)]

    def _follow(self) -> None:
        """Read the file to the end of the process. A carriage return ends a line too: progress bars use it."""
        rest = b""
        with self._log.open("rb") as stream:
            while True:
                over = self.process.poll() is not None
                chunk = stream.read(1 << 16)
                if chunk:
                    *lines, rest = (rest + chunk).replace(b"\r", b"\n").split(b"\n")
                    for line in lines:
                        self._on_line(line.decode("utf-8", "replace"))
                elif over:
                    break
                else:
                    time.sleep(0.1)
        if rest:
            self._on_line(rest.decode("utf-8", "replace"))


def _alive(process: psutil.Process) -> bool:
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.Error:
        return False
