"""What was read of the journal, and what of it could not be used; apart, so that a page needs no table engine."""

from slipway.records.base import Record


class Tally(Record, frozen=True, kw_only=True):
    """What was read, and what could not be used.

    Attributes:
        predictions: Rows.
        outcomes: Outcomes kept.
        shadows: Shadow answers joined.
        duplicates: Rows whose id another row has; one counts.
        repeated: Outcomes of a row that had one; the first counts.
        impossible: Outcomes that the task cannot have, such as NaN; they are left out.
        unknown: Outcomes whose prediction has not been read, or was let go.
        unknown_shadows: Shadow answers whose prediction has not been read, or was let go.
        decisions: Decisions on rows that were read.
        repeated_decisions: Decisions of who had decided the same case before; the first counts.
        impossible_decisions: Decisions that the task cannot have; they are left out.
        unknown_decisions: Decisions whose prediction has not been read, or was let go.
        metrics: Values of business metrics of rows that were read.
        repeated_metrics: Values of a metric of a row that had one; the first counts.
        impossible_metrics: Values that are no finite number; they are left out.
        unknown_metrics: Values whose prediction has not been read, or was let go.
        late: Rows of a day that was let go before they came.
        load_tests: Rows that a load test asked, which count for nothing.
    """

    predictions: int = 0
    outcomes: int = 0
    shadows: int = 0
    duplicates: int = 0
    repeated: int = 0
    impossible: int = 0
    unknown: int = 0
    unknown_shadows: int = 0
    decisions: int = 0
    repeated_decisions: int = 0
    impossible_decisions: int = 0
    unknown_decisions: int = 0
    metrics: int = 0
    repeated_metrics: int = 0
    impossible_metrics: int = 0
    unknown_metrics: int = 0
    late: int = 0
    load_tests: int = 0
