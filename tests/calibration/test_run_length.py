"""One alarm that watches for years: false alarms by the horizon, the average run length, and the delay by the age."""

import math

import numpy as np
import pytest

from slipway.stats.rank_bets import RankBets
from slipway.stats.restarts import EVER, Onset
from slipway.testing.calibration import null_result, power_result

pytestmark = [pytest.mark.calibration, pytest.mark.timeout(300)]

STREAMS = 400


def first_alarms(*, onset: Onset, alpha: float, quiet: int, moved: int, shift: float, seed: int) -> np.ndarray:
    """Return the block of each stream's first alarm, -1 for none; streams are the series of one test, side by side."""
    rng = np.random.default_rng(seed)
    bets = RankBets.of(rng.normal(size=(60, STREAMS)), onset=onset)
    state, first = bets.start(), np.full(STREAMS, -1)
    for block in range(quiet + moved):
        state = bets.update(state, rng.normal(size=STREAMS) + (shift if block >= quiet else 0.0))
        alarm = bets.log_e(state) >= -math.log(alpha)
        first[alarm & (first < 0)] = block
    return first


def test_false_alarms_within_the_horizon_and_over_four_of_them(record) -> None:
    onset, alpha = Onset(horizon=30.0), 0.2
    first = first_alarms(onset=onset, alpha=alpha, quiet=120, moved=0, shift=0.0, seed=1)
    for looks in (30, 120):
        record(
            null_result(
                (first >= 0) & (first < looks),
                test="rank bets, 30 blocks of horizon",
                scenario=f"60 reference blocks, {looks} quiet blocks",
                alpha=onset.false_alarm(ticks=looks, alpha=alpha),
                looks=looks,
            ).demand()
        )
    assert (first >= 0).any()  # the promise is not kept by never raising an alarm


def test_the_average_run_length_is_at_least_what_is_promised() -> None:
    """A fair game of coins, the case in which the bound is nearest: runs end at 20 times the promise."""
    onset, alpha, rng = Onset(horizon=5.0), 0.2, np.random.default_rng(2)
    promised = onset.run_length(alpha=alpha)
    capital, length = np.full(2_000, -np.inf), np.full(2_000, 20 * promised)
    for tick in range(1, int(20 * promised)):
        gain = np.where(rng.random(2_000) < 0.5, math.log(1.5), math.log(0.5))
        capital = np.logaddexp(capital, math.log(onset.share(tick))) + gain
        alarm = np.logaddexp(capital, math.log(onset.left(tick))) >= -math.log(alpha)
        length = np.minimum(length, np.where(alarm, tick, np.inf))
    assert promised <= length.mean() <= 4 * promised


@pytest.mark.parametrize("quiet", [5, 300])
@pytest.mark.parametrize(("name", "onset"), [("for ever", EVER), ("90 blocks of horizon", Onset(horizon=90.0))])
def test_how_soon_a_shift_is_found_by_what_came_before(quiet: int, name: str, onset: Onset, record) -> None:
    first = first_alarms(onset=onset, alpha=0.01, quiet=quiet, moved=80, shift=1.5, seed=3)
    delay = np.where(first >= quiet, first - quiet, -1)[(first < 0) | (first >= quiet)]
    record(
        power_result(
            delay,
            np.arange(1, 81),
            test=f"rank bets, {name}",
            scenario=f"60 reference blocks, {quiet} quiet blocks before",
            effect="1.5 sd of a block",
            unit="blocks",
            alpha=0.01,
        ).demand(found=0.95)
    )
