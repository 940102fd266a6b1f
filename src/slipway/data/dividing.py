"""Divide the rows of a table that have a Y, and say by what, so that the same rows can be divided the same again."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from slipway.data.split import (
    Split,
    split_by_chance,
    split_by_column,
    split_by_group,
    split_by_time,
    split_stratified,
)
from slipway.data.split_by_place import split_by_place
from slipway.data.version import row_hashes
from slipway.errors import BadInput, nearest
from slipway.records.dataset import Deal, SplitKind, SplitRule
from slipway.records.field import Field
from slipway.records.task import Task

Floats = npt.NDArray[np.float64]


class Divided(NamedTuple):
    """The rows that have a Y, and how they were divided."""

    labelled: pl.DataFrame
    split: Split


def deal_of(table: pl.DataFrame, *, name: str, task: Task, fields: Sequence[Field], rule: SplitRule) -> Deal:
    """Say by what the rows of a table are divided.

    Rows that chance deals are told apart by their entity where each has its own, else by entity, time and X: never by
    Y, so that a label that is mended moves no row, and never by their place.

    Args:
        table: The data.
        name: What to call it in messages.
        task: Names the target, the entity and the time.
        fields: X.
        rule: How to divide.

    Raises:
        BadInput: No row has a Y, or the rule names a column that is not there.
    """
    labelled = _labelled(table, name=name, target=task.target)
    kind = rule.kind or _natural(labelled, task)
    groups = kind is SplitKind.GROUP or (kind is SplitKind.STRATIFIED and bool(rule.by))
    if kind is SplitKind.TIME:
        if not task.time:
            raise BadInput("data.split: want task.time in the scope to split by time, got none.")
        by: tuple[str, ...] = (task.time,)
    elif groups or kind is SplitKind.COLUMN:
        by = (rule.by or task.entity,)
    elif labelled[task.entity].n_unique() == labelled.height:
        by = (task.entity,)
    else:
        names = [task.entity, *([task.time] if task.time else []), *(f.name for f in fields)]
        by = tuple(column for column in dict.fromkeys(names) if column in table.columns)
    for column in by:
        if column not in table.columns:
            raise BadInput(
                f"dataset {name}: want the column '{column}' to divide by (data.split_by), got {table.columns}."
                f"{nearest(column, table.columns)}"
            )
    return Deal(kind=kind, by=by, groups=groups, test_share=rule.test_share, seed=rule.seed)


def divide(table: pl.DataFrame, *, name: str, target: str, deal: Deal) -> Divided:
    """Divide the rows that have a Y: the same rows in the same way, in whatever order they come.

    Args:
        table: The data.
        name: What to call it in messages.
        target: Column of Y.
        deal: From :func:`deal_of`.

    Raises:
        BadInput: No row has a Y, or nothing could be held out.
    """
    labelled = _labelled(table, name=name, target=target)
    first, share, seed = labelled[deal.by[0]], deal.test_share, deal.seed
    if deal.kind is SplitKind.TIME:
        split = split_by_time(first, test_share=share)
    elif deal.kind is SplitKind.COLUMN:
        split = split_by_column(first)
    elif deal.kind is SplitKind.GROUP:
        split = split_by_group(first, test_share=share, seed=seed)
    else:
        rows = row_hashes(labelled.select(deal.by))[:, 0]
        if deal.kind is SplitKind.RANDOM:
            split = split_by_chance(rows, test_share=share, seed=seed)
        else:
            y, groups = truth_of(labelled, target=target), first if deal.groups else None
            split = split_stratified(y, rows=rows, test_share=share, seed=seed, groups=groups)
    return Divided(labelled, split)


def divide_by_place(table: pl.DataFrame, *, name: str, target: str, deal: Deal) -> Divided:
    """Divide as versions were that were made before rows were dealt by their content.

    Args:
        table: The rows, in the order in which the version keeps them.
        name: What to call it in messages.
        target: Column of Y.
        deal: From :func:`deal_of`, with the scope's rule and the version's seed.

    Raises:
        BadInput: As for :func:`divide`.
    """
    if deal.kind in (SplitKind.TIME, SplitKind.COLUMN):
        return divide(table, name=name, target=target, deal=deal)
    labelled = _labelled(table, name=name, target=target)
    groups = labelled[deal.by[0]] if deal.groups else None
    y = truth_of(labelled, target=target)
    split = split_by_place(deal.kind, y=y, groups=groups, test_share=deal.test_share, seed=deal.seed)
    return Divided(labelled, split)


def group_of(deal: Deal) -> str | None:
    """Return the column whose rows were kept together, or None.

    >>> group_of(Deal(kind=SplitKind.GROUP, by=("clinic",), groups=True, test_share=0.3, seed=7))
    'clinic'
    """
    return deal.by[0] if deal.groups else None


def say_deal(deal: Deal) -> str:
    """Say how rows were divided.

    >>> say_deal(Deal(kind=SplitKind.GROUP, by=("clinic",), groups=True, test_share=0.3, seed=7))
    "30 % by group of 'clinic' with seed 7"
    >>> say_deal(Deal(kind=SplitKind.RANDOM, by=("id",), test_share=0.125, seed=0))
    '12.5 % by random with seed 0'
    """
    by_chance = deal.kind not in (SplitKind.TIME, SplitKind.COLUMN)
    share = "" if deal.kind is SplitKind.COLUMN else f"{100 * deal.test_share:g} % "
    whose = f" of '{deal.by[0]}'" if deal.groups or not by_chance else ""
    return f"{share}by {deal.kind}{whose}{f' with seed {deal.seed}' if by_chance else ''}"


def truth_of(table: pl.DataFrame, *, target: str) -> Floats:
    """Return Y as numbers, shape (rows,), NaN where there is none.

    Raises:
        BadInput: Y is text or a moment.
    """
    return truth(table, target=target).fill_null(float("nan")).to_numpy()


def truth(table: pl.DataFrame, *, target: str) -> pl.Series:
    """Return Y as a column of numbers, null where there is none.

    Raises:
        BadInput: Y is text or a moment.
    """
    column = table[target]
    if not (column.dtype.is_numeric() or column.dtype == pl.Boolean):
        raise BadInput(
            f"target '{target}': want numbers or booleans, got {column.dtype}. Write a label of two words as 0 and 1."
        )
    return column.cast(pl.Float64).fill_nan(None)


def _labelled(table: pl.DataFrame, *, name: str, target: str) -> pl.DataFrame:
    labelled = table.filter(truth(table, target=target).is_not_null())
    if labelled.is_empty():
        raise BadInput(f"dataset {name}: want rows with a '{target}', got none in {table.height} rows.")
    return labelled


def _natural(labelled: pl.DataFrame, task: Task) -> SplitKind:
    if task.time:
        return SplitKind.TIME
    repeats = labelled[task.entity].n_unique() < labelled.height
    return SplitKind.GROUP if repeats else SplitKind.RANDOM
