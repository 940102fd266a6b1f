"""What each change brought: the axioms that single out the division, and intervals that cover."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slipway.errors import BadInput
from slipway.modeling.attribution import cells, divide_change

CHANGES = ("code", "params", "data")


def grid(rng: np.random.Generator, *, seeds: int = 2, rows: int = 30):
    return {cell: rng.normal(size=(seeds, rows)) for cell in cells(CHANGES)}


def estimates(losses, changes=CHANGES):
    return {b.change: b.loss.estimate for b in divide_change(losses, changes=changes, alpha=0.05)}


@given(st.integers(0, 2**32 - 1))
def test_the_parts_add_up_to_the_whole(seed):
    losses = grid(np.random.default_rng(seed))
    whole = losses[frozenset(CHANGES)].mean() - losses[frozenset()].mean()
    assert sum(estimates(losses).values()) == pytest.approx(whole, abs=1e-12)


@given(st.integers(0, 2**32 - 1))
def test_it_is_the_mean_over_all_orders(seed):
    losses = grid(np.random.default_rng(seed))
    by_order = dict.fromkeys(CHANGES, 0.0)
    for order in permutations(CHANGES):
        done = frozenset()
        for change in order:
            by_order[change] += (losses[done | {change}] - losses[done]).mean() / 6
            done |= {change}
    assert estimates(losses) == pytest.approx(by_order, abs=1e-12)


def test_what_changes_nothing_gets_nothing_exactly():
    rng = np.random.default_rng(0)
    by_rest = {cell: rng.normal(size=(3, 50)) for cell in cells(["code", "data"])}
    losses = {cell: by_rest[cell - {"params"}] for cell in cells(CHANGES)}
    [params] = [b for b in divide_change(losses, changes=CHANGES, alpha=0.05) if b.change == "params"]
    assert (params.loss.low, params.loss.estimate, params.loss.high) == (0, 0, 0)


def test_changes_that_do_the_same_get_the_same():
    rng = np.random.default_rng(1)
    by_size = [rng.normal(size=(2, 20)) for _ in range(4)]
    found = estimates({cell: by_size[len(cell)] for cell in cells(CHANGES)})
    assert len({round(v, 12) for v in found.values()}) == 1


def test_intervals_cover_the_truth_over_seeds_and_rows():
    """Data bring -0.10 and code -0.04, with noise of rows and of seeds; 150 worlds, 5 seeds each."""
    rng = np.random.default_rng(2)
    truth = {"code": -0.04, "data": -0.10}
    missed = dict.fromkeys(truth, 0)
    for _ in range(150):
        losses = {}
        for cell in cells(truth):
            level = 0.3 + sum(truth[c] for c in cell)
            losses[cell] = level + rng.normal(0, 0.3, (1, 200)) + rng.normal(0, 0.02, (5, 1))
        for brought in divide_change(losses, changes=tuple(truth), alpha=0.05):
            missed[brought.change] += not brought.loss.low <= truth[brought.change] <= brought.loss.high
    assert all(n <= 150 * 0.05 + 3 * (150 * 0.05 * 0.95) ** 0.5 for n in missed.values()), missed


def test_clusters_widen_the_interval():
    rng = np.random.default_rng(3)
    day = np.repeat(np.arange(10), 20)
    losses = {cell: rng.normal(size=10)[day][None, :] for cell in cells(["data"])}
    [alone] = divide_change(losses, changes=["data"], alpha=0.05)
    [by_day] = divide_change(losses, changes=["data"], alpha=0.05, clusters=day)
    assert by_day.loss.high - by_day.loss.low > 3 * (alone.loss.high - alone.loss.low)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda g: g.pop(frozenset({"code"})), r"got none for \[\['code'\]\]"),
        (lambda g: g.__setitem__(frozenset(), np.zeros((1, 3))), "want one shape"),
        (lambda g: g.__setitem__(frozenset(), np.full((2, 30), np.nan)), "got NaN"),
    ],
)
def test_a_grid_with_a_hole_is_refused(spoil, said):
    losses = grid(np.random.default_rng(0))
    spoil(losses)
    with pytest.raises(BadInput, match=said):
        divide_change(losses, changes=CHANGES, alpha=0.05)
