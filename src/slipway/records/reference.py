"""What the world looked like when a model was packaged: the file ``reference.msgpack``, which the monitors read.

Two parts of the data serve two ends. The columns of X are taken from all rows the model came from. Scores and losses
are taken from the held-out rows only, since a model flatters the rows it was trained on; and what was *expected* there
is told by a calibration fitted on the other half of the held-out days, so that the gap between the two is honest.

All sums are kept by block of time as well as in total, so that a monitor may count in rows, hours or days.
"""

import numpy as np
import numpy.typing as npt

from slipway.errors import BadInput
from slipway.records.base import Record
from slipway.records.field import FieldKind
from slipway.records.task import TaskKind
from slipway.stats import state
from slipway.stats.categories import CategoryReference
from slipway.stats.histogram import NumericReference
from slipway.stats.joint import JointTick
from slipway.stats.part_sums import Part, PartSums
from slipway.stats.residuals import GapReference, GapTick
from slipway.stats.table import TableReference
from slipway.stats.unit import UnitChoice

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


class ColumnReference(Record, frozen=True, kw_only=True, eq=False):
    """One column: a field of X, or the score.

    Attributes:
        name: Field, or ``score``.
        kind: Number, category or boolean (0 and 1, counted as a number).
        number: Profile of a number or boolean, else None.
        category: Profile of a category, else None.
        unit: Exchangeable unit of this column, and why.
        block_counts: Rows per block of time and bin of the profile, shape (blocks, bins); one block without a time.
        usual: The largest share of the rows that each bin had in any stretch (:attr:`Reference.stretches`), shape
            (bins,); None in packages of before, whose feed nobody can judge.
        low: Smallest number, where there is one; so is ``high`` the largest.
        high: See ``low``.
    """

    name: str
    kind: FieldKind
    number: NumericReference | None = None
    category: CategoryReference | None = None
    unit: UnitChoice
    block_counts: Ints
    usual: Floats | None = None
    low: float | None = None
    high: float | None = None

    def __post_init__(self) -> None:
        if (self.number is None) == (self.category is None):
            raise BadInput(f"reference of {self.name}: want a profile of a number or of a category, got both or none.")

    @property
    def profile(self) -> NumericReference | CategoryReference:
        """The one profile it has."""
        if self.number is not None:
            return self.number
        if self.category is not None:
            return self.category
        raise BadInput(f"reference of {self.name}: want a profile, got none.")


class BlockSums(Record, frozen=True, kw_only=True, eq=False):
    """Held-out rows of one block of time.

    The loss is that of the task: 0 or 1 for a binary answer at the threshold, the absolute error of a number.

    Attributes:
        start_us: Beginning of the block, microseconds since the epoch, UTC; 0 without a time.
        n: Rows.
        loss: Sum of the realised loss.
        loss_squares: Sum of its squares.
        expected: Sum of the loss that the calibration expected from the scores alone.
        gap_squares: Sum of squares of realised minus expected loss.
        gap: Sums of realised minus expected performance in each of the measures of the reference's ``gap``.
    """

    start_us: int
    n: int
    loss: float
    loss_squares: float
    expected: float
    gap_squares: float
    gap: GapTick


class Reference(Record, frozen=True, kw_only=True, eq=False):
    """All that the monitors need of the time before deployment.

    Attributes:
        kind: Binary or regression.
        threshold: Score from which a binary answer counts as 1.
        unit: Exchangeable unit of the gap (realised minus expected loss), and why; ``row``, ``hour`` or ``day``.
        block_us: Length of the blocks that sums are kept by; 0 without a time.
        rows: Rows behind the columns of X.
        block_starts: Beginning of each block of those rows, in order.
        columns: Fields of X in order.
        score_starts: Beginning of each block of the held-out rows, in order.
        score: Profile of the raw scores of the held-out rows; None where nobody answered.
        gap: How well the held-out rows were calibrated, all blocks together; None where there were no answers with a
            truth, so that only X can be watched.
        held_out: Losses of the held-out rows by block, in the order of ``score_starts``.
        joint: How the columns went together, by block of ``block_starts``, or by pieces of ``joint_rows`` rows where
            rows are the unit; empty where that is not watched.
        joint_rows: Rows of a piece; 0 where blocks of time are the unit.
        stretches: Into how many stretches the rows were divided to learn what is usual of a feed: hours, several in one
            where few rows came; pieces of rows without a time.
        alike: The largest share of pairs of rows in one stretch that are alike, value for value.
        silence_us: The longest time without a row, in whole hours; 0 without a time.
        parts: Parts of the rows whose gap is watched on its own, by bins of ``columns``; empty where none is.
        part_sums: Held-out rows by block and part, in the order of ``score_starts``.
    """

    kind: TaskKind
    threshold: float
    unit: UnitChoice
    block_us: int
    rows: int
    block_starts: tuple[int, ...]
    columns: tuple[ColumnReference, ...]
    score_starts: tuple[int, ...] = ()
    score: ColumnReference | None = None
    gap: GapReference | None = None
    held_out: tuple[BlockSums, ...] = ()
    joint: tuple[JointTick, ...] = ()
    joint_rows: int = 0
    stretches: int = 0
    alike: float = 1.0
    silence_us: int = 0
    parts: tuple[Part, ...] = ()
    part_sums: tuple[PartSums, ...] = ()

    @property
    def held_out_rows(self) -> int:
        """Rows behind the score and the losses."""
        return sum(block.n for block in self.held_out)

    @property
    def measures(self) -> GapReference:
        """How well held-out rows were calibrated.

        Raises:
            BadInput: There were no answers with a truth.
        """
        if self.gap is None:
            raise BadInput("reference: want answers with their truth, got a reference of X alone.")
        return self.gap

    def column(self, name: str) -> ColumnReference:
        """Return the reference of one field of X.

        Raises:
            BadInput: There is none of that name.
        """
        for column in self.columns:
            if column.name == name:
                return column
        raise BadInput(f"reference: want one of {[c.name for c in self.columns]}, got '{name}'.")


def table_of(reference: Reference) -> TableReference:
    """Return the profiles of X as one table."""
    return TableReference(
        names=tuple(c.name for c in reference.columns), columns=tuple(c.profile for c in reference.columns)
    )


def encode_reference(reference: Reference) -> bytes:
    """Return the bytes of ``reference.msgpack``: the same for the same reference."""
    return state.encode(reference)


def decode_reference(data: bytes) -> Reference:
    """Read ``reference.msgpack``.

    Raises:
        Corrupt: The bytes are not a reference.
    """
    return state.decode(data, Reference)
