"""How an error reaches a caller: a status and a body that names the thing, what was wanted, what came, the way out."""

import msgspec

from slipway.errors import (
    BadInput,
    Conflict,
    DeadlineExceeded,
    DiskRefused,
    NotFound,
    Overloaded,
    SlipwayError,
    Unavailable,
)
from slipway.records.misfit import Reason


class ErrorBody(msgspec.Struct, frozen=True, kw_only=True):
    """Body of every reply that is not a success.

    Attributes:
        error: What went wrong, in a sentence.
        wanted: What would have been right.
        got: What came.
        hint: The way out.
    """

    error: str
    wanted: str = ""
    got: str = ""
    hint: str = ""


class Refusal(SlipwayError):
    """A request that gets no success.

    Attributes:
        status: HTTP status code.
        body: What the caller is told.
        headers: Further headers, as (name, value).
        cause: The error of a floor below that it was made of, or None.
        misfit: Why its rows do not fit, and the field as it was named; None where that is not known.
        rows: Rows that were refused with it, as far as that is known.
    """

    def __init__(
        self,
        status: int,
        error: str,
        *,
        wanted: str = "",
        got: str = "",
        hint: str = "",
        headers: tuple[tuple[str, str], ...] = (),
        cause: SlipwayError | None = None,
        misfit: tuple[Reason, str] | None = None,
        rows: int = 1,
    ) -> None:
        super().__init__(f"{error} want {wanted}, got {got}. {hint}")
        self.status = status
        self.body = ErrorBody(error=_short(error), wanted=_short(wanted), got=_short(got), hint=_short(hint))
        self.headers, self.cause, self.misfit, self.rows = headers, cause, misfit, rows


_LONGEST = 1000
"""Characters of one part of an error; what callers send is quoted in it, and may be megabytes."""


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]} ..."


_RETRY_AFTER_S: tuple[tuple[type[SlipwayError], int], ...] = ((Overloaded, 1), (DiskRefused, 10))
_STATUS: tuple[tuple[type[SlipwayError], int], ...] = (
    (BadInput, 400),
    (NotFound, 404),
    (Conflict, 409),
    (DeadlineExceeded, 504),
    (Overloaded, 503),
    (Unavailable, 503),
)


def refusal_of(error: SlipwayError) -> Refusal:
    """Turn an error of the floors below into what the caller is told.

    >>> refusal_of(Overloaded("full")).status, refusal_of(DeadlineExceeded("late")).status
    (503, 504)
    """
    if isinstance(error, Refusal):
        return error
    status = next((code for kind, code in _STATUS if isinstance(error, kind)), 500)
    headers = tuple(("retry-after", str(pause_s)) for kind, pause_s in _RETRY_AFTER_S if isinstance(error, kind))
    return Refusal(status, str(error), headers=headers, cause=error)
