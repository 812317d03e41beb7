"""How runs end that are open when their kernel ends: orderly, in mid-cell, killed, restarted, with the server."""

from __future__ import annotations

from ..lab import Kernel, Lab, wait
from .test_cells import WITHIN, active, becomes, kernel_of, statuses

OPEN = "a = mlflow.start_run(); b = mlflow.start_run(nested=True); print(a.info.run_id, b.info.run_id)"


def busy(kernel: Kernel, code: str) -> list[str]:
    """Send a cell that goes on for ever and return the words that it prints first."""
    kernel.send(code + "\nprint('go', flush=True)\nwhile True: time.sleep(0.01)")
    text = ""
    while "go" not in text:
        message = kernel.client.get_iopub_msg(timeout=60)
        text += message["content"].get("text", "")
    return text.split()[:-1]


def test_open_across_cells_until_the_kernel_is_shut_down(lab: Lab) -> None:
    kernel = kernel_of(lab, "shutdown")
    runs = kernel.run(OPEN).text.split()
    left = kernel.run("c = mlflow.start_run(nested=True); print(c.info.run_id, flush=True); 1 / 0").text.strip()
    kernel.run("1")
    becomes(lab, [*runs, left], ["RUNNING", "RUNNING", "FAILED"])
    assert wait(lambda: set(active(lab, kernel)) == set(runs), WITHIN)
    lab.fetch(f"api/kernels/{kernel.id}", "DELETE")
    # MLflow alone ends the innermost as FINISHED, though it failed, and leaves the others RUNNING for ever.
    becomes(lab, [*runs, left], ["FINISHED", "FINISHED", "FAILED"])


def test_a_restart_ends_the_runs_of_the_old_process_only(lab: Lab) -> None:
    kernel = kernel_of(lab, "restart")
    runs = kernel.run(OPEN).text.split()
    lab.fetch(f"api/kernels/{kernel.id}/restart", "POST", {})
    kernel.ready().run("import mlflow, time")
    fresh = kernel.run(OPEN).text.split()
    becomes(lab, [*runs, *fresh], ["FINISHED", "FINISHED", "RUNNING", "RUNNING"])
    kernel.client.stop_channels()
    killed = Kernel(lab, kernel.id, None)
    killed.client.wait_for_ready(timeout=60)
    more = busy(killed, "c = mlflow.start_run(nested=True); print(c.info.run_id)")
    lab.fetch(f"api/kernels/{kernel.id}/restart", "POST", {})
    becomes(lab, [*fresh, *more], ["KILLED", "KILLED", "KILLED"])
    killed.close()


def test_shut_down_in_mid_cell_kills(lab: Lab) -> None:
    kernel = kernel_of(lab, "midcell")
    across = kernel.run(OPEN).text.split()
    runs = busy(kernel, "c = mlflow.start_run(nested=True); print(c.info.run_id)")
    lab.fetch(f"api/kernels/{kernel.id}", "DELETE")
    becomes(lab, [*across, *runs], ["KILLED"] * 3)


def test_a_killed_process_ends_its_runs_and_their_parents_however_young(lab: Lab) -> None:
    kernel = kernel_of(lab, "sigkill")
    experiment = kernel.run("print(mlflow.tracking.fluent._get_experiment_id())").text.strip()
    # Not one envelope leaves the process: it is killed before the first batch.
    kernel.send("import signal\nwith mlflow.start_run():\n with mlflow.start_run(nested=True):\n"
                "  MlflowClient().create_run(mlflow.active_run().info.experiment_id)\n"
                "  os.kill(os.getpid(), signal.SIGKILL)")
    sql = "SELECT status FROM runs WHERE experiment_id=?"
    assert wait(lambda: len(lab.rows(sql, experiment)) == 3, 30)
    assert wait(lambda: lab.rows(sql, experiment) == [("KILLED",)] * 3, 10)


def test_a_server_that_stops_ends_its_kernels_and_their_runs(lab: Lab) -> None:
    idle, working = kernel_of(lab, "idle"), kernel_of(lab, "working")
    finished = idle.run(OPEN).text.split()
    killed = busy(working, OPEN)
    lab.stop()
    assert statuses(lab, *finished, *killed) == ["FINISHED", "FINISHED", "KILLED", "KILLED"]
    lab.start()
