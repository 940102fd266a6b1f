"""Where everything stands, as control answers who asks."""

from slipway.control.report import StepReport
from slipway.control.tally import Tally
from slipway.control.telling.courier import ReceiverState
from slipway.records.agreement import Agreement
from slipway.records.alert import Finding
from slipway.records.base import Record
from slipway.records.looked import Looked
from slipway.records.rollout import Rollout, Verdict
from slipway.records.route import Route
from slipway.records.worker_config import ClockKind


class Status(Record, frozen=True, kw_only=True):
    """Where everything stands.

    Attributes:
        clock: Whose time counts.
        now_us: The moment by that clock.
        routes: Routes as stored.
        running: Rollouts that run.
        open_findings: Findings that are open.
        receivers: How those do who are told of alerts.
        last_step: What the last step did; None before the first.
        tally: What was read of the journal, and what of it could not be used.
        monitors: What the monitor of each model has looked at; those of models that left the route, too.
        agreement: How near decisions of people are to what was answered, by the arm that answered.
        behind_s: How old what control has not read yet may be; None while it reads the journal for the first time.
        held_rows: Rows of the journal in control's memory.
        held_bytes: What they take.
        fault: Name and message of the exception that nobody foresaw, where the last step met one; None if it was sound.
        failing_s: For how many seconds no step has been sound; None if the last one was.
    """

    clock: ClockKind
    now_us: int
    routes: tuple[Route, ...]
    running: tuple[Rollout, ...]
    open_findings: tuple[Finding, ...]
    receivers: tuple[ReceiverState, ...] = ()
    last_step: StepReport | None
    tally: Tally
    monitors: tuple[Looked, ...] = ()
    agreement: tuple[Agreement, ...] = ()
    behind_s: float | None
    held_rows: int
    held_bytes: int
    fault: str | None = None
    failing_s: float | None = None


class RolloutPage(Record, frozen=True, kw_only=True):
    """One rollout and its verdicts, oldest first.

    Attributes:
        rollout: The rollout.
        verdicts: Id and verdict.
    """

    rollout: Rollout
    verdicts: tuple[tuple[str, Verdict], ...]
