"""Start watching a table: the unit is found on the reference, never assumed.

Rows alarm falsely on clustered data however large the sample, so ``row`` is chosen only where the reference shows that
rows of one block are no more alike than rows of different blocks, in every column.
"""

from collections.abc import Mapping
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from slipway.errors import BadInput
from slipway.stats.block_drift import BlockDrift
from slipway.stats.drift import TableDrift
from slipway.stats.table import TableReference, is_numeric
from slipway.stats.unit import ROW, UnitChoice, choose_unit

_CATEGORIES = 4


class Watch(msgspec.Struct, frozen=True, eq=False):
    """A drift test with the unit that it counts in.

    Attributes:
        unit: ``row``, or the block of which one update is one.
        column: The column that decided the unit: the one with the largest design effect in that unit.
        choice: What was measured on it, and the reason in a sentence.
        test: The test.
    """

    unit: str
    column: str
    choice: UnitChoice
    test: TableDrift | BlockDrift


def watch_table(
    table: Mapping[str, Any], *, blocks: Mapping[str, npt.ArrayLike], delta: float = 0.001, unit: str | None = None
) -> Watch:
    """Make the drift test whose unit the reference supports: rows, or else the coarsest block that a column needs.

    Args:
        table: The reference, one column a name, in the order of time.
        blocks: For each kind of block (``hour``, ``day``), the block of each row.
        delta: Chance that a reference of rows misleads; see :class:`TableDrift`.
        unit: Take this unit whatever the reference shows; ``row`` or a name in ``blocks``.

    Raises:
        BadInput: ``unit`` is neither ``row`` nor one of ``blocks``, there are no blocks, or lengths differ.

    >>> rng = np.random.default_rng(0)
    >>> day = np.repeat(np.arange(400), 10)
    >>> watch_table({"x": rng.normal(size=4_000)}, blocks={"day": day}).unit
    'row'
    >>> watch_table({"x": rng.normal(size=4_000) + rng.normal(size=400)[day]}, blocks={"day": day}).unit
    'day'
    """
    if unit is not None and unit not in (ROW, *blocks):
        raise BadInput(f"unit: want {', '.join((ROW, *blocks))}, got {unit}.")
    choices = [(name, choose_unit(view, blocks=blocks)) for name, column in table.items() for view in _views(column)]
    if not choices:
        raise BadInput("table: want one column or more, got none.")
    decisive, choice = min(choices, key=lambda pair: (pair[1].units, -pair[1].design_effect))
    chosen = unit or choice.unit
    if chosen == ROW:
        test: TableDrift | BlockDrift = TableDrift(TableReference.of(table), delta=delta)
    else:
        test = BlockDrift.learn(table, block_ids=blocks[chosen])
    return Watch(unit=chosen, column=decisive, choice=choice, test=test)


def _views(column: Any) -> list[npt.NDArray[np.float64]]:
    """Return what a drift test sees of a column: ranks and missingness of numbers, the largest categories' places."""
    if not is_numeric(column):
        _, at, counts = np.unique(np.array([str(value) for value in column]), return_inverse=True, return_counts=True)
        return [(at == kind).astype(np.float64) for kind in np.argsort(-counts, kind="stable")[:_CATEGORIES]]
    values = np.asarray(column, dtype=np.float64)
    missing = np.isnan(values)
    seen = np.sort(values[~missing])
    ranks = np.searchsorted(seen, values, "left") + np.searchsorted(seen, values, "right")
    views = [np.where(missing, 0.5, ranks / max(2 * len(seen), 1))]
    return [*views, missing.astype(np.float64)] if missing.any() else views
