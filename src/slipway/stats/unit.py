"""What is exchangeable: a row, an entity, an hour, a day?

Rows of one day share its weather, its campaign, its broken sensor. A test that takes them for independent sees n rows
where there are as good as n / D, D being the design effect, and cries wolf. So the unit is measured on the reference:
a unit will do if its values are no more alike inside any coarser block than between blocks.

The burden of proof lies with the finer unit. It is taken only if the *upper limit* of its design effect in every
coarser block stays below the tolerance, so little data, like clustered data, leads to the coarser unit.
"""

import math
from collections.abc import Mapping
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from slipway.errors import BadInput
from slipway.stats.checks import as_floats
from slipway.stats.serial import lag_one
from slipway.stats.special import normal_quantile

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.intp]

ROW = "row"


class BlockEffect(msgspec.Struct, frozen=True):
    """How much values stick together inside the blocks of one kind.

    Attributes:
        unit: What the values are: ``row`` or the name of a finer block whose means they are.
        block: Name of the kind of block.
        blocks: Number of blocks.
        icc: Intraclass correlation, from -1 to 1; 0 if values of a block are no more alike than others.
        design_effect: Factor by which clustering inflates the variance of the mean; 1 if there is none.
        design_effect_high: Its upper limit, one-sided, at 95 %.
    """

    unit: str
    block: str
    blocks: int
    icc: float
    design_effect: float
    design_effect_high: float


class UnitChoice(msgspec.Struct, frozen=True):
    """The unit to count in, and why.

    Attributes:
        unit: ``row`` or the name of a block.
        units: How many of them the reference has.
        icc: Intraclass correlation of rows in that unit (for ``row``: in the block where it is largest).
        design_effect: Design effect of rows in the same block.
        reason: One sentence for the user.
        measured: All effects that were measured.
        autocorrelation: Correlation of a unit's mean with the next unit's, in the order of the rows.
    """

    unit: str
    units: int
    icc: float
    design_effect: float
    reason: str
    measured: tuple[BlockEffect, ...]
    autocorrelation: float = 0.0


def block_effect(values: Any, *, block_ids: Any, unit: str = ROW, block: str = "block") -> BlockEffect:
    """Measure how much values stick together inside blocks.

    Args:
        values: Shape (n,), finite.
        block_ids: Shape (n,), the block of each value.
        unit: What the values are, for the record.
        block: What the blocks are, for the record.

    Raises:
        BadInput: Fewer than two blocks, none with two values, or different lengths.

    Reference:
        One-way analysis of variance for unequal blocks (Donner 1986, Int. Stat. Rev. 54(1)); design effect
        1 + (m - 1) icc with the size-weighted mean block size m (Kish 1965). The upper limit takes the mean square
        between blocks as chi-squared, in Wilson & Hilferty's form, with its degrees divided by 1 + kurtosis / 2 where
        the blocks' means have heavy tails (Box 1953, Biometrika 40).

    >>> effect = block_effect([9, 12, 12, 13, 13], block_ids=[1, 1, 2, 2, 2])  # MSB 5.6333, MSW 1.7222, n0 2.4
    >>> round(effect.icc, 4)  # (5.6333 - 1.7222) / (5.6333 + 1.4 * 1.7222)
    0.4862
    """
    x = as_floats(unit, values)
    _, group = np.unique(np.asarray(block_ids), return_inverse=True)
    if group.size != x.size:
        raise BadInput(f"{block}: want {x.size} block names, one for each value, got {group.size}.")
    sizes = np.bincount(group).astype(float)
    if sizes.size < 2 or sizes.size == x.size:
        raise BadInput(
            f"{block}: want two or more blocks and one with two values, got {sizes.size} blocks for {x.size} values."
        )
    between, within, degrees = _mean_squares(x, group=group, sizes=sizes)
    n0 = (x.size - float(sizes @ sizes) / x.size) / (sizes.size - 1)
    total = between + (n0 - 1) * within
    icc = (between - within) / total if total > 0 else 0.0
    size = float(sizes @ sizes) / x.size
    high_between = between / _chi_squared_share(degrees)
    high_total = high_between + (n0 - 1) * within
    icc_high = (high_between - within) / high_total if high_total > 0 else 0.0
    return BlockEffect(
        unit=unit,
        block=block,
        blocks=int(sizes.size),
        icc=icc,
        design_effect=max(0.0, 1 + (size - 1) * icc),
        design_effect_high=max(0.0, 1 + (size - 1) * icc_high),
    )


def choose_unit(values: Any, *, blocks: Mapping[str, Any], tolerance: float = 1.25) -> UnitChoice:
    """Choose the finest unit that is exchangeable in every coarser block, or else the coarsest block.

    Args:
        values: The reference, shape (rows,), finite: the quantity that the gate or monitor will watch.
        blocks: For each kind of block (``hour``, ``day``, an entity ...) the block of each row, shape (rows,).
        tolerance: Largest design effect that is taken for none; 1.25 widens an honest interval by 12 %.

    Raises:
        BadInput: No kind of block, or a length that does not match. There is no default without a block: on
            clustered data rows alarm falsely without end, and without a block nobody can tell.
    """
    x = as_floats("values", values)
    if not blocks:
        raise BadInput(
            "blocks: want at least one kind of block (such as day), got none. Rows alone cannot show that they "
            "are independent."
        )
    groups = {name: _groups(ids, rows=x.size, name=name) for name, ids in blocks.items()}
    order = sorted(groups, key=lambda name: -int(groups[name].max(initial=-1) + 1))
    measured: list[BlockEffect] = []
    for place, unit in enumerate([ROW, *order]):
        tested = _effects(x, unit=unit, coarser=order[place:], groups=groups)
        measured += tested
        if tested and max(effect.design_effect_high for effect in tested) <= tolerance:
            return _choice(x, unit, groups=groups, measured=measured, tolerance=tolerance)
    return _choice(x, order[-1], groups=groups, measured=measured, tolerance=tolerance)


def _choice(
    x: Floats, unit: str, *, groups: Mapping[str, Ints], measured: list[BlockEffect], tolerance: float
) -> UnitChoice:
    rows = x.size
    of_rows = [effect for effect in measured if effect.unit == ROW]
    named = [effect for effect in of_rows if effect.block == unit] or of_rows
    effect = max(named, key=lambda e: e.design_effect, default=None)
    icc, design_effect = (effect.icc, effect.design_effect) if effect else (math.nan, math.nan)
    units = rows if unit == ROW else int(groups[unit].max()) + 1
    if effect is None:
        reason = (
            f"Unit {unit}: its blocks hold one row each or there is one block, so clustering could not be measured."
        )
    elif unit == ROW:
        reason = (
            f"Unit row: rows are no more alike inside a {effect.block} than between (design effect at most "
            f"{max(e.design_effect_high for e in of_rows):.2f} with confidence 95 %, tolerance {tolerance:g})."
        )
    else:
        worst = max(of_rows, key=lambda e: e.design_effect_high)
        doubt = "" if worst.design_effect > tolerance else "it cannot be ruled out that "
        reason = (
            f"Unit {unit}: {doubt}rows of one {worst.block} stick together (intraclass "
            f"correlation {worst.icc:.3g}, "
            f"design effect {worst.design_effect:.3g}, at most {worst.design_effect_high:.3g}), "
            f"so {rows:,} rows count as {units:,} units."
        )
    follow = _autocorrelation(x if unit == ROW else _means(x, groups[unit], groups[unit])[0], groups.get(unit))
    if units < 10:
        reason += f" Only {units} units in the reference: intervals will be wide."
    elif follow > 2 / math.sqrt(units):
        reason += (
            f" Neighbouring units are alike (correlation {follow:.2f}), so even they are not quite exchangeable: "
            "name a longer block if there is one."
        )
    return UnitChoice(
        unit=unit,
        units=units,
        icc=icc,
        design_effect=design_effect,
        reason=reason,
        measured=tuple(measured),
        autocorrelation=follow,
    )


def _autocorrelation(values: Floats, group: Ints | None) -> float:
    """Return the lag-1 correlation of units, in the order in which each first appears."""
    if group is not None:
        _, first = np.unique(group, return_index=True)
        values = values[np.argsort(first)]
    return lag_one(values) if values.size > 1 else 0.0


def _effects(x: Floats, *, unit: str, coarser: list[str], groups: Mapping[str, Ints]) -> list[BlockEffect]:
    """Measure the unit's values in each coarser kind of block; where blocks cross, the rows in that block."""
    effects = []
    for block in coarser:
        values, ids, name = x, groups[block], ROW
        if unit != ROW and _nested(groups[unit], groups[block]):
            values, ids, name = *_means(x, groups[unit], groups[block]), unit
        blocks = np.unique(ids).size
        if 2 <= blocks < values.size and np.ptp(values) > 0:
            effects.append(block_effect(values, block_ids=ids, unit=name, block=block))
    return effects


def _groups(ids: Any, *, rows: int, name: str) -> Ints:
    _, group = np.unique(np.asarray(ids), return_inverse=True)
    if group.size != rows:
        raise BadInput(f"{name}: want {rows} block names, one for each row, got {group.size}.")
    return np.asarray(group, dtype=np.intp)


def _nested(fine: Ints, coarse: Ints) -> bool:
    pairs = np.unique(np.stack([fine, coarse]), axis=1)
    return int(pairs.shape[1]) == int(fine.max()) + 1


def _means(x: Floats, fine: Ints, coarse: Ints) -> tuple[Floats, Ints]:
    _, first = np.unique(fine, return_index=True)
    return np.bincount(fine, weights=x) / np.bincount(fine), coarse[first]


def _mean_squares(x: Floats, *, group: Ints, sizes: Floats) -> tuple[float, float, float]:
    """Return the mean squares between and within blocks, and the degrees that the first is worth."""
    means = np.bincount(group, weights=x) / sizes
    squares = sizes * (means - x.mean()) ** 2
    between = float(squares.sum()) / (sizes.size - 1)
    kurtosis = float((squares**2).mean()) / between**2 - 3 if between > 0 else 0.0
    degrees = (sizes.size - 1) / (1 + max(0.0, kurtosis) / 2)
    within = float(((x - means[group]) ** 2).sum()) / (x.size - sizes.size)
    return between, within, degrees


def _chi_squared_share(degrees: float) -> float:
    """The 5 % point of chi-squared over its degrees (Wilson & Hilferty 1931)."""
    h = 2 / (9 * degrees)
    return max(1e-3, 1 - h + normal_quantile(0.05) * math.sqrt(h)) ** 3
