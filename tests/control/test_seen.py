"""What an entity's requests are the first of, day by day, beside a slow account that anybody can follow."""

import numpy as np
import pytest

from slipway.control.cohorts import CohortBook
from slipway.control.ledger import Ledger
from slipway.control.seen import Seen, Tosses
from slipway.control.terms import Terms
from slipway.records.gate import GateKind
from slipway.stats.crossings import NEVER, Crossings, count_crossings
from slipway.testing.memory import MemoryJournal
from slipway.testing.rollouts import CANDIDATE, DAY_US, LIVE, latency_plan, started
from slipway.testing.traffic import World


def tosses(rng, *, rows=60, entities=25, day=0):
    """A day in which entities come again and again, some of them in a stage that did not first deal them."""
    return Tosses(
        entity=rng.integers(0, entities, rows).astype(np.uint64),
        at_us=np.sort(rng.integers(0, DAY_US, rows)) + day * DAY_US,
        version=np.full(rows, 2 + day, dtype=np.int32),
        stage=np.where(rng.random(rows) < 0.1, -1, min(day, 1)).astype(np.int16),
        erred=np.zeros(rows, dtype=bool),
        failed=np.zeros(rows, dtype=bool),
        wait=rng.integers(1, 12, rows).astype(np.uint16),
    )


def by_hand(days):
    """First times that an entity, in the stage that first dealt it, waits as long as a level: per day and level."""
    home, slowest, told = {}, {}, []
    for day in days:
        counts = np.zeros(13, dtype=int)
        for entity, stage, wait in zip(day.entity.tolist(), day.stage.tolist(), day.wait.tolist(), strict=True):
            if stage < 0 or home.setdefault(entity, stage) != stage:
                continue
            counts[slowest.get(entity, 0) + 1 : wait + 1] += 1
            slowest[entity] = max(slowest.get(entity, 0), wait)
        told.append(counts)
    return told


@pytest.mark.parametrize("seed", range(8))
def test_an_entity_counts_once_at_each_level_of_waiting_whatever_the_days(seed):
    rng = np.random.default_rng(seed)
    days = [tosses(rng, day=day) for day in range(4)]
    seen, wanted = Seen.nothing(), by_hand(days)
    for number, day in enumerate(days):
        narrowed = seen.only(day.suspects).add(day, only=day.suspects)
        firsts = seen.add(day)
        assert (narrowed.waited == firsts.waited).all()
        crossed = count_crossings(firsts.waited, day.wait)
        assert [crossed.at(level) for level in range(13)] == wanted[number].tolist()


def test_a_look_at_an_open_day_leaves_what_was_seen_as_it_was():
    rng = np.random.default_rng(1)
    seen = Seen.nothing()
    seen.add(tosses(rng))
    copy, before = seen.copy(), seen.slowest.tolist()
    copy.add(tosses(rng, day=1))
    assert seen.slowest.tolist() == before


def test_parts_of_crossings_add_up():
    rng = np.random.default_rng(2)
    before, reached = rng.integers(0, 30, 200).astype(np.uint16), rng.integers(1, 40, 200).astype(np.uint16)
    parts = [count_crossings(before[i::3], reached[i::3]) for i in range(3)]
    whole = count_crossings(before, reached)
    merged = Crossings().merge(parts[2]).merge(parts[0]).merge(parts[1])
    assert all(merged.at(level) == whole.at(level) for level in range(45))


@pytest.mark.parametrize("asked", [True, False])
def test_cohorts_hold_waits_where_the_plan_asks_for_them(asked):
    journal = MemoryJournal()
    gates = (GateKind.LATENCY if asked else GateKind.SERVICE,)
    rollout, route = started(latency_plan(gates=gates, unit="day"))
    world = World(3, journal=journal.writer, error={LIVE.name: 0.1, CANDIDATE.name: 0.1}, fails={LIVE.name: 0.02})
    world.day(0, route=route)
    ledger = Ledger(Terms())
    ledger.catch_up(journal)
    (day,) = CohortBook(rollout.id).cohorts(rollout, ledger=ledger, now_us=DAY_US)
    if not asked:
        assert (day.live.waits.n, day.live.slower.counts) == (0, ())
        return
    for arm in (day.live, day.candidate):
        assert arm.waits.n == arm.n > 0
        assert arm.slower.at(1) <= arm.n  # every entity that was dealt is once at least that slow
        first = arm.first_waits.exactly(NEVER)
        assert first.min() >= 0
        assert first.sum() == arm.first_waits.at(1) == arm.slower.at(1)  # whoever waits at first waits at least that
    assert day.live.waits.quantile(0.5) == pytest.approx(900, rel=0.03)
    assert day.live.waits.endless + day.candidate.waits.endless > 0  # no answer is no fast answer
