"""Isotonic and Platt calibration against scikit-learn, and the coverage of the error they leave."""

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize
from sklearn.isotonic import IsotonicRegression

from slipway.errors import BadInput
from slipway.stats.calibration import Calibration, Isotonic, Platt, calibration_curve
from slipway.stats.state import decode, encode

rows = st.lists(st.tuples(st.integers(-9, 9).map(lambda i: i / 3), st.booleans()), min_size=1, max_size=80)


@given(rows)
def test_isotonic_is_scikit_learns(data: list) -> None:
    score, y = np.array([s for s, _ in data]), np.array([float(b) for _, b in data])
    oracle = IsotonicRegression(out_of_bounds="clip").fit(score, y)
    grid = np.linspace(-4, 4, 97)
    fitted = Isotonic.fit(score, y=y)
    np.testing.assert_allclose(fitted.apply(grid), oracle.predict(grid), atol=1e-12)
    assert (np.diff(fitted.apply(grid)) >= 0).all()
    assert fitted.probabilities.min() >= 0
    assert fitted.probabilities.max() <= 1


def test_platt_maximises_its_likelihood() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(3, 2, size=500)
    y = rng.random(500) < 1 / (1 + np.exp(-(0.7 * x - 1)))
    high, low = (y.sum() + 1) / (y.sum() + 2), 1 / ((~y).sum() + 2)
    target = np.where(y, high, low)

    def loss(beta):
        z = beta[0] * x + beta[1]
        return (np.logaddexp(0, z) - target * z).sum()

    best = minimize(loss, [0.0, 0.0], tol=1e-12).x
    fitted = Platt.fit(x, y=y)
    assert (fitted.slope, fitted.intercept) == pytest.approx(tuple(best), abs=1e-4)


def test_platt_keeps_its_head_on_separable_and_constant_scores() -> None:
    apart = Platt.fit([-1.0, -1.0, 1.0, 1.0], y=[0, 0, 1, 1])
    assert apart.apply([1.0])[0] == pytest.approx(0.75, abs=1e-6)  # the softened target (2 + 1) / (2 + 2)
    flat = Platt.fit([5.0] * 10, y=[0, 1] * 5)
    assert flat.apply([5.0])[0] == pytest.approx(0.5, abs=1e-6)
    assert Platt(slope=1.0, intercept=0.0).apply([1e6, -1e6]).tolist() == [1.0, 0.0]


def test_either_survives_a_restart_and_knows_its_kind() -> None:
    for fitted in (Isotonic.fit([1, 2, 3], y=[0, 1, 1]), Platt(slope=2.0, intercept=-1.0)):
        back: Calibration = decode(encode(fitted), Calibration)  # type: ignore[arg-type]
        assert type(back) is type(fitted)
        np.testing.assert_array_equal(back.apply([0.5, 1.5, 2.5]), fitted.apply([0.5, 1.5, 2.5]))
    assert msgspec.structs.fields(Platt)


@given(rows, st.integers(1, 12))
def test_the_curve_holds_together(data: list, bins: int) -> None:
    p = np.array([(s + 3) / 6 for s, _ in data])
    curve = calibration_curve(p, y=[b for _, b in data], alpha=0.1, bins=bins)
    assert curve.rows.sum() == len(data)
    assert len(curve.rows) <= bins
    assert (curve.low <= curve.realised).all()
    assert (curve.realised <= curve.high).all()
    assert curve.error.low <= curve.error.estimate + 1e-12 <= curve.error.high + 1e-9


@pytest.mark.parametrize("n", [20, 200, 2_000])
def test_the_band_and_the_error_cover_together(n: int) -> None:
    rng, missed, missed_error = np.random.default_rng(n), 0, 0
    for _ in range(100):
        p = np.round(rng.beta(0.5, 2, size=n), 3)
        truth = np.clip(p**1.3 + 0.02, 0, 1)
        curve = calibration_curve(p, y=rng.random(n) < truth, alpha=0.1)
        cuts = np.unique(np.quantile(p, np.arange(1, 10) / 10, method="higher"))
        at = np.unique(np.searchsorted(cuts, p, side="right"), return_inverse=True)[1]
        means = np.bincount(at, weights=truth) / np.bincount(at)
        missed += bool(((means < curve.low - 1e-12) | (means > curve.high + 1e-12)).any())
        error = np.average(np.abs(means - curve.expected), weights=curve.rows)
        missed_error += not curve.error.low <= error <= curve.error.high
    assert missed <= 0.1 * 100
    assert missed_error <= missed


def test_the_band_covers_also_where_rows_of_one_person_are_all_alike() -> None:
    """By rows it misses in most of these worlds."""
    rng, missed = np.random.default_rng(0), {"people": 0, "rows": 0}
    person = np.repeat(np.arange(300), 8)
    for _ in range(100):
        one = rng.beta(2, 3, size=300)
        p, y = one[person], (rng.random(300) < one)[person]
        for by, clusters in (("people", person), ("rows", None)):
            curve = calibration_curve(p, y=y, alpha=0.1, clusters=clusters)
            missed[by] += bool(((curve.expected < curve.low) | (curve.expected > curve.high)).any())
    assert missed["people"] <= 0.1 * 100
    assert missed["rows"] > 0.5 * 100


def test_bad_input_is_refused_by_name() -> None:
    for bad in ([np.nan], [np.inf], []):
        with pytest.raises(BadInput, match="score"):
            Isotonic.fit(bad, y=[1] * len(bad))
    with pytest.raises(BadInput, match="score: want numbers, got NaN"):
        Platt(slope=1.0, intercept=0.0).apply([np.nan])
    with pytest.raises(BadInput, match="y: want 0 or 1"):
        Isotonic.fit([1.0], y=[0.5])
    with pytest.raises(BadInput, match="y: want rows of both classes, got 2 of 1 and 0 of 0"):
        Platt.fit([1.0, 2.0], y=[1, 1])
    with pytest.raises(BadInput, match="score: want higher scores to mean more positives"):
        Platt.fit([1.0, 2.0, 3.0, 4.0], y=[1, 1, 0, 0])
    with pytest.raises(BadInput, match="p: want probabilities"):
        calibration_curve([1.5], y=[1], alpha=0.1)
    with pytest.raises(BadInput, match="bins: want 1 or more, got 0"):
        calibration_curve([0.5], y=[1], alpha=0.1, bins=0)
