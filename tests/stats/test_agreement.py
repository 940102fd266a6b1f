"""Oracle values: the bluebirds of Welinder et al. (2010), 108 images by 39 annotators: majority 82/108, Dawid-Skene
97/108, Krippendorff's alpha .1255 (the README of the data)."""

import itertools
import math
import os
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score

from slipway.errors import BadInput
from slipway.stats.agreement import Level, cohen_kappa, fleiss_kappa, krippendorff_alpha
from slipway.stats.dawid_skene import dawid_skene


@pytest.fixture(scope="module")
def bluebirds():
    """(answers of shape (items, raters), truth of shape (items,)), both 0 and 1."""
    root = Path(os.environ.get("SLIPWAY_ORACLE_DATA", Path(__file__).parents[3] / "shared" / "data"))
    if not (root / "bluebirds").is_dir():
        pytest.skip(f"no folder bluebirds in {root}; set SLIPWAY_ORACLE_DATA to the folder of oracle data")

    def pairs(text):
        return {int(key): value == "true" for key, value in re.findall(r"(\d+): (true|false)", text)}

    truth = pairs((root / "bluebirds" / "gt.yaml").read_text())
    by_rater = re.findall(r"(\d+): \{(.*?)\}", (root / "bluebirds" / "labels.yaml").read_text(), flags=re.DOTALL)
    items = sorted(truth)
    answers = np.array([[int(pairs(text)[item]) for _, text in by_rater] for item in items])
    assert answers.shape == (108, 39)
    return answers, np.array([int(truth[item]) for item in items])


def test_bluebirds_majority_and_dawid_skene(bluebirds):
    answers, truth = bluebirds
    assert int(((answers.mean(axis=1) > 0.5) == truth).sum()) == 82
    result = dawid_skene(answers, classes=2)
    assert result.converged
    assert int((result.labels == truth).sum()) == 97


def test_bluebirds_krippendorff(bluebirds):
    answers, _ = bluebirds
    found = krippendorff_alpha(answers.T.tolist(), alpha=0.05)
    assert found.estimate == pytest.approx(0.1255, abs=5e-5)
    assert found.low < 0.1255 < found.high


def test_cohen_is_sklearns():
    rng = np.random.default_rng(4)
    a, b = rng.integers(0, 4, 200), rng.integers(0, 4, 200)
    b = np.where(rng.random(200) < 0.5, a, b)
    assert cohen_kappa(a, second=b, alpha=0.05).estimate == pytest.approx(cohen_kappa_score(a, b), rel=1e-12)


def test_cohen_interval_covers():
    def draw(rng, n):
        a = rng.integers(0, 3, n)
        return a, np.where(rng.random(n) < 0.6, a, rng.integers(0, 3, n))

    truth = 0.6  # with uniform margins, kappa is the share of units that are not redrawn
    missed = 0
    for seed in range(300):
        a, b = draw(np.random.default_rng(seed), 80)
        found = cohen_kappa(a, second=b, alpha=0.1)
        missed += not found.low <= truth <= found.high
    assert missed <= 50  # binomial(300, .1) passes 47 once in 1,000; the jackknife is asymptotic


def jackknife_by_hand(rows, statistic):
    values = [statistic(np.delete(rows, i, axis=0)) for i in range(len(rows))]
    return math.sqrt((len(rows) - 1) / len(rows) * ((np.array(values) - np.mean(values)) ** 2).sum())


@pytest.mark.parametrize("level", Level)
def test_krippendorff_jackknife_is_that_of_leaving_units_out(level):
    rng = np.random.default_rng(2)
    ratings = rng.integers(0, 3, (20, 4)).astype(float)
    ratings[rng.random(ratings.shape) < 0.2] = np.nan
    ratings[:, :2] = np.nan_to_num(ratings[:, :2])
    found = krippendorff_alpha(ratings.T.tolist(), alpha=0.3, level=level)
    error = jackknife_by_hand(ratings, lambda r: krippendorff_alpha(r.T.tolist(), alpha=0.3, level=level).estimate)
    assert found.high - found.estimate == pytest.approx(1.0655 * error, rel=1e-3)  # t quantile .85, 19 degrees


def test_fleiss_is_near_krippendorff_for_complete_ratings():
    rng = np.random.default_rng(2)
    ratings = rng.integers(0, 3, (200, 5))
    counts = np.stack([(ratings == k).sum(axis=1) for k in range(3)], axis=1)
    one = fleiss_kappa(counts, alpha=0.05)
    other = krippendorff_alpha(ratings.T.tolist(), alpha=0.05)
    n = ratings.size
    assert 1 - one.estimate == pytest.approx((1 - other.estimate) * n / (n - 1), rel=1e-9)


def test_full_agreement_is_one():
    labels = ["cat", "dog", "cat", "dog"]
    assert cohen_kappa(labels, second=labels, alpha=0.05).estimate == 1
    assert krippendorff_alpha([labels, labels], alpha=0.05).estimate == 1


@given(st.permutations(range(3)), st.integers(0, 1000))
def test_names_of_classes_do_not_matter(order, seed):
    rng = np.random.default_rng(seed)
    answers = rng.integers(0, 3, (12, 4))
    renamed = np.array(order)[answers]
    one, other = (krippendorff_alpha(a.T.tolist(), alpha=0.05).estimate for a in (answers, renamed))
    assert one == pytest.approx(other, abs=1e-12)


def test_dawid_skene_beats_the_vote_when_raters_differ():
    rng = np.random.default_rng(8)
    truth = rng.integers(0, 3, 600)
    skill = np.array([0.95, 0.9, 0.4, 0.4, 0.4, 0.4, 0.4])
    right = rng.random((600, 7)) < skill
    answers = np.where(right, truth[:, None], rng.integers(0, 3, (600, 7)))
    answers[rng.random(answers.shape) < 0.1] = -1
    answers[:, 0] = np.where((answers == -1).all(axis=1), truth, answers[:, 0])
    result = dawid_skene(answers, classes=3)
    votes = np.stack([(answers == k).sum(axis=1) for k in range(3)], axis=1).argmax(axis=1)
    assert (result.labels == truth).mean() > (votes == truth).mean() + 0.05
    assert np.diagonal(result.confusion[0]).mean() > np.diagonal(result.confusion[4]).mean() + 0.3
    np.testing.assert_allclose(result.posterior.sum(axis=1), 1)


def test_likelihood_never_falls():
    rng = np.random.default_rng(1)
    answers = rng.integers(0, 2, (60, 5))
    steps = [dawid_skene(answers, classes=2, most_rounds=k, smoothing=1e-9).log_likelihood for k in range(1, 15)]
    assert all(later >= earlier - 1e-9 for earlier, later in itertools.pairwise(steps))


def test_thousands_of_raters_do_not_underflow():
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 2, 30)
    answers = np.where(rng.random((30, 5000)) < 0.6, truth[:, None], 1 - truth[:, None])
    result = dawid_skene(answers, classes=2)
    assert np.isfinite(result.posterior).all()
    assert (result.labels == truth).all()


def test_giving_up_is_said():
    rng = np.random.default_rng(3)
    result = dawid_skene(rng.integers(0, 2, (50, 6)), classes=2, most_rounds=2)
    assert (result.rounds, result.converged) == (2, False)


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (lambda: cohen_kappa([1, 2, 3], second=[1, 2], alpha=0.05), "second"),
        (lambda: cohen_kappa([1, 2, None], second=[1, 2, 3], alpha=0.05), "labels"),
        (lambda: cohen_kappa([1, 1, 1], second=[1, 1, 1], alpha=0.05), "one label"),
        (lambda: cohen_kappa([1, 2], second=[1, 2], alpha=0.05), "units"),
        (lambda: cohen_kappa([1, "a", 2], second=[1, 2, 2], alpha=0.05), "ratings"),
        (lambda: fleiss_kappa([[1, 1], [2, 1], [1, 1]], alpha=0.05), "counts"),
        (lambda: fleiss_kappa([[1, math.nan], [1, 1], [1, 1]], alpha=0.05), "counts"),
        (lambda: krippendorff_alpha([[1, 2, 3], [1, 2]], alpha=0.05), "ratings"),
        (lambda: krippendorff_alpha([list("abc"), list("abb")], alpha=0.05, level=Level.INTERVAL), "numbers"),
        (lambda: dawid_skene([[0, 2]], classes=2), "answers"),
        (lambda: dawid_skene([[0.0, 1.0]], classes=2), "answers"),
        (lambda: dawid_skene([[0, 1], [-1, -1]], classes=2), "item 1"),
        (lambda: dawid_skene([[0, 1]], classes=1), "classes"),
        (lambda: dawid_skene([[0, 1]], classes=2, smoothing=math.nan), "smoothing"),
    ],
)
def test_bad_input_is_refused_by_name(make, name):
    with pytest.raises(BadInput, match=name):
        make()
