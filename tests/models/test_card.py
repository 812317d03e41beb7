"""The card under the cell that logs a model, and the model event, from a real kernel."""

from __future__ import annotations

from typing import Any

from ..lab import Lab, Reply, wait

MIME = "application/vnd.cellruns.model.v1+json"

LOG = """
import mlflow, pandas as pd
from mlflow.models import infer_signature
from sklearn.linear_model import LinearRegression
frame = pd.DataFrame({"width": [0.1, 0.2, 0.4]})
for n in range(2):
    with mlflow.start_run(run_name=f"fit {n}"):
        fitted = LinearRegression().fit(frame, [1.0, 2.0, 3.0])
        mlflow.sklearn.log_model(fitted, name=f"line{n}", signature=infer_signature(frame, fitted.predict(frame)),
                                 registered_model_name="lines" if n else None)
"""


def cards(reply: Reply) -> list[dict[str, Any]]:
    """Card outputs as a front end would hold them: updates in place."""
    held: dict[str, dict[str, Any]] = {}
    for message in reply.messages:
        if message["msg_type"] in ("display_data", "update_display_data"):
            content = message["content"]
            if MIME in content["data"]:
                held[content["transient"]["display_id"]] = content["data"]
    return list(held.values())


def test_one_card_for_a_cell_with_all_that_was_logged(lab: Lab) -> None:
    kernel = lab.notebook("card.ipynb").ready()
    reply = kernel.run(LOG, cell_id="c0")
    assert reply.status == "ok", reply.error
    [card] = cards(reply)
    assert set(card) == {MIME, "text/plain"}
    payload = card[MIME]
    assert payload["cell"]["id"] == "c0"
    assert payload["models_total"] == 2
    first, second = payload["models"]
    assert (first["name"], first["run_name"], first["registered"]) == ("line0", "fit 0", [])
    assert (first["attached"], first["store"]) == (True, "local")
    assert second["registered"] == [{"name": "lines", "version": "1"}]
    assert "sklearn" in second["flavors"]
    assert second["signature"].startswith("(width: double) → float64[?")
    assert second["size"] > 500
    assert "sklearn_version" in second["mlmodel"]
    assert "scikit-learn" in second["requirements"]
    assert second["uri"] == f"models:/{second['model_id']}"
    assert lab.rows("SELECT count(*) FROM logged_models") == [(2,)]
    text = card["text/plain"]
    assert "Model line1 (python_function, sklearn)" in text or "Model line1 (sklearn" in text
    assert "registered as lines version 1" in text
    # A cell that logs no model has no card, also after one that did.
    assert cards(kernel.run("mlflow.log_metric('a', 1); mlflow.end_run()", cell_id="c1")) == []
    kernel.close()


def test_a_card_is_told_again_while_its_cell_runs(lab: Lab) -> None:
    kernel = lab.notebook("again.ipynb").ready()
    source = LOG + "\nimport os, time\nwhile not os.path.exists('go'):\n    time.sleep(0.1)\nos.remove('go')\n"
    message = kernel.send(source, cell_id="c0")

    def told() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = lab.fetch(f"cellruns/kernels/{kernel.id}/cards")["cards"]
        return found

    assert wait(lambda: [len(card["data"][MIME]["models"]) for card in told()] == [2], 60)
    assert wait(lambda: told()[0]["data"][MIME]["models"][1]["registered"] != [], 30)
    [kept] = told()
    (lab.root / "go").touch()
    [card] = cards(kernel.wait(message))
    assert kept == {"cell_id": "c0", "execution_count": card[MIME]["cell"]["execution_count"], "data": card}
    assert wait(lambda: told() == [], 20)
    kernel.close()
