"""Bets and limits from sums: bounded by the bets they stand for, exact under enumeration."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slipway.errors import BadInput
from slipway.stats.bernstein import bernstein_slack, log_bets, mean_interval, psi

STAKES = np.array([0.1, 0.4, 0.8])


@given(st.lists(st.floats(-1, 1), min_size=1, max_size=30), st.floats(-0.9, 0.9), st.sampled_from([1, -1]))
def test_sums_never_promise_more_than_the_bets_they_stand_for(x: list[float], bound: float, sign: int) -> None:
    values = np.array(x)
    from_sums = log_bets(
        n=len(x),
        total=np.array([values.sum()]),
        squares=np.array([(values**2).sum()]),
        bound=np.array([bound]),
        sign=sign,
        stakes=STAKES,
    )
    bets = np.log1p(STAKES[:, None] * sign * (values - bound) / (1 + sign * bound)).sum(axis=1)
    assert (from_sums[0] <= bets + 1e-9).all()


def test_the_mean_of_the_evidence_is_at_most_one_by_enumeration() -> None:
    for p in (0.1, 0.5, 0.9):
        total = np.zeros(len(STAKES))
        for path in itertools.product([0, 1], repeat=5):
            y = np.array(path) - p
            chance = np.prod(np.where(np.array(path) == 1, p, 1 - p))
            sums = {"total": np.array([y.sum()]), "squares": np.array([(y**2).sum()])}
            total += chance * np.exp(log_bets(n=5, bound=np.zeros(1), sign=1, stakes=STAKES, **sums)[0])
        assert (total <= 1 + 1e-12).all()


def test_a_bound_at_the_edge_of_the_range_cannot_be_bet_against() -> None:
    edge = log_bets(n=3, total=np.ones(1), squares=np.ones(1), bound=np.array([1.0]), sign=-1, stakes=STAKES)
    assert (edge == 0).all()


def test_the_interval_is_narrower_with_more_rows_and_holds_the_mean() -> None:
    widths = []
    for n in (10, 1_000, 100_000, 10**7, 10**10):
        interval = mean_interval(n=n, total=0.2 * n, squares=0.1 * n, limit=1.0, alpha=0.05)
        assert interval.low < 0.2 < interval.high
        widths.append(interval.high - interval.low)
    assert widths == sorted(widths, reverse=True)
    assert widths[-1] < 5e-5


def test_one_outlying_row_moves_the_interval_within_the_range() -> None:
    interval = mean_interval(n=1, total=1.0, squares=1.0, limit=1.0, alpha=0.05)
    assert (interval.low, interval.high) == (-1.0, 1.0)


def test_slack_needs_two_rows_and_falls_with_more() -> None:
    slack = [float(bernstein_slack(np.array([0.2]), n=n, span=2.0, delta=0.01)[0]) for n in (1, 2, 100, 10_000)]
    assert slack[0] == np.inf
    assert slack == sorted(slack, reverse=True)


def test_psi_is_convex_from_zero() -> None:
    grid = np.linspace(0, 0.99, 200)
    assert psi(grid)[0] == 0
    assert (np.diff(psi(grid), 2) > 0).all()


@pytest.mark.parametrize("sums", [(3, 4.0, 1.0), (3, np.nan, 1.0), (3, 0.0, np.nan), (0, 1.0, 0.0), (-1, 0.0, 0.0)])
def test_impossible_sums_are_refused(sums: tuple) -> None:
    n, total, squares = sums
    with pytest.raises(BadInput, match="sums: want those of"):
        mean_interval(n=n, total=total, squares=squares, limit=1.0, alpha=0.05)
    with pytest.raises(BadInput, match="alpha"):
        mean_interval(n=1, total=0.0, squares=0.0, limit=1.0, alpha=0.0)
