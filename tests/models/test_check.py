"""Requirements against an environment, by PEP 440 and PEP 508."""

from __future__ import annotations

import pytest

from jupyterlab_cellruns.models.check import check
from jupyterlab_cellruns.models.probe import Environment

ENVIRONMENT = Environment(
    "3.11.7", "CPython", "/usr/bin/python", "linux", "x86_64",
    {"scikit-learn": "1.9.1", "torch": "2.1.0+cu118", "odd": "2004d-weird", "pre": "2.0.0rc1"}, (),
)


@pytest.mark.parametrize(
    ("name", "specifier", "marker", "state", "order"),
    [
        ("scikit-learn", "==1.9.1", None, "ok", 0),
        ("Scikit_Learn", "==1.9.1", None, "ok", 0),
        ("scikit-learn", "==1.4.2", None, "differs", 1),
        ("scikit-learn", "==1.10.0", None, "differs", -1),
        ("scikit-learn", ">=1.2,<2", None, "ok", 0),
        ("scikit-learn", "==1.9.*", None, "ok", 0),
        ("scikit-learn", "", None, "ok", 0),
        ("torch", "==2.1.0", None, "ok", 1),
        ("pre", ">=2.0.0rc1", None, "ok", 0),
        ("xgboost", "==2.0", None, "missing", 0),
        ("xgboost", "==2.0", 'python_version < "3.9"', "not_needed", 0),
        ("xgboost", "==2.0", 'sys_platform == "linux"', "missing", 0),
        ("xgboost", "", "nonsense ===", "missing", 0),
        ("odd", "==2004d-weird", None, "ok", 0),
        ("odd", "==1", None, "unknown", 0),
        ("scikit-learn", "=>1", None, "unknown", 0),
    ],
)
def test_state(name: str, specifier: str, marker: str | None, state: str, order: int) -> None:
    [found] = check([{"name": name, "specifier": specifier, "marker": marker}], ENVIRONMENT)
    assert (found["state"], found["order"]) == (state, order)
