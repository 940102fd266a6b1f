"""The conformal martingale: its published value, fairness by enumeration, and p-values that are ranks."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slipway.errors import BadInput
from slipway.stats.conformal import PValues, SimpleJumper, conformal_p

GOLDEN = (0.6180339887498949 * np.arange(1, 201) % 1) ** 2


def log_m(jumper: SimpleJumper, p: np.ndarray) -> float:
    return jumper.evidence(jumper.update(jumper.start(), PValues(p))).log_e


def test_the_simple_jumper_on_a_known_sequence() -> None:
    """p_i = frac(0.618... i)^2, i = 1..200, J = 0.01, slopes -1, 0, 1; from the algorithm of Vovk et al. (2021)."""
    assert log_m(SimpleJumper(), GOLDEN) == pytest.approx(20.20770568131994, abs=1e-9)


def test_the_mean_is_one_by_enumeration() -> None:
    """p-values on a grid with mean 1/2 are fair to every linear bet."""
    grid = [0.125, 0.375, 0.625, 0.875]
    values = [np.exp(log_m(SimpleJumper(jump=0.3), np.array(path))) for path in itertools.product(grid, repeat=4)]
    assert np.mean(values) == pytest.approx(1.0, rel=1e-12)


def test_it_follows_a_lean_that_turns() -> None:
    rng = np.random.default_rng(0)
    p = np.concatenate([rng.beta(2, 1, 200), rng.beta(1, 2, 200)])
    assert log_m(SimpleJumper(), p) > log_m(SimpleJumper(jump=0.0), p) + 10


def test_a_bet_can_lose_all_and_stays_lost() -> None:
    ruined = SimpleJumper(jump=0.0, slopes=(2.0,))
    assert log_m(ruined, np.array([0.0, 1.0])) == -np.inf


@given(st.lists(st.integers(0, 5), min_size=1, max_size=20), st.lists(st.integers(0, 5), max_size=20))
def test_p_values_are_ranks_among_all_before(scores: list[int], pool: list[int]) -> None:
    found = conformal_p(scores, pool=pool, rng=np.random.default_rng(0)).p
    for i, score in enumerate(scores):
        before = np.array([*pool, *scores[: i + 1]])
        assert (before > score).sum() <= found[i] * len(before) <= (before >= score).sum()


def test_strange_rows_raise_the_alarm_and_usual_ones_do_not() -> None:
    rng = np.random.default_rng(1)
    pool, usual, strange = rng.normal(size=200), rng.normal(size=500), rng.normal(1, 1, size=100)
    jumper = SimpleJumper()
    state = jumper.update(jumper.start(), conformal_p(usual, pool=pool, rng=rng))
    assert not jumper.evidence(state).rejects(alpha=0.05)
    state = jumper.update(state, conformal_p(strange, pool=np.concatenate([pool, usual]), rng=rng))
    assert jumper.evidence(state).rejects(alpha=0.05)


def test_bad_input_is_refused_by_name() -> None:
    with pytest.raises(BadInput, match="jump: want 0 <= jump <= 1"):
        SimpleJumper(jump=1.5)
    with pytest.raises(BadInput, match="slopes: want one or more"):
        SimpleJumper(slopes=(3.0,))
    for bad in (np.nan, 1.1, -0.1):
        with pytest.raises(BadInput, match="p: want p-values"):
            PValues(np.array([bad]))
    with pytest.raises(BadInput, match="scores: want numbers, got NaN"):
        conformal_p([np.nan], pool=[], rng=np.random.default_rng(0))
