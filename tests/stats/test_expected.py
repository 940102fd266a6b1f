"""Performance without labels: NannyML's values on its car-loan data, coverage, and the blindness that is promised."""

import csv
import os
from pathlib import Path

import numpy as np
import pytest

from slipway.errors import BadInput
from slipway.stats.calibration import Isotonic
from slipway.stats.expected import ExpectedLoss, expected_auc, expected_errors


def car_loans(name: str, *columns: str) -> list[np.ndarray]:
    folder = os.environ.get("SLIPWAY_ORACLE_DATA")
    if not folder or not (Path(folder) / name).exists():
        pytest.skip(f"SLIPWAY_ORACLE_DATA names no folder with {name} (it ships in the nannyml package)")
    with (Path(folder) / name).open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return [np.array([float(row[column]) for row in rows]) for column in columns]


def test_nannyml_car_loan_auc() -> None:
    """NannyML 0.13.1, CBPE, chunks 1 and 6 (of 5,000 rows) of the analysis period, isotonic on the reference."""
    reference, y = car_loans("synthetic_car_loan_reference.csv", "y_pred_proba", "repaid")
    (live,) = car_loans("synthetic_car_loan_analysis.csv", "y_pred_proba")
    (came,) = car_loans("synthetic_car_loan_analysis_target.csv", "repaid")
    fitted = Isotonic.fit(reference, y=y)
    for chunk, expected, realised in [(0, 0.970744, 0.970962), (5, 0.961090, 0.960050)]:
        rows = slice(5_000 * chunk, 5_000 * (chunk + 1))
        found = expected_auc(fitted.apply(live[rows]), score=live[rows], alpha=0.05)
        assert found.estimate == pytest.approx(expected, abs=1e-6)
        truth = expected_auc(came[rows], score=live[rows], alpha=0.05)  # known outcomes are probabilities 0 and 1
        assert truth.estimate == pytest.approx(realised, abs=1e-6)


def test_the_auc_of_known_outcomes_is_the_share_of_pairs() -> None:
    rng = np.random.default_rng(0)
    y, score = rng.integers(0, 2, 60), rng.integers(0, 9, 60)
    pairs = score[y == 1][:, None] - score[y == 0][None, :]
    found = expected_auc(y, score=score, alpha=0.05)
    assert found.estimate == pytest.approx(((pairs > 0) + 0.5 * (pairs == 0)).mean())


def test_the_limits_of_the_auc_cover_the_law() -> None:
    rng, covered = np.random.default_rng(1), 0
    score = rng.normal(size=400_000)
    truth = expected_auc(1 / (1 + np.exp(-score)), score=score, alpha=0.05).estimate
    for _ in range(400):
        s = rng.normal(size=400)
        found = expected_auc(1 / (1 + np.exp(-s)), score=s, alpha=0.1)
        covered += found.low <= truth <= found.high
    assert 0.86 * 400 <= covered <= 0.94 * 400


def test_the_expected_error_is_right_when_x_moves_and_blind_when_the_concept_does() -> None:
    rng = np.random.default_rng(2)
    p = 1 / (1 + np.exp(-rng.normal(1.0, 1.5, size=50_000)))
    y = rng.random(50_000) < p
    test = ExpectedLoss(alpha=0.05)
    interval = test.evidence(test.update(test.start(), test.tick(expected_errors(p))))
    assert interval.low <= np.mean((p > 0.5) != y) <= interval.high
    moved = rng.random(50_000) < 0.5 * p
    assert not interval.low <= np.mean((p > 0.5) != moved) <= interval.high


def test_a_regression_expects_its_loss_in_its_own_unit() -> None:
    test = ExpectedLoss(alpha=0.05, cap=30.0, slack=0.5)
    interval = test.evidence(test.update(test.start(), test.tick(np.full(10_000, 12.0))))
    assert interval.estimate == pytest.approx(12.0)
    assert 11.0 < interval.low < 11.5
    assert 12.5 < interval.high < 13.0


def test_silence_knows_nothing() -> None:
    test = ExpectedLoss(alpha=0.05)
    interval = test.evidence(test.update(test.start(), test.tick([])))
    assert (interval.low, interval.high, interval.n) == (0.0, 1.0, 0)


def test_bad_input_is_refused_by_name() -> None:
    for bad in ([1.1], [np.nan]):
        with pytest.raises(BadInput, match="p: want probabilities"):
            expected_errors(bad)
    with pytest.raises(BadInput, match="decided: want 0 or 1 for each of 1 rows"):
        expected_errors([0.5], decided=[2])
    with pytest.raises(BadInput, match="score: want one number for each of 1 rows"):
        expected_auc([0.5], score=[np.nan], alpha=0.05)
    with pytest.raises(BadInput, match="p: want some positives and negatives expected, got 2 and 0"):
        expected_auc([1.0, 1.0], score=[1, 2], alpha=0.05)
    with pytest.raises(BadInput, match="cap: want a finite loss above 0"):
        ExpectedLoss(alpha=0.05, cap=0.0)
    with pytest.raises(BadInput, match="slack: want a finite loss of 0 or more, got nan"):
        ExpectedLoss(alpha=0.05, slack=np.nan)
