"""Bets that a share rose: fair at the bound, unfair below it, and safe however the rows of a cluster depend."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slipway.errors import BadInput
from slipway.stats.rate_rise import MOST, rise_bets

SHARES = st.floats(0.001, MOST)


@given(SHARES, st.floats(0, 1))
def test_under_any_share_up_to_the_bound_the_mean_payoff_is_at_most_one(bound, part):
    yes, no = np.exp(rise_bets([bound]))
    share = bound * part
    assert (share * yes + (1 - share) * no <= 1 + 1e-12).all()


@given(SHARES, st.integers(2, 30))
def test_a_cluster_whose_rows_are_all_alike_pays_at_most_one_in_the_mean(bound, cluster):
    """The worst dependence: all rows of a cluster are of the kind, or none."""
    yes, no = (np.exp(cluster * bets) for bets in rise_bets([bound], cluster=cluster))
    assert (bound * yes + (1 - bound) * no <= 1 + 1e-9).all()


def test_nothing_is_bet_where_no_rise_could_be_told():
    for bets in rise_bets([0.0, 0.9, 1.0]):
        assert not bets.any()


@pytest.mark.parametrize(("bound", "cluster"), [([1.1], 1), ([-0.1], 1), ([np.nan], 1), ([0.5], 0)])
def test_what_is_no_share_is_refused(bound, cluster):
    with pytest.raises(BadInput, match="bound, cluster"):
        rise_bets(bound, cluster=cluster)


def test_streams_at_the_bound_are_never_told_more_often_than_promised():
    """4,000 streams of 500 rows at the bound, in clusters of five alike: at most one in twenty reaches 20."""
    rng = np.random.default_rng(0)
    yes, no = (bets[0] for bets in rise_bets([0.1], cluster=5))
    of_kind = np.repeat(rng.random((4000, 100)) < 0.1, 5, axis=1)
    log_e = np.cumsum(np.where(of_kind[:, :, None], yes, no), axis=1)
    whole = np.logaddexp.reduce(log_e, axis=2) - np.log(len(yes))
    assert (whole.max(axis=1) >= np.log(20)).mean() <= 0.05
