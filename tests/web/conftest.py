"""A synthetic project, for tests only: every record valid, every curve made from a seed."""

import math

import numpy as np
import pytest

from slipway.project.watching import DayLoss, Watched
from slipway.records.alert import Finding, FindingKind, MovedColumn, Step
from slipway.records.arm import Arm, ArmKind
from slipway.records.dataset import CheckResult, ColumnProfile, DatasetVersion, Score, SplitKind
from slipway.records.field import Field, FieldKind
from slipway.records.gate import Gate, GateKind
from slipway.records.rollout import (
    Action,
    Decision,
    GateResult,
    Plan,
    Rollout,
    RolloutStatus,
    Stage,
    StageEntry,
    StageKind,
    Verdict,
)
from slipway.records.route import Route, Share
from slipway.records.run import Level, Run, RunKind, Slice
from slipway.records.scope import Budgets, Data, Metric, Modeling, Monitoring, Project, Scope, Serving
from slipway.records.task import Case, Task, TaskKind
from slipway.stats.evidence import AnytimeInterval, EValue
from slipway.web.report_data import AuditLine, ReportData, RunChange
from slipway.web.story import RolloutStory

DAY = 86_400_000_000
START = 1_364_774_400_000_000  # 2013-04-01


@pytest.fixture
def data() -> ReportData:
    return make()


def make(
    *, name: str = "flights", need: str = "Ground staff want to know at the door whether a flight will be late."
) -> ReportData:
    rng = np.random.default_rng(7)
    return ReportData(
        made_us=START + 300 * DAY,
        version="0.1.0",
        scope=scope(name=name, need=need),
        route=Route(
            name="main",
            version=9,
            salt="s",
            shares=(Share(arm="boost-1", share=1.0), Share(arm="rule", share=0.0)),
            shadows=("rule",),
            fallback="rule",
            arms=(
                Arm(name="boost-1", kind=ArmKind.MODEL, package="a" * 64),
                Arm(name="rule", kind=ArmKind.RULE, rule="dep_delay > 15"),
            ),
        ),
        datasets=(dataset("a", 80_789), dataset("b", 140_210)),
        runs=(run("1" * 64, "a" * 64, 0.121), run("2" * 64, "b" * 64, 0.103)),
        changes=(
            RunChange(
                before="1" * 64,
                after="2" * 64,
                kind=RunKind.DATA_CENTRIC,
                sentences=(
                    "The data changed (+59,421 rows), the code did not.",
                    "Error on the common test rows fell by 0.9 points [0.6, 1.2].",
                ),
            ),
        ),
        packages=(),
        rollouts=(promoted(rng), rolled_back(rng)),
        watched=(watched(rng),),
        findings=findings(),
        audit=tuple(
            AuditLine(
                at_us=START + i * DAY, by="control", what=f"route main v{i}", why="all gates of stage 'ramp' pass"
            )
            for i in range(9, 0, -1)
        ),
    )


def plan() -> Plan:
    harm, paired = (
        Gate(kind=GateKind.HARM, alpha=0.02, unit="row"),
        Gate(kind=GateKind.NOT_WORSE, margin=0.005, alpha=0.02),
    )
    stage = {"min_s": 86400.0, "max_s": 60 * 86400.0}
    return Plan(
        stages=(
            Stage(name="shadow", kind=StageKind.SHADOW, share=0.0, gates=(paired,), **stage),
            Stage(name="canary", kind=StageKind.CANARY, share=0.05, gates=(harm, paired), **stage),
            Stage(name="ramp", kind=StageKind.RAMP, share=0.5, gates=(harm, paired), **stage),
            Stage(name="full", kind=StageKind.FULL, share=1.0, gates=(harm,), **stage),
        )
    )


def scope(*, name: str, need: str) -> Scope:
    return Scope(
        project=Project(
            name=name if name.isidentifier() else "p",
            owner="Ada <ada@example.org>",
            need=need,
            case=Case.REPLACE,
            kill="the error stays above 13 % for 30 days",
        ),
        task=Task(
            x="carrier, airports, schedule, distance, departure delay, weather",
            y="arrives more than 15 minutes late",
            kind=TaskKind.BINARY,
            target="late",
            entity="flight",
        ),
        fields=(
            Field(name="dep_delay", kind=FieldKind.NUMBER, unit="min"),
            Field(name="carrier", kind=FieldKind.CATEGORY),
        ),
        metric=Metric(name="error", why="Both errors cost the same today.", target=0.11, margin=0.005),
        budgets=Budgets(latency_p99_ms=50),
        serving=Serving(),
        data=Data(source="model.py:load"),
        modeling=Modeling(train="model.py:train"),
        arms=(Arm(name="rule", kind=ArmKind.RULE, rule="dep_delay > 15"),),
        live="rule",
        rollout=plan(),
        monitoring=Monitoring(),
    )


def dataset(letter: str, rows: int) -> DatasetVersion:
    return DatasetVersion(
        id=letter * 64,
        name=f"flights-{letter}",
        rows=rows,
        columns=(
            ColumnProfile(
                name="dep_delay",
                kind=FieldKind.NUMBER,
                hash="0" * 64,
                missing_share=0.021,
                distinct=500,
                mean=12.6,
                sd=40.2,
                quantiles=(-43.0, -9, -5, -2, 11, 88, 1301),
            ),
            ColumnProfile(
                name="carrier",
                kind=FieldKind.CATEGORY,
                hash="0" * 64,
                missing_share=0.0,
                distinct=16,
                top=(("UA", 0.174), ("B6", 0.162), ("EV", 0.161)),
            ),
        ),
        splits={"train": int(rows * 0.8), "test": rows - int(rows * 0.8)},
        split_kind=SplitKind.TIME,
        checks=(
            CheckResult(name="no duplicate rows", passed=True, detail="0 duplicates"),
            CheckResult(name="no leak", passed=True, detail="best single column: dep_delay, AUC 0.88"),
        ),
        baselines=(score("trivial", 0.243, rows=16_000), score("rule", 0.117, rows=16_000)),
        file="f" * 64,
        source="flights that left New York from January to March 2013",
        created_us=START,
    )


def score(who: str, value: float, *, rows: int) -> Score:
    half = 1.96 * math.sqrt(value * (1 - value) / rows) * 2
    return Score(
        name=who, metric="error", split="test", value=value, low=value - half, high=value + half, alpha=0.05, n=rows
    )


def run(name: str, data: str, error: float) -> Run:
    return Run(
        id=name,
        code="c" * 64,
        params={"max_iter": 200},
        params_hash="d" * 64,
        data=data,
        seed=0,
        environment={"scikit-learn": "1.8"},
        scores=(
            score("model", error, rows=16_000),
            Score(name="model", metric="log-loss", split="test", value=0.29, low=0.28, high=0.3, alpha=0.05, n=16_000),
            Score(name="model", metric="error", split="train", value=0.01, low=0.0, high=0.02, alpha=0.05, n=64_000),
            score("rule", 0.117, rows=16_000),
            score("trivial", 0.243, rows=16_000),
        ),
        slices=(
            Slice(
                where="carrier = EV and hour in [17, 24)",
                n=1410,
                share=0.09,
                value=0.19,
                rest=0.098,
                low=0.05,
                high=0.12,
                level=0.098,
                headroom=0.008,
            ),
            Slice(
                where="origin = LGA and dep_delay in [5, 15)",
                n=900,
                share=0.05,
                value=0.31,
                rest=0.099,
                low=0.1,
                high=0.3,
                level=0.09,
                level_of=Level.PRESENT,
                headroom=0.011,
            ),
        ),
        package="e" * 64,
        started_us=START,
        ended_us=START + 4_000_000,
    )


def promoted(rng: np.random.Generator) -> RolloutStory:
    return story("boost-1", rng, days=61, drift=-0.012, ended=RolloutStatus.COMPLETED, turns=(24, 38, 52))


def rolled_back(rng: np.random.Generator) -> RolloutStory:
    return story(
        "boost-2",
        rng,
        days=9,
        drift=0.06,
        ended=RolloutStatus.ROLLED_BACK,
        turns=(4,),
        start=START + 70 * DAY,
        harm=1.1,
    )


def story(candidate, rng, *, days, drift, ended, turns, start=START, harm=-0.05) -> RolloutStory:
    the_plan, verdicts, entries, log_e, paired = plan(), [], [], 0.0, []
    name = f"main-{candidate}"
    entries.append(StageEntry(stage="shadow", at_us=start, route_version=1))
    for i in range(1, days + 1):
        stage, at = the_plan.stages[len(entries) - 1], start + i * DAY
        paired.append(rng.normal(drift + 0.03 * math.exp(-i / 8), 0.02))
        mean, half = float(np.mean(paired)), 0.02 * 3 / math.sqrt(i) if i > 2 else math.inf
        log_e += harm * rng.uniform(0.2, 1.8) if len(entries) > 1 else 0.0
        last = i == days
        action = (
            (Action.COMPLETE if ended is RolloutStatus.COMPLETED else Action.ROLL_BACK)
            if last
            else (Action.ADVANCE if i in turns else Action.STAY)
        )
        decision = {
            Action.COMPLETE: Decision.PASS,
            Action.ADVANCE: Decision.PASS,
            Action.STAY: Decision.HOLD,
            Action.ROLL_BACK: Decision.FAIL,
        }[action]
        gates = []
        for gate in stage.gates:
            if gate.kind is GateKind.NOT_WORSE:
                interval = AnytimeInterval(low=mean - half, high=mean + half, estimate=mean, alpha=0.02, n=i)
                gates.append(
                    GateResult(
                        gate=gate,
                        decision=decision,
                        reason=f"{i} days: difference {100 * mean:+.1f} points.",
                        interval=interval,
                        counts={"pairs": 900.0 * i},
                    )
                )
            else:
                gates.append(
                    GateResult(
                        gate=gate,
                        decision=decision,
                        reason=f"Evidence {math.exp(min(log_e, 50)):.3g} to 1.",
                        harm=EValue(log_e=log_e, n=900 * i),
                        counts={"errors": 10.0},
                    )
                )
        verdicts.append(
            Verdict(
                rollout=name,
                stage=stage.name,
                at_us=at,
                decision=decision,
                action=action,
                reason=f"{i} days in: difference {100 * mean:+.1f} points against a margin of +0.5.",
                gates=tuple(gates),
            )
        )
        if action is Action.ADVANCE:
            entries.append(
                StageEntry(stage=the_plan.stages[len(entries)].name, at_us=at, route_version=len(entries) + 1)
            )
    rollout = Rollout(
        id=name,
        route="main",
        candidate=candidate,
        live="rule",
        plan=the_plan,
        status=ended,
        entries=tuple(entries),
        started_us=start,
        ended_us=start + days * DAY,
    )
    return RolloutStory(rollout=rollout, verdicts=tuple(verdicts))


def watched(rng: np.random.Generator) -> Watched:
    days = []
    for i in range(240):
        expected = 0.10 + 0.02 * math.sin(i / 40)
        gap = 0.03 if 90 < i < 130 else 0.0
        days.append(
            DayLoss(
                at_us=START + i * DAY,
                n=900,
                expected=expected + rng.normal(0, 0.004),
                realised=None if i == 50 else expected + gap + rng.normal(0, 0.02),
            )
        )
    return Watched(model="boost-1", days=tuple(days))


def findings() -> tuple[Finding, ...]:
    column = MovedColumn(
        name="wind_speed", size=3.1, unit="mph", evidence=EValue(log_e=9.0, n=30), detail="mean 10.2 to 7.1 mph"
    )
    common = {"model": "boost-1", "evidence": EValue(log_e=7.0, n=40)}
    return (
        Finding(
            id="f-1",
            kind=FindingKind.DATA_DRIFT,
            opened_us=START + 40 * DAY,
            since_us=START + 31 * DAY,
            columns=(column,),
            relevant=False,
            go_back_to=Step.NONE,
            sentence="The weather moved; the model errs as expected on it.",
            closed_us=START + 60 * DAY,
            **common,
        ),
        Finding(
            id="f-2",
            kind=FindingKind.CONCEPT_DRIFT,
            opened_us=START + 101 * DAY,
            since_us=START + 90 * DAY,
            relevant=True,
            go_back_to=Step.DATA,
            sentence="The model errs on 3.0 points more than today's inputs explain: retrain on newer data.",
            **common,
        ),
    )
