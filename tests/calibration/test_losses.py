"""Losses that are numbers: the gap of a regression, and the loss it expects of itself; heavy tails, moving inputs."""

import numpy as np
import pytest

from slipway.stats.expected import ExpectedLoss
from slipway.stats.gap import Gap, GapReference
from slipway.testing.calibration import null_result

pytestmark = [pytest.mark.calibration, pytest.mark.timeout(300)]

ALPHA, STREAMS, LOOKS, CAP = 0.05, 2_000, 30, 4.0


def rows(rng, n, *, at):
    """Losses with a tail, and the mean of each clipped at CAP given X; X walks, and the losses' size with it."""
    size = np.exp(at + rng.normal(0, 0.7, n))
    return rng.exponential(size), size * -np.expm1(-CAP / size)


def test_a_regression_whose_inputs_alone_move(record, streams_of):
    rng, alarms, naive = np.random.default_rng(21), [], []
    for _ in range(streams_of(STREAMS)):
        loss, expected = rows(rng, int(10 ** rng.uniform(1, 4)), at=0.0)
        gap = Gap(GapReference.of_losses(loss, expected=expected, cap=CAP))
        state, at, alarm, loud = gap.start(), 0.0, False, False
        for _ in range(LOOKS):
            at = np.clip(at + rng.normal(0, 0.3), -2, 2)
            loss, expected = rows(rng, rng.poisson(10 ** rng.uniform(0.5, 2.5)), at=at)
            state = gap.update(state, gap.tick(expected, outcome=loss))
            alarm |= gap.evidence(state).rejects(alpha=ALPHA)
            n = max(state.n, 2)
            mean = float(state.totals[0]) / n
            sd = np.sqrt(max(float(state.squares[0]) / n - mean**2, 1e-12))
            loud |= n > 30 and abs(mean - gap.reference.means[0]) > 1.96 * sd * np.sqrt(1 / n + 1 / gap.reference.n)
        alarms.append(alarm)
        naive.append(loud)
    record(
        null_result(
            alarms,
            test="gap",
            scenario="a regression, losses with tails, X walks; references of 10 to 10,000 rows",
            alpha=ALPHA,
            looks=LOOKS,
            naive=naive,
        ).demand()
    )


def test_the_expected_loss_covers_the_risk_under_the_law_of_today(record, streams_of):
    rng, missed, naive = np.random.default_rng(22), [], []
    for _ in range(streams_of(STREAMS)):
        a, b = rng.choice([0.1, 0.5, 2.0, 8.0], 2)
        risk, test = a / (a + b), ExpectedLoss(alpha=ALPHA)
        state, miss, loud, seen = test.start(), False, False, np.zeros(0)
        for _ in range(LOOKS):
            losses = rng.beta(a, b, int(10 ** rng.uniform(0, 2.5)))
            state, seen = test.update(state, test.tick(losses)), np.append(seen, losses)
            found = test.evidence(state)
            miss |= not found.low <= risk <= found.high
            loud |= len(seen) > 30 and abs(seen.mean() - risk) > 1.96 * seen.std() / np.sqrt(len(seen))
        missed.append(miss)
        naive.append(loud)
    record(
        null_result(
            missed,
            test="expected loss",
            scenario="beta losses from near 0 or 1 to bell-shaped; naive: normal interval",
            alpha=ALPHA,
            looks=LOOKS,
            naive=naive,
        ).demand()
    )
