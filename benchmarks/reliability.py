"""Every fault of docs/reliability.md in full and again and again, and its table made from what was counted.

CELLRUNS_TRIES says how often (3 by default), CELLRUNS_FAULTS which (names of the table's first column, with commas).
With CELLRUNS_WRITE=1 the table in docs/reliability.md is replaced.
"""

from __future__ import annotations

import os
import tempfile
import traceback
from collections.abc import Callable
from pathlib import Path

from common import ROOT, machine, result

from tests.faults import faults
from tests.faults.proxy import FaultProxy
from tests.faults.scene import Tally
from tests.faults.servers import MlflowServer
from tests.lab import Lab

BEGIN, END = "<!-- table: scripts/bench reliability -->", "<!-- end of table -->"

Fault = Callable[[Lab, str], Tally]

LOCAL: dict[str, Fault] = {
    "kernel SIGKILL in mid-loop": faults.kernel_killed,
    "kernel restart in mid-loop": faults.restarted,
    "kernel interrupt in mid-loop, 20 caught and one not": faults.interrupted,
    "automatic restart after a crash": faults.restarted_by_itself,
    "a storm of 20 restarts": faults.restart_storm,
    "Jupyter Server SIGKILL and start, the kernel ends with it": lambda lab, name: faults.server_killed(lab, name, "python3"),
    "Jupyter Server SIGKILL and start, the kernel goes on": lambda lab, name: faults.server_killed(lab, name, "outliving"),
    "MLflow process SIGKILL": faults.child_killed,
    "event loop stalled for 5 s under load": faults.loop_stalled,
    "two kernels at once": faults.two_kernels,
    "database locked by another process for 60 s": faults.database_locked,
    "disk full while spooling": faults.disk_full,
}
REMOTE = (
    "remote server SIGKILL, away for 60 s, run ends meanwhile",
    "remote server SIGKILL, away for an hour of the server's clock",
    "remote 100 ms late, 5 % errors 500, 5 % half-closed",
)


def main() -> None:
    tries = int(os.environ.get("CELLRUNS_TRIES", "3"))
    wanted = [w.strip() for w in os.environ.get("CELLRUNS_FAULTS", "").split(",") if w.strip()]
    lines: list[list[str]] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with faults.new_lab(folder / "local") as lab:
            for number, (what, fault) in enumerate(LOCAL.items()):
                if not wanted or any(w in what for w in wanted):
                    lines.append(repeat(what, fault, lab, f"f{number}", tries))
        if not wanted or any(w in what for what in REMOTE for w in wanted):
            with (
                MlflowServer(folder / "server") as server,
                FaultProxy(server.port) as proxy,
                faults.new_lab(folder / "remote", {"MLFLOW_TRACKING_URI": proxy.url}) as lab,
            ):
                remote: tuple[Fault, ...] = (
                    lambda lab, name: faults.remote_away(lab, name, server, 60),
                    lambda lab, name: faults.remote_away_for_an_hour(lab, name, server),
                    lambda lab, name: faults.remote_bad(lab, name, server, proxy),
                )
                for number, (what, fault) in enumerate(zip(REMOTE, remote, strict=True)):
                    if not wanted or any(w in what for w in wanted):
                        lines.append(repeat(what, fault, lab, f"r{number}", tries))
    head = ["fault", "tries", "points logged", "points stored", "lost", "doubled", "out of order", "status after"]
    text = "\n".join("| " + " | ".join(line) + " |" for line in [head, ["---"] * len(head), *lines])
    print(f"{machine()}\n\n{text}\n")
    if os.environ.get("CELLRUNS_WRITE"):
        page = ROOT / "docs/reliability.md"
        before, _, rest = page.read_text("utf-8").partition(BEGIN)
        page.write_text(f"{before}{BEGIN}\n{text}\n\n{machine()}\n{END}{rest.partition(END)[2]}", "utf-8")
    result("reliability", float(sum(int(line[4]) + int(line[5]) for line in lines)), None, "points lost or doubled")


def repeat(what: str, fault: Fault, lab: Lab, name: str, tries: int) -> list[str]:
    """One line of the table. Points that were logged less than 50 ms before a SIGKILL count as logged, not as lost."""
    tallies: list[Tally] = []
    failed = 0
    for i in range(tries):
        try:
            tallies.append(fault(lab, f"{name}-{i}"))
        except Exception:
            traceback.print_exc()
            failed += 1
        for kernel in lab.fetch("api/kernels"):
            faults.gone(lab, kernel["id"])
    statuses = sorted({t.status for t in tallies})
    sums = [sum(getattr(t, field) for t in tallies) for field in ("logged", "stored", "lost", "doubled", "unordered")]
    line = [what, f"{tries}" + (f" ({failed} failed)" if failed else ""), *map(str, sums), "; ".join(statuses)]
    print("| " + " | ".join(line) + " |", flush=True)
    return line


if __name__ == "__main__":
    main()
