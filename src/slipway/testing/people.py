"""A desk of people, and a plan for a candidate beside them: for exams of what people have a part in."""

from slipway.records.arm import Arm, ArmKind, Reading
from slipway.records.automation import Automation
from slipway.records.plan_drafts import PlanTerms, StageDraft
from slipway.records.plan_template import complete
from slipway.records.rollout import Plan, StageKind
from slipway.records.route import Route, Share

DESK = Arm(
    name="desk",
    kind=ArmKind.PERSON,
    people="the desk",
    answer_s=3600.0,
    fallback="none",
    reading=Reading(second=0.2),
)
DESK_ROUTE = Route(name="main", version=1, salt="s", shares=(Share(arm="desk", share=1.0),), arms=(DESK,))
AUTOMATION = Automation(person="desk", error_bound=0.05, confidence=0.9, audit=0.2, hidden=0.3)
STAGES = (
    StageDraft(name="shadow", kind=StageKind.SHADOW, min_s=0),
    StageDraft(name="assist", kind=StageKind.ASSIST, share=0.3, min_s=0),
    StageDraft(name="partial", kind=StageKind.PARTIAL, share=0.5, min_s=0),
    StageDraft(name="full", kind=StageKind.FULL, min_s=0),
    StageDraft(name="watch", kind=StageKind.WATCH, min_s=0),
)


def people_plan(*, unit: str = "row", maturity_s: float = 0.0) -> Plan:
    """Return a plan through all degrees of automation; no stage has a shortest stay.

    >>> [stage.name for stage in people_plan().stages]
    ['shadow', 'assist', 'partial', 'full', 'watch']
    """
    terms = PlanTerms(metric="error", margin=0.02, alpha=0.1, unit=unit, maturity_s=maturity_s, automation=AUTOMATION)
    return complete(STAGES, terms=terms)
