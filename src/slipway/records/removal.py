"""A segment of the journal that retention removed: what the audit trail says of rows that are gone."""

from slipway.records.base import Record


class RemovedSegment(Record, frozen=True, kw_only=True):
    """One segment that was removed, raw and sealed.

    Attributes:
        segment: Its name.
        rows: Kind (predictions, shadows, outcomes) to the number of rows it held.
        first_us: Earliest moment of a prediction or outcome in it, or None.
        last_us: Latest moment, or that of the requests which its shadow answers are about; None where those are gone.
        size_bytes: Room that it took on the disk.
        why: The rule that removed it.
    """

    segment: str
    rows: dict[str, int]
    first_us: int | None
    last_us: int | None
    size_bytes: int
    why: str
