"""A look: a model was measured on rows held out, and somebody saw the result."""

from slipway.records.base import Record


class Look(Record, frozen=True, kw_only=True):
    """One look at a test set.

    Attributes:
        number: Which look at these rows it was, from 1; looks at a test set that shares half of its rows count.
        data: Dataset version id.
        sample: The lowest hashes of the rows held out, without their truth, by which two test sets are compared.
        run: Id of the run whose model was measured.
        by: Who looked.
        at_us: When.
    """

    number: int
    data: str
    sample: tuple[int, ...]
    run: str
    by: str
    at_us: int
