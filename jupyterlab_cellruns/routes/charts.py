"""`GET kernels/<id>/anchors`, `GET kernels/<id>/cards` and `POST charts`: the outputs under cells."""

from __future__ import annotations

from typing import Any

from jupyter_server.auth.decorator import authorized
from tornado import web

from ..stores.base import StoreRefused, StoreUnavailable
from . import arguments
from .base import BrowserHandler
from .encode import encode
from .errors import BadArgument, UnknownStore, from_store

MAX_RUNS = 1000


class AnchorsHandler(BrowserHandler):
    """Charts that a kernel incarnation has opened."""

    @web.authenticated
    @authorized
    async def get(self, kernel_id: str) -> None:
        """`{anchors: [...]}`; empty for a kernel that is not known here."""
        kernel = arguments.kernel_id(kernel_id)
        self.finish(encode({"anchors": self.service.kernels.anchors(kernel)}))


class CardsHandler(BrowserHandler):
    """Cards of models under the cells that a kernel is running."""

    @web.authenticated
    @authorized
    async def get(self, kernel_id: str) -> None:
        """`{cards: [{cell_id, execution_count, data}]}`; empty for a kernel that is not known here."""
        kernel = arguments.kernel_id(kernel_id)
        self.finish(encode({"cards": self.service.kernels.cards(kernel)}))


class ChartsHandler(BrowserHandler):
    """The final output of a chart, made from the store."""

    @web.authenticated
    @authorized
    async def post(self) -> None:
        """`{bundle: {mime: data}}`."""
        body = _checked(self.json_object())
        service = self.service
        store = body.get("store")
        if store is not None and store not in service.stores:
            raise UnknownStore(str(store), service.stores.ids())
        try:
            bundle = await service.chart(body)
        except (StoreRefused, StoreUnavailable) as error:
            raise from_store(error) from error
        await self.answer(lambda: {"bundle": bundle})


def _checked(body: dict[str, Any]) -> dict[str, Any]:
    arguments.text(body.get("anchor"), "anchor", 128)
    if body.get("cell_id") is not None:
        arguments.text(body["cell_id"], "cell_id", 256)
    count = body.get("execution_count")
    if count is not None and type(count) is not int:
        raise BadArgument("execution_count", "wants a whole number or null")
    runs = body.get("run_ids")
    if not isinstance(runs, list) or len(runs) > MAX_RUNS:
        raise BadArgument("run_ids", f"wants a list of at most {MAX_RUNS} run ids")
    for i, run in enumerate(runs):
        arguments.run_id(arguments.text(run, f"run_ids[{i}]"), f"run_ids[{i}]")
    return body
