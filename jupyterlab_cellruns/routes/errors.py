"""Errors that a route answers with, each as `{message, hint, code}` and a status."""

from __future__ import annotations

from tornado import web

from ..stores.base import StoreRefused, StoreUnavailable

_CODES = {
    400: "bad_request",
    401: "unauthenticated",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    409: "store_refused",
    413: "too_large",
    416: "bad_range",
    502: "store_answered_badly",
    503: "store_unavailable",
}


class RouteError(web.HTTPError):
    """A status with what went wrong (`message`), what to do (`hint`), a short word (`code`) and at which characters (`span`)."""

    def __init__(
        self, status: int, message: str, hint: str | None = None, code: str | None = None, span: tuple[int, int] | None = None
    ) -> None:
        super().__init__(status)
        self.span = span
        self.message = message
        self.hint = hint
        self.code = code or code_of(status)


class BadArgument(RouteError):
    """An argument that is missing or has the wrong shape; says which and why."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(400, f"{name}: {reason}", code="bad_argument")


class UnknownRun(RouteError):
    """The store has no such run."""

    def __init__(self, run_id: str) -> None:
        super().__init__(404, f"No run {run_id} in this store", "It may have been removed; refresh the list.")


class UnknownStore(RouteError):
    """A store id that is not configured."""

    def __init__(self, store_id: str, known: list[str]) -> None:
        super().__init__(
            404, f"There is no store '{store_id[:60]}' in this Jupyter server", f"Choose one of {', '.join(known)}.",
            "unknown_store",
        )


def code_of(status: int) -> str:
    """Short word for a status."""
    return _CODES.get(status, "internal" if status >= 500 else "refused")


def from_store(error: StoreRefused | StoreUnavailable) -> RouteError:
    """What a route answers when the store says no: 409 where the user has to act, 503 where waiting helps."""
    if isinstance(error, StoreRefused):
        return RouteError(409, error.message, error.hint)
    return RouteError(
        503,
        str(error) or "The tracking store does not answer",
        error.hint or "Nothing is lost: what was logged waits and is stored when the store is back.",
    )
