"""Make a dataset version: name the content, profile it, divide it, check it, and measure what a model must beat."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from slipway.data.baseline import baselines
from slipway.data.checks import (
    check_constant,
    check_duplicates,
    check_entities,
    check_groups,
    check_leakage,
    check_overlap,
    check_row_numbers,
    check_target,
    check_time_travel,
)
from slipway.data.clusters import clusters_of
from slipway.data.copies import check_copies
from slipway.data.dividing import deal_of, divide, group_of, truth, truth_of
from slipway.data.profile import profile
from slipway.data.row_names import RowNames, names_of, names_rows
from slipway.data.schema import check_schema
from slipway.data.simple import grow_simple
from slipway.data.split import Split
from slipway.data.version import Words, content, name_held_out, name_version, row_hashes
from slipway.errors import BadInput, nearest
from slipway.records.base import check_name
from slipway.records.dataset import CheckResult, DatasetVersion, SplitKind, SplitRule
from slipway.records.field import Field
from slipway.records.scoring import Scoring
from slipway.records.task import Task, TaskKind
from slipway.words import count

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]


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


def prepare(
    table: pl.DataFrame,
    *,
    name: str,
    fields: Sequence[Field],
    task: Task,
    scoring: Scoring,
    rule: SplitRule,
    seed: int,
    source: str,
    created_us: int,
    present: str | None = None,
    parents: tuple[str, ...] = (),
    hashes: Words | None = None,
) -> Prepared:
    """Make a version of a table; where its rows are kept is for the caller to add.

    The id covers every row and column, and which rows are held out; the split and the baselines only rows with a Y.
    Failing checks do not stop this: they are part of the record, and whoever trains on it sees them.

    Args:
        table: The data, with the columns of X, Y, entity and time that the scope names.
        name: A checked word.
        fields: X.
        task: Names the columns, and the kind of answer.
        scoring: How an answer is scored.
        rule: How rows are divided into those to learn from and those held out.
        seed: Seed of the chance in checks.
        source: Where the rows came from, in words.
        created_us: When.
        present: Column with the answers of the system that exists, or None.
        parents: Versions this one was made from.
        hashes: The table's row hashes where the caller has them, else None.

    Raises:
        BadInput: A column that the task needs is not there, no row has a Y, a Y is none that the task knows, or nothing
            could be held out.
    """
    check_name("dataset", name)
    needed = [task.target, task.entity, *([task.time] if task.time else []), *([present] if present else [])]
    if missing := [c for c in dict.fromkeys(needed) if c not in table.columns]:
        hint = nearest(missing[0], table.columns) or " Rename it where the data is loaded, or in slipway.toml."
        there = f"There are {table.columns}.{hint}"
        raise BadInput(f"dataset {name}: want the columns {needed}, got none of the name {missing}. {there}")
    names = names_of(table[task.entity])
    _check_values(table, task=task, names=names)
    deal = deal_of(table, name=name, task=task, fields=fields, rule=rule)
    labelled, split = divide(table, name=name, target=task.target, deal=deal)
    hashes, entities = row_hashes(table) if hashes is None else hashes, labelled[task.entity]
    named, held_out = content(table, hashes=hashes), labelled[split.test]
    known = np.flatnonzero(truth(table, target=task.target).is_not_null())
    test_set = name_held_out(hashes[known[split.test]])
    learned = truth_of(labelled[split.train], target=task.target)
    simple = grow_simple(
        labelled[split.train], y=learned, fields=fields, scoring=scoring, hashes=hashes[known[split.train]]
    )
    version = DatasetVersion(
        id=name_version(named.id, held_out=test_set),
        name=name,
        rows=table.height,
        columns=profile(table, hashes=named.columns),
        splits={"train": split.train.size, "test": split.test.size, "unlabelled": table.height - labelled.height},
        split_kind=split.kind,
        split_seed=rule.seed,
        deal=deal,
        content=named.id,
        held_out=test_set,
        checks=_checks(
            table,
            labelled=labelled,
            split=split,
            fields=fields,
            task=task,
            seed=seed,
            hashes=hashes,
            now_us=created_us,
            row_names=names,
            known=known,
            grouped=rule.kind is None and deal.kind is SplitKind.GROUP and names_rows(entities.drop_nulls()),
        ),
        baselines=baselines(
            learned,
            test_y=truth_of(held_out, target=task.target),
            scoring=scoring,
            simple=simple.answers(held_out),
            simple_words=simple.words,
            present=held_out[present].cast(pl.Float64).to_numpy() if present else None,
            clusters=clusters_of(held_out, task=task, group=group_of(deal)),
        ),
        source=source,
        parents=parents,
        created_us=created_us,
    )
    return Prepared(version=version, labelled=labelled, split=split)


def _check_values(table: pl.DataFrame, *, task: Task, names: RowNames) -> None:
    """Refuse values of Y that nothing can be measured with."""
    y = truth(table, target=task.target)
    binary = task.kind is TaskKind.BINARY
    odd = (~(y.is_in([0.0, 1.0]) if binary else y.is_finite())).fill_null(value=False)
    if odd.any():
        rows = odd.arg_true()
        way_out = "or write task.kind = 'regression'" if binary else "or find out where it comes from"
        raise BadInput(
            f"target '{task.target}': want {'0 or 1' if binary else 'finite numbers'}, got {y[rows[0]]:g} in "
            f"{names.say(rows)} ({count(rows.len(), 'such row')}). Leave it empty where nothing is known, {way_out}."
        )


def _checks(
    table: pl.DataFrame,
    *,
    labelled: pl.DataFrame,
    split: Split,
    fields: Sequence[Field],
    task: Task,
    seed: int,
    hashes: Words,
    now_us: int,
    row_names: RowNames,
    known: Rows,
    grouped: bool,
) -> tuple[CheckResult, ...]:
    names = [f.name for f in fields if f.name in table.columns]
    of_labelled = row_names._replace(places=known)
    results = [
        *check_schema(table, fields=fields, also=[task.target], names=row_names),
        check_duplicates(table, hashes=hashes),
        check_target(truth_of(labelled, target=task.target), name=task.target, kind=task.kind, split=split),
        check_entities(table[task.entity], grouped=grouped),
        check_constant(table.select(names)),
        check_row_numbers(table.select(names)),
        check_leakage(labelled, columns=names, target=task.target, seed=seed),
        check_groups(labelled[task.entity], split=split),
        check_overlap(
            labelled.select(*dict.fromkeys([*names, task.entity, task.target])), split=split, names=of_labelled
        ),
        check_copies(labelled, columns=names, entity=task.entity, split=split, seed=seed, names=of_labelled),
    ]
    if task.time:
        results.append(
            check_time_travel(labelled, time=task.time, split=split, fields=names, now_us=now_us, names=of_labelled)
        )
    return tuple(results)
