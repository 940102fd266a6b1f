"""From the ledger to slices: what one model was asked, expected, and turned out to do, a slice of time at a time."""

import msgspec
import numpy as np
import numpy.typing as npt

from slipway.control.block import Block
from slipway.control.ledger import Ledger
from slipway.control.maturity import in_time
from slipway.records.calibration import Calibration, expected_loss
from slipway.records.reference import Reference
from slipway.records.task import TaskKind
from slipway.records.watch import InputSums, OutcomeSums
from slipway.stats.histogram import NumericReference
from slipway.stats.table import ColumnReference, TableReference

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


class Model(msgspec.Struct, frozen=True, eq=False):
    """What control must know of a packaged model to sum up its traffic.

    Attributes:
        arm: Its name.
        reference: As packaged.
        calibration: As packaged.
        columns: Columns that are counted, with the profiles that say how.
    """

    arm: str
    reference: Reference
    calibration: Calibration
    columns: TableReference


def input_sums(block: Block, *, model: Model, ledger: Ledger, start_us: int, end_us: int) -> InputSums:
    """Sum up the inputs that the model answered within a slice of a day."""
    here, score = _answered(block, ledger=ledger, arm=model.arm, start_us=start_us, end_us=end_us)
    columns = zip(model.columns.names, model.columns.columns, strict=True)
    counts = [_counts(block, name, profile, here=here, ledger=ledger) for name, profile in columns]
    return InputSums(
        start_us=start_us,
        end_us=end_us,
        rows=int(here.sum()),
        counts=np.concatenate(counts),
        expected=float(_expected(model, score[here], ledger=ledger).sum()),
    )


def outcome_sums(
    block: Block, *, model: Model, ledger: Ledger, start_us: int, end_us: int, wait_us: int
) -> OutcomeSums:
    """Sum up what came true of the model's answers within a slice of a day, as far as it came in time."""
    here, score = _answered(block, ledger=ledger, arm=model.arm, start_us=start_us, end_us=end_us)
    came, at_us = np.array(block.outcome_at_us), np.array(block.at_us)
    told = here & in_time(came, at_us=at_us, wait_us=wait_us, now_us=end_us + wait_us)
    y, given = np.array(block.outcome)[told], score[told]
    loss = ledger.terms.scoring.loss(y, answers=given)
    expected = _expected(model, given, ledger=ledger)
    binary = model.reference.kind is TaskKind.BINARY
    predicted, outcome = (model.calibration.apply(given), y) if binary else (expected, loss)
    return OutcomeSums(
        start_us=start_us,
        end_us=end_us,
        labelled=int(told.sum()),
        missing=int((here & ~told).sum()),
        loss=float(loss.sum()),
        expected=float(expected.sum()),
        gap_squares=float(((loss - expected) ** 2).sum()),
        gap=model.reference.gap.tick(predicted, outcome=outcome),
    )


def _answered(block: Block, *, ledger: Ledger, arm: str, start_us: int, end_us: int) -> tuple[Bools, Floats]:
    """Return (rows of the slice that the model answered, as arm or as shadow; its answers)."""
    code = ledger.arm(arm)
    said, _ = block.shadow(code)
    score = np.where(np.array(block.arm) == code, np.array(block.score), said)
    at_us = np.array(block.at_us)
    return (at_us >= start_us) & (at_us < end_us) & np.isfinite(score), score


def _expected(model: Model, score: Floats, *, ledger: Ledger) -> Floats:
    return expected_loss(model.calibration, scores=score, scoring=ledger.terms.scoring)


def _counts(block: Block, name: str, profile: ColumnReference, *, here: Bools, ledger: Ledger) -> Ints:
    """Count one column's rows in the bins of its profile; a column that the journal does not hold is missing."""
    if isinstance(profile, NumericReference):
        numbers = np.array(block.numbers[name]) if name in block.numbers else np.full(len(block), np.nan)
        return profile.tick(numbers[here]).counts
    codes = np.array(block.categories[name]) if name in block.categories else np.full(len(block), -1)
    found, rows = np.unique(codes[here], return_counts=True)
    texts = ledger.texts()
    return profile.tick_of_counts({texts[c]: n for c, n in zip(found.tolist(), rows.tolist(), strict=True)}).counts
