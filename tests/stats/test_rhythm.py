"""Blocks of a phase are held against their like: exact, quiet through nights and weekends, and blind to neither."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import f_oneway, rankdata

from slipway.errors import BadInput
from slipway.stats import rank_bets
from slipway.stats.newest import newest_alike
from slipway.stats.rank_bets import RankBets
from slipway.stats.rhythm import find_rhythm

WEEKEND = np.where(np.arange(7) < 5, 0.0, 4.0)


@given(st.lists(st.integers(0, 9), min_size=12, max_size=40), st.integers(2, 4))
def test_the_p_value_is_that_of_an_analysis_of_variance_of_ranks(values, phases):
    at, ranks = np.arange(len(values)) % phases, rankdata(values)
    found = find_rhythm(values, phases=at)
    truth = f_oneway(*(ranks[at == k] for k in range(phases))) if len(set(values)) > 1 else None
    assert found.p_value == pytest.approx(1.0 if truth is None else truth.pvalue, rel=1e-6)


def test_a_rhythm_is_seen_from_three_weeks_and_not_said_where_there_is_none():
    rng = np.random.default_rng(0)
    week = np.arange(21) % 7
    assert find_rhythm(rng.normal(size=21) + WEEKEND[week], phases=week).found(level=0.01)
    calm = [find_rhythm(rng.standard_t(2, size=56), phases=np.arange(56) % 7).found(level=0.01) for _ in range(500)]
    assert np.mean(calm) < 0.03
    assert not find_rhythm([1.0, 9.0], phases=[0, 1]).found(level=1.0), "one of each tells nothing"
    with pytest.raises(BadInput, match="phases: want one for each of 2 values, got 1"):
        find_rhythm([1.0, 2.0], phases=[0])


@pytest.mark.parametrize("tails", [True, False])
def test_bets_within_phases_are_fair_by_enumeration(tails, monkeypatch):
    """All orders of four blocks in each of two phases, two of each the reference: the mean of the bets is at most 1."""
    monkeypatch.setattr(rank_bets, "_LEVEL", 1.0)
    monkeypatch.setattr(rank_bets, "_LEVEL_OF_ALL", 1.0)
    phases = np.array([0, 1] * 4)
    total, orders = 0.0, [*itertools.product(itertools.permutations(range(4)), itertools.permutations(range(10, 14)))]
    for nights, days in orders:
        values = np.ravel(np.column_stack([nights, days])).astype(float)[:, None]
        bets = RankBets.of(values[:4], phases=phases[:4], tails=tails)
        assert bets.rhythmic.all()
        state = bets.start()
        for value, phase in zip(values[4:], phases[4:].tolist(), strict=True):
            state = bets.update(state, value, phase=phase)
        total += float(np.exp(bets.log_e(state)[0]))
    assert total / len(orders) <= 1 + 1e-12


def live(bets, *, shift, weeks, seed):
    rng, state = np.random.default_rng(seed), bets.start()
    for day in range(7 * weeks):
        state = bets.update(state, rng.normal(WEEKEND[day % 7] + shift, 1, size=1), phase=day % 7)
    return float(bets.log_e(state)[0])


def test_a_change_smaller_than_the_weekend_is_found_only_by_those_who_know_the_week():
    rng, week = np.random.default_rng(1), np.arange(70) % 7
    values = rng.normal(WEEKEND[week], 1)[:, None]
    knowing, blind = RankBets.of(values, phases=week), RankBets.of(values)
    assert knowing.rhythmic.all()
    assert not blind.rhythmic.any()
    assert live(knowing, shift=0.0, weeks=10, seed=2) < np.log(20)
    found = live(knowing, shift=1.5, weeks=4, seed=3)
    assert found > np.log(1000)
    assert found > live(blind, shift=1.5, weeks=4, seed=3) + 3


def test_a_series_without_a_rhythm_is_bet_on_as_if_nobody_had_looked_for_one():
    rng, week = np.random.default_rng(4), np.arange(70) % 7
    values = np.column_stack([rng.normal(size=70), rng.normal(WEEKEND[week], 1)])
    both, alone = RankBets.of(values, phases=week), RankBets.of(values[:, :1])
    assert both.rhythmic.tolist() == [False, True]
    states = [both.start(), alone.start()]
    for day, block in enumerate(rng.normal(0.5, 1, size=(20, 2))):
        states = [both.update(states[0], block, phase=day % 7), alone.update(states[1], block[:1])]
    assert both.log_e(states[0])[0] == pytest.approx(alone.log_e(states[1])[0])


def test_a_phase_that_the_reference_never_saw_bets_nothing_and_one_that_there_is_not_is_refused():
    rng, week = np.random.default_rng(5), np.tile(np.arange(5), 10)
    bets = RankBets.of(rng.normal(3.0 * week, 1)[:, None], phases=week, period=7)
    assert (bets.increments(bets.start(), np.array([99.0]), phase=6) == 0).all()
    later = bets.update(bets.start(), np.array([99.0]), phase=6)
    assert (bets.increments(later, np.array([99.0]), phase=6) != 0).any(), "from then on it is known"
    with pytest.raises(BadInput, match="phase: want 0 to 6, got 7"):
        bets.increments(bets.start(), np.array([0.0]), phase=7)
    with pytest.raises(BadInput, match="phases: want one for each of 3 blocks, got 2"):
        RankBets.of(np.zeros((3, 1)), phases=np.zeros(2, dtype=int))


def test_the_newest_part_is_taken_where_a_step_is_seen_and_never_for_the_week_or_by_chance():
    rng, at = np.random.default_rng(6), np.arange(84)
    step = rng.normal(size=84) + 3.0 * (at >= 30)
    assert newest_alike(step, phases=at % 7, fewest=28).first == 42
    assert newest_alike(step, phases=at % 7, fewest=60) == (0, True), "too short to be taken alone"
    calm = [newest_alike(rng.normal(WEEKEND[at % 7], 1), phases=at % 7, fewest=28) for _ in range(200)]
    assert sum(found != (0, False) for found in calm) <= 2
