"""What is advised for what MLflow, uv and Python really print; the lines are those of public projects that failed."""

from __future__ import annotations

import pytest

from jupyterlab_cellruns.projects.progress import Progress, advice

UV = "Command: ['uv', 'venv', '/tmp/envs/mlflow-b732ea20', '--python=3.8']"
NO_ENTRY = "ERROR mlflow.cli: === Could not find {0} among entry points {1} or interpret {0} as a runnable script."
CONDA = "WARNING mlflow.utils.environment: The following conda dependencies will not be installed in the resulting environment: "


@pytest.mark.parametrize(
    ("lines", "word"),
    [
        ([NO_ENTRY.format("model_run", "[]")], "named MLproject"),
        ([NO_ENTRY.format("mian", "['main']")], "Choose an entry point"),
        (["error: Request failed after 3 retries in 9.3s", UV], "uv found no Python"),
        (["alembic.util.exc.CommandError: Can't locate revision identified by 'dc11669786a5'"], "against a server"),
        (["AttributeError: 'RunInfo' object has no attribute 'run_uuid'. Did you mean: 'run_id'?"], "other versions"),
        (["mlflow.exceptions.MlflowException: The saved sklearn model references untrusted types."], "other versions"),
        ([CONDA + "['pysftp==0.2.9']", "=== Running", "ModuleNotFoundError: No module named 'pysftp'"], "of conda"),
        (["ModuleNotFoundError: No module named 'pysftp'"], "requirements.txt"),
    ],
)
def test_first_advice(lines: list[str], word: str) -> None:
    progress = Progress()
    for line in lines:
        progress.feed(line)
    assert word in advice(progress.tail)[0]


def test_no_advice_for_what_is_not_known() -> None:
    assert advice(["ZeroDivisionError: division by zero"]) == []
