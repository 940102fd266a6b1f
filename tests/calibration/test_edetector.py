"""E-detectors against the values known for them: average run length and delay."""

import numpy as np
import pytest

from slipway.stats.edetector import EDetector, LogIncrements, Rule
from slipway.stats.rank_bets import RankBets
from slipway.stats.restarts import Onset
from slipway.testing.calibration import power_result

pytestmark = [pytest.mark.calibration, pytest.mark.timeout(300)]

STAKES, THRESHOLD, RUNS = np.array([0.05, 0.1, 0.2, 0.4]), 1_000.0, 2_000


def run_lengths(rate: float, *, rule: Rule, seed: int) -> np.ndarray:
    """Ticks until the alarm, e = 1 + lambda (x - .1) / .1 averaged over four stakes; all runs side by side."""
    rng = np.random.default_rng(seed)
    value, length, alive, tick = np.zeros((RUNS, 4)), np.zeros(RUNS), np.arange(RUNS), 0
    while len(alive):
        tick += 1
        x = rng.random(len(alive)) < rate
        e = 1 + STAKES * (x[:, None] - 0.1) / 0.1
        value = (value + 1 if rule is Rule.SHIRYAEV_ROBERTS else np.maximum(value, 1)) * e
        done = value.mean(axis=1) >= THRESHOLD
        length[alive[done]] = tick
        value, alive = value[~done], alive[~done]
    return length


@pytest.mark.parametrize("rule", list(Rule))
def test_the_average_run_length_is_at_least_the_threshold(rule: Rule, record) -> None:
    quiet = run_lengths(0.1, rule=rule, seed=1)
    assert quiet.mean() + 3 * quiet.std() / np.sqrt(RUNS) >= THRESHOLD
    moved = run_lengths(0.15, rule=rule, seed=2)
    if rule is Rule.SHIRYAEV_ROBERTS:
        # Known from 400 runs: about 1,482 and about 187; three standard errors of those runs either way.
        assert quiet.mean() == pytest.approx(1_482, abs=3 * quiet.std() / 20)
        assert moved.mean() == pytest.approx(187, abs=3 * moved.std() / 20)
    record(
        power_result(
            moved.astype(int) - 1,
            np.arange(1, int(moved.max()) + 1),
            test=f"e-detector, {rule.value}",
            scenario=f"events at .1, average run length {quiet.mean():,.0f} (promised {THRESHOLD:,.0f})",
            effect=".1 -> .15",
            unit="ticks",
            alpha=1 / THRESHOLD,
        ).demand(found=0.99)
    )


def test_the_class_is_what_was_simulated() -> None:
    rng = np.random.default_rng(3)
    detector = EDetector(bets=4, threshold=THRESHOLD)
    state, value = detector.start(), np.zeros(4)
    for x in rng.random(500) < 0.12:
        e = 1 + STAKES * (x - 0.1) / 0.1
        value = (value + 1) * e
        state = detector.update(state, LogIncrements(log_e=np.log(e), n=1))
    assert detector.evidence(state).log_value == pytest.approx(np.log(value.mean()))


def test_the_plausible_range_holds_the_change_most_of_the_time() -> None:
    """A change at tick 300 of unit-variance values by one sd: how often it lies between earliest and latest."""
    rng, held, near = np.random.default_rng(4), 0, []
    for _ in range(300):
        detector = EDetector(bets=1, threshold=THRESHOLD)
        state = detector.start()
        for tick in range(1_000):
            x = rng.normal(1.0 if tick >= 300 else 0.0)
            state = detector.update(state, LogIncrements(log_e=np.array([0.8 * x - 0.32]), n=1))
            change = detector.evidence(state)
            if change.alarm and tick > 305:
                break
        held += change.earliest <= 300 <= change.latest
        near.append(abs(change.after_tick - 300))
    assert held >= 0.9 * 300
    assert np.median(near) <= 3


@pytest.mark.parametrize(("shift", "quiet", "tails"), [(1.0, 30, True), (1.5, 100, True), (1.0, 30, False)])
def test_the_range_holds_nine_changes_in_ten_at_the_alarm_of_a_monitor_of_blocks(shift, quiet, tails) -> None:
    """The alarm is that of the rank bets, as monitors raise it; the loudest bet of each stream dates the change."""
    rng, streams = np.random.default_rng(5), 300
    bets = RankBets.of(rng.normal(size=(60, streams)), tails=tails, onset=Onset(horizon=90.0))
    state = bets.start()
    each = state.log_capital.shape[1]
    detector = EDetector(bets=streams * each, threshold=1e9)
    dated, done, held = detector.start(), np.zeros(streams, dtype=bool), []
    for block in range(quiet + 150):
        values = rng.normal(size=streams) + (shift if block >= quiet else 0.0)
        gains = bets.increments(state, values)
        state = bets.update(state, values)
        dated = detector.update(dated, LogIncrements(log_e=gains.ravel(), n=1))
        alarm = (bets.log_e(state) >= np.log(100)) & ~done
        done |= alarm
        for stream in np.flatnonzero(alarm & (block >= quiet)):
            loudest = stream * each + int(dated.above[stream * each : (stream + 1) * each].argmax())
            held.append(dated.passed[0, loudest] <= quiet <= dated.near[loudest])
    assert len(held) >= 0.9 * streams
    assert np.mean(held) >= 0.9
