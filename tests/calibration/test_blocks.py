"""Blocks that are exchangeable but nothing else: skewed, of uneven size, few; and conformal p-values."""

import math

import numpy as np
import pytest

from slipway.stats.conformal import SimpleJumper, conformal_p
from slipway.stats.joint import FULL, JointDrift, JointTick
from slipway.stats.rank_bets import RankBets
from slipway.testing.calibration import null_result, power_result
from slipway.testing.streams import clustered_means

pytestmark = [pytest.mark.calibration, pytest.mark.timeout(300)]

ALPHA, STREAMS = 0.05, 2_000


def ever(bets: RankBets, live: np.ndarray) -> int:
    """First block at which the mean over series reaches 1 / alpha, -1 for never."""
    state = bets.start()
    for look, block in enumerate(live):
        state = bets.update(state, block)
        if np.logaddexp.reduce(bets.log_e(state)) - math.log(live.shape[1]) >= -math.log(ALPHA):
            return look
    return -1


@pytest.mark.parametrize("tails", [True, False])
@pytest.mark.parametrize("before", [3, 10, 60])
def test_blocks_that_only_differ_among_themselves(before: int, tails: bool, record) -> None:
    rng, alarms, naive = np.random.default_rng(before), [], []
    for skew in (0.0, 1.0):
        values = clustered_means(rng, streams=STREAMS // 2, blocks=before + 40, rows=30, between_sd=1.0, skew=skew)
        for stream in values:
            bets = RankBets.of(stream[:before, None], tails=tails)
            alarms.append(ever(bets, stream[before:, None]) >= 0)
            old, new = stream[:before], stream[before:]
            n = np.arange(2, 41)
            means = np.cumsum(new)[1:] / n
            naive.append((np.abs(means - old.mean()) > 1.96 * old.std(ddof=1) * np.sqrt(1 / n + 1 / before)).any())
    record(
        null_result(
            alarms,
            test=f"rank bets{'' if tails else ' without tails'}",
            scenario=f"{before} reference blocks, uneven sizes, Gaussian and lognormal; naive: z of block means",
            alpha=ALPHA,
            looks=40,
            naive=naive,
        ).demand()
    )


@pytest.mark.parametrize("before", [3, 60])
def test_series_whose_ranks_foretell_each_other(before: int, record) -> None:
    """A value, its distance from the centre, and a product: the ranks of one tell more of another than its own do."""
    rng, alarms = np.random.default_rng(before + 100), []
    for _ in range(STREAMS):
        x, y = rng.standard_t(2, size=(2, before + 40))
        blocks = np.stack([x, np.abs(x), x * y], axis=1)
        alarms.append(ever(RankBets.of(blocks[:before]), blocks[before:]) >= 0)
    record(
        null_result(
            alarms,
            test="rank bets",
            scenario=f"{before} reference blocks, mean over three dependent heavy-tailed series",
            alpha=ALPHA,
            looks=40,
        ).demand()
    )


@pytest.mark.parametrize("shift", [0.8, 2.0])
def test_blocks_that_moved(shift: float, record) -> None:
    rng, looks = np.random.default_rng(9), 120
    values = clustered_means(rng, streams=300, blocks=120 + looks, rows=30, between_sd=1.0)
    first = [ever(RankBets.of(stream[:120, None]), stream[120:, None] + shift) for stream in values]
    record(
        power_result(
            first,
            np.arange(1, looks + 1),
            test="rank bets",
            scenario="120 reference blocks, Gaussian",
            effect=f"{shift:g} sd of block means",
            unit="blocks",
            alpha=ALPHA,
            fixed_n=(1.96 + 0.84) ** 2 / shift**2,
            bound=-math.log(ALPHA) / (shift**2 / 2),
        ).demand(found=0.8)
    )


def test_exchangeable_rows_and_the_simple_jumper(record) -> None:
    rng, jumper, alarms = np.random.default_rng(10), SimpleJumper(), []
    for stream in range(STREAMS):
        draw = [rng.normal, rng.exponential, lambda size: rng.integers(0, 4, size=size)][stream % 3]
        p = conformal_p(draw(size=80), pool=draw(size=int(rng.integers(0, 60))), rng=rng)
        shares, log_capital, alarm = np.full(3, 1 / 3), 0.0, False
        for gains in 1 + np.array(jumper.slopes) * (p.p[:, None] - 0.5):
            shares = ((1 - jumper.jump) * shares + jumper.jump / 3) * gains
            log_capital += math.log(shares.sum())
            shares = shares / shares.sum()
            alarm |= log_capital >= -math.log(ALPHA)
        alarms.append(alarm)
        assert jumper.evidence(jumper.update(jumper.start(), p)).log_e == pytest.approx(log_capital)
    record(
        null_result(
            alarms,
            test="simple jumper",
            scenario="exchangeable rows, pools of 0 to 59, with and without ties",
            alpha=ALPHA,
            looks=80,
        ).demand()
    )


def joint_block(rng: np.random.Generator, *, columns: int, together: float, sd: float = 0.0) -> JointTick:
    """Rows of columns of which each goes with the next, in a block that differs from others by its nature."""
    rows = int(rng.integers(60, 200))
    mixed = np.linalg.cholesky(np.eye(columns) + together * (np.eye(columns, k=1) + np.eye(columns, k=-1)))
    values = rng.normal(size=(rows, columns)) @ mixed.T + sd * rng.standard_t(3, size=columns)
    return JointTick.of(np.clip(np.round(50 * values), -FULL, FULL))


def joint_alarm(rng: np.random.Generator, *, before: int, looks: int, columns: int, now: float, sd: float) -> int:
    blocks = [joint_block(rng, columns=columns, together=0.3, sd=sd) for _ in range(before)]
    test = JointDrift.learn(blocks, names=tuple(f"x{i}" for i in range(columns)))
    state = test.start()
    for look in range(looks):
        state = test.update(state, joint_block(rng, columns=columns, together=now, sd=sd))
        if test.evidence(state).rejects(alpha=ALPHA):
            return look
    return -1


@pytest.mark.parametrize("before", [6, 40])
def test_columns_that_go_together_as_they_did(before: int, record) -> None:
    rng = np.random.default_rng(before + 200)
    alarms = [joint_alarm(rng, before=before, looks=40, columns=5, now=0.3, sd=0.3) >= 0 for _ in range(400)]
    record(
        null_result(
            alarms,
            test="joint drift",
            scenario=f"{before} reference blocks of 60 to 199 rows, 5 columns, blocks that differ (t with 3 degrees)",
            alpha=ALPHA,
            looks=40,
        ).demand()
    )


def test_columns_that_part_while_each_stays_what_it_was(record) -> None:
    rng, looks = np.random.default_rng(300), 60
    first = [joint_alarm(rng, before=60, looks=looks, columns=20, now=0.15, sd=0.0) for _ in range(60)]
    record(
        power_result(
            first,
            np.arange(1, looks + 1),
            test="joint drift",
            scenario="60 reference blocks, 20 columns, each going with the next",
            effect="correlation .3 to .15",
            unit="blocks",
            alpha=ALPHA,
        ).demand(found=0.8)
    )
