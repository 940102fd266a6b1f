"""What each change brought: the axioms that single out the division, and intervals that cover."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slipway.errors import BadInput
from slipway.modeling.attribution import Own, cells, divide_change, left_over

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


@pytest.mark.parametrize("seeds", [3, 5, 10, 20])
def test_an_environment_that_does_nothing_is_missed_as_seldom_as_promised(seeds):
    """Each training has its chance (sd 0.03), also where the seed is the same; 400 worlds of 300 rows."""
    rng, worlds, rows, missed = np.random.default_rng(seeds), 400, 300, 0
    for _ in range(worlds):
        common = rng.normal(0, 0.2, rows)
        losses = {c: common + rng.normal(0, 0.05, (seeds, rows)) + rng.normal(0, 0.03, (seeds, 1)) for c in cells("d")}
        own = [common + rng.normal(0, 0.05, rows) + rng.normal(0, 0.03) for _ in range(2)]
        before, after = Own(own[0], losses[frozenset()][0], same=False), Own(own[1], losses[frozenset("d")][0], False)
        found = left_over(losses, changes="d", before=before, after=after, alpha=0.05).environment
        missed += not found.low <= 0 <= found.high
    assert missed <= worlds * 0.05 + 3 * (worlds * 0.05 * 0.95) ** 0.5


def test_models_that_are_repeated_leave_the_environment_exactly_nothing():
    rng = np.random.default_rng(0)
    losses = grid(rng, seeds=5)
    first, last = losses[frozenset()], losses[frozenset(CHANGES)]
    before, after = Own(first[3] + 1e-7, first[3], same=True), Own(last[0] - 1e-7, last[0], same=True)
    found = left_over(losses, changes=CHANGES, before=before, after=after, alpha=0.05)
    assert (found.environment.low, found.environment.estimate, found.environment.high) == (0, 0, 0)
    parts = sum(estimates(losses).values()) + found.seed.estimate
    assert parts == pytest.approx((last[0] - first[3]).mean(), abs=1e-12)  # the whole change, told apart


def test_an_environment_that_does_something_is_found():
    rng = np.random.default_rng(1)
    losses = {c: rng.normal(0, 0.2, 400) + rng.normal(0, 0.01, (5, 1)) for c in cells("d")}
    before = Own(losses[frozenset()][0] + 0.3, losses[frozenset()][0], same=False)
    after = Own(losses[frozenset("d")][0], losses[frozenset("d")][0], same=True)
    found = left_over(losses, changes="d", before=before, after=after, alpha=0.05).environment
    assert found.high < 0
    assert found.estimate == pytest.approx(-0.3)


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
