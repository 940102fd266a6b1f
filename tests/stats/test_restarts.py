"""The mixture over start ticks is an e-process: by exact enumeration, and at the extremes."""

import itertools

import numpy as np
import pytest

from slipway.errors import BadInput
from slipway.stats.restarts import EVER, Onset, compound, log_mean, unspent


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


def fair_mean(*, ticks: int, onset: Onset) -> float:
    """Return the mean over all paths of a fair game of what stands after so many ticks."""
    outcomes = []
    for path in itertools.product([np.log(1.5), np.log(0.5)], repeat=ticks):
        capital = np.array([-np.inf])
        for tick, gain in enumerate(path, start=1):
            capital = compound(capital, np.array([gain]), tick=tick, onset=onset)
        outcomes.append(np.exp(log_mean(capital, np.zeros(1), ticks=ticks, onset=onset)))
    return float(np.mean(outcomes))


def test_with_a_horizon_the_mean_is_one_up_to_it_and_then_grows_by_the_even_share() -> None:
    onset = Onset(horizon=4.0)
    assert [fair_mean(ticks=t, onset=onset) for t in (1, 4)] == pytest.approx([1.0, 1.0], rel=1e-12)
    assert fair_mean(ticks=8, onset=onset) == pytest.approx(0.5 + 8 / 8, rel=1e-12)
    assert onset.false_alarm(ticks=8, alpha=0.01) == pytest.approx(0.015)


def test_with_a_horizon_a_change_costs_the_same_however_late_it_comes() -> None:
    found = []
    for quiet in (100, 10_000):
        capital = np.array([-np.inf])
        for tick in range(1, quiet + 21):
            gain = -2.0 if tick <= quiet else 1.0
            capital = compound(capital, np.array([gain]), tick=tick, onset=Onset(horizon=50.0))
        found.append(log_mean(capital, np.zeros(1), ticks=quiet + 20, onset=Onset(horizon=50.0)))
    assert found[1] > 20 - np.log(100)
    assert found[0] - found[1] < 0.1


def test_an_onset_without_a_horizon_promises_never_and_one_below_a_tick_is_refused() -> None:
    assert EVER.run_length(alpha=0.01) == np.inf
    assert EVER.false_alarm(ticks=10**9, alpha=0.01) == 0.01
    with pytest.raises(BadInput, match="horizon: want 1 tick or more, got 0"):
        Onset(horizon=0.0)
