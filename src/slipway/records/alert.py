"""A finding of the monitors: what moved, whether it matters, and which step of the life to go back to."""

from enum import StrEnum

from slipway.records.base import Record
from slipway.records.quality import Quality
from slipway.stats.evidence import AnytimeInterval, EValue, FixedInterval


class FindingKind(StrEnum):
    """What moved. Data drift: X changes. Concept drift: X -> Y changes. Quality: what feeds the model is broken."""

    DATA_DRIFT = "data drift"
    CONCEPT_DRIFT = "concept drift"
    BOTH = "data and concept drift"
    QUALITY = "broken feed"


class Step(StrEnum):
    """The step of the life that a finding sends one back to."""

    SCOPING = "scoping"
    DATA = "data"
    MODELING = "modeling"
    DEPLOYMENT = "deployment"
    NONE = "none"


class MovedColumn(Record, frozen=True, kw_only=True):
    """One column that moved.

    Attributes:
        name: Column.
        size: Shift in the column's own unit for a number, share of rows moved for a category.
        unit: Unit of ``size``.
        evidence: Evidence that it moved at all.
        detail: In words: from what to what.
    """

    name: str
    size: float
    unit: str
    evidence: EValue
    detail: str


class MovedPart(Record, frozen=True, kw_only=True):
    """A part of the rows in which X -> Y changed.

    Attributes:
        name: Which rows, in words: ``carrier = UA``.
        n: Outcomes in it since the change.
        gap: By how much realised less expected loss has grown in it since, in units of the metric, with limits for one
            look; of the latest slices.
        evidence: Evidence that its gap moved at all.
    """

    name: str
    n: int
    gap: FixedInterval
    evidence: EValue


class LossChange(Record, frozen=True, kw_only=True):
    """How the loss changed, in units of the metric, and how much of that today's inputs explain.

    Attributes:
        metric: Name of the loss.
        before: Mean loss on the reference; None where nobody answered.
        now: Mean loss since the change; None without outcomes.
        at_least: Its lower limit over all looks; ``-inf`` while it cannot be told.
        explained: What today's inputs explain: expected loss since the change less that on the reference; None where
            nobody answered. Limits as for one look, by slices of time, with the moment of change taken as known;
            infinite where there are fewer than two slices.
        unexplained: What they do not: realised less expected loss, less that of the reference; None without outcomes.
            Limits likewise.
        labelled: Outcomes since the change.
        missing: Outcomes that did not come since then.
        rise: How much dearer it became, explained or not, with limits as for one look; by rows where these are the
            unit. None without outcomes, or where an older release found it.
    """

    metric: str
    before: float | None
    now: float | None
    at_least: float
    explained: FixedInterval | None
    unexplained: FixedInterval | None
    labelled: int
    missing: int
    rise: FixedInterval | None = None


class Promise(Record, frozen=True, kw_only=True):
    """What is promised of false alarms while nothing changes, over all columns, tests and looks, from one start on.

    Attributes:
        alpha: Chance of one within the horizon, at most.
        within_s: The horizon.
        run_length_s: Time until one, on average, at least.
    """

    alpha: float
    within_s: float
    run_length_s: float


class Finding(Record, frozen=True, kw_only=True):
    """One alarm, whole.

    Attributes:
        id: A checked word.
        model: Arm watched.
        kind: What moved.
        opened_us: When the alarm was raised.
        since_us: Estimated change point, or None.
        since_low_us: The earliest that is likely; None where an older release raised it. Of changes that come at once
            and stay, nine in ten or more lie between this and the next.
        since_high_us: The latest that is likely.
        columns: Which columns moved, strongest first.
        gap: Realised minus expected error, if it was measured.
        evidence: Evidence behind the alarm.
        relevant: Whether it is large enough to matter; a real but harmless shift is reported, not alarmed.
        go_back_to: Step of the life.
        sentence: What happened, to whom, what to do.
        closed_us: When it was closed, or None.
        loss: How the loss changed, and what explains it; None where an older release raised it.
        parts: Where X -> Y changed, strongest first, if that is clearer in parts of the rows than in all of them.
        promise: How seldom an alarm such as this one is false; None where an older release raised it.
        quality: What is wrong with the feed, where that is it; what was wrong last, once it is closed.
        doubtful: Whether it may be large enough to matter, as far as is known; never where it is.
    """

    id: str
    model: str
    kind: FindingKind
    opened_us: int
    since_us: int | None = None
    columns: tuple[MovedColumn, ...] = ()
    gap: AnytimeInterval | None = None
    evidence: EValue
    relevant: bool
    go_back_to: Step
    sentence: str
    closed_us: int | None = None
    promise: Promise | None = None
    quality: tuple[Quality, ...] = ()
    since_low_us: int | None = None
    since_high_us: int | None = None
    loss: LossChange | None = None
    doubtful: bool = False
    parts: tuple[MovedPart, ...] = ()
