"""A rollout held against a baseline: its number is written when it starts, and every verdict on it replays."""

import msgspec
import pytest

from slipway.control.step import Controller
from slipway.control.terms import Terms
from slipway.errors import BadInput
from slipway.ports import Change
from slipway.records.dataset import DatasetVersion, Score, SplitKind
from slipway.records.gate import Baseline, Gate, GateKind
from slipway.records.rollout import Decision, Rollout, Verdict
from slipway.testing.memory import MemoryJournal, MemoryStore
from slipway.testing.rollouts import CANDIDATE, LIVE, plan
from slipway.testing.traffic import DAY_US, MemoryRoutes, World

NAMED = Gate(kind=GateKind.BASELINE, of=Baseline.SIMPLE, margin=0.02, alpha=0.01, min_units=3)


def version(letter, *, simple, created_us):
    scores = [
        Score(name="simple", metric=metric, split=split, value=value, low=0, high=1, alpha=0.05, n=900)
        for metric, split, value in [("error", "test", simple), ("error", "train", 0.01), ("auc", "test", 0.9)]
    ]
    return DatasetVersion(
        id=letter * 64, name=letter, rows=900, columns=(), splits={}, split_kind=SplitKind.TIME, checks=(),
        baselines=tuple(scores), source="a test", created_us=created_us,
    )  # fmt: skip


def site(*versions, error=0.09):
    store, journal, files = MemoryStore(), MemoryJournal(), MemoryRoutes()
    world = World(1, journal=journal.writer, error={"live": 0.3, "candidate": error})
    control = Controller(store=store, journal=journal, files=files, terms=Terms())
    control.open_route("main", arm=LIVE, salt="secret", now_us=0)
    for made in versions:
        store.commit([Change(made, made.id, 0)], at_us=made.created_us, by="ann", why="made")
    return control, world


def held():
    first = plan(maturity_s=7200.0)
    stages = (msgspec.structs.replace(first.stages[0], gates=(NAMED,)), *first.stages[1:])
    return msgspec.structs.replace(first, stages=stages)


@pytest.mark.parametrize(("error", "decision"), [(0.05, Decision.PASS), (0.25, Decision.FAIL)])
def test_the_newest_measurement_is_the_level_and_the_verdict_replays(error, decision):
    """Live errs on 30 %, so whatever the gate says is not about live."""
    newest = version("b", simple=0.12, created_us=2)
    control, world = site(newest, version("a", simple=0.4, created_us=1), error=error)
    started = control.start("main", candidate=CANDIDATE, plan=held(), now_us=0)
    assert started.plan.stages[0].gates[0].level == 0.12
    assert control.store.get(Rollout, id=started.id)[0].plan == started.plan
    said = []
    for day in range(25):
        world.day(day, route=control.files.read("main"))
        control.step((day + 1) * DAY_US + 8 * 3600 * 1_000_000)
        said = [(name, v) for name, v, _ in control.store.all(Verdict) if v.stage == "shadow"]
        if said[-1][1].decision is not Decision.HOLD:
            break
    verdict = said[-1][1]
    assert (verdict.decision, verdict.gates[0].gate.level) == (decision, 0.12), verdict.reason
    assert not any(control.replay_all([name for name, _ in said]))


def test_a_baseline_that_nobody_measured_is_refused_and_nothing_starts():
    control, _ = site()
    with pytest.raises(BadInput, match=r"want a known loss of 'simple', known are \[\]\. .*slipway data make"):
        control.start("main", candidate=CANDIDATE, plan=held(), now_us=0)
    assert control.store.all(Rollout) == []
