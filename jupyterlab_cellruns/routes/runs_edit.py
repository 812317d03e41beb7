"""`POST runs/edit`: tags, names, notes, delete, restore and end, for many runs at once."""

from __future__ import annotations

from typing import Any

from jupyter_server.auth.decorator import authorized
from tornado import web

from ..stores.base import Store
from ..stores.edit import NOTE_TAG, Change, End, Rename, SetTags, Stage
from . import arguments
from .base import BrowserHandler
from .errors import BadArgument

MAX_RUNS = 10_000


class RunsEditHandler(BrowserHandler):
    """Changes runs that are there."""

    @web.authenticated
    @authorized
    async def post(self) -> None:
        """`{changed: [run ids], refused: [{run_id, message}]}`."""
        body = self.json_object()
        ids = body.get("run_ids")
        if not isinstance(ids, list) or not ids or len(ids) > MAX_RUNS:
            raise BadArgument("run_ids", f"wants a list of 1 to {MAX_RUNS} run ids")
        run_ids = list(dict.fromkeys(arguments.run_id(str(one), "run_ids") for one in ids))
        change = _change(body)

        def work(store: Store) -> dict[str, Any]:
            refused = store.edit(run_ids, change)
            bad = {refusal.run for refusal in refused}
            return {
                "changed": [run for run in run_ids if run not in bad],
                "refused": [{"run_id": refusal.run, "message": refusal.message} for refusal in refused],
            }

        await self.answer_from_store(work)
        self.service.changed(set(run_ids))


def _change(body: dict[str, Any]) -> Change:
    kind = body.get("change")
    if kind in ("delete", "restore"):
        return Stage(kind == "delete")
    if kind == "rename":
        return Rename(arguments.text(body.get("name"), "name", 250))
    if kind == "note":
        note = body.get("note")
        if not isinstance(note, str) or len(note) > 8000:
            raise BadArgument("note", "wants text of at most 8000 characters")
        return SetTags({NOTE_TAG: note}) if note else SetTags({}, (NOTE_TAG,))
    if kind == "end":
        status = body.get("status")
        if status not in ("FINISHED", "FAILED", "KILLED"):
            raise BadArgument("status", "wants FINISHED, FAILED or KILLED")
        return End(status)
    if kind == "tags":
        entries, remove = body.get("set") or {}, body.get("remove") or []
        if not isinstance(entries, dict) or not all(isinstance(v, str) for v in entries.values()):
            raise BadArgument("set", "wants an object of texts")
        if not isinstance(remove, list) or not all(isinstance(key, str) for key in remove):
            raise BadArgument("remove", "wants a list of tag names")
        if not entries and not remove:
            raise BadArgument("set", "names no tag to set or to remove")
        return SetTags(entries, tuple(remove))
    raise BadArgument("change", "wants one of tags, rename, note, delete, restore, end")
