"""The process tree of a job, without a project."""

from __future__ import annotations

import os
import signal
import sys
import threading
from pathlib import Path

from jupyterlab_cellruns.projects.process import ProcessTree

from ..lab import wait

SLOW_TO_GO = """
import os, signal, time
def late(*_):
    time.sleep(0.35)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    os.kill(os.getpid(), signal.SIGTERM)
signal.signal(signal.SIGTERM, late)
print("begun", flush=True)
time.sleep(60)
"""


def test_a_cancelled_process_is_never_taken_for_one_that_ended_well(tmp_path: Path) -> None:
    """Ten at once keep the machine busy: whoever asks first is given the exit code, and it must be the one who waits."""
    codes: list[int] = []

    def work(number: int) -> None:
        log, job = tmp_path / f"{number}.txt", f"cancel-{os.getpid()}-{number}"
        log.touch()
        tree = ProcessTree(
            [sys.executable, "-c", SLOW_TO_GO], {**os.environ, "CELLRUNS_JOB": job}, tmp_path, log, job, lambda _: None,
        )
        waiting = threading.Thread(target=lambda: codes.append(tree.wait()))
        waiting.start()
        assert wait(lambda: "begun" in log.read_text(), 60)
        tree.cancel()
        waiting.join(30)
        assert not tree.members()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(90)
    assert codes == [-signal.SIGTERM] * 10
