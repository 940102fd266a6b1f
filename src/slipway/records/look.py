"""A look: a model was measured on rows held out, and somebody saw the result."""

from slipway.records.base import Record


class Look(Record, frozen=True, kw_only=True):
    """One look at a test set.

    Attributes:
        number: Which look at these rows it was, from 1: one more than how often half of them had been seen.
        data: Dataset version id.
        rows: Blob with the names of the rows, whose truth is no part of them; empty for a look of before November 2026.
        sample: Of a look of before, the lowest hashes of the rows held out; else empty.
        run: Id of the run whose model was measured, or of the package that came from elsewhere.
        what: What was asked of it; the same asked again shows nothing new and is no other look.
        judged_at: As which look its judgements count: one more than how many looks before saw any of these rows; 0 for
            a look of before December 2026, whose number stands in.
        by: Who looked.
        at_us: When.
    """

    number: int
    data: str
    rows: str = ""
    sample: tuple[int, ...] = ()
    run: str
    what: str = "training"
    judged_at: int = 0
    by: str
    at_us: int
