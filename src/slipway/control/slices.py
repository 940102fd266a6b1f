"""From the ledger to slices: what one model was asked, expected, and turned out to do, a slice of time at a time."""

import msgspec
import numpy as np
import numpy.typing as npt

from slipway.control.block import UNKNOWN_BIN, Block
from slipway.control.exact import exact_sum
from slipway.control.ledger import Ledger
from slipway.control.maturity import in_time
from slipway.records.calibration import Calibration, expected_loss
from slipway.records.reference import Reference
from slipway.records.task import TaskKind
from slipway.records.watch import FeedSums, InputSums, OutcomeSums
from slipway.stats.coding import Coder
from slipway.stats.joint_scores import JointScores
from slipway.stats.part_sums import PartSums

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]


class Model(msgspec.Struct, frozen=True, eq=False):
    """What control must know of a packaged model to sum up its traffic.

    Attributes:
        arm: Its name.
        reference: As packaged.
        calibration: As packaged.
        coder: Counts the columns of X by their profiles.
        together: How its bins become what is watched together; None where that is not.
    """

    arm: str
    reference: Reference
    calibration: Calibration
    coder: Coder
    together: JointScores | None = None


def input_sums(block: Block, *, model: Model, ledger: Ledger, start_us: int, end_us: int) -> InputSums:
    """Sum up the inputs that the model answered within a slice of a day; rows that were not coded are left out."""
    here, score = _answered(block, ledger=ledger, arm=model.arm, start_us=start_us, end_us=end_us)
    bins = block.bins(model.coder.key)
    here &= False if bins is None else bins[:, 0] != UNKNOWN_BIN
    coded = model.coder.nothing() if bins is None else bins[here]
    profile = model.reference.score
    return InputSums(
        start_us=start_us,
        end_us=end_us,
        rows=int(here.sum()),
        counts=model.coder.counts(coded),
        expected=exact_sum(_expected(model, score[here], ledger=ledger)),
        answers=None if profile is None else profile.profile.tick(score[here]).counts,
        joint=() if model.together is None else model.together.ticks(coded, rows=model.reference.joint_rows),
    )


def feed_sums(block: Block, *, model: Model, ledger: Ledger, start_us: int, end_us: int) -> FeedSums:
    """Sum up what came to the model within a slice of a day, for the quality of its feed; as :func:`input_sums`."""
    here, _ = _answered(block, ledger=ledger, arm=model.arm, start_us=start_us, end_us=end_us)
    bins, marks, marker = block.bins(model.coder.key), block.bins(model.coder.marks_key), model.coder.marks
    coded, marked = model.coder.nothing(), None
    if bins is not None and marks is not None and marker is not None:
        here &= bins[:, 0] != UNKNOWN_BIN
        coded, marked = bins[here], marks[here]
    return FeedSums(
        start_us=start_us,
        end_us=end_us,
        rows=len(coded),
        counts=model.coder.counts(coded),
        far=np.zeros(0, dtype=np.int64) if marked is None or marker is None else marker.far(marked),
        repeats=0 if marked is None or marker is None else marker.repeats(marked),
    )


def outcome_sums(
    block: Block, *, model: Model, ledger: Ledger, start_us: int, end_us: int, wait_us: int
) -> OutcomeSums:
    """Sum up what came true of the model's answers within a slice of a day, as far as it came in time."""
    here, score = _answered(block, ledger=ledger, arm=model.arm, start_us=start_us, end_us=end_us)
    told = here & in_time(block.outcome_at_us, at_us=block.at_us, wait_us=wait_us, now_us=end_us + wait_us)
    y, given = block.outcome[told], score[told]
    loss = ledger.terms.scoring.loss(y, answers=given)
    expected = _expected(model, given, ledger=ledger)
    binary = model.reference.kind is TaskKind.BINARY
    predicted, outcome = (model.calibration.apply(given), y) if binary else (expected, loss)
    bins = block.bins(model.coder.key) if model.reference.parts else None
    return OutcomeSums(
        start_us=start_us,
        end_us=end_us,
        labelled=int(told.sum()),
        missing=int((here & ~told).sum()),
        loss=exact_sum(loss),
        loss_squares=exact_sum(loss**2),
        expected=exact_sum(expected),
        gap_squares=exact_sum((loss - expected) ** 2),
        gap=model.reference.measures.tick(predicted, outcome=outcome),
        parts=None
        if bins is None
        else PartSums.of(
            model.reference.parts,
            reference=model.reference.measures,
            bins=bins[told],
            predicted=predicted,
            outcome=outcome,
            over=loss - expected,
        ),
    )


def _answered(block: Block, *, ledger: Ledger, arm: str, start_us: int, end_us: int) -> tuple[Bools, Floats]:
    """Return (rows of the slice that the model answered, as arm or as shadow; its answers)."""
    code = ledger.arm(arm)
    said, _ = block.shadow(code)
    score = np.where(block.arm == code, block.score, said)
    return (block.at_us >= start_us) & (block.at_us < end_us) & np.isfinite(score), score


def _expected(model: Model, score: Floats, *, ledger: Ledger) -> Floats:
    return expected_loss(model.calibration, scores=score, scoring=ledger.terms.scoring)
