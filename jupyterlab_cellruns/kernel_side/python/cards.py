"""The card under a cell that logs models: one output for the cell, made when a model is stored."""

from __future__ import annotations

import json
import os
import sys

from .channel import Channel
from .session import new_id

MIME = "application/vnd.cellruns.model.v1+json"
MAX_BYTES = 64 * 1024
_PAYLOAD_BYTES = 52 * 1024
_MOST = 20
_MLMODEL_CHARACTERS = 16_000
_REQUIREMENTS_CHARACTERS = 4_000
_TEXT_CHARACTERS = 6_000


class Cards:
    """Collects the models of each cell and publishes their card. Faults are the caller's to guard."""

    def __init__(self, owner):
        self.owner = owner
        self._seen = {}
        self._cell = None
        self._display = None
        self._entries = []
        self._total = 0

    def saw(self, model_id, folder):
        """Files of a model are being stored: what they say is kept until the model is complete."""
        path = os.path.join(str(folder), "MLmodel")
        if not os.path.isfile(path):
            return
        with open(path, encoding="utf-8") as file:
            text = file.read(1_000_000)
        described = describe(text)
        try:
            with open(os.path.join(str(folder), "requirements.txt"), encoding="utf-8") as file:
                described["requirements"] = file.read(_REQUIREMENTS_CHARACTERS)
        except OSError:
            pass
        if not described["size"]:
            described["size"] = _size(str(folder))
        while len(self._seen) >= 20:
            self._seen.pop(next(iter(self._seen)))
        self._seen[model_id] = described

    def take(self, model_id, model):
        """What MLflow 2 says of a model that it has stored already."""
        if model_id not in self._seen and hasattr(model, "to_yaml"):
            self._seen[model_id] = describe(model.to_yaml())

    def mlmodel(self, model_id):
        """Text of the MLmodel file that was seen for a model, or None."""
        return (self._seen.get(model_id) or {}).get("mlmodel")

    def add(self, model_id, name, uri, run_id, state):
        """A model is complete: show it under the running cell."""
        entry = dict(
            self._seen.get(model_id) or describe(""), name=name or model_id, model_id=model_id, uri=uri, run=run_id,
            run_name=state.name if state is not None else None, registered=[],
            attached=state is None or not state.mirrored,
            # Another server, or this one after a restart, knows no more of the run than this.
            store=state.store.partition(":")[2] or None if state is not None and not state.mirrored else None,
        )
        if self._cell is not self.owner.cell:
            self._cell, self._display, self._entries, self._total = self.owner.cell, None, [], 0
        known = [e for e in self._entries if e["model_id"] == model_id]
        if known:
            known[0].update(entry, registered=known[0]["registered"])
        else:
            self._total += 1
            self._entries = [*self._entries, entry][-_MOST:]
        self._publish()

    def registered(self, version):
        """A version was made: name it on the card of its model, where that is under the running cell."""
        source = str(getattr(version, "source", "") or "")
        ids = (getattr(version, "model_id", None), source.rsplit("/", 1)[-1])
        run_id = getattr(version, "run_id", None)
        for entry in self._entries if self._cell is self.owner.cell else ():
            ours = entry["model_id"] in ids or "/%s/" % entry["model_id"] in source + "/"
            path = entry["uri"].rpartition("%s/" % run_id)[2] if run_id else ""
            if ours or (entry["run"] == run_id and path and source.rstrip("/").endswith("/artifacts/" + path)):
                entry["registered"] = [
                    *entry["registered"], {"name": str(version.name), "version": str(version.version)}
                ]
                self._publish()
                return

    def _publish(self):
        cell = self._cell
        if cell is None or not cell.running:
            return
        update = self._display is not None
        if not update:
            self._display = new_id("m")
        data = bundle(cell, self._entries, self._total)
        self.owner.shell.display_pub.publish(
            data=data, metadata={}, transient={"display_id": self._display}, update=update,
        )
        self._tell(cell, data)

    def cell_ended(self, cell):
        """The card of a cell is complete."""
        if cell is self._cell and self._display is not None:
            self._tell(cell, None)

    def _tell(self, cell, data):
        # A page that is loaded while the cell runs has missed the output; the server keeps it until the cell has ended.
        told = {"cell_id": cell.id, "execution_count": cell.execution_count, "data": data}
        Channel(self.owner).send_notice("card", json.dumps(told), cell.parent)


def bundle(cell, entries, total):
    """The MIME bundle of a card, at most 64 KiB: texts of MLmodel files go first where there are too many."""
    shown = [dict(entry) for entry in entries]
    payload = {
        "version": 1, "cell": {"id": cell.id, "execution_count": cell.execution_count}, "models": shown,
        "models_total": total,
    }
    for key in ("mlmodel", "requirements", "signature"):
        for entry in shown:
            if len(json.dumps(payload)) <= _PAYLOAD_BYTES:
                break
            entry[key] = None
    while len(json.dumps(payload)) > _PAYLOAD_BYTES and len(shown) > 1:
        shown.pop(0)
    return {MIME: payload, "text/plain": as_text(shown, total)}


def as_text(entries, total):
    """What is shown where nobody knows the card."""
    lines = []
    for entry in entries:
        lines.append("Model %s (%s)" % (entry["name"], ", ".join(entry["flavors"]) or "no flavors"))
        if entry["signature"]:
            lines.append("    %s" % entry["signature"])
        facts = [_bytes(entry["size"])] if entry["size"] else []
        if entry["run"]:
            facts.append("run %s (%s)" % (entry["run_name"] or "", entry["run"]))
        facts.extend("registered as %s version %s" % (r["name"], r["version"]) for r in entry["registered"])
        lines.append("    %s" % ", ".join([*facts, entry["uri"] or ""]))
    if total > len(entries):
        lines.append("%d more models" % (total - len(entries)))
    text = "\n".join(lines)
    return text if len(text) <= _TEXT_CHARACTERS else text[:_TEXT_CHARACTERS] + "\n…"


def describe(text):
    """`{flavors, signature, size, mlmodel, requirements}` of the text of an MLmodel file."""
    found = {"flavors": [], "signature": None, "size": None, "mlmodel": None, "requirements": None}
    if not text:
        return found
    # Of PyYAML, which MLflow has read this file with: no import of ours.
    read = sys.modules["yaml"].safe_load(text) or {}
    found["flavors"] = [str(name)[:100] for name in (read.get("flavors") or {})][:20]
    found["size"] = read.get("model_size_bytes") if isinstance(read.get("model_size_bytes"), int) else None
    found["signature"] = one_line(read.get("signature"))
    found["mlmodel"] = text if len(text) <= _MLMODEL_CHARACTERS else None
    return found


def one_line(signature):
    """`(a: double, b: long) → long` of a signature as an MLmodel file holds it; None without one."""
    if not isinstance(signature, dict):
        return None
    inputs, outputs = (_columns(signature.get(key)) for key in ("inputs", "outputs"))
    if inputs is None and outputs is None:
        return None
    return "(%s) → %s" % (inputs or "", outputs or "?")


def _columns(text):
    try:
        columns = json.loads(text) if isinstance(text, str) else text
    except ValueError:
        return None
    if not isinstance(columns, list):
        return None
    words = [_column(c) for c in columns[:8] if isinstance(c, dict)]
    if len(columns) > 8:
        words.append("… %d more" % (len(columns) - 8))
    return ", ".join(words)


def _column(column):
    spec = column.get("tensor-spec")
    if isinstance(spec, dict):
        shape = ", ".join("?" if n == -1 else str(n) for n in spec.get("shape") or [])
        kind = "%s[%s]" % (spec.get("dtype"), shape)
    else:
        kind = str(column.get("type"))
    name = column.get("name")
    return kind if name is None else "%s: %s" % (str(name)[:60], kind)


def _size(folder):
    total = 0
    for place, _, files in os.walk(folder):
        total += sum(os.path.getsize(os.path.join(place, name)) for name in files)
    return total


def _bytes(count):
    for unit in ("B", "KiB", "MiB", "GiB"):
        if count < 1024 or unit == "GiB":
            return "%d B" % count if unit == "B" else "%.1f %s" % (count, unit)
        count /= 1024.0
    return ""
