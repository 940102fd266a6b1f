"""What the monitor of one model has looked at so far: without it nobody can tell "nothing moved" from "not yet"."""

from slipway.records.base import Record


class Looked(Record, frozen=True, kw_only=True):
    """Where a monitor stands.

    Attributes:
        model: Name of the arm.
        unit: What its tests count: ``row``, ``hour`` or ``day``.
        slice_us: Length of the slices of time that it looks at; it looks when one is over.
        slices: Slices that had rows and were looked at since its tests began, or began afresh after an alarm.
        rows: Rows of these slices, of the last few hundred at least.
        inputs_upto_us: Up to which moment inputs were looked at; 0 before the first look.
        outcomes_upto_us: The same of outcomes.
        feed_upto_us: The same of the quality of the feed, which is looked at each hour; None where it is not watched.
        spoiled: Whether what was looked at last was not judged for drift, since its feed was broken.
    """

    model: str
    unit: str
    slice_us: int
    slices: int
    rows: int
    inputs_upto_us: int
    outcomes_upto_us: int
    feed_upto_us: int | None
    spoiled: bool = False
