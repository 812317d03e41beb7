"""`POST runs/table` and what belongs to it: windows of the runs table, its columns, values and ids."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from typing import Any

from jupyter_server.auth.decorator import authorized
from tornado import web

from ..stores.base import StoreUnavailable
from ..table.columns import Column
from ..table.engine import RunsTable
from ..table.filters import FilterError
from ..table.nothing import nothing
from ..table.query import BadQuery, read_query, read_scope, read_selection
from .base import BrowserHandler
from .errors import BadArgument, RouteError

MAX_IDS = 10_000
MAX_VALUES = 50


class _Handler(BrowserHandler):
    """A question to the table: what is wrong with it becomes a 400, with the place in the filter where it is that."""

    async def ask(self, work: Callable[[RunsTable, Mapping[str, Any]], Any]) -> None:
        body = self.json_object()

        def answer(table: RunsTable) -> Any:
            try:
                return work(table, body)
            except BadQuery as error:
                raise BadArgument(error.name, error.reason) from None
            except FilterError as error:
                span = (error.start, error.end)
                raise RouteError(400, error.message, error.hint, "bad_filter", span) from None
            except sqlite3.OperationalError as error:
                raise StoreUnavailable(f"The store can't be read now: {error}") from error

        if self.attached().exists():
            await self.answer_from_store(lambda store: answer(store.table))
        else:
            # A look at a panel makes no database.
            await self.answer(lambda: answer(nothing()))


class RunsTableHandler(_Handler):
    """A window of the table."""

    @web.authenticated
    @authorized
    async def post(self) -> None:
        """The lines of the window, and the cells of its columns, column by column."""
        store_id = self.attached().id
        await self.ask(lambda table, body: {**table.answer(read_query(body)), "store": store_id})


class TableColumnsHandler(_Handler):
    """What columns the runs of a selection have."""

    @web.authenticated
    @authorized
    async def post(self) -> None:
        """`{runs, columns: [{column, runs, differs}]}`."""
        await self.ask(lambda table, body: table.columns(read_selection(body), bool(body.get("compare"))))


class TableWarmHandler(_Handler):
    """Says that somebody is about to search."""

    @web.authenticated
    @authorized
    async def post(self) -> None:
        """`{}` once what a search reads has been read."""

        def work(table: RunsTable, body: Mapping[str, Any]) -> dict[str, Any]:
            table.warm()
            return {}

        await self.ask(work)


class TableIdsHandler(_Handler):
    """Which runs stand on some lines of the table."""

    @web.authenticated
    @authorized
    async def post(self) -> None:
        """`{ids}` of the runs on the lines `first` to `last`."""

        def work(table: RunsTable, body: Mapping[str, Any]) -> dict[str, Any]:
            first, last = body.get("first"), body.get("last")
            if not isinstance(first, int) or not isinstance(last, int) or not 0 <= first <= last:
                raise BadQuery("first", "wants first and last, whole numbers of which the first is not greater")
            ids = table.ids(read_query(body), first, last)
            if len(ids) > MAX_IDS:
                raise BadQuery("last", f"{len(ids)} runs; at most {MAX_IDS} can be selected at once")
            return {"ids": ids}

        await self.ask(work)


class TableValuesHandler(_Handler):
    """Values to complete a filter with."""

    @web.authenticated
    @authorized
    async def post(self) -> None:
        """`{values}` of a column that begin with `prefix`, the most frequent first."""

        def work(table: RunsTable, body: Mapping[str, Any]) -> dict[str, Any]:
            try:
                column = Column.of(str(body.get("column")))
            except ValueError as error:
                raise BadQuery("column", str(error)) from None
            return {"values": table.values(read_scope(body), column, str(body.get("prefix") or ""), MAX_VALUES)}

        await self.ask(work)


class RunsCellsHandler(BrowserHandler):
    """Cells of a notebook that made runs."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """`{cells: [{cell_id, runs, last}]}`."""
        notebook = self.argument("notebook")
        if not notebook:
            raise BadArgument("notebook", "is missing")
        if not self.attached().exists():
            # Asked for every notebook that is opened: that alone makes no database.
            return await self.answer(lambda: {"cells": []})
        await self.answer_from_store(lambda store: {"cells": store.cells(notebook)})
