"""A rollout: a plan of stages with gates, where it stands, and the verdicts that moved it."""

from enum import StrEnum
from itertools import accumulate

from slipway.errors import BadInput
from slipway.records.automation import Automation
from slipway.records.base import Record, check_name
from slipway.records.gate import Gate
from slipway.stats.evidence import AnytimeInterval, EValue


class StageKind(StrEnum):
    """What a stage does with the candidate, in the order of stages.

    ``ASSIST``: people decide, and see its answers. ``PARTIAL``: it decides where it is sure enough, people the rest.
    """

    SHADOW = "shadow"
    CANARY = "canary"
    RAMP = "ramp"
    ASSIST = "assist"
    PARTIAL = "partial"
    FULL = "full"
    WATCH = "watch"


class Stage(Record, frozen=True, kw_only=True):
    """One step of a rollout.

    Attributes:
        name: A checked word, unique in the plan.
        kind: What is done with the candidate.
        share: Part of the entities that the candidate answers; 0 in shadow, 1 in full and watch.
        gates: Questions to answer before the next stage.
        min_s: Shortest stay, in seconds.
        max_s: A hold longer than this rolls back (in watch: ends the rollout as completed).
    """

    name: str
    kind: StageKind
    share: float
    gates: tuple[Gate, ...]
    min_s: float
    max_s: float

    def __post_init__(self) -> None:
        check_name("stage", self.name)
        if not 0 <= self.share <= 1:
            raise BadInput(f"stage {self.name}: want 0 <= share <= 1, got {self.share}. For 5 % write 0.05.")
        if not 0 <= self.min_s <= self.max_s:
            raise BadInput(f"stage {self.name}: want 0 <= min_s <= max_s, got {self.min_s} and {self.max_s}.")


class Plan(Record, frozen=True, kw_only=True):
    """The stages in order, and what the evidence means.

    Attributes:
        stages: At least one.
        metric: ``error`` (binary: wrong side of the threshold) or ``absolute-error`` (regression).
        alpha: Chance that a harmless candidate is rolled back over the whole rollout; the gates share it.
        maturity_s: How long after a request its outcome is waited for; later ones do not count, missing ones are shown.
            At 0 nothing is waited for: each outcome counts from the moment it comes.
        pair: Whether each arm also shadows the other's requests, so that every request compares both.
        errors_cost_one: Whether each wrong answer costs 1, so that counts of errors are the loss. It chooses the test
            of a gate whose unit is ``row`` before the first row comes; what came so far may look like either.
        readiness: ML Test Score, 0 to 7, below which no stage beyond the canary is entered; None asks for none.
        missing: Largest share of outcomes that never come with which a gate on outcomes may still pass; 1 takes any.
        automation: What holds where the candidate works beside people; None where people have no part.
        beta: Chance that a candidate passes the whole rollout although it is worse than live by ``relevant`` or more;
            its ``not-worse`` gates state none above it. None promises what each gate does.
        relevant: Smallest harm that must not get through, in units of the metric; None is the gates' margin.
    """

    stages: tuple[Stage, ...]
    metric: str = "error"
    alpha: float = 0.05
    maturity_s: float = 86400.0
    pair: bool = True
    errors_cost_one: bool = True
    readiness: float | None = None
    missing: float = 1.0
    automation: Automation | None = None
    beta: float | None = None
    relevant: float | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.missing <= 1:
            raise BadInput(f"plan: want 0 <= missing <= 1, got {self.missing}. For half of the outcomes write 0.5.")
        if not self.stages:
            raise BadInput("plan: want at least one stage, got none.")
        if len({s.name for s in self.stages}) < len(self.stages):
            raise BadInput(f"plan: want stage names that differ, got {[s.name for s in self.stages]}.")


class Decision(StrEnum):
    """What a verdict or a gate says."""

    PASS = "pass"  # noqa: S105 - a verdict, not a secret
    FAIL = "fail"
    HOLD = "hold"


class GateResult(Record, frozen=True, kw_only=True):
    """What one gate says, and on which evidence.

    Attributes:
        gate: The question.
        decision: Pass, fail or hold.
        reason: One sentence with the numbers.
        interval: The interval, if the gate uses one.
        harm: The e-value against "not worse", if the gate uses one.
        counts: Named counts that went in, such as ``labelled_live``.
    """

    gate: Gate
    decision: Decision
    reason: str
    interval: AnytimeInterval | None = None
    harm: EValue | None = None
    counts: dict[str, float]


class Action(StrEnum):
    """What follows from a verdict."""

    ADVANCE = "advance"
    STAY = "stay"
    ROLL_BACK = "roll back"
    COMPLETE = "complete"


class Verdict(Record, frozen=True, kw_only=True):
    """The answer of the rules at one moment.

    Attributes:
        rollout: Rollout id.
        stage: Name of the stage judged.
        at_us: Moment judged.
        decision: Fail if a gate fails, pass if all pass, else hold.
        action: What follows.
        reason: One sentence.
        gates: Each gate's result.
        alert: A sentence for people if something else than the candidate seems wrong (the world changed), else empty.
        readiness: ML Test Score of the candidate, where the plan asks for one before the next stage; else None.
        clock_set_us: By how much the machine's clock had been set since the rollout started.
    """

    rollout: str
    stage: str
    at_us: int
    decision: Decision
    action: Action
    reason: str
    gates: tuple[GateResult, ...]
    alert: str = ""
    readiness: float | None = None
    clock_set_us: int = 0


class RolloutStatus(StrEnum):
    """Where a rollout stands."""

    RUNNING = "running"
    COMPLETED = "completed"
    ROLLED_BACK = "rolled back"


class StageEntry(Record, frozen=True, kw_only=True):
    """When a stage was entered.

    Attributes:
        stage: Name.
        at_us: Moment.
        route_version: Route put in force by it.
        threshold: Confidence from which on the candidate decides alone, as it was fixed on entering; None: nowhere.
    """

    stage: str
    at_us: int
    route_version: int
    threshold: float | None = None


class ClockSet(Record, frozen=True, kw_only=True):
    """The machine's clock was set while a rollout ran.

    Attributes:
        stage: Stage that the rollout was in.
        at_us: The moment by the clock as it was before.
        by_us: By how much it was set: ahead, or back if negative.
    """

    stage: str
    at_us: int
    by_us: int


class Rollout(Record, frozen=True, kw_only=True):
    """A candidate on its way.

    Attributes:
        id: A checked word.
        route: Route that is being changed.
        candidate: Arm on its way in.
        live: Arm that answers now and to which one rolls back.
        fallback: Arm that stepped in before the rollout, and does again after a rollback; live steps in during it.
        plan: Stages and gates.
        status: Running or how it ended.
        entries: Stages entered so far; the last one is the present one.
        started_us: When.
        ended_us: When it ended, or None.
        started_by: Who started it; empty in one that an older version began.
        clock_sets: When and by how much the machine's clock was set since it started, in order.
    """

    id: str
    route: str
    candidate: str
    live: str
    fallback: str | None = None
    plan: Plan
    status: RolloutStatus
    entries: tuple[StageEntry, ...]
    started_us: int
    ended_us: int | None = None
    started_by: str = ""
    clock_sets: tuple[ClockSet, ...] = ()

    @property
    def clock_set_us(self) -> int:
        """By how much the clock was set since the rollout started."""
        return sum(s.by_us for s in self.clock_sets)

    @property
    def entered_us(self) -> int:
        """When the present stage was entered, as today's clock would have shown it."""
        entry = self.entries[-1]
        return entry.at_us + sum(s.by_us for s in self.clock_sets if s.stage == entry.stage)

    @property
    def since_us(self) -> int:
        """The earliest moment that rows of it can carry: they do carry earlier ones once the clock was set back."""
        sums = accumulate((s.by_us for s in self.clock_sets), initial=0)
        return self.started_us + min(sums)

    def stage(self) -> Stage:
        """Return the present stage."""
        return next(s for s in self.plan.stages if s.name == self.entries[-1].stage)
