"""A plan as a person wrote it: stages and gates with gaps, and what holds for all of them."""

from slipway.records.automation import Automation
from slipway.records.base import Record
from slipway.records.gate import Baseline, Better, GateKind, check_own
from slipway.records.rollout import StageKind

_DAY_S = 24 * 3600.0


class GateDraft(Record, frozen=True, kw_only=True):
    """A gate as a person wrote it; None is left to the template.

    Attributes:
        kind: What is asked.
        margin: As in :class:`~slipway.records.rollout.Gate`.
        alpha: Likewise.
        beta: Likewise.
        unit: Likewise.
        min_units: Likewise.
        metric: Likewise.
        better: Likewise.
        level: Likewise.
        tolerance: Likewise.
        by: Likewise.
        of: Likewise.

    Raises:
        BadInput: A setting is missing, or belongs to another kind of gate.
    """

    kind: GateKind
    margin: float | None = None
    alpha: float | None = None
    beta: float | None = None
    unit: str | None = None
    min_units: int | None = None
    metric: str = ""
    better: Better | None = None
    level: float | None = None
    tolerance: float = 0.0
    by: tuple[str, ...] = ()
    of: Baseline | None = None

    def __post_init__(self) -> None:
        check_own(self)


class StageDraft(Record, frozen=True, kw_only=True):
    """A stage as a person wrote it; None is left to the template.

    Attributes:
        name: A checked word.
        kind: What is done with the candidate.
        share: As in :class:`~slipway.records.rollout.Stage`.
        gates: Likewise.
        min_s: Likewise.
        max_s: Likewise.
    """

    name: str
    kind: StageKind
    share: float | None = None
    gates: tuple[GateDraft, ...] | None = None
    min_s: float | None = None
    max_s: float | None = None


class PlanTerms(Record, frozen=True, kw_only=True):
    """What holds for all stages of a plan.

    Attributes:
        metric: ``error`` or ``absolute-error``.
        margin: How much worse is still acceptable, in units of the metric.
        alpha: Chance that a harmless candidate is rolled back over the whole rollout.
        unit: Exchangeable unit of gates that state none.
        maturity_s: How long an outcome is waited for.
        pair: Whether each arm also shadows the other's requests.
        errors_cost_one: Whether each wrong answer costs 1.
        readiness: ML Test Score that stages beyond the canary ask for, or None.
        missing: Largest share of outcomes that never come with which gates on outcomes may pass.
        automation: What holds beside people, or None.
        beta: Chance that harm of ``relevant`` or more gets through, or None.
        relevant: Smallest harm that must not get through, or None.
        levels: Mean loss of those baselines that are known before a rollout starts, in units of the metric.
        baseline: Whom the usual gates hold the candidate against once it carries traffic, or None.
    """

    metric: str
    margin: float
    alpha: float = 0.05
    unit: str = "day"
    maturity_s: float = _DAY_S
    pair: bool = True
    errors_cost_one: bool = True
    readiness: float | None = None
    missing: float = 0.5
    automation: Automation | None = None
    beta: float | None = None
    relevant: float | None = None
    levels: dict[Baseline, float] = {}
    baseline: Baseline | None = None
