"""A cohort: what one unit of time (an hour, a day) says of two arms, as sums that add up.

A cohort holds the requests of one unit that came under one version of the route, so that the candidate's share is one
known number. Two clocks run in it. Service counts hold every request so far; everything about outcomes holds *mature*
requests only, those whose waiting time is over, so that an outcome that comes fast weighs no more than one that comes
slowly. Sums are counts, or made with :func:`math.fsum`: the order in which rows were read does not matter.
"""

from typing import Any

from msgspec.structs import astuple

from slipway.errors import BadInput
from slipway.records.base import Record
from slipway.records.facts import NONE, Facts
from slipway.records.rollout import Rollout
from slipway.records.usage import ServingCost
from slipway.stats.crossings import ERROR, Crossings
from slipway.stats.log_counts import LogCounts

DELAYS = LogCounts(error=0.1)
"""No delay of an outcome yet; by levels that differ by a fifth."""


class ArmSums(Record, frozen=True, kw_only=True):
    """One arm's requests, by random assignment: what the caller got, whoever gave it in the end.

    Attributes:
        n: Requests assigned so far.
        failures: Of those, not answered by the arm itself within its budget (fallback, no answer, too late).
        failure_entities: As ``error_entities``, of failures.
        mature: Requests whose outcome need not be waited for any more.
        labelled: Of those, with an answer and an outcome; the rest is missing and stays so.
        errors: Labelled requests answered wrongly (for numbers: 0).
        error_entities: Entities whose first error, in the stage that first dealt them, is here. One entity stays with
            one arm, so ten errors of one entity are one toss of the coin that dealt it, not ten; in a later stage its
            side is no toss any more.
        loss: Sum of the loss over labelled requests, in units of the metric.
        squares: Sum of its squares.
        waits: Microseconds to the answer by bucket, of all requests; endless where the arm gave none. Counted only
            where the plan asks about latency.
        slower: Entities by the level of waiting that they first reached here, in the stage that first dealt them, as
            ``error_entities``. Counted likewise.
        first_waits: Entities by the level of their first wait of all, in that stage. Counted likewise; empty where an
            older Slipway summed it.
    """

    n: int = 0
    failures: int = 0
    failure_entities: int = 0
    mature: int = 0
    labelled: int = 0
    errors: int = 0
    error_entities: int = 0
    loss: float = 0.0
    squares: float = 0.0
    waits: LogCounts = LogCounts(error=ERROR)
    slower: Crossings = Crossings()
    first_waits: Crossings = Crossings()

    @property
    def missing(self) -> int:
        """Mature requests without an outcome, or without an answer that one could judge."""
        return self.mature - self.labelled

    def merge(self, other: "ArmSums") -> "ArmSums":
        """Add two disjoint parts."""
        return ArmSums(**_added(self, other))


class PairSums(Record, frozen=True, kw_only=True):
    """Requests that both arms answered, one of them as the other's shadow.

    Attributes:
        seen: Requests that the other arm was asked about, mature or not.
        failed_candidate: Of those, where only the candidate gave no answer.
        failed_live: Of those, where only live gave no answer.
        labelled: Mature requests with an outcome, paired or not: what the pairs could cover.
        n: Mature pairs with an outcome and a loss on both sides. Where the metric is ``error``, no answer is an error.
        only_candidate: Pairs in which only the candidate erred (for numbers: 0).
        only_live: Pairs in which only live erred (for numbers: 0).
        candidate_loss: Sum of the candidate's loss over pairs, in units of the metric.
        live_loss: Sum of live's loss.
        squares: Sum of squares of the difference candidate minus live.
    """

    seen: int = 0
    failed_candidate: int = 0
    failed_live: int = 0
    labelled: int = 0
    n: int = 0
    only_candidate: int = 0
    only_live: int = 0
    candidate_loss: float = 0.0
    live_loss: float = 0.0
    squares: float = 0.0

    @property
    def difference(self) -> float:
        """Sum over pairs of the candidate's loss minus live's, in units of the metric."""
        return self.candidate_loss - self.live_loss

    def merge(self, other: "PairSums") -> "PairSums":
        """Add two disjoint parts."""
        return PairSums(**_added(self, other))


class Cohort(Record, frozen=True, kw_only=True):
    """One unit of time under one version of the route.

    Attributes:
        start_us: Beginning of the unit, microseconds since the epoch, UTC.
        end_us: Its end, exclusive.
        route_version: Version of the route under which the requests were assigned.
        share: Part of the entities that this version gave to the candidate.
        candidate: The candidate's requests.
        live: Live's requests.
        pairs: Requests that both answered.
        last_us: Moment of its newest request that the candidate was dealt, or asked to shadow, as the clock said then;
            None where there is none, or where an older Slipway summed it.
        delays: Microseconds from a request to its outcome, of those that came. Counted only where the plan waits for no
            outcomes, to tell which are late and which are missing; none where an older Slipway summed it.

    Raises:
        BadInput: The unit has no length, or the share leaves [0, 1].

    >>> day = Cohort(start_us=0, end_us=86_400_000_000, route_version=3, share=0.05, live=ArmSums(n=950, mature=900))
    >>> day.merge(day).live.n
    1900
    """

    start_us: int
    end_us: int
    route_version: int
    share: float
    candidate: ArmSums = ArmSums()
    live: ArmSums = ArmSums()
    pairs: PairSums = PairSums()
    last_us: int | None = None
    delays: LogCounts = DELAYS

    def __post_init__(self) -> None:
        if not self.start_us < self.end_us:
            raise BadInput(f"cohort: want start_us < end_us, got {self.start_us} and {self.end_us}.")
        if not 0 <= self.share <= 1:
            raise BadInput(f"cohort: want 0 <= share <= 1, got {self.share}. For 5 % write 0.05.")

    def merge(self, other: "Cohort") -> "Cohort":
        """Add two parts of one cohort.

        Raises:
            BadInput: They are not parts of one cohort (another unit, version or share).
        """
        mine = (self.start_us, self.end_us, self.route_version, self.share)
        if mine != (theirs := (other.start_us, other.end_us, other.route_version, other.share)):
            raise BadInput(f"cohort: want parts of one unit and one route version, got {mine} and {theirs}.")
        return Cohort(
            start_us=self.start_us,
            end_us=self.end_us,
            route_version=self.route_version,
            share=self.share,
            candidate=self.candidate.merge(other.candidate),
            live=self.live.merge(other.live),
            pairs=self.pairs.merge(other.pairs),
            last_us=max((at for at in (self.last_us, other.last_us) if at is not None), default=None),
            delays=self.delays.merge(other.delays),
        )


class VerdictInputs(Record, frozen=True, kw_only=True):
    """Everything that a verdict was made from, so that it can be made again.

    Attributes:
        verdict: Id of the verdict.
        now_us: The moment it was asked for.
        upto: Journal segment to the byte offset up to which it had been read.
        cohorts: The cohorts judged, oldest first.
        rollout: The rollout as it was judged.
        readiness: ML Test Score of the candidate as it was then, where the plan asks for one; else None.
        costs: What serving took with each arm, of each budget that the scope had for memory and processor.
        facts: What else the gates asked for.
        broken: What broke when it was to be judged; only the deadline then spoke, and of the above only rollout and
            moment count. Empty where it was judged.
    """

    verdict: str
    now_us: int
    upto: dict[str, int]
    cohorts: tuple[Cohort, ...]
    rollout: Rollout
    readiness: float | None = None
    costs: tuple[ServingCost, ...] = ()
    facts: Facts = NONE
    broken: str = ""


def _added(one: Record, other: Record) -> dict[str, Any]:
    """Return the sums of two records of one class, field by field."""
    pairs = zip(one.__struct_fields__, astuple(one), astuple(other), strict=True)
    return {name: a + b if isinstance(a, (int, float)) else a.merge(b) for name, a, b in pairs}
