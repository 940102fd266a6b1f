"""What was found between two tables of one thing: a reference, and what there is now."""

from enum import StrEnum

from slipway.records.alert import Finding
from slipway.records.base import Record
from slipway.records.quality import Quality
from slipway.records.season import Season


class Standing(StrEnum):
    """What two tables let one say.

    ``MATTERS``: something moved, and it costs more than the tolerance, or nobody can say what it costs.
    ``HARMLESS``: something moved, and costs less.
    ``NOTHING``: a large change would have been seen; none was.
    ``CANNOT_TELL``: no change however large could have been proven with so little data, or something moved and it is
    not known yet whether that costs more than the tolerance.
    """

    MATTERS = "matters"
    HARMLESS = "harmless"
    NOTHING = "nothing found"
    CANNOT_TELL = "cannot tell"


class ColumnChange(Record, frozen=True, kw_only=True):
    """One column in both tables.

    Attributes:
        name: Column.
        moved: Whether it is among those named as moved; of these a share of at most alpha is named falsely, on average.
        log_e: Natural logarithm of the evidence that it moved, over the whole of the current table.
        detail: From what to what, in words.
        labels: The bins of the chart.
        before: Share of the reference's rows in each.
        now: Share of the current rows in each.
    """

    name: str
    moved: bool
    log_e: float
    detail: str
    labels: tuple[str, ...]
    before: tuple[float, ...]
    now: tuple[float, ...]


class Period(Record, frozen=True, kw_only=True):
    """A stretch of the current table: a month, a day, or all of it where there is no time.

    Attributes:
        name: Such as ``2013-04``.
        start_us: Its beginning, microseconds since the epoch; 0 without a time.
        rows: How many.
        labelled: Of those, with an answer and its truth.
        realised: Mean loss of these; None without any.
        expected: Mean loss that the answers expect of themselves on all rows; None without answers.
        kind: What moved in this period, held against the reference by itself: ``data drift``, ``concept drift``, both,
            or empty where nothing was proven. Each period errs with chance alpha.
        matters: Whether that costs more than the tolerance.
        doubtful: Whether the loss rose by more than the tolerance while what is proven to have moved does not explain
            it: the rest may be chance, and may be not.
        explained: What the period's inputs explain of the change in loss; None without answers.
        columns: Columns that moved, strongest first.
    """

    name: str
    start_us: int
    rows: int
    labelled: int
    realised: float | None
    expected: float | None
    kind: str = ""
    matters: bool = False
    doubtful: bool = False
    explained: float | None = None
    columns: tuple[str, ...] = ()


class Roles(Record, frozen=True, kw_only=True):
    """Which column plays which part; empty where none does.

    Attributes:
        time: Moment of each row.
        prediction: The answer: a score of a binary task, a number of a regression.
        label: What turned out to be true.
        ignored: Columns that are not watched, with the reason.
        watched: Columns of X, in order.
    """

    time: str = ""
    prediction: str = ""
    label: str = ""
    ignored: tuple[tuple[str, str], ...] = ()
    watched: tuple[str, ...] = ()


class TwoTables(Record, frozen=True, kw_only=True):
    """The whole answer.

    Attributes:
        reference: Where the reference came from.
        current: Where the current table came from.
        rows_before: Rows of the reference.
        rows_now: Current rows.
        roles: Which column played which part.
        unit: What was counted: ``row``, ``hour`` or ``day``.
        unit_reason: Why.
        metric: ``error``, ``absolute-error``, or empty without answers.
        alpha: Chance that tables alike raise any alarm, over all columns, the gap, and all looks.
        tolerance: A change that costs less is told, not alarmed.
        standing: What follows.
        sentence: The answer in a sentence or two.
        findings: Oldest first, as the monitors of a server would have raised them on these rows.
        quality: Remarks on the data, serious ones first.
        columns: All watched columns, the strongest evidence first.
        periods: The current table by period.
        slices: The same by the slices that were fed, for a chart.
        loss_before: Mean loss on the reference; None without answers.
        loss_now: Mean loss on the current rows with a label; None without any.
        expected_now: Loss that the answers expect of themselves on the current rows; None without answers.
        log_e: Evidence that anything moved, over the whole of the current table.
        season: Which rhythm was allowed for, and what part of the reference the current table was held against.
    """

    reference: str
    current: str
    rows_before: int
    rows_now: int
    roles: Roles
    unit: str
    unit_reason: str
    metric: str
    alpha: float
    tolerance: float
    standing: Standing
    sentence: str
    findings: tuple[Finding, ...]
    quality: tuple[Quality, ...]
    columns: tuple[ColumnChange, ...]
    periods: tuple[Period, ...]
    slices: tuple[Period, ...]
    loss_before: float | None
    loss_now: float | None
    expected_now: float | None
    log_e: float
    season: Season = Season(unit="row")
