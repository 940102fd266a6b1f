"""A threshold for automation: exact where one can reckon, careful with ties, few rows and units; else there is none."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from slipway.errors import BadInput
from slipway.stats.binomial import binomial_cdf, hoeffding_bentkus
from slipway.stats.peeked_threshold import peeked_threshold
from slipway.stats.thresholds import THRESHOLDS, Graded, conformal_risk_control, grade, learn_then_test

ROWS = st.lists(st.tuples(st.sampled_from([0.5, 0.55, 0.7, 0.9, 0.95, 0.999, 1.0]), st.booleans()), max_size=80)


def split(rows):
    return [sure for sure, _ in rows], [int(bad) for _, bad in rows]


@pytest.mark.parametrize(("k", "n", "p"), [(0, 1, 0.1), (3, 50, 0.1), (40, 60, 0.6), (900, 100_000, 0.01), (5, 5, 0.2)])
def test_binomial_tail_is_scipys(k, n, p):
    assert binomial_cdf(k, n=n, p=p) == pytest.approx(binom.cdf(k, n, p), rel=1e-9)


@given(k=st.integers(0, 60), n=st.integers(1, 60), bound=st.floats(0.01, 0.5))
def test_the_exact_p_value_is_never_above_the_bounds_for_losses(k, n, bound):
    k = min(k, n)
    assert binomial_cdf(k, n=n, p=bound) <= hoeffding_bentkus(k / n, n=n, bound=bound) * (1 + 1e-9)


@pytest.mark.parametrize("call", [{"n": 0, "mean": 0.1}, {"n": 3, "mean": 1.5}])
def test_losses_that_are_none_are_refused(call):
    with pytest.raises(BadInput, match="want 0 <= mean <= 1 of n >= 1"):
        hoeffding_bentkus(call["mean"], n=call["n"], bound=0.1)


def test_fifty_nine_right_answers_are_the_fewest_that_do_at_five_per_cent():
    """ln .05 / ln .95 = 58.4: with one start, 59 rows without an error are the least that bound it at 5 % with 95 %."""
    enough = grade([0.9] * 59, wrong=[0] * 59, thresholds=(0.8,))
    assert learn_then_test(enough, bound=0.05, delta=0.05).threshold == 0.8
    few = grade([0.9] * 58, wrong=[0] * 58, thresholds=(0.8,))
    assert learn_then_test(few, bound=0.05, delta=0.05).threshold is None


@given(rows=ROWS, bound=st.sampled_from([0.02, 0.1, 0.3]))
def test_the_threshold_found_is_one_that_the_exact_test_accepts(rows, bound):
    sure, bad = split(rows)
    found = learn_then_test(grade(sure, wrong=bad), bound=bound, delta=0.3)
    if found.threshold is not None:
        above = [b for s, b in rows if s >= found.threshold]
        assert (found.n, found.wrong) == (len(above), sum(above))
        assert binom.cdf(sum(above), len(above), bound) <= 0.1 * (1 + 1e-9)  # a third of delta: three starts
        assert found.share == len(above) / len(rows)


@given(rows=ROWS, cut=st.integers(0, 80), seed=st.integers(0, 9))
def test_order_of_rows_is_no_matter(rows, cut, seed):
    mixed = [rows[i] for i in np.random.default_rng(seed).permutation(len(rows))]
    for method in (
        lambda r: learn_then_test(grade(split(r)[0], wrong=split(r)[1]), bound=0.1, delta=0.3),
        lambda r: conformal_risk_control(split(r)[0], wrong=split(r)[1], bound=0.1),
    ):
        assert repr(method(rows)) == repr(method(mixed))


@settings(max_examples=50)
@given(rows=ROWS)
def test_a_stricter_bound_never_automates_more(rows):
    sure, bad = split(rows)
    shares = [learn_then_test(grade(sure, wrong=bad), bound=b, delta=0.3).share for b in (0.02, 0.1, 0.3)]
    assert shares == sorted(shares)
    shares = [conformal_risk_control(sure, wrong=bad, bound=b).share for b in (0.02, 0.1, 0.3)]
    assert shares == sorted(shares)


def test_tied_confidences_are_automated_together_or_not_at_all():
    found = conformal_risk_control([0.9] * 50 + [0.8] * 50, wrong=[0] * 50 + [1] * 10 + [0] * 40, bound=0.05)
    assert (found.threshold, found.n) == (0.9, 50)
    assert grade([0.9, 0.8999], wrong=[0, 0], thresholds=(0.8, 0.9)).n.tolist() == [[1, 1]]


def test_too_few_rows_automate_nothing():
    assert conformal_risk_control([0.99] * 10, wrong=[0] * 10, bound=0.05).threshold is None  # 1 / 11 > .05
    assert conformal_risk_control([], wrong=[], bound=0.05).threshold is None
    empty = learn_then_test(grade([], wrong=[]), bound=0.05, delta=0.1)
    assert (empty.threshold, empty.share, empty.p) == (None, 0.0, 1.0)


def test_one_unit_tells_nothing_of_how_units_differ():
    rows = {"wrong": [0] * 1000, "units": [7] * 1000}
    assert learn_then_test(grade([0.99] * 1000, **rows), bound=0.05, delta=0.1).threshold is None
    assert conformal_risk_control([0.99] * 1000, **rows, bound=0.05).threshold is None
    many = {"wrong": [0] * 1000, "units": [i % 100 for i in range(1000)]}
    assert learn_then_test(grade([0.99] * 1000, **many), bound=0.05, delta=0.1).threshold == 0.5


def test_units_only_ever_make_it_more_careful():
    rng = np.random.default_rng(3)
    sure, units = rng.uniform(0.5, 1, 2000), np.repeat(np.arange(20), 100)
    bad = rng.random(2000) < (1 - sure)
    by_rows = learn_then_test(grade(sure, wrong=bad), bound=0.1, delta=0.1)
    by_days = learn_then_test(grade(sure, wrong=bad, units=units), bound=0.1, delta=0.1)
    assert by_rows.threshold is not None
    assert by_days.threshold is not None
    assert by_days.threshold >= by_rows.threshold


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: grade([0.9], wrong=[0, 1]), "wrong: want 1 values of 0 or 1"),
        (lambda: grade([0.9], wrong=[0.5]), "wrong: want 1 values of 0 or 1"),
        (lambda: grade([np.nan], wrong=[0]), "confidence: want finite numbers"),
        (lambda: grade([0.9], wrong=[0], units=[1, 2]), "units: want 1 values"),
        (lambda: conformal_risk_control([0.9], wrong=[0, 1], bound=0.1), "wrong: want 1 values"),
        (lambda: conformal_risk_control([0.9], wrong=[0], bound=0.1, units=[]), "units: want 1 values"),
        (lambda: conformal_risk_control([0.9], wrong=[0], bound=5), "Shares are fractions"),
        (lambda: Graded((0.9, 0.8), np.zeros((1, 2)), np.zeros((1, 2))), "thresholds: want one or more, rising"),
        (lambda: Graded((0.9,), np.zeros((1, 1)), np.ones((1, 1))), "want 0 <= wrong <= n"),
        (lambda: Graded((0.9,), np.zeros((1, 2)), np.zeros((1, 2))), "counts: want shape"),
        (lambda: learn_then_test(grade([0.9], wrong=[0]), bound=0.1, delta=0), "alpha: want 0 < alpha < 1"),
    ],
)
def test_what_cannot_be_meant_is_refused(make, words):
    with pytest.raises(BadInput, match=words):
        make()


def test_thresholds_rise_and_begin_where_every_binary_answer_is():
    assert THRESHOLDS[0] == 0.5
    assert list(THRESHOLDS) == sorted(set(THRESHOLDS))


def test_looking_every_day_costs_rows_but_never_finds_more():
    rng = np.random.default_rng(4)
    sure = rng.uniform(0.5, 1, 3000)
    bad = rng.random(3000) < (1 - sure) / 2
    once = learn_then_test(grade(sure, wrong=bad), bound=0.1, delta=0.1)
    ever = peeked_threshold(grade(sure, wrong=bad), bound=0.1, delta=0.1)
    by_day = peeked_threshold(grade(sure, wrong=bad, units=np.arange(3000) // 100), bound=0.1, delta=0.1)
    assert once.threshold <= ever.threshold <= by_day.threshold < 1
    assert peeked_threshold(grade([], wrong=[]), bound=0.1, delta=0.1).threshold is None
    assert (
        peeked_threshold(grade([0.99] * 999, wrong=[0] * 999, units=[1] * 999), bound=0.1, delta=0.1).threshold is None
    )
    assert peeked_threshold(grade(sure, wrong=np.ones(3000)), bound=0.1, delta=0.1).threshold is None


def test_errors_seen_on_a_part_stand_for_the_others():
    rng, found = np.random.default_rng(11), []
    zero = np.zeros((1, 2), dtype=np.int64)
    for _ in range(400):
        seen = rng.binomial(1200, 0.05 * 0.25)  # errors of 5 % of the rows, a quarter of which are looked at
        n, wrong = np.array([[0, 1200]]), np.array([[0, seen]])
        plain = peeked_threshold(Graded((0.5, 0.9), n, wrong, rows=True), bound=0.049, delta=0.1)
        whole = peeked_threshold(
            Graded((0.5, 0.9), n, wrong, rows=True), bound=0.049, delta=0.1, seldom=wrong, share=0.25
        )
        found.append((plain.threshold is not None, whole.threshold is not None))
    as_seen, weighed = np.mean(found, axis=0)
    assert as_seen > 0.9
    assert weighed < 0.1
    none = Graded((0.5, 0.9), np.array([[0, 1200]]), zero, rows=True)
    assert peeked_threshold(none, bound=0.049, delta=0.1, seldom=zero, share=0.25).threshold == 0.5
    with pytest.raises(BadInput, match="share: want 0 < share <= 1"):
        peeked_threshold(none, bound=0.049, delta=0.1, seldom=zero, share=5)
