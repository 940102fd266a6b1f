"""What is wrong with data as they arrive, before anybody asks about drift: of a table, or of live traffic."""

from enum import StrEnum

from slipway.records.base import Record


class Fault(StrEnum):
    """What can be wrong with data as they arrive, before anybody asks about drift.

    ``RANGE`` is about numbers, ``UNSEEN`` about categories. ``UNIT``: numbers arrive as if they had been multiplied, so
    somebody may have changed the unit. ``STALE``: nothing comes, for longer than is usual. ``REFUSED``: requests do not
    fit the signature.
    """

    ABSENT = "absent column"
    NEW = "new column"
    RENAMED = "renamed column"
    TYPE = "wrong type"
    EMPTY = "empty column"
    CONSTANT = "constant column"
    UNIT = "another unit"
    MISSING = "missing values"
    RANGE = "out of range"
    UNSEEN = "unseen categories"
    DUPLICATES = "duplicate rows"
    STALE = "stale"
    REFUSED = "refused rows"
    LEFT_OUT = "left out"
    LABELS = "labels"


class Since(Record, frozen=True, kw_only=True):
    """From when on a fault is there, as far as the rows in the order of their time show it: a help, and no proof.

    Attributes:
        at_us: Moment of the first row, microseconds since the epoch.
        share: Share of the rows from then on that have the fault.
    """

    at_us: int
    share: float


class Quality(Record, frozen=True, kw_only=True):
    """One remark on the data themselves.

    Attributes:
        fault: What it is about.
        column: Column; empty for the table as a whole.
        serious: Whether the feed has to be looked at; else it is only told.
        detail: In words, with numbers.
        since: From when on; None where nobody can say, or where it has always been so.
    """

    fault: Fault
    column: str
    serious: bool
    detail: str
    since: Since | None = None
