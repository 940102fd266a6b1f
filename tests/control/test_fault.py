"""An exception that nobody foresaw: control says so, forgets what it left in doubt, and comes to the same again."""

import re

import msgspec
import pytest

from slipway.control.block import Block
from slipway.control.cohorts import CohortBook
from slipway.control.desk import Desk
from slipway.control.fact_book import FactBook
from slipway.control.report import StepReport
from slipway.control.step import Controller
from slipway.control.terms import Terms
from slipway.ports import Change
from slipway.records.gate import Gate, GateKind
from slipway.records.rollout import Action, Decision, Rollout, RolloutStatus
from slipway.records.worker_config import ClockKind
from slipway.scoping.init import starter_files
from slipway.scoping.parse import parse
from slipway.testing.memory import MemoryJournal, MemoryStore
from slipway.testing.rollouts import CANDIDATE, LIVE, plan
from slipway.testing.traffic import DAY_US, MemoryRoutes, World

LOOK_US = DAY_US // 12

SCOPE = parse(starter_files("tumours")["slipway.toml"])


class Seconds:
    """A clock that is set."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def site(**how):
    store, journal, files = MemoryStore(), MemoryJournal(), MemoryRoutes()
    control = Controller(store=store, journal=journal, files=files, terms=Terms(), **how)
    control.open_route("main", arm=LIVE, salt="s", now_us=0)
    control.start("main", candidate=CANDIDATE, plan=plan(days=5), now_us=0)
    world = World(1, journal=journal.writer, error={"live": 0.1, "candidate": 0.1})
    return control, world


def run(control: Controller, world: World, *, days: range) -> list[StepReport]:
    reports = []
    for day in days:
        world.day(day, route=control.files.read("main"))
        reports.append(control.step((day + 1) * DAY_US + LOOK_US))
    return reports


def fail_after(monkeypatch, calls: int) -> None:
    """Let outcomes be lost on the way into a block: their predictions are in by then."""
    put, left = Block.put_outcomes, iter(range(calls))

    def put_outcomes(self, rows, **columns):
        if next(left, None) is None:
            raise ValueError("could not broadcast\nand more")
        return put(self, rows, **columns)

    monkeypatch.setattr(Block, "put_outcomes", put_outcomes)


def test_what_was_half_taken_in_is_forgotten_and_the_next_step_is_as_if_nothing_had_been(monkeypatch):
    seconds = Seconds()
    control, world = site(monotonic=seconds)
    whole, same = site()
    run(control, world, days=range(2))
    run(whole, same, days=range(2))
    with monkeypatch.context() as patch:
        fail_after(patch, 0)
        seconds.now = 10.0
        report = run(control, world, days=range(2, 3))[0]
        seconds.now = 70.0
        control.step(3 * DAY_US + LOOK_US + 1)
    assert report.problems == ("journal: ValueError: could not broadcast. What was read is forgotten, and read again.",)
    assert report.verdicts[0].action is Action.STAY
    assert (control.ledger.rows, control.fault.words) == (0, "ValueError: could not broadcast")
    assert control.failing_s == 60.0
    run(whole, same, days=range(2, 3))
    again = control.step(3 * DAY_US + LOOK_US + 2)
    assert (again.problems, control.fault, control.failing_s) == ((), None, None)
    assert again.tally == whole.ledger.tally
    rollout, _ = whole.running()[0]
    now_us = 4 * DAY_US
    assert control.cohorts(rollout, now_us=now_us) == whole.cohorts(rollout, now_us=now_us)


def test_a_journal_that_is_never_got_past_rolls_back_at_the_deadline(monkeypatch):
    control, world = site()
    fail_after(monkeypatch, 0)
    reports = run(control, world, days=range(6))
    assert [r.verdicts[0].action for r in reports[:4]] == [Action.STAY] * 4
    assert control.store.get(Rollout, id="candidate-1")[0].status is RolloutStatus.ROLLED_BACK


def test_a_fault_elsewhere_in_a_step_is_kept_until_a_step_is_sound(monkeypatch):
    broken = [True]

    def costs(rollout):
        return () if not broken[0] else 1 / 0

    control, world = site(costs=costs)
    with pytest.raises(ZeroDivisionError):
        run(control, world, days=range(1))
    desk = Desk(control, scope=SCOPE, clock=None, kind=ClockKind.EVENT, audit=control.store.audit)
    assert desk.status().fault == "ZeroDivisionError: division by zero"
    assert re.fullmatch(r"\d.*", str(desk.status().failing_s))
    broken[0] = False
    report = run(control, world, days=range(1, 2))[0]
    assert (report.problems, report.tally.predictions) == ((), 600)
    assert (desk.status().fault, desk.status().failing_s) == (None, None)


@pytest.mark.parametrize("breaks", ["costs", "cohorts"])
def test_what_cannot_be_judged_at_all_rolls_back_at_its_deadline_and_replays(monkeypatch, breaks):
    def fail(*_, **__):
        raise OSError("a pipe is broken")

    control, world = site(**({"costs": fail} if breaks == "costs" else {}))
    if breaks == "cohorts":
        monkeypatch.setattr(CohortBook, "cohorts", fail)
    for day in range(4):
        with pytest.raises(OSError, match="pipe"):
            run(control, world, days=range(day, day + 1))
    (report,) = run(control, world, days=range(4, 5))
    (verdict,) = report.verdicts
    assert verdict.action is Action.ROLL_BACK
    assert "cannot be judged at all (OSError: a pipe is broken)" in verdict.reason
    assert control.store.get(Rollout, id="candidate-1")[0].status is RolloutStatus.ROLLED_BACK
    assert control.replay("candidate-1-1") == ()


def test_a_gate_whose_facts_break_holds_and_says_so_while_the_others_judge(monkeypatch):
    def fail(*_, **__):
        raise ValueError("no such column")

    monkeypatch.setattr(FactBook, "agreement", fail)
    control, world = site()
    rollout, version = control.running()[0]
    stage = rollout.plan.stages[0]
    asks = Gate(kind=GateKind.AGREEMENT, level=0.9, alpha=0.01, unit="row", min_units=1)
    stages = (msgspec.structs.replace(stage, gates=(*stage.gates, asks)), *rollout.plan.stages[1:])
    changed = msgspec.structs.replace(rollout, plan=msgspec.structs.replace(rollout.plan, stages=stages))
    control.store.commit([Change(changed, rollout.id, version)], at_us=0, by="test", why="a test")
    (report,) = run(control, world, days=range(1))
    assert report.verdicts[0].gates[0].counts["pairs"] > 0
    assert report.verdicts[0].gates[1].decision is Decision.HOLD
    assert report.problems == (
        "rollout candidate-1: agreement: ValueError: no such column. Gates that ask for it hold.",
    )
