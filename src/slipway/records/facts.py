"""Facts that gates ask for beside the cohorts: what people said, monitors found, users sent, and answers alike.

Only what the gates of the present stage ask for is gathered; all of it is stored with a verdict's inputs, so that the
verdict can be made again.
"""

from slipway.records.alert import Finding
from slipway.records.base import Record


class Approval(Record, frozen=True, kw_only=True):
    """What one person said of one stage of one rollout.

    Attributes:
        rollout: Id of the rollout.
        stage: Name of the stage; every stage asks anew.
        by: Who said it.
        approved: True lets the candidate go on, False refuses.
        why: The reason, in words.
        at_us: When.
    """

    rollout: str
    stage: str
    by: str
    approved: bool
    why: str
    at_us: int


class Watch(Record, frozen=True, kw_only=True):
    """Where the monitors of one arm stand.

    Attributes:
        arm: Name of the arm.
        inputs_upto_us: End of the last slice of inputs that they were fed; 0 before the first.
        outcomes_upto_us: The same of outcomes.
        finding: The finding that is open, or None.
    """

    arm: str
    inputs_upto_us: int = 0
    outcomes_upto_us: int = 0
    finding: Finding | None = None


class ValueSums(Record, frozen=True, kw_only=True):
    """Values of a metric as sums that add up.

    Attributes:
        n: Entities with a value.
        total: Sum of their values, in the metric's unit.
        squares: Sum of the squares.
    """

    n: int = 0
    total: float = 0.0
    squares: float = 0.0


class MetricSums(Record, frozen=True, kw_only=True):
    """One unit's values of one metric that the user sends, under one version of the route.

    Attributes:
        metric: Its name.
        start_us: Beginning of the unit.
        end_us: Its end, exclusive.
        route_version: Version of the route under which the requests were dealt.
        share: Part of the entities that this version gave to the candidate.
        candidate: Values of requests that were dealt to the candidate.
        live: Values of those that were dealt to live.
    """

    metric: str
    start_us: int
    end_us: int
    route_version: int
    share: float
    candidate: ValueSums = ValueSums()
    live: ValueSums = ValueSums()


class AgreementSums(Record, frozen=True, kw_only=True):
    """One unit's requests that both arms answered, and how many of them alike.

    Attributes:
        start_us: Beginning of the unit.
        end_us: Its end, exclusive.
        route_version: Version of the route under which the requests came.
        tolerance: How far apart two answers may be that count as alike, in the unit of Y; 0 for labels.
        n: Requests that both answered.
        alike: Of those, answered alike.
    """

    start_us: int
    end_us: int
    route_version: int
    tolerance: float = 0.0
    n: int = 0
    alike: int = 0


class Facts(Record, frozen=True, kw_only=True):
    """Everything beside the cohorts that a verdict was made from.

    Attributes:
        approvals: What people said of this rollout, oldest first.
        watches: The monitors of the candidate and of live; an arm that none watches is not in it.
        metrics: Sums of what the user sends.
        agreement: Sums of answers that are alike.
    """

    approvals: tuple[Approval, ...] = ()
    watches: tuple[Watch, ...] = ()
    metrics: tuple[MetricSums, ...] = ()
    agreement: tuple[AgreementSums, ...] = ()


NONE = Facts()
"""No facts beside the cohorts."""
