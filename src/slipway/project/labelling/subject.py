"""Which labels are spoken of: a column of a dataset version, with its rows by name."""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from slipway.data.labels.names import row_names, said
from slipway.errors import BadInput, nearest
from slipway.project import datasets
from slipway.records.dataset import DatasetVersion
from slipway.records.task import TaskKind
from slipway.wiring import Parts

_MOST_CLASSES = 200


class Subject(NamedTuple):
    """Labels, and the rows that they are of.

    Attributes:
        version: The dataset version.
        column: Column of the labels.
        table: All its rows.
        names: Name of each row.
        classes: The classes in order, as text; None where labels are numbers.
    """

    version: DatasetVersion
    column: str
    table: pl.DataFrame
    names: list[str]
    classes: tuple[str, ...] | None

    @property
    def labelled(self) -> npt.NDArray[np.int64]:
        """Places of the rows that have a label."""
        return np.flatnonzero(present(self.table[self.column]).to_numpy())

    def given(self, place: int) -> str:
        """Return the label of a row as text; empty where it has none."""
        value = self.table[self.column][place]
        return "" if value is None or value != value else said(value)  # noqa: PLR0124 - NaN is no label

    def checked(self, value: str) -> str:
        """Return a label as it is written here.

        Raises:
            BadInput: It is no class of the data, or no number where numbers are wanted.
        """
        if self.classes is not None:
            for spelled in (value.strip(), said(_number(value))):
                if spelled in self.classes:
                    return spelled
            raise BadInput(
                f"label of '{self.column}': want one of {', '.join(self.classes[:20])}, got '{value}'."
                f"{nearest(value, self.classes)}"
            )
        if not math.isfinite(_number(value)):
            raise BadInput(f"label of '{self.column}': want a number, got '{value}'.")
        return said(_number(value))

    def needs_classes(self, what: str) -> None:
        """Refuse labels that are numbers.

        Raises:
            BadInput: They are; the message names what needs classes.
        """
        if self.classes is None:
            raise BadInput(
                f"{what} of '{self.column}': want labels that are classes, got numbers, which are not weighed by how "
                "often they are equal. Rank them by suspicion instead."
            )

    def written(self, values: dict[int, str]) -> pl.DataFrame:
        """Return the table with other labels in some places, in the column's own type.

        Raises:
            BadInput: A label does not fit the type.
        """
        column = self.table[self.column]
        texts = pl.Series(list(values.values()), dtype=pl.String)
        try:
            fitting = texts.cast(pl.Float64).cast(column.dtype) if column.dtype != pl.String else texts
        except pl.exceptions.PolarsError as error:
            raise BadInput(f"labels of '{self.column}': want values that fit {column.dtype}, got: {error}.") from error
        return self.table.with_columns(column.scatter(list(values), fitting).alias(self.column))


def subject(parts: Parts, *, dataset: str | None, column: str | None) -> Subject:
    """Return the labels in a column (the target, if not said) of a dataset version (the newest).

    Raises:
        NotFound: No such version.
        BadInput: No such column.
    """
    version = datasets.find(parts, dataset)
    table = datasets.rows_of(parts, version)
    task = parts.scope.task
    column = column or task.target
    if column not in table.columns:
        raise BadInput(
            f"labels: want a column of {version.name}, got '{column}'.{nearest(column, table.columns)} "
            f"There are {table.columns}."
        )
    own = [f.name for f in parts.scope.fields] + [task.entity] + ([task.time] if task.time else [])
    known = [name for name in dict.fromkeys(own) if name in table.columns and name != column]
    names = row_names(table.select(known), entity=task.entity, without=[column])
    numbers = task.kind is TaskKind.REGRESSION if column == task.target else False
    return Subject(version, column, table, names, None if numbers else _classes(table[column], column, task.kind))


def learner(
    mine: Subject, train: Callable[..., Any], *, params: dict[str, Any], seed: int
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], Callable[[Any, Any], Any]]:
    """Return Y of the labelled rows as the user's function gets it, the different values of it, and that function.

    Classes that are numbers are given as they are; classes that are words as their place in order.
    """
    column = mine.table[mine.column].gather(mine.labelled)
    if mine.classes is None or column.dtype != pl.String:
        y = column.cast(pl.Float64).to_numpy()
    else:
        place = {word: float(i) for i, word in enumerate(mine.classes)}
        y = np.array([place[said(value)] for value in column])
    return y, np.unique(y), lambda x, y: train(x, y, dict(params), seed)


def present(column: pl.Series) -> pl.Series:
    """Return which rows have a label."""
    there = column.is_not_null()
    return there & ~column.is_nan().fill_null(value=False) if column.dtype.is_float() else there


def _classes(column: pl.Series, name: str, kind: TaskKind) -> tuple[str, ...]:
    known = column.filter(present(column)).unique().sort()
    if known.len() > _MOST_CLASSES:
        raise BadInput(
            f"labels of '{name}': want at most {_MOST_CLASSES} classes, got {known.len()} different values. "
            "If they are numbers, task.kind must be 'regression' and this the target."
        )
    classes = tuple(dict.fromkeys(said(value) for value in known))
    return classes if len(classes) != 1 or kind is not TaskKind.BINARY else ("0", "1")


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan
