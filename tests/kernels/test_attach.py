"""Unchanged code in real kernels of a real server: what is attached, what the user sees of it, what runs carry."""

from __future__ import annotations

import getpass
import json

from ..lab import Lab, wait

RUN = """
import mlflow
with mlflow.start_run() as run:
    mlflow.log_metric("loss", 1.0)
print(run.info.run_id)
"""


def test_nothing_shows_in_namespace_history_count_or_output(lab: Lab) -> None:
    kernel = lab.notebook("quiet.ipynb").ready()
    reply = kernel.run(
        "print(sorted(n for n in globals() if not n.startswith('_')))\n"
        "print(len(In), In[1][:5], 'PYTHONSTARTUP' in __import__('os').environ)"
    )
    assert reply.count == 1
    assert reply.text.splitlines() == ["['In', 'Out', 'exit', 'get_ipython', 'open', 'quit']", "2 print False"]
    assert reply.outputs == []
    assert [m["msg_type"] for m in reply.messages] == ["status", "execute_input", "stream", "status"]


def test_the_context_is_there_before_the_first_cell_however_early_it_comes(lab: Lab) -> None:
    for start in (lambda: lab.notebook("early.ipynb"), lab.bare_kernel):
        seen = "('_cellruns' in __import__('sys').modules, 'MLFLOW_TRACKING_URI' in __import__('os').environ, len(In))"
        assert start().evaluate(seen) == "(True, True, 2)"


def test_restart_and_crash_attach_again(lab: Lab) -> None:
    kernel = lab.notebook("again.ipynb").ready()
    probe = "import os, sys\nprint('_cellruns' in sys.modules, os.getpid())"
    first = kernel.run(probe).text
    lab.fetch(f"api/kernels/{kernel.id}/restart", "POST", {})
    second = kernel.ready().run(probe).text
    assert second.startswith("True")
    assert second != first
    kernel.send("import os, signal; os.kill(os.getpid(), signal.SIGKILL)")

    def restarted() -> bool:
        kernel.client.hb_channel.unpause()
        return "restarting" in lab.log()

    assert wait(restarted, 30)
    third = kernel.ready().run(probe).text
    assert third.startswith("True")
    assert third != second
    status = wait(lambda: lab.fetch(f"cellruns/status?kernel={kernel.id}")["kernel"]["attached"])
    assert status is True


def test_a_run_has_the_tags_of_notebook_user_kernel_and_cell(lab: Lab) -> None:
    kernel = lab.notebook("deep/er/träin.ipynb").ready()
    kernel.run("1")
    reply = kernel.run(RUN, cell_id="cell-7")
    assert reply.status == "ok", reply.error
    run_id = reply.text.strip()
    tags = lab.tags(run_id)
    assert tags["mlflow.source.name"] == "deep/er/träin.ipynb"
    assert tags["mlflow.source.type"] == "NOTEBOOK"
    assert tags["mlflow.user"] == getpass.getuser()
    assert tags["cellruns.kernel_id"] == kernel.id
    assert tags["cellruns.cell_id"] == "cell-7"
    assert tags["cellruns.execution_count"] == str(reply.count) == "2"
    assert lab.rows("SELECT status FROM runs WHERE run_uuid=?", run_id) == [("FINISHED",)]
    assert lab.rows(
        "SELECT experiments.name FROM experiments JOIN runs USING (experiment_id) WHERE run_uuid=?", run_id
    ) == [("deep/er/träin.ipynb",)]


def test_what_the_user_set_wins(lab: Lab) -> None:
    kernel = lab.notebook("own.ipynb").ready()
    reply = kernel.run(
        "import mlflow\n"
        "mlflow.set_experiment('mine')\n"
        "with mlflow.start_run(tags={'mlflow.source.name': 'x', 'cellruns.cell_id': 'y'}) as run: pass\n"
        "made = mlflow.MlflowClient().create_run(run.info.experiment_id, tags={'mlflow.source.type': 'LOCAL'})\n"
        "print(run.info.run_id, made.info.run_id)", cell_id="c1",
    )
    assert reply.status == "ok", reply.error
    first, second = reply.text.split()
    assert lab.tags(first)["mlflow.source.name"] == "x"
    assert lab.tags(first)["cellruns.cell_id"] == "y"
    assert lab.tags(second)["mlflow.source.type"] == "LOCAL"
    assert lab.tags(second)["mlflow.source.name"] == "own.ipynb"
    assert lab.rows(
        "SELECT experiments.name FROM experiments JOIN runs USING (experiment_id) WHERE run_uuid=?", first
    ) == [("mine",)]


def test_a_renamed_notebook_stays_in_its_experiment(lab: Lab) -> None:
    kernel = lab.notebook("before.ipynb").ready()
    first = kernel.run(RUN).text.strip()
    lab.fetch("api/contents/before.ipynb", "PATCH", {"path": "after.ipynb"})
    lab.fetch(f"api/sessions/{kernel.session_id}", "PATCH", {"path": "after.ipynb", "name": "after.ipynb"})
    wait(lambda: lab.rows("SELECT 1 FROM experiment_tags WHERE key='cellruns.notebook' AND value='after.ipynb'"))
    second = kernel.run(RUN.replace("1.0", "2.0")).text.strip()
    other = lab.notebook("before.ipynb").ready().run(RUN).text.strip()
    ids = [lab.rows("SELECT experiment_id FROM runs WHERE run_uuid=?", r)[0][0] for r in (first, second, other)]
    assert ids[0] == ids[1] != ids[2]
    assert lab.tags(second)["mlflow.source.name"] == "after.ipynb"


def test_a_broken_mlflow_fails_as_it_would_alone(lab: Lab) -> None:
    broken = lab.root / "broken" / "mlflow"
    broken.mkdir(parents=True)
    (broken / "__init__.py").write_text("def f():\n    raise RuntimeError('broken')\nf()\n")
    kernel = lab.notebook("broken/n.ipynb").ready()
    reply = kernel.run("import sys; sys.path.insert(0, '.'); import mlflow")
    assert reply.status == "error"
    assert "broken" in reply.error
    assert "cellruns" not in reply.error
    assert kernel.run("print(1)").text == "1\n"


def test_off_for_a_notebook_leaves_the_kernel_alone(lab: Lab) -> None:
    lab.fetch("cellruns/notebooks", "PUT", {"path": "off.ipynb", "enabled": False})
    kernel = lab.notebook("off.ipynb").ready()
    reply = kernel.run("import sys, os\nprint('_cellruns' in sys.modules, 'MLFLOW_TRACKING_URI' in os.environ)")
    assert reply.text == "False False\n"
    state = lab.fetch(f"cellruns/status?kernel={kernel.id}")["kernel"]
    assert (state["attached"], state["enabled"], state["notebook"]) == (False, False, "off.ipynb")


def test_the_token_of_a_kernel_opens_nothing_else(lab: Lab) -> None:
    kernel = lab.notebook("token.ipynb").ready()
    reply = kernel.run(
        "import os, json, urllib.request, urllib.error\n"
        "uri, token = os.environ['MLFLOW_TRACKING_URI'], os.environ['MLFLOW_TRACKING_TOKEN']\n"
        "answers = []\n"
        "for url in (uri + '/version', uri.replace('cellruns/tracking/local', 'api/contents'),\n"
        "            uri.replace('tracking/local', 'status')):\n"
        "    request = urllib.request.Request(url, headers={'Authorization': 'Bearer ' + token})\n"
        "    try: answers.append(urllib.request.urlopen(request).status)\n"
        "    except urllib.error.HTTPError as error: answers.append(error.code)\n"
        "print(json.dumps(answers), 'CELLRUNS_TOKEN' in os.environ)"
    )
    assert reply.status == "ok", reply.error
    answers, shown = reply.text.split("] ")
    assert json.loads(answers + "]") == [200, 403, 403]
    assert shown == "False\n"
