"""What one step of control did, for whoever asked for it."""

from slipway.control.tally import Tally
from slipway.records.base import Record
from slipway.records.rollout import Verdict


class StepReport(Record, frozen=True, kw_only=True):
    """One step.

    Attributes:
        now_us: The moment that was judged.
        frames: Frames of the journal read.
        tally: Everything read so far.
        verdicts: One a running rollout.
        stored: Ids of the verdicts that were stored; a hold that says nothing new is not.
        published: Route and version of the routes put in force.
        findings: Ids of the findings opened, brought up to date, or closed.
        opened: Those of them that were opened.
        alerts: Ids of the alerts that changed.
        problems: What did not work; the next step tries again.
        shadow_lag: Shadows that have not caught up, as ``arm: segment``.
    """

    now_us: int
    frames: int
    tally: Tally
    verdicts: tuple[Verdict, ...] = ()
    stored: tuple[str, ...] = ()
    published: tuple[str, ...] = ()
    findings: tuple[str, ...] = ()
    opened: tuple[str, ...] = ()
    alerts: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    shadow_lag: tuple[str, ...] = ()
