"""Each rollout as a story: its stages, its evidence, and the sentences that moved it."""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from markupsafe import Markup

from slipway.records.gate import GateKind
from slipway.records.rollout import Action, Decision, GateResult, RolloutStatus, Verdict
from slipway.web.charts.difference import At, difference
from slipway.web.charts.evidence import evidence
from slipway.web.charts.stages import Stay, stages
from slipway.web.report_data import ReportData
from slipway.web.story import RolloutStory, decisive, headline
from slipway.words import amount, moment, percent, span

_DIFFERENCE = (
    "The candidate's loss minus live's on the same requests, with the interval that holds at every look. "
    "It passes once the whole interval lies under the margin."
)
_EVIDENCE = (
    "Evidence against 'no more often than live', as a logarithm. Crossing the line rolls back at once; "
    "below it nothing is proven either way."
)
_MOVED = 0.05
"""Evidence that never left zero by more than this needs no chart; the gate's sentence says it."""
_ASKED = {
    GateKind.HARM: "Are the candidate's errors more frequent?",
    GateKind.SERVICE: "Does the candidate fail or come late more often?",
    GateKind.DRIFT: "Did the candidate's inputs move, or their relation to outcomes?",
    GateKind.METRIC: "Is the candidate's metric worse?",
    GateKind.AGREEMENT: "Do both arms answer alike?",
    GateKind.LATENCY: "Does the candidate take longer than live?",
    GateKind.BASELINE: "Is the candidate's own loss low enough?",
}


class Said(NamedTuple):
    """One verdict, said."""

    at: str
    stage: str
    action: str
    decision: str
    reason: str
    gates: tuple[tuple[str, str, str], ...]
    alert: str


class Told(NamedTuple):
    """One rollout, told."""

    id: str
    title: str
    status: str
    kind: str
    why: str
    timeline: Markup
    stays: tuple[tuple[str, str, str, str], ...]
    charts: tuple[tuple[str, str, Markup], ...]
    moved: tuple[Said, ...]
    held: tuple[Said, ...]


def rollouts(data: ReportData) -> tuple[Told, ...]:
    """Tell each rollout, newest first."""
    metric = data.scope.metric.name
    return tuple(tell(story, now_us=data.made_us, metric=metric) for story in reversed(data.rollouts))


def stays_of(story: RolloutStory, *, now_us: int) -> tuple[Stay, ...]:
    """Return the stages as they were lived; the present one lasts until the last verdict, or until now without any."""
    rollout = story.rollout
    seen = max([rollout.entries[-1].at_us, *(v.at_us for v in story.verdicts)])
    # Replayed time lies in the past: there the last verdict, not the wall clock, is the present.
    end = rollout.ended_us if rollout.ended_us is not None else (seen if story.verdicts else max(seen, now_us))
    ends = [e.at_us for e in rollout.entries[1:]] + [end]
    shares = {s.name: s.share for s in rollout.plan.stages}
    return tuple(
        Stay(e.stage, shares[e.stage], e.at_us, max(e.at_us, to)) for e, to in zip(rollout.entries, ends, strict=True)
    )


def tell(story: RolloutStory, *, now_us: int, metric: str) -> Told:
    """Tell one rollout, as it stands at a moment."""
    rollout, stays = story.rollout, stays_of(story, now_us=now_us)
    said = [_say(v) for v in story.verdicts]
    last = _why(story.verdicts[-1]) if story.verdicts else "No verdict yet."
    kind = {RolloutStatus.COMPLETED: "good", RolloutStatus.ROLLED_BACK: "bad"}.get(rollout.status, "")
    return Told(
        id=rollout.id,
        title=f"{rollout.candidate} beside {rollout.live}",
        status=rollout.status,
        kind=kind,
        why=last,
        timeline=stages(
            stays, end=rollout.status, name=f"stages-{rollout.id}", title="share answered by the candidate"
        ),
        stays=tuple(
            (s.name, percent(s.share, digits=0), moment(s.from_us), span((s.to_us - s.from_us) / 1e6)) for s in stays
        ),
        charts=tuple(_charts(story, metric=metric)),
        moved=tuple(s for s in said if s.action != Action.STAY),
        held=tuple(s for s in said if s.action == Action.STAY),
    )


def _charts(story: RolloutStory, *, metric: str) -> list[tuple[str, str, Markup]]:
    found, say = [], partial(amount, metric=metric)
    if len(pairs := _series(story, GateKind.NOT_WORSE)) > 1:
        points = [At(at, g.interval.estimate, g.interval.low, g.interval.high) for at, g in pairs if g.interval]
        if points:
            chart = difference(
                points,
                margin=pairs[-1][1].gate.margin,
                name=f"diff-{story.rollout.id}",
                title="paired difference",
                say=_signed(say),
            )
            found.append(("Is the candidate not worse?", _DIFFERENCE, chart))
    for kind, question in _ASKED.items():
        harm = [(at, g.harm.log_e, g.gate.alpha) for at, g in _series(story, kind) if g.harm]
        if len(harm) > 1 and any(abs(e) > _MOVED for _, e, _ in harm):
            chart = evidence(
                [(at, e) for at, e, _ in harm], alpha=harm[-1][2], name=f"{kind}-{story.rollout.id}", title=question
            )
            found.append((question, _EVIDENCE, chart))
    return found


def _series(story: RolloutStory, kind: GateKind) -> list[tuple[int, GateResult]]:
    return [(v.at_us, g) for v in story.verdicts for g in v.gates if g.gate.kind is kind]


def _signed(say: Callable[[float], str]) -> Callable[[float], str]:
    return lambda value: f"+{say(value)}" if value > 0 else say(value).replace("-", "−")


def _why(verdict: Verdict) -> str:
    """Say what decided: the gates that fail or hold; where all pass, the one that proves what was asked for."""
    proof = [g for g in verdict.gates if g.gate.kind is GateKind.NOT_WORSE]
    gates = proof if verdict.decision is Decision.PASS and proof else decisive(verdict)
    return " ".join([headline(verdict), *(f"{g.gate.kind}: {g.reason}" for g in gates)])


def _say(verdict: Verdict) -> Said:
    shown = decisive(verdict) if verdict.action is Action.STAY else verdict.gates
    gates = tuple((str(g.gate.kind), str(g.decision), g.reason) for g in shown)
    return Said(
        moment(verdict.at_us), verdict.stage, verdict.action, verdict.decision, headline(verdict), gates, verdict.alert
    )
