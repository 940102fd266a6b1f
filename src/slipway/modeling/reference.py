"""Make the reference of a package: what the monitors will hold the future against."""

import math
from collections.abc import Sequence

import msgspec
import numpy as np
import numpy.typing as npt
import polars as pl

from slipway.modeling.blocks import DAY_US, HOUR_US, Blocks, block_length, into_blocks
from slipway.modeling.frame import as_columns
from slipway.modeling.held_out import Calibrated, calibrate
from slipway.modeling.parts import choose_parts
from slipway.ports import Columns
from slipway.records.calibration import Calibration
from slipway.records.field import Field, FieldKind
from slipway.records.reference import BlockSums, ColumnReference, Reference, table_of
from slipway.records.scoring import Scoring
from slipway.records.task import TaskKind
from slipway.stats.categories import CategoryReference
from slipway.stats.coding import Coder
from slipway.stats.histogram import NumericReference
from slipway.stats.joint_scores import JointScores
from slipway.stats.part_sums import PartSums
from slipway.stats.rhythm import find_rhythm, without_rhythm
from slipway.stats.unit import ROW, UnitChoice, choose_unit

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_CATEGORIES_LOOKED_AT = 3
_RHYTHM_LEVEL = 1e-4
"""Chance to see a rhythm of the day in rows that have none; rows are many, and so are columns."""

_PIECES, _FEWEST_ROWS, _MOST_ROWS = 60, 25, 500
_NO_TIME = (
    "Unit row: there is no time, so nobody can tell which rows stick together. If rows come in clusters, monitors "
    "will alarm falsely; name the column of the time in the scope."
)


def make_reference(
    x: pl.DataFrame,
    *,
    fields: Sequence[Field],
    times_us: Ints | None,
    held_out: Ints,
    scores: Floats,
    y: Floats,
    scoring: Scoring,
) -> tuple[Reference, Calibration]:
    """Profile X, scores and losses, with sums by block of time and the exchangeable unit of each.

    Args:
        x: All rows that the model came from, learned from and held out, as :func:`slipway.modeling.frame.as_x` makes
            them.
        fields: X in order.
        times_us: Moment of each row of ``x`` in microseconds since the epoch, or None.
        held_out: Which rows of ``x`` the model has not seen, shape (n,), n >= 4.
        scores: Its answers to those, shape (n,).
        y: Their truth, shape (n,).
        scoring: How an answer is scored.

    Raises:
        BadInput: Too few held-out rows.
    """
    held_times = None if times_us is None else times_us[held_out]
    unit_us = block_length(held_times)
    blocks = into_blocks(times_us, rows=x.height, unit_us=unit_us)
    held_blocks = into_blocks(held_times, rows=held_out.size, unit_us=unit_us)
    calibrated = calibrate(scores, y=y, blocks=held_blocks.of_row, scoring=scoring)
    columns = as_columns(x, fields=fields)
    score_field = Field(name="score", kind=FieldKind.NUMBER)
    reference = Reference(
        kind=scoring.kind,
        threshold=scoring.threshold,
        unit=_unit(calibrated.loss - calibrated.expected, times_us=held_times, unit_us=unit_us),
        block_us=unit_us,
        rows=x.height,
        block_starts=blocks.starts,
        columns=tuple(_column(columns[f.name], field=f, blocks=blocks, times_us=times_us) for f in fields),
        score_starts=held_blocks.starts,
        score=_column(scores, field=score_field, blocks=held_blocks, times_us=held_times),
        gap=calibrated.gap,
        held_out=_sums(calibrated, held_blocks),
    )
    reference = _with_joint(reference, columns=columns, blocks=blocks)
    held = {name: column[held_out] for name, column in columns.items()}
    return _with_parts(reference, held=held, scores=scores, calibrated=calibrated, blocks=held_blocks), (
        calibrated.calibration
    )


def watch_only(x: pl.DataFrame, *, fields: Sequence[Field], times_us: Ints | None) -> Reference:
    """Profile X alone, where nobody answered or nobody knows the truth; see :func:`make_reference`."""
    unit_us = block_length(times_us)
    blocks = into_blocks(times_us, rows=x.height, unit_us=unit_us)
    columns = as_columns(x, fields=fields)
    profiles = tuple(_column(columns[f.name], field=f, blocks=blocks, times_us=times_us) for f in fields)
    reference = Reference(
        kind=TaskKind.BINARY,
        threshold=math.nan,
        unit=min((c.unit for c in profiles), key=lambda choice: choice.units),
        block_us=unit_us,
        rows=x.height,
        block_starts=blocks.starts,
        columns=profiles,
    )
    return _with_joint(reference, columns=columns, blocks=blocks)


def _with_joint(reference: Reference, *, columns: Columns, blocks: Blocks) -> Reference:
    """Add how the columns went together: by block of time, or by pieces of equal size where rows are the unit."""
    table, rows = table_of(reference), len(blocks.of_row)
    scores = JointScores.of(table)
    if scores is None:
        return reference
    bins = Coder(table).bins(columns, rows=rows)
    if any(unit.unit != ROW for unit in (reference.unit, *(c.unit for c in reference.columns))):
        return msgspec.structs.replace(reference, joint=tuple(scores.tick(bins[part]) for part in blocks.rows()))
    piece = min(max(rows // _PIECES, _FEWEST_ROWS), _MOST_ROWS)
    return msgspec.structs.replace(reference, joint=scores.pieces(bins, rows=piece), joint_rows=piece)


def _with_parts(
    reference: Reference, *, held: Columns, scores: Floats, calibrated: Calibrated, blocks: Blocks
) -> Reference:
    """Add the gap of parts of the held-out rows, block by block."""
    bins = Coder(table_of(reference)).bins(held, rows=scores.size)
    parts = choose_parts(reference.columns, bins=bins, scores=scores)
    if not parts:
        return reference
    over = calibrated.loss - calibrated.expected
    sums = (
        PartSums.of(
            parts,
            reference=calibrated.gap,
            bins=bins[rows],
            predicted=calibrated.predicted[rows],
            outcome=calibrated.outcome[rows],
            over=over[rows],
        )
        for rows in blocks.rows()
    )
    return msgspec.structs.replace(reference, parts=parts, part_sums=tuple(sums))


def _unit(values: Floats, *, times_us: Ints | None, unit_us: int) -> UnitChoice:
    """Choose the unit; where sums are kept by day it is ``row`` or ``day``, for a day holds its night."""
    if times_us is None:
        return UnitChoice(
            unit=ROW, units=values.size, icc=math.nan, design_effect=math.nan, reason=_NO_TIME, measured=()
        )
    if unit_us != DAY_US:
        return _hourly(values, times_us=times_us)
    by_day = choose_unit(values, blocks={"day": times_us // DAY_US})
    if by_day.unit != ROW or (finer := _hourly(values, times_us=times_us)).unit == ROW:
        return by_day
    days = int(np.unique(times_us // DAY_US).size)
    reason = f"Unit day, which holds all hours. {finer.reason}"
    return msgspec.structs.replace(finer, unit="day", units=days, reason=reason)


def _hourly(values: Floats, *, times_us: Ints) -> UnitChoice:
    """Choose among row, hour and day, beside the rhythm of the day if there is one: a night is no hour like others."""
    blocks = {"hour": times_us // HOUR_US, "day": times_us // DAY_US}
    of_day = blocks["hour"] % 24
    rhythm = find_rhythm(values, phases=of_day)
    if not rhythm.found(level=_RHYTHM_LEVEL):
        return choose_unit(values, blocks=blocks)
    found = choose_unit(without_rhythm(values, phases=of_day), blocks=blocks)
    if found.unit != ROW:
        return found
    hours = int(np.unique(blocks["hour"]).size)
    reason = (
        f"Unit hour: values follow the day ({rhythm.share:.1%} of the variance of their ranks lies between its hours), "
        f"so {values.size:,} rows count as {hours:,} units."
    )
    return msgspec.structs.replace(found, unit="hour", units=hours, reason=reason)


def _column(values: npt.NDArray[np.generic], *, field: Field, blocks: Blocks, times_us: Ints | None) -> ColumnReference:
    number = category = None
    if field.kind is FieldKind.CATEGORY:
        category = CategoryReference.of(values)
        counts = [category.tick(values[rows]).counts for rows in blocks.rows()]
        looked_at = [values == name for name in category.names[:_CATEGORIES_LOOKED_AT]] if times_us is not None else []
        watched = [*looked_at, np.array([v is None for v in values])]
    else:
        column = values.astype(np.float64)
        number = NumericReference.of(column)
        counts = [number.tick(column[rows]).counts for rows in blocks.rows()]
        watched = [_ranks(column), np.isnan(column)] if times_us is not None else []
    varying = [np.asarray(w, dtype=np.float64) for w in watched if np.unique(w).size > 1]
    units = [_unit(w, times_us=times_us, unit_us=blocks.unit_us) for w in varying or [np.zeros(len(values))]]
    return ColumnReference(
        name=field.name,
        kind=field.kind,
        number=number,
        category=category,
        unit=min(units, key=lambda choice: choice.units),
        block_counts=np.stack(counts),
    )


def _ranks(column: Floats) -> Floats:
    """Return the share of values below each, half of its ties included; 1/2 where missing."""
    ranked = pl.Series(column).fill_nan(None).rank("average")
    n = len(ranked) - ranked.null_count()
    return ((ranked - 0.5) / max(n, 1)).fill_null(0.5).to_numpy()


def _sums(calibrated: Calibrated, blocks: Blocks) -> tuple[BlockSums, ...]:
    gap = calibrated.loss - calibrated.expected
    return tuple(
        BlockSums(
            start_us=start,
            n=rows.size,
            loss=float(calibrated.loss[rows].sum()),
            loss_squares=float(calibrated.loss[rows] @ calibrated.loss[rows]),
            expected=float(calibrated.expected[rows].sum()),
            gap_squares=float(gap[rows] @ gap[rows]),
            gap=calibrated.tick(rows),
        )
        for start, rows in zip(blocks.starts, blocks.rows(), strict=True)
    )
