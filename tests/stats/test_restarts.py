"""The mixture over start ticks is an e-process: by exact enumeration, and at the extremes."""

import itertools

import numpy as np

from slipway.stats.restarts import compound, log_mean, unspent


def test_the_capital_is_never_more_than_all() -> None:
    shares = np.array([unspent(t) for t in range(10_000)])
    assert shares[0] == 1.0
    assert (np.diff(shares) < 0).all()
    assert (shares > 0).all()


def test_a_fair_game_keeps_its_mean_at_one() -> None:
    outcomes = []
    for path in itertools.product([np.log(1.5), np.log(0.5)], repeat=6):
        capital = np.array([-np.inf])
        for tick, gain in enumerate(path, start=1):
            capital = compound(capital, np.array([gain]), tick=tick)
        outcomes.append(np.exp(log_mean(capital, np.zeros(1), ticks=6)))
    assert np.isclose(np.mean(outcomes), 1.0, rtol=1e-12)


def test_a_late_change_costs_the_logarithm_of_its_tick_not_the_quiet_before() -> None:
    capital = np.array([-np.inf])
    for tick in range(1, 10_001):
        capital = compound(capital, np.array([-2.0]), tick=tick)
    for tick in range(10_001, 10_021):
        capital = compound(capital, np.array([1.0]), tick=tick)
    assert log_mean(capital, np.zeros(1), ticks=10_020) > 20 - np.log(10_000) - 2 * np.log(np.log2(10_000)) - 1


def test_extreme_ticks_neither_overflow_nor_turn_into_nan() -> None:
    capital = compound(np.array([-np.inf, -np.inf]), np.array([1e12, -1e12]), tick=1)
    assert log_mean(capital, np.log([0.5, 0.5]), ticks=1) > 9e11
