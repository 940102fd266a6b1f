"""Everything that the live page shows, as one frozen record, and where it comes from: the desk, and nothing else."""

from slipway.control.desk import Desk
from slipway.control.standing import Status
from slipway.records.alert import Finding
from slipway.records.base import Record
from slipway.records.rehearsal import Rehearsal
from slipway.records.rollout import Rollout, RolloutStatus, Verdict
from slipway.records.route import Route
from slipway.records.service_report import ServiceReport
from slipway.records.trouble import AlertState, Severity
from slipway.serving.run_state import RunState
from slipway.storage.audit import AuditEntry
from slipway.web.story import RolloutStory

_NEWEST = 12


class LiveData(Record, frozen=True, kw_only=True):
    """A project at one moment, as whoever is on call wants to see it.

    Attributes:
        name: The project's.
        metric: Name of its metric.
        now_us: The moment by the clock that counts.
        route: The route of the rollout that is shown; without one the first route; None before any.
        story: The rollout that is shown, with its verdicts, or None.
        newest: What was said of it last, stored or not; None before the first verdict.
        rollouts: All rollouts, newest first.
        workers: The workers that run and are ready.
        rehearsal: What the last rehearsal of the way back found, or None.
        findings: Findings that are open.
        audit: Newest entries of the audit trail, newest first.
        trouble: What critical alerts say that are not resolved, and what else does not work, a sentence each.
        service: How the service does, or None where nobody looks.
    """

    name: str
    metric: str
    now_us: int
    route: Route | None
    story: RolloutStory | None
    newest: Verdict | None
    rollouts: tuple[Rollout, ...]
    workers: tuple[RunState, ...]
    rehearsal: Rehearsal | None
    findings: tuple[Finding, ...]
    audit: tuple[AuditEntry, ...]
    trouble: tuple[str, ...]
    service: ServiceReport | None = None


def gather(desk: Desk, *, rollout: str | None = None) -> LiveData:
    """Return what the page shows.

    Args:
        desk: The control surface's.
        rollout: Id of the rollout to show; None shows the one that runs, else the newest.

    Raises:
        NotFound: No such rollout.
    """
    status, known = desk.status(), desk.rollouts()
    shown = _shown(known) if rollout is None else rollout
    story, newest = None, None
    if shown is not None:
        page = desk.rollout(shown)
        verdicts = tuple(verdict for _, verdict in page.verdicts)
        story = RolloutStory(rollout=page.rollout, verdicts=verdicts)
        newest = _newest(status, story=story)
    named = story.rollout.route if story else None
    return LiveData(
        name=desk.scope.project.name,
        metric=desk.scope.metric.name,
        now_us=status.now_us,
        route=next((r for r in status.routes if named in (None, r.name)), None),
        story=story,
        newest=newest,
        rollouts=tuple(reversed(known)),
        workers=tuple(desk.workers()),
        rehearsal=desk.rehearsal(shown) if shown else None,
        findings=status.open_findings,
        audit=tuple(reversed(desk.newest_audit(_NEWEST))),
        trouble=(*_urgent(desk), *_trouble(status)),
        service=desk.service(),
    )


def _shown(known: tuple[Rollout, ...]) -> str | None:
    running = [r.id for r in known if r.status is RolloutStatus.RUNNING]
    told = running or [r.id for r in known]
    return told[-1] if told else None


def _newest(status: Status, *, story: RolloutStory) -> Verdict | None:
    """A hold that says nothing new is not stored; what it says is of now all the same."""
    stored = story.verdicts[-1] if story.verdicts else None
    last = status.last_step
    said = next((v for v in last.verdicts if v.rollout == story.rollout.id), None) if last else None
    return said if said is not None and (stored is None or said.at_us >= stored.at_us) else stored


def _urgent(desk: Desk) -> list[str]:
    """Return what open critical alerts say; whoever looks at the page first has to see them first."""
    known = (a for a in desk.alerts.alerts() if a.state is not AlertState.RESOLVED)
    return [a.trouble.sentence for a in known if a.trouble.severity is Severity.CRITICAL]


def _trouble(status: Status) -> list[str]:
    found = list(status.last_step.problems) if status.last_step else []
    if status.fault:
        found.append(f"Control met a fault of its own, and judges nothing until it is past: {status.fault}.")
    if status.behind_s is not None and status.behind_s > 60:
        found.append(f"Control has not read the journal to its end for {status.behind_s:.0f} s.")
    return found
