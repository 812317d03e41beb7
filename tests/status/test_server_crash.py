"""After a SIGKILL of the Jupyter server: runs of dead kernels are closed at the next start, everybody else's are not."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from ..lab import Lab, wait
from .test_cells import becomes, kernel_of, statuses
from .test_kernels import OPEN

SCRIPT = """
import mlflow, sys, time
mlflow.set_tracking_uri(sys.argv[1])
run = mlflow.start_run()
print(run.info.run_id, flush=True)
time.sleep(600)
"""

SURVIVE = """
# Jupyter's kernels end when their server is gone, by this look at their parent. This one will not.
parent = os.getppid()
os.getppid = lambda: parent
"""


def test_who_is_gone_is_closed_and_who_lives_is_left_alone(tmp_path: Path) -> None:
    crashed = Lab(tmp_path / "one")
    # A second server of the same user on the same folder, with a kernel that logs to the same store.
    other = Lab(tmp_path / "two", env={"JUPYTER_DATA_DIR": crashed.env["JUPYTER_DATA_DIR"]})
    other.root = crashed.root
    script = None
    try:
        crashed.start()
        dead, survivor = kernel_of(crashed, "dead"), kernel_of(crashed, "survivor")
        survivor.run(SURVIVE)
        gone = dead.run(OPEN).text.split()
        survives = survivor.run(OPEN).text.split()
        other.start()
        living = kernel_of(other, "living")
        lives = living.run(OPEN).text.split()
        script = subprocess.Popen(
            [sys.executable, "-c", SCRIPT, f"sqlite:///{crashed.root}/mlflow.db"], env=crashed.env,
            stdout=subprocess.PIPE, text=True,
        )
        assert script.stdout is not None
        plain = [script.stdout.readline().strip()]
        everybody = [*gone, *survives, *lives, *plain]
        assert statuses(crashed, *everybody) == ["RUNNING"] * 7
        crashed.kill()
        killed_at = time.time()
        time.sleep(3)  # Until Jupyter's kernel has seen that its server is gone.
        crashed.start()
        becomes(crashed, everybody, ["KILLED"] * 2 + ["RUNNING"] * 5)
        (end,) = crashed.rows("SELECT end_time FROM runs WHERE run_uuid=?", gone[0])[0]
        assert abs(end / 1000 - killed_at) < 35
        # The survivor's runs are its own until it ends.
        survivor.send("os._exit(1)")
        wait(lambda: statuses(crashed, *survives) == ["KILLED"] * 2, 15)
        assert statuses(crashed, *everybody) == ["KILLED"] * 4 + ["RUNNING"] * 3
        other.fetch(f"api/kernels/{living.id}", "DELETE")
        becomes(crashed, everybody, ["KILLED"] * 4 + ["FINISHED"] * 2 + ["RUNNING"])
        signs = list((Path(crashed.env["JUPYTER_DATA_DIR"]) / "cellruns").glob("*/alive/*"))
        assert wait(lambda: not [s for s in signs if s.exists()], 10)
    finally:
        if script is not None:
            script.kill()
            script.wait()
        other.stop()
        crashed.stop()
