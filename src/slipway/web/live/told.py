"""The live page in words: who answers, how far the rollout is, what is waited for, and whether the way back is warm."""

from typing import NamedTuple

from slipway.records.gate import GateKind
from slipway.records.rollout import Action, GateResult, Rollout, RolloutStatus, Stage, StageKind
from slipway.records.route import Route
from slipway.serving.live_route import answering_arms
from slipway.web.live.data import LiveData
from slipway.words import percent, span


class Part(NamedTuple):
    """One arm's part of the users."""

    arm: str
    share: float
    kind: str


class Step(NamedTuple):
    """One stage of the plan on the rail.

    Attributes:
        name: Stage.
        share: What the candidate answers in it, in words.
        state: ``done``, ``now``, ``next``, or how the rollout ended in it.
        note: Time in words.
        done: How much of the time until the deadline has passed, 0 to 1; None where it does not run.
    """

    name: str
    share: str
    state: str
    note: str
    done: float | None


class WayBack(NamedTuple):
    """The way back: to whom, who has it loaded, who does not."""

    arm: str
    warm: tuple[str, ...]
    cold: tuple[str, ...]


def headline(data: LiveData) -> str:
    """Return who answers now, in one sentence."""
    if data.route is None:
        return "Nothing is served yet."
    parts = answering(data)
    if len(parts) > 1:
        first, *rest = parts
        others = " and ".join(p.arm for p in rest)
        return f"{first.arm} answers {percent(first.share, digits=0)} of the users, {others} the rest."
    shadows = [s for s in data.route.shadows if s != parts[0].arm]
    beside = f" {' and '.join(shadows)} answers the same requests, unseen." if shadows else ""
    return f"{parts[0].arm} answers everyone.{beside}"


def answering(data: LiveData) -> tuple[Part, ...]:
    """Return who answers which part of the users, the candidate first."""
    candidate = data.story.rollout.candidate if data.story else ""
    shares = data.route.shares if data.route else ()
    return tuple(Part(s.arm, s.share, "candidate" if s.arm == candidate else "live") for s in shares if s.share > 0)


def rail(data: LiveData) -> tuple[Step, ...]:
    """Return the stages of the rollout, those behind it, the present one, those to come."""
    if data.story is None:
        return ()
    rollout = data.story.rollout
    here = len(rollout.entries) - 1
    return tuple(_step(rollout, number, here=here, now_us=data.now_us) for number in range(len(rollout.plan.stages)))


def _step(rollout: Rollout, number: int, *, here: int, now_us: int) -> Step:
    stage = rollout.plan.stages[number]
    share = "unseen" if stage.kind is StageKind.SHADOW else percent(stage.share, digits=0)
    if number > here:
        return Step(stage.name, share, "next", f"{_at_least(stage)}", None)
    entered = rollout.entries[number].at_us
    if number < here:
        return Step(stage.name, share, "done", span((rollout.entries[number + 1].at_us - entered) / 1e6), None)
    if rollout.status is not RolloutStatus.RUNNING:
        state = "done" if rollout.status is RolloutStatus.COMPLETED else "back"
        return Step(stage.name, share, state, span(((rollout.ended_us or entered) - entered) / 1e6), None)
    passed_s = max(0.0, (now_us - entered) / 1e6)
    left = f"{span(passed_s)} so far; {_at_least(stage)}, at most {span(stage.max_s)}"
    return Step(stage.name, share, "now", left, min(1.0, passed_s / stage.max_s) if stage.max_s else 1.0)


def _at_least(stage: Stage) -> str:
    return f"at least {span(stage.min_s)}" if stage.min_s else "as long as it takes"


def waited_for(data: LiveData) -> tuple[GateResult, ...]:
    """Return each gate of the present stage as it was judged last: those that fail first, then those that hold."""
    if data.newest is None:
        return ()
    order = ("fail", "hold", "pass")
    return tuple(sorted(data.newest.gates, key=lambda g: order.index(g.decision)))


def way_back(data: LiveData) -> WayBack | None:
    """Return where a rollback leads, or None where there is none."""
    if data.story is None or data.route is None or not may_roll_back(data.story.rollout, route=data.route):
        return None
    target = data.story.rollout.live
    ready = target in answering_arms(data.route)
    workers = [w for w in data.workers if w.route == data.route.name]
    warm = tuple(w.name for w in workers if ready and w.route_version == data.route.version)
    return WayBack(target, warm, tuple(w.name for w in workers if w.name not in warm))


def may_roll_back(rollout: Rollout, *, route: Route) -> bool:
    """Tell whether a button for it makes sense; what then happens is decided where it is done."""
    if rollout.status is RolloutStatus.RUNNING:
        return True
    left = (route.fallback, route.share_of(rollout.candidate)) == (rollout.live, 1.0)
    return rollout.status is RolloutStatus.COMPLETED and left


def asks(data: LiveData) -> str:
    """Return the present stage where it asks for a person's word, or nothing."""
    if data.story is None or data.story.rollout.status is not RolloutStatus.RUNNING:
        return ""
    stage = data.story.rollout.stage()
    return stage.name if any(gate.kind is GateKind.APPROVAL for gate in stage.gates) else ""


def moves(data: LiveData) -> tuple[tuple[int, str, str, str], ...]:
    """Return what moved the rollout, newest first: moment, stage, action, sentence."""
    verdicts = data.story.verdicts if data.story else ()
    return tuple((v.at_us, v.stage, v.action, v.reason) for v in reversed(verdicts) if v.action is not Action.STAY)
