"""From a packaged reference to two tests: have the inputs moved, and does the model still do as it expects?

Both count in one unit: the coarsest that any column or the gap needs, for a coarser unit costs power and a finer one
costs the promise. Rows are tested as rows only where the reference says that they may be.

What is promised of false alarms is promised by slices of time: with chance alpha at most within the horizon, and not
more often than once in a stated number of slices on average for as long as nothing changes
(:class:`slipway.stats.restarts.Onset`).
"""

import functools
from collections.abc import Sequence
from typing import Any, TypeVar, cast

import msgspec
import numpy as np
import numpy.typing as npt

from slipway.errors import BadInput
from slipway.monitoring.season import season_of, season_of_rows
from slipway.monitoring.units import ORDER, SLICE_US, count_of, phases_of, units_of
from slipway.monitoring.windows import Windowed, windowed
from slipway.records.reference import Reference, table_of
from slipway.records.season import Season
from slipway.stats.block_drift import BlockDrift
from slipway.stats.block_gap import BlockGap
from slipway.stats.drift import TableDrift
from slipway.stats.gap import Gap
from slipway.stats.joint import JointDrift, JointTick
from slipway.stats.joint_scores import JointScores
from slipway.stats.moments import Moments
from slipway.stats.part_gap import BlockPartGap, PartGap
from slipway.stats.part_sums import PartSums
from slipway.stats.rank_bets import RankBets
from slipway.stats.residuals import ONE, GapTick
from slipway.stats.restarts import EVER, Onset
from slipway.stats.table import TableReference

Floats = npt.NDArray[np.float64]
T = TypeVar("T", bound=TableDrift | BlockDrift | Gap | BlockGap | JointDrift | PartGap | BlockPartGap | None)

_WITH_ONSET = (TableDrift, Gap, JointDrift, PartGap)
HORIZON_US = 90 * SLICE_US["day"]
"""Time from a start on within which a false alarm has chance alpha at most: 90 days."""

_OF_BLOCKS = (BlockDrift, BlockGap, JointDrift, BlockPartGap)
_FEWEST_BLOCKS = 3
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
        season: Which rhythm is allowed for, and what part of the reference the present is held against.
        parts: Whether realised and expected performance have come apart in parts of the rows; None where the reference
            has none.
    """

    unit: str
    inputs: TableDrift | BlockDrift
    gap: Gap | BlockGap | None
    joint: JointDrift | None = None
    answers: TableDrift | BlockDrift | None = None
    onset: Onset = EVER
    season: Season = Season(unit="row")
    parts: PartGap | BlockPartGap | None = None

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
        return msgspec.structs.replace(
            self,
            inputs=_lasting(self.inputs, onset=onset),
            gap=_lasting(self.gap, onset=onset),
            joint=joint,
            answers=_lasting(self.answers, onset=onset),
            parts=_lasting(self.parts, onset=onset),
            onset=onset,
        )

    def update(self, test: Any, state: Any, *, tick: Any, start_us: int) -> Any:
        """Return the state of one of the tests after a slice that begins at a moment, which tells its phase."""
        return test.update(state, tick, **self._when(test, start_us=start_us))

    def run(self, test: Any, state: Any, *, ticks: Sequence[Any], start_us: int) -> tuple[Any, Floats]:
        """Return the state of one of the tests after the blocks of one slice, and what each of them brought.

        Only the test of columns together may have several in a slice.

        Returns:
            The state, and the log e-value of each block alone for each of the test's bets, shape (blocks, bets).
        """
        when = self._when(test, start_us=start_us)
        if isinstance(test, _OF_BLOCKS):
            return test.run(state, ticks, **when)
        (tick,) = ticks
        return test.update(state, tick), np.asarray(test.increments(tick), dtype=np.float64).reshape(1, -1)

    def _when(self, test: Any, *, start_us: int) -> dict[str, int]:
        phase = int(phases_of(np.array([start_us]), unit=self.unit)[0])
        return {"phase": phase} if isinstance(test, _OF_BLOCKS) else {}


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
    joint = _joint(reference, unit=chosen)
    if chosen == "row":
        table = TableReference(names=names, columns=tuple(c.profile for c in reference.columns))
        of_rows = None if reference.gap is None else Gap(reference.gap, tolerance=tolerance)
        season = season_of_rows(timed=bool(reference.block_us), asked_for=unit_of(reference))
        by_rows = _row_parts(reference, tolerance=tolerance)
        rows = Instruments(
            chosen, TableDrift(table), of_rows, joint, _row_answers(reference), season=season, parts=by_rows
        )
        return _for_the_horizon(rows)
    answers = _block_answers(reference, unit=chosen)
    units = units_of(reference.block_starts, unit=chosen, block_us=reference.block_us)
    if len(units.starts) < _FEWEST_BLOCKS:
        raise BadInput(f"reference: want {_FEWEST_BLOCKS} blocks of a {chosen} or more, got {len(units.starts)}.")
    inputs = windowed(reference.columns, units=units)
    of_blocks = None if reference.gap is None else _block_gap(reference, unit=chosen)
    of_answers = answers.test if answers is not None else None
    rhythmic = (
        *inputs.test.rhythmic,
        *(of_answers.rhythmic if of_answers is not None else ()),
        *(("gap",) if of_blocks is not None and of_blocks.bets.rhythmic.any() else ()),
    )
    season = season_of(
        inputs.units,
        rhythmic=rhythmic,
        shorter=inputs.shorter,
        wandering=inputs.wandering,
        asked_for=unit_of(reference),
    )
    parts = _block_parts(reference, unit=chosen)
    return _for_the_horizon(Instruments(chosen, inputs.test, of_blocks, joint, of_answers, season=season, parts=parts))


def _for_the_horizon(instruments: Instruments) -> Instruments:
    return instruments.within(HORIZON_US // instruments.slice_us)


def _lasting(test: T, *, onset: Onset) -> T:
    """Return a test with another onset; what is not watched stays so."""
    if isinstance(test, BlockDrift | BlockGap | BlockPartGap):
        return cast(T, msgspec.structs.replace(test, bets=msgspec.structs.replace(test.bets, onset=onset)))
    return cast(T, msgspec.structs.replace(test, onset=onset)) if isinstance(test, _WITH_ONSET) else test


def _joint(reference: Reference, *, unit: str) -> JointDrift | None:
    """Return the joint test where the reference was summed for this unit and has blocks enough."""
    scores = JointScores.of(table_of(reference)) if reference.joint else None
    if scores is None or (unit == "row") != (reference.joint_rows > 0):
        return None
    if unit == "row":
        blocks, phases = list(reference.joint), None
    else:
        units = units_of(reference.block_starts, unit=unit, block_us=reference.block_us)
        blocks = [functools.reduce(JointTick.merge, (reference.joint[i] for i in group)) for group in units.groups]
        phases = units.phases
    if len(blocks) < _JOINT_BLOCKS:
        return None
    return JointDrift.learn(blocks, names=scores.names, phases=phases, period=count_of(unit))


def _row_answers(reference: Reference) -> TableDrift | None:
    score = reference.score
    return TableDrift(TableReference(names=(score.name,), columns=(score.profile,))) if score is not None else None


def _block_answers(reference: Reference, *, unit: str) -> Windowed | None:
    if reference.score is None:
        return None
    units = units_of(reference.score_starts, unit=unit, block_us=reference.block_us)
    return windowed((reference.score,), units=units) if len(units.starts) >= _FEWEST_BLOCKS else None


def _block_gap(reference: Reference, *, unit: str) -> BlockGap:
    units = units_of(reference.score_starts, unit=unit, block_us=reference.block_us)
    merged = [functools.reduce(GapTick.merge, (reference.held_out[i].gap for i in g)) for g in units.groups]
    known = np.array([tick.n > 0 for tick in merged])
    series = np.stack([tick.totals / (ONE * max(tick.n, 1)) for tick in merged])[known]
    return BlockGap(
        reference=reference.measures,
        moments=tuple(Moments(n=len(x), total=float(x.sum()), squares=float(x @ x)) for x in series.T),
        bets=RankBets.of(series, phases=units.phases[known], period=count_of(unit), tails=False),
    )


def _row_parts(reference: Reference, *, tolerance: float) -> PartGap | None:
    if not reference.part_sums:
        return None
    whole = functools.reduce(PartSums.merge, reference.part_sums)
    return PartGap.learn(whole, reference=reference.measures, tolerance=tolerance)


def _block_parts(reference: Reference, *, unit: str) -> BlockPartGap | None:
    if not reference.part_sums:
        return None
    units = units_of(reference.score_starts, unit=unit, block_us=reference.block_us)
    blocks = [functools.reduce(PartSums.merge, (reference.part_sums[i] for i in group)) for group in units.groups]
    return BlockPartGap.learn(blocks, phases=units.phases, period=count_of(unit))
