"""From the double-click on MLmodel to the painted flavor panel, and to the verdict, for a model of 500 MB.

The model is a real one (a custom Python function with an artifact of that size); nothing of the artifact is read. No
peer shows a model inside the notebook application or judges whether it loads in its kernel, so there is no ratio.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from common import ROOT, cellruns_lab, machine, quantile, result, table

ROUNDS = 12
MIB = 500
MAKE = f"""
import mlflow.pyfunc, os
with open("weights.bin", "wb") as file:
    for _ in range({MIB}):
        file.write(os.urandom(1 << 20))

class Big(mlflow.pyfunc.PythonModel):
    def predict(self, context, model_input, params=None):
        return model_input

mlflow.pyfunc.save_model("big", python_model=Big(), artifacts={{"weights": os.path.abspath("weights.bin")}})
os.remove("weights.bin")
"""


def main() -> None:
    # With bytecode, as an installed package has it.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    with tempfile.TemporaryDirectory() as name:
        lab = cellruns_lab(Path(name), "--LabApp.expose_app_in_browser=True")
        subprocess.run([sys.executable, "-c", MAKE], cwd=lab.root, check=True, capture_output=True)
        size = sum(path.stat().st_size for path in (lab.root / "big").rglob("*") if path.is_file())
        with lab:
            url = f"http://127.0.0.1:{lab.port}/lab/tree/big?token={lab.token}"
            command = ["node", str(ROOT / "benchmarks" / "model_open.mjs"), url, str(ROUNDS)]
            done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT, env=os.environ, timeout=240)
            assert done.returncode == 0, done.stderr
            found = json.loads(done.stdout.splitlines()[-1])
    panels, verdicts = ([round_[key] for round_ in found] for key in ("panel", "verdict"))
    print(f"Opening a model of {size >> 20} MiB by a double-click, {ROUNDS} times. {machine()}\n")
    table(
        ["", "first", "p50 of the others", "worst of the others"],
        [
            ["flavor panel, ms", panels[0], quantile(panels[1:], 0.5), max(panels[1:])],
            ["verdict, ms", verdicts[0], quantile(verdicts[1:], 0.5), max(verdicts[1:])],
        ],
    )
    print(json.dumps({"name": "model_verdict", "ours": round(quantile(verdicts[1:], 0.5), 1), "peer": None, "ratio": None,
                      "unit": "ms (p50)"}))
    result("model_open", quantile(panels[1:], 0.5), None, "ms (p50)")


if __name__ == "__main__":
    main()
