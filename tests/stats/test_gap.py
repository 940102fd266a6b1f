"""The gap: silent when only X moves, loud when P(Y given X) does, in points that people read."""

import numpy as np
import pytest

from slipway.errors import BadInput
from slipway.stats.gap import Gap, GapReference, GapState, GapTick, Measure
from slipway.stats.state import decode, encode


def logistic(rng: np.random.Generator, n: int, *, shift_x: float = 0.0, bend: float = 0.0, tilt: float = 0.0):
    """Calibrated p and outcomes; ``bend`` pulls the truth towards 1/2, ``tilt`` adds to it."""
    p = 1 / (1 + np.exp(-(1.5 * rng.normal(shift_x, 1, size=n) - 0.3)))
    return p, rng.random(n) < np.clip(p + bend * (0.5 - p) + tilt, 0, 1)


@pytest.fixture(scope="module")
def gap() -> Gap:
    p, y = logistic(np.random.default_rng(0), 30_000)
    return Gap(GapReference.of_classes(p, y=y))


def fed(gap: Gap, *, rows: int = 8_000, seed: int = 1, **change: float) -> GapState:
    rng, state = np.random.default_rng(seed), gap.start()
    for _ in range(rows // 500):
        p, y = logistic(rng, 500, **change)
        state = gap.update(state, gap.tick(p, outcome=y))
    return state


def test_a_move_of_x_alone_is_silent(gap: Gap) -> None:
    for seed in range(5):
        for shift in (0.5, 2.0):
            assert not gap.evidence(fed(gap, seed=seed, shift_x=shift)).rejects(alpha=0.05)


@pytest.mark.parametrize("change", [{"bend": 0.2}, {"bend": -0.3}, {"tilt": 0.05}, {"tilt": -0.05}])
def test_concept_drift_is_loud(gap: Gap, change: dict) -> None:
    assert gap.evidence(fed(gap, **change)).rejects(alpha=0.01)


def test_the_points_are_realised_minus_expected(gap: Gap) -> None:
    p, y = logistic(np.random.default_rng(3), 20_000, bend=0.3)
    state = gap.update(gap.start(), gap.tick(p, outcome=y))
    realised = {
        Measure.CALIBRATION: y.mean() - p.mean(),
        Measure.ACCURACY: ((p > 0.5) == y).mean() - np.maximum(p, 1 - p).mean(),
        Measure.LOG_LOSS: -np.where(y, np.log(p), np.log1p(-p)).mean()
        + (p * np.log(p) + (1 - p) * np.log1p(-p)).mean(),
    }
    for measure, expected in realised.items():
        interval = gap.interval(state, measure=measure, alpha=0.05)
        i = gap.reference.measures.index(measure)
        before = gap.reference.means[i] * gap.reference.scales[i]
        assert interval.low < interval.estimate < interval.high
        # The log-odds are clipped at 4, which a few rows in a thousand exceed.
        assert interval.estimate + before == pytest.approx(expected, abs=2e-3 if measure is Measure.LOG_LOSS else 1e-6)
    assert gap.interval(state, measure=Measure.ACCURACY, alpha=0.05).high < 0
    assert gap.interval(state, measure=Measure.LOG_LOSS, alpha=0.05).low > 0


def test_a_gap_below_the_tolerance_is_reported_not_alarmed() -> None:
    p, y = logistic(np.random.default_rng(0), 30_000)
    gap = Gap(GapReference.of_classes(p, y=y), tolerance=0.06)
    state = fed(gap, rows=40_000, tilt=0.05)
    assert not gap.evidence(state).rejects(alpha=0.05)
    assert gap.interval(state, measure=Measure.CALIBRATION, alpha=0.05).low > 0


def test_a_regression_is_watched_by_its_loss() -> None:
    rng = np.random.default_rng(4)
    expected = rng.uniform(1, 3, size=20_000)
    gap = Gap(GapReference.of_losses(rng.exponential(expected), expected=expected, cap=20.0))
    state = gap.update(gap.start(), gap.tick(expected, outcome=rng.exponential(expected)))
    assert not gap.evidence(state).rejects(alpha=0.05)
    state = gap.update(state, gap.tick(expected, outcome=rng.exponential(1.5 * expected)))
    assert gap.evidence(state).rejects(alpha=0.01)
    interval = gap.interval(state, measure=Measure.LOSS, alpha=0.05)
    assert interval.low < 0.5 < interval.high  # half of the rows lose 1 more
    with pytest.raises(BadInput, match="measure: want one of loss, got accuracy"):
        gap.interval(state, measure=Measure.ACCURACY, alpha=0.05)


def test_merging_parts_equals_one_pass_exactly(gap: Gap) -> None:
    p, y = logistic(np.random.default_rng(5), 997)
    whole = gap.tick(p, outcome=y)
    parts = [gap.tick(p[i::3], outcome=y[i::3]) for i in range(3)]
    assert encode(parts[2].merge(parts[0]).merge(parts[1])) == encode(whole)
    state = gap.update(gap.start(), whole)
    assert encode(decode(encode(state), GapState)) == encode(state)
    assert len(encode(state)) < 1_000


def test_certain_probabilities_are_taken(gap: Gap) -> None:
    state = gap.update(gap.start(), gap.tick([0.0, 1.0, 0.5], outcome=[1, 0, 1]))
    assert np.isfinite(gap.evidence(state).log_e)


def test_silence_says_nothing(gap: Gap) -> None:
    state = gap.update(gap.start(), gap.tick([], outcome=[]))
    assert gap.evidence(state).log_e == 0.0
    interval = gap.interval(state, measure=Measure.CALIBRATION, alpha=0.05)
    assert interval.n == 0
    assert interval.low <= -1
    assert interval.high >= 1


def test_a_tiny_reference_bets_nothing_and_claims_nothing() -> None:
    gap = Gap(GapReference.of_classes([0.3], y=[1]))
    state = gap.update(gap.start(), gap.tick(np.full(5_000, 0.1), outcome=np.ones(5_000)))
    assert gap.evidence(state).log_e <= 0.0
    assert gap.interval(state, measure=Measure.CALIBRATION, alpha=0.05).low == -np.inf


@pytest.mark.parametrize(
    ("p", "y", "message"),
    [
        ([1.2], [1], "p: want probabilities in"),
        ([np.nan], [1], "p: want probabilities in"),
        ([0.5], [np.nan], "y: want 0 or 1 in each row"),
        ([0.5], [0.7], "y: want 0 or 1 in each row"),
        ([0.5, 0.5], [1], "p, y: want one of each a row, got 2 and 1"),
    ],
)
def test_bad_rows_are_refused_by_name(gap: Gap, p: list, y: list, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        gap.tick(p, outcome=y)


def test_bad_settings_are_refused_by_name(gap: Gap) -> None:
    with pytest.raises(BadInput, match="delta: want 0 < delta < 1"):
        Gap(gap.reference, delta=1.0)
    with pytest.raises(BadInput, match="tolerance: want 0 <= tolerance < 1, got nan"):
        Gap(gap.reference, tolerance=np.nan)
    with pytest.raises(BadInput, match="alpha: want delta < alpha < 1"):
        gap.interval(gap.start(), measure=Measure.ACCURACY, alpha=0.0005)
    with pytest.raises(BadInput, match="cap: want a finite loss above 0, got 0"):
        GapReference.of_losses([1.0], expected=[1.0], cap=0)
    with pytest.raises(BadInput, match="loss: want losses of 0 or more"):
        GapReference.of_losses([-1.0], expected=[1.0], cap=1)
    with pytest.raises(BadInput, match="reference: want one row or more with a known outcome"):
        GapReference.of_classes([], y=[])
    with pytest.raises(BadInput, match="tick: want sums of"):
        GapTick(n=1, totals=np.array([2**31]), squares=np.array([0]))
