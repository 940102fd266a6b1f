"""Losses agree with scikit-learn, and silence costs what a wrong answer costs."""

import numpy as np
import pytest
from sklearn.metrics import log_loss as sk_log_loss
from sklearn.metrics import mean_absolute_error, zero_one_loss

from slipway.errors import BadInput
from slipway.records.scoring import Scoring
from slipway.records.task import TaskKind
from slipway.stats.row_loss import absolute_loss, error_loss, log_loss, loss_interval

RNG = np.random.default_rng(3)
Y = RNG.integers(0, 2, 500).astype(float)
P = RNG.random(500)


def test_losses_agree_with_scikit_learn() -> None:
    assert error_loss(Y, scores=P, threshold=0.3).mean() == pytest.approx(zero_one_loss(Y, P >= 0.3))
    assert absolute_loss(Y, scores=P).mean() == pytest.approx(mean_absolute_error(Y, P))
    assert log_loss(Y, scores=P).mean() == pytest.approx(sk_log_loss(Y, P))


def test_a_certain_and_wrong_answer_has_a_finite_log_loss() -> None:
    assert log_loss([1], scores=[0.0])[0] == pytest.approx(34.5388, abs=1e-4)  # -ln 1e-15


def test_silence_is_wrong_whatever_was_true() -> None:
    scoring = Scoring(kind=TaskKind.BINARY, threshold=0.2, false_positive_cost=2, false_negative_cost=3)
    assert scoring.loss([0, 1], answers=[np.nan, np.nan]).tolist() == [2.0, 3.0]


def test_rows_that_stick_together_get_a_wider_interval_than_the_same_rows_alone() -> None:
    loss = np.repeat(RNG.integers(0, 2, 50), 10).astype(float)
    alone = loss_interval(loss, alpha=0.05)
    together = loss_interval(loss, alpha=0.05, clusters=np.repeat(np.arange(50), 10))
    assert together.n == 50
    assert together.high - together.low > 2.5 * (alone.high - alone.low)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: error_loss([0, 2], scores=[0, 0], threshold=0.5), r"y: want 0 and 1, got \[0.0, 2.0\]"),
        (lambda: error_loss([0], scores=[0, 0], threshold=0.5), "scores: want 1 values, one for each y, got 2"),
        (lambda: log_loss([0], scores=[1.5]), r"scores: want probabilities in \[0, 1\]"),
        (lambda: absolute_loss([0.0], scores=[np.nan]), "scores: want finite numbers"),
        (lambda: Scoring(kind=TaskKind.BINARY, false_positive_cost=0.0), "false_positive_cost: want a finite cost"),
        (lambda: Scoring(kind=TaskKind.BINARY).loss([0, 1], answers=[0.0]), "answers: want 2 values"),
    ],
)
def test_what_has_no_loss_is_refused_by_name(call: object, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        call()
