"""Arms compared on outcomes that come late, such as a payment or a diagnosis.

Outcomes of a young cohort are a biased draw: what goes wrong is often known before what goes well, so the difference of
arms computed from the labels at hand is no martingale, and a fast negative label looks like harm. So a cohort (the
predictions of one span of time) counts only when it is mature, whole, and once; each arm has a confidence sequence of
its own over its mature cohorts, and a union bound joins them.
"""

import enum
import math
from collections.abc import Iterable

import msgspec

from slipway.errors import BadInput
from slipway.stats.asymptotic import MeanSequence, Side
from slipway.stats.betting import BoundedMean, check_bounds, check_inside
from slipway.stats.checks import check_count, check_finite, check_positive
from slipway.stats.evidence import AnytimeInterval, check_alpha
from slipway.stats.moments import Moments


class Missing(enum.Enum):
    """What an outcome counts that has not come when its cohort is mature."""

    WORST = "worst"
    """Anything within the bounds: limits are right whatever the missing outcomes were."""

    IGNORE = "ignore"
    """Nothing: right only if outcomes go missing without regard to what they are."""


class CohortUnit(enum.Enum):
    """What is exchangeable."""

    ROW = "row"
    """Each prediction; exact for bounded outcomes."""

    COHORT = "cohort"
    """Each cohort's mean; asymptotic, safe where rows of one cohort stick together."""


class ArmOutcomes(msgspec.Struct, frozen=True):
    """One arm in one cohort.

    Attributes:
        predicted: Predictions made.
        labelled: Moments of the outcomes that came; at most ``predicted`` of them.
    """

    predicted: int = 0
    labelled: Moments = Moments()

    def __post_init__(self) -> None:
        check_count("predicted", self.predicted)
        if self.labelled.n > self.predicted:
            raise BadInput(f"labelled: want at most predicted={self.predicted} outcomes, got {self.labelled.n}.")

    @property
    def missing(self) -> int:
        """Predictions whose outcome has not come."""
        return self.predicted - self.labelled.n

    def merge(self, other: "ArmOutcomes") -> "ArmOutcomes":
        """Add two parts."""
        return ArmOutcomes(predicted=self.predicted + other.predicted, labelled=self.labelled.merge(other.labelled))

    def filled(self, value: float) -> Moments:
        """Return the moments with the missing outcomes put at a value."""
        gap = Moments(n=self.missing, total=self.missing * value, squares=self.missing * value**2)
        return self.labelled.merge(gap)


class Cohort(msgspec.Struct, frozen=True):
    """The predictions of one span of time, as counted at one moment.

    Attributes:
        start_s: Start of the span, seconds since an epoch.
        end_s: Its end, excluded.
        counted_s: When the outcomes were counted.
        live: The live arm.
        canary: The candidate.
    """

    start_s: float
    end_s: float
    counted_s: float
    live: ArmOutcomes
    canary: ArmOutcomes

    def __post_init__(self) -> None:
        for name in ("start_s", "end_s", "counted_s"):
            check_finite(name, getattr(self, name))
        if not self.start_s < self.end_s:
            raise BadInput(f"end_s: want it after start_s={self.start_s}, got {self.end_s}.")

    def merge(self, other: "Cohort") -> "Cohort":
        """Add two parts of one cohort.

        Raises:
            BadInput: The parts have different spans.
        """
        if (self.start_s, self.end_s) != (other.start_s, other.end_s):
            raise BadInput(
                f"cohort: want parts of one span, got [{self.start_s}, {self.end_s}) and "
                f"[{other.start_s}, {other.end_s}). Give each cohort its own tick."
            )
        return Cohort(
            start_s=self.start_s,
            end_s=self.end_s,
            counted_s=min(self.counted_s, other.counted_s),
            live=self.live.merge(other.live),
            canary=self.canary.merge(other.canary),
        )


def mature(cohorts: Iterable[Cohort], *, maturity_s: float) -> tuple[Cohort, ...]:
    """Return the cohorts that were mature when they were counted, in the order of their spans.

    A cohort is mature ``maturity_s`` seconds after its *last* prediction.
    """
    ready = (cohort for cohort in cohorts if cohort.end_s + maturity_s <= cohort.counted_s)
    return tuple(sorted(ready, key=lambda cohort: cohort.start_s))


class ArmState(msgspec.Struct, frozen=True):
    """One arm over its cohorts: units with missing outcomes at their least and at their greatest, and the counts."""

    least: Moments = Moments()
    greatest: Moments = Moments()
    predicted: int = 0
    missing: int = 0


class CohortState(msgspec.Struct, frozen=True):
    """Both arms so far, and the end of the last cohort that went in."""

    live: ArmState = ArmState()
    canary: ArmState = ArmState()
    cohorts: int = 0
    until_s: float = -math.inf


class CohortDifference(msgspec.Struct, frozen=True):
    """Cover the difference of mean outcomes, canary less live, at all times with probability 1 - alpha.

    Valid whatever the delay of outcomes is, if it is counted at maturity and later outcomes are taken as missing.
    Cohorts go in once each, in the order of their spans.

    Attributes:
        alpha: Miss probability over all time, both arms and both limits together.
        maturity_s: Seconds from a prediction until its outcome is final.
        low: Least possible outcome.
        high: Greatest possible outcome.
        unit: What is exchangeable.
        missing: What a missing outcome counts.
        n_star: Number of cohorts at which the interval is to be narrowest (``COHORT`` only).

    Reference:
        Lindon & Kallus (2026) on anytime-valid inference with delayed outcomes: a sequence for each arm and a union
        bound. Missing outcomes by the bounds of Manski (1990).
    """

    alpha: float
    maturity_s: float
    low: float = 0.0
    high: float = 1.0
    unit: CohortUnit = CohortUnit.COHORT
    missing: Missing = Missing.WORST
    n_star: int = 30

    def __post_init__(self) -> None:
        check_alpha(self.alpha)
        check_finite("maturity_s", self.maturity_s)
        check_bounds(self.low, self.high)
        check_positive("n_star", self.n_star)

    def start(self) -> CohortState:
        """Return the state before any cohort."""
        return CohortState()

    def update(self, state: CohortState, tick: Cohort) -> CohortState:
        """Add one mature cohort.

        Raises:
            BadInput: The cohort is not mature, overlaps one that went in before, or an outcome left the bounds.
        """
        if tick.end_s + self.maturity_s > tick.counted_s:
            raise BadInput(
                f"cohort: want one counted at {tick.end_s + self.maturity_s} or later, when it is mature, "
                f"got one counted at {tick.counted_s}. Choose cohorts with mature()."
            )
        if tick.start_s < state.until_s:
            raise BadInput(
                f"cohort: want one that starts at {state.until_s} or later, got {tick.start_s}. "
                "Each cohort counts once."
            )
        return CohortState(
            live=self._grown(state.live, tick.live),
            canary=self._grown(state.canary, tick.canary),
            cohorts=state.cohorts + 1,
            until_s=tick.end_s,
        )

    def evidence(self, state: CohortState) -> AnytimeInterval:
        """Return the interval of the difference; ``n`` is the number of cohorts."""
        live_low, live_high, live_mean = self._limits(state.live)
        canary_low, canary_high, canary_mean = self._limits(state.canary)
        return AnytimeInterval(
            low=canary_low - live_high,
            high=canary_high - live_low,
            estimate=canary_mean - live_mean,
            alpha=self.alpha,
            n=state.cohorts,
            validity="exact" if self.unit is CohortUnit.ROW else "asymptotic",
        )

    def _grown(self, arm: ArmState, outcomes: ArmOutcomes) -> ArmState:
        check_inside(outcomes.labelled, low=self.low, high=self.high)
        worst = self.missing is Missing.WORST
        least = outcomes.filled(self.low) if worst else outcomes.labelled
        greatest = outcomes.filled(self.high) if worst else outcomes.labelled
        if self.unit is CohortUnit.COHORT:
            least, greatest = _as_one(least), _as_one(greatest)
        return ArmState(
            least=arm.least.merge(least),
            greatest=arm.greatest.merge(greatest),
            predicted=arm.predicted + outcomes.predicted,
            missing=arm.missing + outcomes.missing,
        )

    def _limits(self, arm: ArmState) -> tuple[float, float, float]:
        """One-sided limits at alpha / 4 each, within the bounds, and the middle of the two means."""
        middle = (arm.least.mean + arm.greatest.mean) / 2
        if self.unit is CohortUnit.ROW:
            rows = BoundedMean(alpha=self.alpha / 2, low=self.low, high=self.high)
            return rows.evidence(arm.least).low, rows.evidence(arm.greatest).high, middle
        below, above = (
            MeanSequence(alpha=self.alpha / 4, n_star=self.n_star, side=side) for side in (Side.LOWER, Side.UPPER)
        )
        low = max(self.low, below.evidence(arm.least).low)
        high = min(self.high, above.evidence(arm.greatest).high)
        return min(low, self.high), max(high, self.low), middle


def _as_one(rows: Moments) -> Moments:
    if rows.n == 0 or math.isnan(rows.mean):
        return Moments()
    return Moments(n=1, total=rows.mean, squares=rows.mean**2)
