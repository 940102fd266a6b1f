"""Confident learning beside the published study of real label errors, and on digits with errors put in."""

import json
import os
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import cross_val_predict

from slipway.errors import BadInput
from slipway.stats.confident import confident_joint


@pytest.fixture(scope="module")
def study():
    """Labels, out-of-sample probabilities and people's verdicts of Northcutt, Athalye & Mueller (2021)."""
    root = Path(os.environ.get("SLIPWAY_ORACLE_DATA", Path(__file__).parents[3] / "shared" / "data")) / "label_errors"
    if not root.is_dir():
        pytest.skip("no folder label_errors: set SLIPWAY_ORACLE_DATA to the folder of oracle data")

    def read(name):
        labels = np.load(root / f"{name}_test_set_original_labels.npy").astype(np.int64)
        p = np.load(root / f"cv_{name}_test_set_pyx.npy").astype(np.float64)
        return labels, p / p.sum(axis=1, keepdims=True), json.loads((root / f"mturk_{name}_mturk.json").read_text())

    return read


@pytest.mark.parametrize(("name", "shown", "wrong"), [("mnist", 100, 15), ("cifar10", 275, 54), ("20news", 93, 82)])
def test_the_rows_that_people_were_shown_are_the_most_suspect_ones(study, name, shown, wrong):
    """The study showed people the rows with the smallest normalised margins; fewer than 3 of 5 upheld the label."""
    labels, p, verdicts = study(name)
    found = confident_joint(labels, probabilities=p)
    assert len(verdicts) == shown
    assert {v["id"] for v in verdicts} == set(found.order[:shown].tolist())
    assert sum(v["mturk"]["given"] < 3 for v in verdicts) == wrong


@pytest.fixture(scope="module")
def digits():
    """Five in a hundred labels flipped to another class at random."""
    x, y = load_digits(return_X_y=True)
    rng = np.random.default_rng(0)
    wrong = rng.random(y.size) < 0.05
    given = np.where(wrong, (y + rng.integers(1, 10, y.size)) % 10, y)
    model = ExtraTreesClassifier(100, random_state=0)
    p = cross_val_predict(model, x, given, cv=5, method="predict_proba")
    return confident_joint(given, probabilities=p), wrong, y


def test_errors_put_into_digits_come_first(digits):
    found, wrong, _ = digits
    count = int(wrong.sum())
    assert wrong[found.order[:count]].mean() > 0.85  # 0.05 if the order said nothing
    assert roc_auc_score(wrong, -found.margin) > 0.98
    assert wrong[found.suspect].mean() > 0.9
    assert found.suspect[wrong].mean() > 0.5


def test_the_share_of_errors_is_guessed_within_one_point(digits):
    found, wrong, _ = digits
    assert found.wrong_share == pytest.approx(wrong.mean(), abs=0.01)


def test_the_guess_is_mostly_the_truth(digits):
    found, wrong, truth = digits
    assert (found.guess[wrong] == truth[wrong]).mean() > 0.9


def test_the_joint_is_recovered_where_the_assumptions_hold():
    """Probabilities that know the truth, labels flipped by class: the joint is that of the flips."""
    rng = np.random.default_rng(1)
    truth = rng.integers(0, 3, 60_000)
    flips = np.array([[0.90, 0.10, 0.00], [0.00, 1.00, 0.00], [0.05, 0.00, 0.95]])
    given = (rng.random((truth.size, 1)) > flips[truth].cumsum(axis=1)).sum(axis=1)
    p = np.full((truth.size, 3), 0.05)
    p[np.arange(truth.size), truth] = 0.9
    assert confident_joint(given, probabilities=p).joint == pytest.approx(flips.T / 3, abs=0.01)


def test_a_class_that_nobody_carries_has_no_threshold_and_draws_nobody():
    p = np.array([[0.5, 0.2, 0.3], [0.2, 0.5, 0.3]])
    found = confident_joint([0, 1], probabilities=p)
    assert np.isnan(found.thresholds[2])
    assert found.joint[:, 2].sum() == 0
    assert found.joint.sum() == pytest.approx(1)


@pytest.mark.parametrize(
    ("labels", "p", "said"),
    [
        ([0, 2], [[0.5, 0.5]] * 2, "want whole numbers from 0 to 1"),
        ([0.0, 1.0], [[0.5, 0.5]] * 2, "want whole numbers from 0 to 1"),
        ([0], [[0.5, 0.5]] * 2, "a label a row"),
        ([0, 1], [[0.5, 0.6]] * 2, "sum to 1"),
        ([0, 1], [[float("nan"), 1.0]] * 2, "sum to 1"),
        ([0, 0], [[1.0]] * 2, "two or more classes"),
    ],
)
def test_what_is_no_labelled_distribution_is_refused(labels, p, said):
    with pytest.raises(BadInput, match=said):
        confident_joint(labels, probabilities=p)
