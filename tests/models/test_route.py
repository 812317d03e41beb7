"""`POST models/check` on a real server with a real kernel."""

from __future__ import annotations

import json
import sys
import time
import urllib.error
from typing import Any

import pytest

from ..lab import Lab, wait

SKLEARN = {"name": "scikit-learn", "specifier": "==0.24.1"}


def refused(lab: Lab, body: Any) -> dict[str, Any]:
    with pytest.raises(urllib.error.HTTPError) as caught:
        lab.fetch("cellruns/models/check", "POST", body)
    return {"status": caught.value.code, **json.loads(caught.value.read())}


def test_judges_a_kernelspec(lab: Lab) -> None:
    answer = lab.fetch("cellruns/models/check", "POST", {"kernel_name": "python3", "requirements": [SKLEARN]})
    assert answer["python"] == ".".join(map(str, sys.version_info[:3]))
    assert answer["mlflow"]
    [found] = answer["requirements"]
    assert (found["name"], found["state"], found["order"]) == ("scikit-learn", "differs", 1)


def test_judges_a_running_kernel_by_its_own_python_and_leaves_it_alone(lab: Lab) -> None:
    kernel = lab.notebook("models/a.ipynb").ready()
    try:
        executable = kernel.evaluate("__import__('sys').executable").strip("'")
        wait(lambda: lab.fetch(f"api/kernels/{kernel.id}")["execution_state"] == "idle")
        before = lab.fetch(f"api/kernels/{kernel.id}")["last_activity"]
        wanted = {"kernel": kernel.id, "requirements": [SKLEARN], "fresh": True}
        start = time.monotonic()
        answer = lab.fetch("cellruns/models/check", "POST", wanted)
        assert time.monotonic() - start < 2
        assert answer["executable"] == executable
        assert lab.fetch(f"api/kernels/{kernel.id}")["last_activity"] == before
        assert kernel.evaluate("'sklearn' in __import__('sys').modules") == "False"
    finally:
        kernel.close()


def test_says_that_a_kernel_cannot_be_asked(lab: Lab) -> None:
    answer = refused(lab, {"kernel_name": "nothing", "requirements": []})
    assert answer["status"] == 409
    assert answer["code"] == "no_python"
    assert "nothing" in answer["message"]
    assert refused(lab, {"kernel": "00000000-0000", "requirements": []})["status"] == 409


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"requirements": []},
        {"kernel": "a", "kernel_name": "b", "requirements": []},
        {"kernel": "../x", "requirements": []},
        {"kernel": 3, "requirements": []},
        {"kernel_name": "python3", "requirements": 3},
        {"kernel_name": "python3", "requirements": [3]},
        {"kernel_name": "python3", "requirements": [{"name": ""}]},
        {"kernel_name": "python3", "requirements": [{"name": "a", "specifier": 1}]},
        {"kernel_name": "python3", "requirements": [{"name": "a", "marker": []}]},
        {"kernel_name": "python3", "requirements": [{"name": "a"}] * 2001},
    ],
)
def test_refuses_what_is_not_of_the_contract(lab: Lab, body: Any) -> None:
    assert refused(lab, body)["status"] == 400
