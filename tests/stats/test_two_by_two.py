"""Oracle values: Turner, Ly & Grünwald (2024) with beta prior .18 (STATISTICS.md section 3)."""

import itertools
import math

import pytest

from slipway.stats.sequential import run
from slipway.stats.two_by_two import Block, TwoByTwo


def test_stream_oracle():
    blocks = [Block(na=1, nb=1, ya=int(k % 4 == 0), yb=int(k % 2 == 0)) for k in range(100)]
    assert run(TwoByTwo(), blocks).log_e == pytest.approx(5.590046381646294, rel=1e-13)


@pytest.mark.parametrize(("theta", "mean"), [(0.02, 0.97164), (0.3, 0.88672), (0.5, 0.96180)])
def test_exact_mean_over_four_blocks(theta, mean):
    assert exact_mean(theta, [(1, 1)] * 4) == pytest.approx(mean, abs=5e-6)


@pytest.mark.parametrize("theta", [0.05, 0.4, 0.9])
def test_mean_is_at_most_one_for_unequal_blocks_too(theta):
    assert exact_mean(theta, [(2, 1), (1, 3), (3, 2)]) <= 1 + 1e-12


def exact_mean(theta, sizes):
    total = 0.0
    for outcome in itertools.product(*[itertools.product(range(na + 1), range(nb + 1)) for na, nb in sizes]):
        weight = 1.0
        blocks = []
        for (na, nb), (ya, yb) in zip(sizes, outcome, strict=True):
            ways = math.comb(na, ya) * math.comb(nb, yb)
            weight *= ways * theta ** (ya + yb) * (1 - theta) ** (na + nb - ya - yb)
            blocks.append(Block(na=na, ya=ya, nb=nb, yb=yb))
        total += weight * math.exp(run(TwoByTwo(), blocks).log_e)
    return total


def test_mean_is_at_most_one_if_the_rate_changes_from_block_to_block():
    total = 0.0
    for draw in itertools.product((0, 1), repeat=6):
        weight = math.prod(t if y else 1 - t for t, y in zip((0.1, 0.1, 0.8, 0.8, 0.4, 0.4), draw, strict=True))
        blocks = [Block(na=1, nb=1, ya=draw[i], yb=draw[i + 1]) for i in (0, 2, 4)]
        total += weight * math.exp(run(TwoByTwo(), blocks).log_e)
    assert total <= 1 + 1e-12


def test_an_empty_block_changes_nothing():
    test = TwoByTwo()
    state = test.update(test.start(), Block(na=5, ya=1, nb=5, yb=3))
    assert test.update(state, Block()) == state
