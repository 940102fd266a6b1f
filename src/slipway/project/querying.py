"""Questions about the journal in SQL."""

from contextlib import suppress
from typing import TYPE_CHECKING

from slipway.errors import SlipwayError
from slipway.wiring import Parts

if TYPE_CHECKING:
    import polars as pl


def query(
    parts: Parts, sql: str, *, since_us: int | None = None, until_us: int | None = None, checked: bool = True
) -> "pl.LazyFrame":
    """Return the rows that one SELECT finds, as far as they were journalled when it was asked; nothing is read yet.

    What was closed is sealed first, where nobody else is at it and the disk takes it, so that rows stream from there.

    Args:
        parts: The project.
        sql: One SELECT over ``predictions``, ``shadows``, ``outcomes``, ``decisions``, ``metrics`` and ``answers``.
        since_us: Only what was received from this moment on.
        until_us: Only what was received before this moment.
        checked: Whether each sealed file is held against its hash first.

    Raises:
        BadInput: It is no SELECT, or of something that is not there.
        Corrupt: A segment is damaged.
        Unavailable: The journal cannot be read.
    """
    from slipway.storage.journal.query import ask  # noqa: PLC0415 - it brings the table engine
    from slipway.storage.journal.relations import Window, relations  # noqa: PLC0415 - as above
    from slipway.storage.journal.sealing import seal_closed  # noqa: PLC0415 - as above

    place, sealed = parts.layout.journal, parts.layout.sealed
    with suppress(SlipwayError, OSError):
        seal_closed(place, sealed=sealed)
    window = Window(since_us, until_us)
    return ask(
        sql, relations=relations(place, sealed=sealed, kind=parts.scope.task.kind, window=window, checked=checked)
    )
