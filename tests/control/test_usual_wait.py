"""Where nobody says how long to wait for outcomes, monitors and gates go by how long these have taken before."""

import msgspec
import numpy as np
import pytest

from slipway.control.block import DAY_US, ROW, Block
from slipway.control.cohorts import CohortBook
from slipway.control.maturity import OPEN_END_US
from slipway.control.step import Controller
from slipway.control.terms import Terms
from slipway.control.usual_wait import usual_wait_us
from slipway.control.watching import Watching
from slipway.deployment.replay import judge_again, replay
from slipway.deployment.stream import unlabelled
from slipway.deployment.view import look
from slipway.ports import Change
from slipway.records.alert import Finding, FindingKind
from slipway.records.arm import Arm, ArmKind
from slipway.records.cohort import DELAYS, VerdictInputs
from slipway.records.rollout import Rollout, Verdict
from slipway.testing.memory import MemoryJournal, MemoryStore
from slipway.testing.rollouts import CANDIDATE, LIVE, plan
from slipway.testing.traffic import MemoryRoutes, World
from slipway.testing.watched import watched_model

HOUR_US = DAY_US // 24
MODEL = Arm(name="model-1", kind=ArmKind.MODEL, package="0" * 64)


def block(day, *, delays_us):
    """A day whose requests all came as it began."""
    columns = {name: np.full(len(delays_us), empty, dtype=kind) for name, (kind, empty) in ROW.items()}
    columns["at_us"][:] = day * DAY_US
    came = np.array(delays_us)
    columns["outcome_at_us"][:] = np.where(came < 0, -1, day * DAY_US + came)
    return Block.of(columns, route="main", day=day, revision=1)


@pytest.mark.parametrize(
    ("delays_us", "wait_us"),
    [
        ([10 * HOUR_US] * 19, 0),  # too few
        ([10 * HOUR_US] * 20, 15 * HOUR_US),
        ([10 * HOUR_US] * 198 + [100 * HOUR_US] * 2, 15 * HOUR_US),  # one in a hundred is mended later
        ([10 * HOUR_US] * 20 + [-1] * 500, 15 * HOUR_US),  # what never came has no delay
        ([10 * HOUR_US] * 20 + [30 * DAY_US] * 500, 15 * HOUR_US),  # nor has what comes after the day began
        ([9 * DAY_US + 23 * HOUR_US] * 20, round(1.5 * (9 * DAY_US + 23 * HOUR_US))),
    ],
)
def test_it_is_half_as_long_again_as_nearly_all_outcomes_took(delays_us, wait_us):
    assert usual_wait_us([block(5, delays_us=delays_us)], before_us=15 * DAY_US) == wait_us


def test_it_is_told_from_days_for_which_rows_are_held_and_never_longer_than_these():
    old = block(1, delays_us=[HOUR_US] * 30)
    assert usual_wait_us([old], before_us=36 * DAY_US) > 0
    assert usual_wait_us([old], before_us=37 * DAY_US) == 0
    slow = block(1, delays_us=[30 * DAY_US] * 30)
    assert usual_wait_us([slow], before_us=36 * DAY_US) == OPEN_END_US


@pytest.mark.parametrize("looks", ["daily", "once"])
def test_a_meaning_that_changed_is_found_though_labels_come_a_day_after_their_slice(looks):
    """Without waiting, each outcome comes after its day was summed, and monitors hear of none."""
    store, journal, files = MemoryStore(), MemoryJournal(), MemoryRoutes()
    watching = Watching(store, equip=lambda arm: watched_model(arm.name), wait_us=0)
    control = Controller(store=store, journal=journal, files=files, terms=Terms(), watching=watching)
    control.open_route("main", arm=MODEL, salt="s", now_us=0)
    store.commit([Change(MODEL, MODEL.name, 0)], at_us=0, by="t", why="t")
    world = World(1, journal=journal.writer, error={"model-1": 0.1}, later_us=30 * HOUR_US)
    for day in range(90, 142):
        world.error["model-1"] = 0.4 if day >= 105 else 0.1
        world.day(day, route=files.read("main"))
        if looks == "daily":
            control.step((day + 1) * DAY_US)
    control.step(142 * DAY_US)
    assert min(day.labelled for day in control.days(142 * DAY_US)[:-3]) > 270, "what a chart of the loss is drawn from"
    found = [finding for _, finding, _ in store.all(Finding)]
    assert [finding.kind for finding in found] == [FindingKind.CONCEPT_DRIFT]
    assert 105 < found[0].opened_us // DAY_US <= 140
    assert found[0].loss.missing < 0.1 * found[0].loss.labelled, "those that are late are not missing"


def test_outcomes_that_stop_hold_a_rollout_that_waits_for_none_and_replay_says_the_same():
    store, journal, files = MemoryStore(), MemoryJournal(), MemoryRoutes()
    control = Controller(store=store, journal=journal, files=files, terms=Terms())
    control.open_route("main", arm=LIVE, salt="s", now_us=0)
    control.start("main", candidate=CANDIDATE, plan=plan(days=90, unit="hour", min_units=24), now_us=DAY_US)
    world = World(1, journal=journal.writer, error={"live": 0.1, "candidate": 0.1}, later_us=3 * HOUR_US)
    said = []
    for day in range(1, 7):
        world.unlabelled = 1.0 if day >= 5 else 0.02
        world.day(day, route=files.read("main"))
        control.step(now_us := (day + 1) * DAY_US + 3 * HOUR_US)
        ((_, rollout, _),) = store.all(Rollout)
        cohorts = CohortBook(rollout.id).cohorts(rollout, ledger=control.ledger, now_us=now_us)
        said.append(unlabelled(look(rollout, cohorts, now_us=now_us)))
    assert [bool(words) for words in said] == [False] * 4 + [True] * 2, said
    assert "outcomes have stopped, hold" in said[-1]
    names = [name for name, _, _ in store.all(Verdict)]
    assert control.replay_all(names) == [()] * len(names)
    inputs, _ = store.get(VerdictInputs, id=names[-1])
    old = tuple(msgspec.structs.replace(c, delays=DELAYS) for c in inputs.cohorts)
    kept = msgspec.structs.replace(inputs, cohorts=old)
    assert replay(judge_again(kept), inputs=kept, cohorts=inputs.cohorts) == (), "an older one is no forgery"
