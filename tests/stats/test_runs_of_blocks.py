"""Blocks taken in one go bring what they bring one after the other."""

import itertools

import numpy as np
import pytest

from slipway.errors import BadInput
from slipway.stats.joint import FULL, JointDrift, JointTick
from slipway.stats.rank_bets import RankBets
from slipway.stats.restarts import EVER, Onset, compound, compound_all


def test_ranks_bet_alike():
    rng = np.random.default_rng(5)
    week = np.tile(np.arange(7), 12)
    reference = np.stack([rng.normal(2.0 * week), rng.normal(size=84)], axis=1)  # the first follows the week
    reference[rng.random(reference.shape) < 0.05] = np.nan
    for tails, onset in itertools.product((True, False), (EVER, Onset(horizon=90.0))):
        bets = RankBets.of(reference, phases=week, period=7, tails=tails, onset=onset)
        assert bets.rhythmic.tolist() == [True, False]
        blocks = rng.normal(size=(300, 2)) + 0.3
        blocks[::17, 0] = np.nan
        blocks[40:60] = 7.0  # ties, far out
        state = bets.update(bets.start(), np.array([0.1, 0.2]), phase=2)
        at_once, logs = bets.run(state, blocks, phase=3)
        for block, brought in zip(blocks, logs, strict=True):
            np.testing.assert_allclose(brought, bets.increments(state, block, phase=3), atol=1e-12)
            state = bets.update(state, block, phase=3)
        assert at_once.blocks == state.blocks == 301
        np.testing.assert_array_equal(at_once.pool, state.pool)
        np.testing.assert_allclose(at_once.log_capital, state.log_capital, atol=1e-9)


def test_a_block_is_ranked_among_the_pool_and_the_blocks_before_it():
    """By hand: three reference blocks, then 5, 5 and 4, whose shares at least as large are 1/4, 2/5 and 3/6."""
    bets = RankBets.of(np.array([[0.0], [1.0], [2.0]]), tails=False)
    _, logs = bets.run(bets.start(), np.array([[5.0], [5.0], [4.0]]))
    stakes = np.array([0.3, 0.6, 0.9])
    p = np.array([[1 / 4], [2 / 5], [3 / 6]])
    np.testing.assert_allclose(np.exp(logs[:, 0, :3]), 1 + stakes * (1 - 2 * p))
    p = np.array([[4 / 4], [5 / 5], [4 / 6]])
    np.testing.assert_allclose(np.exp(logs[:, 0, 3:]), 1 + stakes * (1 - 2 * p))


def test_capital_compounds_alike():
    steps = np.random.default_rng(2).normal(scale=2.0, size=(400, 3))
    for onset in (EVER, Onset(horizon=30.0)):
        one_by_one = np.full(3, -np.inf)
        for i, step in enumerate(steps):
            one_by_one = compound(one_by_one, step, tick=11 + i, onset=onset)
        found = compound_all(np.full(3, -np.inf), steps, after=10, onset=onset)
        np.testing.assert_allclose(found, one_by_one, atol=1e-9)


@pytest.fixture(scope="module")
def joint():
    rng = np.random.default_rng(1)
    return JointDrift.learn([block(rng, together=0.6) for _ in range(60)], names=("a", "b", "c"))


def block(rng, *, together, rows=60):
    x = rng.normal(size=(rows, 3))
    x[:, 1] = together * x[:, 0] + np.sqrt(1 - together**2) * x[:, 1]
    return JointTick.of(np.clip(np.round(50 * x), -FULL, FULL))


def test_columns_are_watched_together_alike(joint):
    """600 blocks: all seven classifiers are learned on the way, and some blocks have no rows."""
    rng = np.random.default_rng(3)
    blocks = [block(rng, together=0.6, rows=0 if i % 50 == 9 else 60) for i in range(600)]
    at_once, logs = joint.run(joint.start(), blocks)
    state = joint.start()
    for tick, brought in zip(blocks, logs, strict=True):
        np.testing.assert_allclose(brought, joint.increments(state, tick), atol=1e-9)
        state = joint.update(state, tick)
    assert at_once.blocks == state.blocks == 588
    assert len(at_once.classifiers) == len(state.classifiers) == 7
    np.testing.assert_allclose(at_once.total, state.total, rtol=1e-9, atol=1e-9)
    assert joint.evidence(at_once).log_e == pytest.approx(joint.evidence(state).log_e, abs=1e-6)


def test_no_blocks_and_blocks_of_other_columns(joint):
    state, logs = joint.run(joint.start(), ())
    assert state.blocks == 0
    assert logs.shape[0] == 0
    with pytest.raises(BadInput, match="want 3 columns, got 2"):
        joint.run(joint.start(), [JointTick.of(np.zeros((5, 2)))])
