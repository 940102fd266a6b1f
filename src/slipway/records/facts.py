"""Facts that gates ask for beside the cohorts: what people said, monitors found, users sent, and answers alike.

Only what the gates of the present stage ask for is gathered; all of it is stored with a verdict's inputs, so that the
verdict can be made again.
"""

from slipway.records.alert import Finding
from slipway.records.base import Record
from slipway.records.people import PeopleFacts


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


class MetricArm(Record, frozen=True, kw_only=True):
    """One arm's values of a metric under one version of the route; requests that were waited for.

    Attributes:
        mature: Requests dealt to it.
        n: Of those, with a value that came in time.
        entities: Entities that have one.
        total: Sum of the values, in the metric's unit.
    """

    mature: int = 0
    n: int = 0
    entities: int = 0
    total: float = 0.0


class MetricStratum(Record, frozen=True, kw_only=True):
    """Values of a metric under one version of the route.

    Attributes:
        route_version: The version.
        share: Part of the entities that it gave to the candidate; between 0 and 1.
        candidate: Requests that were dealt to the candidate, whoever answered in the end.
        live: Those that were dealt to live.
    """

    route_version: int
    share: float
    candidate: MetricArm = MetricArm()
    live: MetricArm = MetricArm()


class MetricSums(Record, frozen=True, kw_only=True):
    """What a user's metric says of the two arms over a rollout.

    Attributes:
        metric: Its name.
        strata: One a version of the route that dealt, oldest first.
        hours: Hours of the present stage in which both arms have a value.
        days: Days of it.
        difference: Candidate's mean less live's, over the strata; None where it cannot be told.
        variance: Of the difference, by entity over all strata; None as above.
        effective: How many entities carry the variance; 0 as above.
    """

    metric: str
    strata: tuple[MetricStratum, ...] = ()
    hours: int = 0
    days: int = 0
    difference: float | None = None
    variance: float | None = None
    effective: float = 0.0


class AgreementSums(Record, frozen=True, kw_only=True):
    """One unit's requests that both arms were asked about, and how many of them were answered alike.

    Attributes:
        start_us: Beginning of the unit.
        end_us: Its end, exclusive.
        route_version: Version of the route under which the requests came.
        tolerance: How far apart two answers may be that count as alike, in the unit of Y; 0 for labels.
        asked: Requests that live or the candidate answered, and that the other was asked about or not.
        n: Of those, that both were asked about.
        alike: Of these, answered alike; where only one of them answered, they are not.
    """

    start_us: int
    end_us: int
    route_version: int
    tolerance: float = 0.0
    asked: int = 0
    n: int = 0
    alike: int = 0


class Facts(Record, frozen=True, kw_only=True):
    """Everything beside the cohorts that a verdict was made from.

    Attributes:
        approvals: What people said of this rollout, oldest first.
        watches: The monitors of the candidate and of live; an arm that none watches is not in it.
        metrics: Sums of what the user sends.
        agreement: Sums of answers that are alike.
        people: What people decided beside the candidate, where the plan gives them a part.
    """

    approvals: tuple[Approval, ...] = ()
    watches: tuple[Watch, ...] = ()
    metrics: tuple[MetricSums, ...] = ()
    agreement: tuple[AgreementSums, ...] = ()
    people: PeopleFacts | None = None


NONE = Facts()
"""No facts beside the cohorts."""
