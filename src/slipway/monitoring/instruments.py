"""From a packaged reference to two tests: have the inputs moved, and does the model still do as it expects?

Both count in one unit: the coarsest that any column or the gap needs, for a coarser unit costs power and a finer one
costs the promise. Rows are tested as rows only where the reference says that they may be.

What is promised of false alarms is promised by slices of time: with chance alpha at most within the horizon, and not
more often than once in a stated number of slices on average for as long as nothing changes
(:class:`slipway.stats.restarts.Onset`).
"""

import functools
from collections.abc import Sequence
from typing import TypeVar, cast

import msgspec
import numpy as np
import numpy.typing as npt

from slipway.errors import BadInput
from slipway.records.reference import ColumnReference, Reference, table_of
from slipway.stats.block_drift import BlockDrift, block_means
from slipway.stats.block_gap import BlockGap
from slipway.stats.categories import CategoryReference
from slipway.stats.drift import TableDrift
from slipway.stats.gap import Gap
from slipway.stats.histogram import NumericReference
from slipway.stats.joint import JointDrift, JointTick
from slipway.stats.joint_scores import JointScores
from slipway.stats.moments import Moments
from slipway.stats.rank_bets import RankBets
from slipway.stats.residuals import ONE, GapTick
from slipway.stats.restarts import EVER, Onset
from slipway.stats.table import TableReference

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
T = TypeVar("T", bound=TableDrift | BlockDrift | Gap | BlockGap | JointDrift | None)

_WITH_ONSET = (TableDrift, Gap, JointDrift)
ORDER = ("row", "hour", "day")
SLICE_US = {"row": 3_600_000_000, "hour": 3_600_000_000, "day": 86_400_000_000}
"""Length of the slices that are fed to the instruments; rows may be fed in slices of any length."""

HORIZON_US = 90 * SLICE_US["day"]
"""Time from a start on within which a false alarm has chance alpha at most: 90 days."""

_RANKED_EVERY = 3
_JOINT_BLOCKS = 12
"""Blocks from which on a joint test is worth its share of the alarm."""


class Instruments(msgspec.Struct, frozen=True, eq=False):
    """The instruments of one model.

    Attributes:
        unit: Exchangeable unit: ``row``, ``hour`` or ``day``.
        inputs: Whether X has moved.
        gap: Whether realised and expected performance have come apart; None where the reference has no answers.
        joint: Whether columns of X still go together as they did; None where that is not watched.
        answers: Whether the scores have moved; None where the reference has none, or too few blocks of them.
        onset: When a change may begin, in slices, and what is promised of false alarms.
    """

    unit: str
    inputs: TableDrift | BlockDrift
    gap: Gap | BlockGap | None
    joint: JointDrift | None = None
    answers: TableDrift | BlockDrift | None = None
    onset: Onset = EVER

    @property
    def slice_us(self) -> int:
        """Length of one slice."""
        return SLICE_US[self.unit]

    def within(self, slices: float) -> "Instruments":
        """Return them with a false alarm promised to have chance alpha at most within so many slices; infinite: ever.

        Where rows are counted, columns that go together are watched in pieces of a slice, however many: that test keeps
        the promise for ever.
        """
        onset = Onset(horizon=slices)
        joint = self.joint if self.unit == "row" else _lasting(self.joint, onset=onset)
        return Instruments(
            unit=self.unit,
            inputs=_lasting(self.inputs, onset=onset),
            gap=_lasting(self.gap, onset=onset),
            joint=joint,
            answers=_lasting(self.answers, onset=onset),
            onset=onset,
        )


def unit_of(reference: Reference, *, wanted: str = "auto") -> str:
    """Return the unit to count in: the one wanted, or the coarsest that the reference found for a column or the gap.

    Raises:
        BadInput: The wanted unit is none, or finer than the blocks that the reference was summed in.
    """
    if wanted == "auto":
        return max((reference.unit.unit, *(c.unit.unit for c in reference.columns)), key=ORDER.index)
    if wanted not in ORDER:
        raise BadInput(f"monitoring.unit: want auto, {', '.join(ORDER)}, got {wanted!r}.")
    return wanted


def instruments_of(reference: Reference, *, unit: str = "auto", tolerance: float = 0.0) -> Instruments:
    """Make the instruments of a model from its reference, with :data:`HORIZON_US` as their horizon.

    Args:
        reference: As packaged.
        unit: ``auto``, ``row``, ``hour`` or ``day``.
        tolerance: Gap at a given X that is too small to matter; only rows can use it, blocks report the size instead.

    Raises:
        BadInput: A block unit that the reference has too few blocks of.
    """
    chosen = unit_of(reference, wanted=unit)
    names = tuple(c.name for c in reference.columns)
    joint, answers = _joint(reference, unit=chosen), _answers(reference, unit=chosen)
    if chosen == "row":
        table = TableReference(names=names, columns=tuple(c.profile for c in reference.columns))
        of_rows = None if reference.gap is None else Gap(reference.gap, tolerance=tolerance)
        return _for_the_horizon(Instruments(chosen, TableDrift(table), of_rows, joint, answers))
    inputs = _block_drift(reference.columns, starts=reference.block_starts, unit=chosen, reference=reference)
    of_blocks = None if reference.gap is None else _block_gap(reference, unit=chosen)
    return _for_the_horizon(Instruments(chosen, inputs, of_blocks, joint, answers))


def _for_the_horizon(instruments: Instruments) -> Instruments:
    return instruments.within(HORIZON_US // instruments.slice_us)


def _lasting(test: T, *, onset: Onset) -> T:
    """Return a test with another onset; what is not watched stays so."""
    if isinstance(test, BlockDrift | BlockGap):
        return cast(T, msgspec.structs.replace(test, bets=msgspec.structs.replace(test.bets, onset=onset)))
    return cast(T, msgspec.structs.replace(test, onset=onset)) if isinstance(test, _WITH_ONSET) else test


def _joint(reference: Reference, *, unit: str) -> JointDrift | None:
    """Return the joint test where the reference was summed for this unit and has blocks enough."""
    scores = JointScores.of(table_of(reference)) if reference.joint else None
    if scores is None or (unit == "row") != (reference.joint_rows > 0):
        return None
    blocks = list(reference.joint)
    if unit != "row":
        groups = _groups(reference.block_starts, unit=unit, reference=reference)
        blocks = [functools.reduce(JointTick.merge, (reference.joint[i] for i in group)) for group in groups]
    return JointDrift.learn(blocks, names=scores.names) if len(blocks) >= _JOINT_BLOCKS else None


def _answers(reference: Reference, *, unit: str) -> TableDrift | BlockDrift | None:
    if reference.score is None:
        return None
    if unit == "row":
        return TableDrift(TableReference(names=(reference.score.name,), columns=(reference.score.profile,)))
    if len(_groups(reference.score_starts, unit=unit, reference=reference)) < _RANKED_EVERY:
        return None
    return _block_drift((reference.score,), starts=reference.score_starts, unit=unit, reference=reference)


def _block_drift(
    columns: Sequence[ColumnReference], *, starts: tuple[int, ...], unit: str, reference: Reference
) -> BlockDrift:
    """Take the ranks from every third block and compare the others; as :meth:`BlockDrift.learn` does with rows."""
    groups = _groups(starts, unit=unit, reference=reference)
    if len(groups) < _RANKED_EVERY:
        raise BadInput(f"reference: want {_RANKED_EVERY} blocks of a {unit} or more, got {len(groups)}.")
    per_column = [np.stack([c.block_counts[g].sum(axis=0) for g in groups]) for c in columns]
    ranked = np.arange(len(groups)) % _RANKED_EVERY == _RANKED_EVERY - 1
    table = TableReference(
        names=tuple(c.name for c in columns),
        columns=tuple(
            _recounted(c, counts=counts[ranked].sum(axis=0)) for c, counts in zip(columns, per_column, strict=True)
        ),
    )
    blocks = np.concatenate(per_column, axis=1)[~ranked]
    return BlockDrift(reference=table, bets=RankBets.of(np.stack([block_means(table, row) for row in blocks])))


def _recounted(column: ColumnReference, *, counts: Ints) -> NumericReference | CategoryReference:
    return msgspec.structs.replace(column.profile, counts=counts)


def _block_gap(reference: Reference, *, unit: str) -> BlockGap:
    groups = _groups(reference.score_starts, unit=unit, reference=reference)
    merged = [functools.reduce(GapTick.merge, (reference.held_out[i].gap for i in group)) for group in groups]
    series = np.stack([tick.totals / (ONE * max(tick.n, 1)) for tick in merged if tick.n])
    return BlockGap(
        reference=reference.measures,
        moments=tuple(Moments(n=len(x), total=float(x.sum()), squares=float(x @ x)) for x in series.T),
        bets=RankBets.of(series, tails=False),
    )


def _groups(starts: tuple[int, ...], *, unit: str, reference: Reference) -> list[list[int]]:
    """Return, for each unit, which blocks of the reference lie in it."""
    length = SLICE_US[unit]
    if not reference.block_us or reference.block_us > length:
        have = f"blocks of {reference.block_us / 1e6:.0f} s" if reference.block_us else "no time"
        raise BadInput(f"monitoring.unit: want a unit that the reference was summed in, got {unit}; it has {have}.")
    found: dict[int, list[int]] = {}
    for i, start in enumerate(starts):
        found.setdefault(start // length, []).append(i)
    return [found[key] for key in sorted(found)]
