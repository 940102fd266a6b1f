"""Limits of a change of the loss, by rows: they hold where errors cost ten times as much, and for older sums."""

import msgspec
import numpy as np
import pytest

from slipway.modeling.held_out import calibrate
from slipway.monitoring.loss_change import loss_change
from slipway.records.reference import BlockSums, Reference
from slipway.records.scoring import Scoring
from slipway.records.task import TaskKind
from slipway.records.watch import OutcomeSums

SCORING = Scoring(kind=TaskKind.BINARY, false_negative_cost=10.0, threshold=0.3)
ROWS = 400


def sums_of(calibrated):
    loss, over = calibrated.loss, calibrated.loss - calibrated.expected
    return OutcomeSums(
        start_us=0,
        end_us=1,
        labelled=loss.size,
        missing=0,
        loss=float(loss.sum()),
        loss_squares=float(loss @ loss),
        expected=float(calibrated.expected.sum()),
        gap_squares=float(over @ over),
        gap=calibrated.tick(np.arange(loss.size)),
    )


def drawn(rng):
    p = rng.uniform(size=ROWS)
    return calibrate(p, y=(rng.uniform(size=ROWS) < p).astype(float), blocks=np.arange(ROWS) // 20, scoring=SCORING)


def rise(before, now):
    known = sums_of(before)
    held = BlockSums(
        start_us=0,
        n=ROWS,
        loss=known.loss,
        loss_squares=known.loss_squares,
        expected=known.expected,
        gap_squares=known.gap_squares,
        gap=known.gap,
    )
    reference = Reference(
        kind=TaskKind.BINARY, threshold=0.3, unit=None, block_us=1, rows=ROWS, block_starts=(0,), columns=(),
        gap=before.gap, held_out=(held,),
    )  # fmt: skip
    return loss_change([], outcomes=[now], reference=reference, slice_us=1, unit="row", alpha=0.05).rise


def test_limits_of_dear_errors_hold_as_often_as_they_say():
    rng = np.random.default_rng(0)
    found = [rise(drawn(rng), sums_of(drawn(rng))) for _ in range(300)]
    missed = np.mean([not one.low <= 0 <= one.high for one in found])
    assert missed <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 300), "0.17 when a loss was taken for 0 or 1"


def test_sums_of_an_older_release_are_read_as_they_were():
    rng = np.random.default_rng(1)
    before, now = drawn(rng), sums_of(drawn(rng))
    older = msgspec.structs.replace(now, loss_squares=None)
    assert rise(before, older).estimate == pytest.approx(rise(before, now).estimate)
    assert rise(before, older).high < rise(before, now).high, "costs were taken for 1"
