"""The gap by blocks: bears days that differ, finds a shift of them, and says how large in points."""

import numpy as np
import pytest

from slipway.errors import BadInput
from slipway.stats.block_gap import BlockGap, BlockGapState
from slipway.stats.gap import GapReference, Measure
from slipway.stats.state import decode, encode


def day(rng: np.random.Generator, *, shift: float = 0.0, rows: int = 100):
    p = rng.uniform(0.1, 0.9, size=rows)
    return p, rng.random(rows) < np.clip(p + rng.normal(shift, 0.08), 0, 1)


@pytest.fixture(scope="module")
def gap() -> BlockGap:
    rng = np.random.default_rng(0)
    days = [day(rng) for _ in range(120)]
    p, y = (np.concatenate(part) for part in zip(*days, strict=True))
    return BlockGap.learn(GapReference.of_classes(p, y=y), blocks=days)


def test_days_that_differ_raise_no_alarm_and_a_shift_does(gap: BlockGap) -> None:
    rng, state = np.random.default_rng(1), gap.start()
    for _ in range(80):
        p, y = day(rng)
        state = gap.update(state, gap.tick(p, outcome=y))
    assert not gap.evidence(state).rejects(alpha=0.05)
    interval = gap.interval(state, measure=Measure.CALIBRATION, alpha=0.05)
    assert interval.low < 0 < interval.high
    assert interval.validity == "asymptotic"
    state = gap.start()
    for _ in range(60):
        p, y = day(rng, shift=-0.1)
        state = gap.update(state, gap.tick(p, outcome=y))
    assert gap.evidence(state).rejects(alpha=0.05)
    interval = gap.interval(state, measure=Measure.CALIBRATION, alpha=0.05)
    assert interval.low < -0.1 < interval.high < 0
    assert encode(decode(encode(state), BlockGapState)) == encode(state)


def test_inputs_that_make_days_more_variable_are_silent(gap: BlockGap) -> None:
    for seed in range(5):
        rng, state = np.random.default_rng(seed), gap.start()
        for _ in range(80):
            p, y = day(rng, rows=8)  # a tenth of the rows: the daily mean scatters twice as much
            state = gap.update(state, gap.tick(p, outcome=y))
        assert not gap.evidence(state).rejects(alpha=0.05)


def test_silence_says_nothing(gap: BlockGap) -> None:
    state = gap.update(gap.start(), gap.tick([], outcome=[]))
    assert encode(state) == encode(gap.start())
    assert gap.evidence(state).log_e == 0.0
    interval = gap.interval(state, measure=Measure.ACCURACY, alpha=0.05)
    assert (interval.low, interval.high) == (-np.inf, np.inf)


def test_bad_input_is_refused_by_name(gap: BlockGap) -> None:
    with pytest.raises(BadInput, match="blocks: want one block or more"):
        BlockGap.learn(gap.reference, blocks=[([], [])])
    with pytest.raises(BadInput, match="measure: want one of calibration, accuracy, log_loss, got loss"):
        gap.interval(gap.start(), measure=Measure.LOSS, alpha=0.05)
    losses = GapReference.of_losses([1.0], expected=[1.0], cap=2.0)
    with pytest.raises(BadInput, match="tick: want sums of this monitor's measures"):
        gap.update(gap.start(), losses.tick([1.0], outcome=[1.0]))
