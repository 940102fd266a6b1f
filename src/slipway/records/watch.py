"""What the monitors read: one slice of time of one model's traffic, as sums that add up."""

import numpy as np
import numpy.typing as npt

from slipway.records.base import Record
from slipway.stats.joint import JointTick
from slipway.stats.part_sums import PartSums
from slipway.stats.residuals import GapTick

Ints = npt.NDArray[np.int64]


class InputSums(Record, frozen=True, kw_only=True, eq=False):
    """What the model was asked, and what it expected of itself. Complete as soon as the slice is over.

    Attributes:
        start_us: Beginning of the slice, microseconds since the epoch, UTC.
        end_us: Its end, exclusive.
        rows: Rows that the model answered, as the serving arm or as a shadow.
        counts: Rows per column and bin of the reference, all columns in one array.
        expected: Sum of the loss that the calibration expects, in units of the metric.
        answers: Rows per bin of the reference's score; None where that is not watched.
        joint: How the columns went together: the slice, or its whole pieces where rows are the unit; empty where that
            is not watched.
    """

    start_us: int
    end_us: int
    rows: int
    counts: Ints
    expected: float
    answers: Ints | None = None
    joint: tuple[JointTick, ...] = ()


class OutcomeSums(Record, frozen=True, kw_only=True, eq=False):
    """What came true of it. Complete once the outcomes have been waited for.

    Attributes:
        start_us: Beginning of the slice.
        end_us: Its end, exclusive.
        labelled: Rows with an answer and an outcome.
        missing: Rows whose outcome did not come in time.
        loss: Sum of the realised loss.
        expected: Sum of the loss that the calibration expected of these rows.
        gap_squares: Sum of squares of realised minus expected loss.
        gap: Sums in the measures of the reference's gap.
        parts: The same by the reference's parts of the rows; None where they are not watched, or X is not known.
        loss_squares: Sum of squares of the realised loss; None in sums that an older release kept.
    """

    start_us: int
    end_us: int
    labelled: int
    missing: int
    loss: float
    expected: float
    gap_squares: float
    gap: GapTick
    parts: PartSums | None = None
    loss_squares: float | None = None


class FeedSums(Record, frozen=True, kw_only=True, eq=False):
    """What came, before anybody asks whether it has drifted. Complete as soon as the slice is over.

    Attributes:
        start_us: Beginning of the slice, microseconds since the epoch, UTC.
        end_us: Its end, exclusive.
        rows: Rows that the model answered, as the serving arm or as a shadow.
        counts: Rows per column and bin of the reference, all columns in one array.
        far: Rows per column whose number leaps far beyond the reference.
        repeats: Rows that are, value for value, as a row of the slice before them.
    """

    start_us: int
    end_us: int
    rows: int
    counts: Ints
    far: Ints
    repeats: int
