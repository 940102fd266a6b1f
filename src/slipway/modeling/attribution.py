"""How much of a metric's change each of several changes brought: Shapley values over the grid of what was combined.

Two runs differ in code, hyperparameters and data at once, and the models that combine them otherwise (new code on the
old data, ...) fill the grid between them. A change is credited with what it brings on average over all orders in which
the changes could have been made. That is the one division whose parts add up to the whole, that gives nothing to what
changes nothing, and the same to changes that do the same.

Reference:
    Shapley (1953), A value for n-person games, Contributions to the Theory of Games II.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain, combinations
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from slipway.errors import BadInput
from slipway.records.base import Record
from slipway.stats.crossed import chance_of, crossed_interval
from slipway.stats.evidence import FixedInterval, check_alpha
from slipway.stats.student import student_quantile

Floats = npt.NDArray[np.float64]
Cell = frozenset[str]
"""The changes that a model was trained with; without any it is the model before, with all the model after."""


class Brought(Record, frozen=True, kw_only=True):
    """What one change brought.

    Attributes:
        change: Such as ``data``.
        loss: Change of the mean loss; below 0 is an improvement.
    """

    change: str
    loss: FixedInterval


def cells(changes: Iterable[str]) -> tuple[Cell, ...]:
    """Return every combination of changes, fewest first: the models that the division needs.

    >>> [sorted(cell) for cell in cells(["code", "data"])]
    [[], ['code'], ['data'], ['code', 'data']]
    """
    named = tuple(changes)
    return tuple(map(frozenset, chain.from_iterable(combinations(named, size) for size in range(len(named) + 1))))


def divide_change(
    losses: Mapping[Cell, Floats], *, changes: Sequence[str], alpha: float, clusters: npt.ArrayLike | None = None
) -> tuple[Brought, ...]:
    """Divide the difference between the last cell and the first among the changes.

    The interval counts two sorts of chance, other rows and other seeds (:mod:`slipway.stats.crossed`); with one seed it
    speaks of these models only.

    Args:
        losses: For every cell of :func:`cells` the loss of each seed's model on each row, shape (seeds, rows); the
            same seeds and rows in all cells, none of which any model has learned from.
        changes: Names of the changes.
        alpha: Miss probability of each interval.
        clusters: Cluster of each row (a day), or None where rows are independent.

    Returns:
        One entry a change, in their order. The estimates add up to the whole difference.

    Raises:
        BadInput: A cell is missing, shapes differ, or there are fewer than two rows or clusters.

    >>> row = np.array([[0.0, 0.2]])
    >>> grid = {(): row + 0.5, ("code",): row + 0.4, ("data",): row + 0.3, ("code", "data"): row + 0.1}
    >>> found = divide_change({frozenset(k): v for k, v in grid.items()}, changes=["code", "data"], alpha=0.05)
    >>> [(b.change, round(b.loss.estimate, 3)) for b in found]  # code: (-0.1 - 0.2) / 2; data: (-0.2 - 0.3) / 2
    [('code', -0.15), ('data', -0.25)]
    """
    check_alpha(alpha)
    _check(losses, changes)
    return tuple(
        Brought(change=change, loss=crossed_interval(_value(losses, change, changes), clusters=clusters, alpha=alpha))
        for change in changes
    )


class Own(NamedTuple):
    """A run's own model, and its like: trained again as the grid is, with the run's own seed.

    Attributes:
        loss: The own model's loss on each row, shape (rows,).
        again: Its like's, shape (rows,).
        same: Whether both answer alike (:func:`slipway.modeling.parity.alike`), so that training again is no chance.
    """

    loss: Floats
    again: Floats
    same: bool


class LeftOver(NamedTuple):
    """What the change from one run's own model to another's holds beyond the parts of :func:`divide_change`.

    Attributes:
        seed: What the two runs' own seeds did, beside the mean of the grid's seeds.
        environment: What the own models differ by beyond their likes.
    """

    seed: FixedInterval
    environment: FixedInterval


def left_over(
    losses: Mapping[Cell, Floats],
    *,
    changes: Sequence[str],
    before: Own,
    after: Own,
    alpha: float,
    clusters: npt.ArrayLike | None = None,
) -> LeftOver:
    """Divide what is left of the change of two models between their seeds and the environment.

    Each own model is held against its like with the same seed, so that the chance of the seed is not taken for the
    environment. A model that its like does not repeat may have had other chance in spite of the seed (another version
    deals it otherwise): then the interval of the environment holds the chance of two trainings as well, by how far the
    grid's seeds differ. One seed says nothing of that, and the interval speaks of these models only.

    With the parts of :func:`divide_change` both add up to the change from the one model to the other; a model that is
    repeated counts as its like, for what precision costs a package is no environment.

    Args:
        losses: As for :func:`divide_change`.
        changes: Names of the changes.
        before: The earlier model.
        after: The later model.
        alpha: Miss probability of each interval.
        clusters: Cluster of each row, or None.

    Raises:
        BadInput: See :func:`divide_change`; or losses of other rows.

    >>> row = np.array([0.0, 0.2])
    >>> grid = {frozenset(): row[None, :] + 0.5, frozenset(["data"]): row[None, :] + 0.3}
    >>> old, new = Own(row + 0.6, row + 0.5, same=False), Own(row + 0.3, row + 0.3, same=True)
    >>> found = left_over(grid, changes=["data"], before=old, after=new, alpha=0.05)
    >>> round(found.seed.estimate, 3), round(found.environment.estimate, 3)  # -0.3 in all, of which -0.2 in the grid
    (0.0, -0.1)
    """
    check_alpha(alpha)
    _check(losses, changes)
    first, last = losses[frozenset()], losses[frozenset(changes)]
    given = [before.loss, before.again, after.loss, after.again]
    if {g.shape for g in given} != {first.shape[1:]} or not np.isfinite(given).all():
        raise BadInput(f"losses: want {first.shape[1]} finite ones a model, got shapes {[g.shape for g in given]}.")
    seed = crossed_interval((after.again - before.again)[None, :] - (last - first), clusters=clusters, alpha=alpha)
    shift = sum(sign * (own.loss - own.again) for sign, own in ((1, after), (-1, before)) if not own.same)
    rows = chance_of(np.zeros((1, first.shape[1])) + shift, clusters=clusters)
    chance = [cell for cell, own in ((first, before), (last, after)) if not own.same]
    others = sum(2 * float(cell.mean(axis=1).var(ddof=1)) for cell in chance) if len(first) > 1 else 0.0
    degrees = min(rows.row_degrees, len(first) - 1) if others else rows.row_degrees
    half = student_quantile(1 - alpha / 2, degrees=degrees) * math.sqrt(rows.rows + others)
    low, high = rows.mean - half, rows.mean + half
    return LeftOver(seed, FixedInterval(low=low, high=high, estimate=rows.mean, alpha=alpha, n=rows.groups))


def _value(losses: Mapping[Cell, Floats], change: str, changes: Sequence[str]) -> Floats:
    """Return the Shapley value of a change, seed by seed and row by row: it is linear, so it commutes with means."""
    count = len(changes)
    others = [c for c in changes if c != change]
    total = np.zeros_like(losses[frozenset()])
    for without in cells(others):
        weight = 1 / (count * math.comb(count - 1, len(without)))
        total += weight * (losses[without | {change}] - losses[without])
    return total


def _check(losses: Mapping[Cell, Floats], changes: Sequence[str]) -> None:
    if not changes or len(set(changes)) < len(changes):
        raise BadInput(f"changes: want one or more different names, got {list(changes)}.")
    if missing := [sorted(cell) for cell in cells(changes) if cell not in losses]:
        raise BadInput(f"losses: want a model for every combination of {list(changes)}, got none for {missing}.")
    shapes = {losses[cell].shape for cell in cells(changes)}
    if len(shapes) != 1 or len(shape := next(iter(shapes))) != 2 or not math.prod(shape):
        raise BadInput(f"losses: want one shape (seeds, rows) in all cells, got {sorted(shapes)}.")
    if not all(np.isfinite(losses[cell]).all() for cell in cells(changes)):
        raise BadInput("losses: want finite values, got NaN or infinity in a cell.")
