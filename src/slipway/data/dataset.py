"""Make a dataset version: name the content, profile it, divide it, check it, and measure what a model must beat."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from slipway.data.baseline import baselines, days_of, entities_of
from slipway.data.checks import (
    check_constant,
    check_duplicates,
    check_groups,
    check_leakage,
    check_overlap,
    check_time_travel,
)
from slipway.data.profile import profile
from slipway.data.schema import check_schema
from slipway.data.split import (
    Split,
    split_by_chance,
    split_by_column,
    split_by_group,
    split_by_time,
    split_stratified,
)
from slipway.data.version import Words, content, row_hashes
from slipway.errors import BadInput, nearest
from slipway.records.base import check_name
from slipway.records.dataset import CheckResult, DatasetVersion, SplitKind, SplitRule
from slipway.records.field import Field
from slipway.records.scoring import Scoring
from slipway.records.task import Task

Floats = npt.NDArray[np.float64]


class Prepared(NamedTuple):
    """A version and the rows behind it.

    Attributes:
        version: The record.
        labelled: Rows of the table that have a Y, in its order; the split's indices count in these.
        split: Which of them are learned from, and which are held out.
    """

    version: DatasetVersion
    labelled: pl.DataFrame
    split: Split


class Divided(NamedTuple):
    """The rows that have a Y, and how they were divided."""

    labelled: pl.DataFrame
    split: Split


def divide(table: pl.DataFrame, *, name: str, task: Task, rule: SplitRule) -> Divided:
    """Divide the rows that have a Y: the same rows in the same way, each time.

    Args:
        table: The data.
        name: What to call it in messages.
        task: Names the target, the entity and the time.
        rule: How to divide.

    Raises:
        BadInput: No row has a Y, nothing could be held out, or the rule names a column that is not there.
    """
    truth = _truth(table, task.target)
    labelled = table.filter(truth.is_not_null())
    if labelled.is_empty():
        raise BadInput(f"dataset {name}: want rows with a '{task.target}', got none in {table.height} rows.")
    kind = rule.kind or _natural(labelled, task)
    share, seed = rule.test_share, rule.seed
    if kind is SplitKind.TIME:
        if not task.time:
            raise BadInput("data.split: want task.time in the scope to split by time, got none.")
        split = split_by_time(labelled[task.time], test_share=share)
    elif kind is SplitKind.COLUMN:
        split = split_by_column(_by(labelled, rule.by, name=name))
    elif kind is SplitKind.GROUP:
        split = split_by_group(_by(labelled, rule.by or task.entity, name=name), test_share=share, seed=seed)
    elif kind is SplitKind.STRATIFIED:
        groups = _by(labelled, rule.by, name=name) if rule.by else None
        y = truth_of(labelled, target=task.target)
        split = split_stratified(y, test_share=share, seed=seed, groups=groups)
    else:
        split = split_by_chance(labelled.height, test_share=share, seed=seed)
    return Divided(labelled, split)


def _natural(labelled: pl.DataFrame, task: Task) -> SplitKind:
    if task.time:
        return SplitKind.TIME
    repeats = task.entity in labelled.columns and labelled[task.entity].n_unique() < labelled.height
    return SplitKind.GROUP if repeats else SplitKind.RANDOM


def _by(table: pl.DataFrame, column: str, *, name: str) -> pl.Series:
    if column not in table.columns:
        raise BadInput(
            f"dataset {name}: want the column '{column}' to divide by (data.split_by), got {table.columns}."
            f"{nearest(column, table.columns)}"
        )
    return table[column]


def prepare(
    table: pl.DataFrame,
    *,
    name: str,
    fields: Sequence[Field],
    task: Task,
    scoring: Scoring,
    rule: SplitRule,
    seed: int,
    files: tuple[str, ...],
    source: str,
    created_us: int,
    present: str | None = None,
    parents: tuple[str, ...] = (),
    hashes: Words | None = None,
) -> Prepared:
    """Make a version of a table.

    The id covers every row and column; the split and the baselines only rows with a Y. Failing checks do not stop
    this: they are part of the record, and whoever trains on it sees them.

    Args:
        table: The data, with the columns of X, Y, entity and time that the scope names.
        name: A checked word.
        fields: X.
        task: Names the columns, and the kind of answer.
        scoring: How an answer is scored.
        rule: How rows are divided into those to learn from and those held out.
        seed: Seed of the chance in checks.
        files: Blob ids of the Parquet files that hold the rows.
        source: Where the rows came from, in words.
        created_us: When.
        present: Column with the answers of the system that exists, or None.
        parents: Versions this one was made from.
        hashes: The table's row hashes where the caller has them, else None.

    Raises:
        BadInput: A column that the task needs is not there, no row has a Y, or nothing could be held out.
    """
    check_name("dataset", name)
    needed = [task.target, task.entity, *([task.time] if task.time else []), *([present] if present else [])]
    if missing := [c for c in dict.fromkeys(needed) if c not in table.columns]:
        raise BadInput(
            f"dataset {name}: want the columns {needed}, got none of the name {missing}. There are {table.columns}."
        )
    labelled, split = divide(table, name=name, task=task, rule=rule)
    hashes = row_hashes(table) if hashes is None else hashes
    named = content(table, hashes=hashes)
    held_out = labelled[split.test]
    version = DatasetVersion(
        id=named.id,
        name=name,
        rows=table.height,
        columns=profile(table, hashes=named.columns),
        splits={"train": split.train.size, "test": split.test.size, "unlabelled": table.height - labelled.height},
        split_kind=split.kind,
        split_seed=rule.seed,
        checks=_checks(table, labelled=labelled, split=split, fields=fields, task=task, seed=seed, hashes=hashes),
        baselines=baselines(
            truth_of(labelled[split.train], target=task.target),
            test_y=truth_of(held_out, target=task.target),
            scoring=scoring,
            present=held_out[present].cast(pl.Float64).to_numpy() if present else None,
            clusters=days_of(held_out[task.time]) if task.time else entities_of(held_out[task.entity]),
        ),
        files=files,
        source=source,
        parents=parents,
        created_us=created_us,
    )
    return Prepared(version=version, labelled=labelled, split=split)


def truth_of(table: pl.DataFrame, *, target: str) -> Floats:
    """Return Y as numbers, shape (rows,), NaN where there is none.

    Raises:
        BadInput: Y is text or a moment.
    """
    return _truth(table, target).fill_null(float("nan")).to_numpy()


def _truth(table: pl.DataFrame, target: str) -> pl.Series:
    column = table[target]
    if not (column.dtype.is_numeric() or column.dtype == pl.Boolean):
        raise BadInput(
            f"target '{target}': want numbers or booleans, got {column.dtype}. Write a label of two words as 0 and 1."
        )
    return column.cast(pl.Float64).fill_nan(None)


def _checks(
    table: pl.DataFrame,
    *,
    labelled: pl.DataFrame,
    split: Split,
    fields: Sequence[Field],
    task: Task,
    seed: int,
    hashes: Words,
) -> tuple[CheckResult, ...]:
    names = [f.name for f in fields if f.name in table.columns]
    results = [
        *check_schema(table, fields=fields, also=[task.target]),
        check_duplicates(table, hashes=hashes),
        check_constant(table.select(names)),
        check_leakage(labelled, columns=names, target=task.target, seed=seed),
        check_groups(labelled[task.entity], split=split),
        check_overlap(labelled.select(*dict.fromkeys([*names, task.entity, task.target])), split=split),
    ]
    if task.time:
        results.append(check_time_travel(labelled, time=task.time, split=split, fields=names))
    return tuple(results)
