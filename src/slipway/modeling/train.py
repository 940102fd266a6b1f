"""Train once and measure at once: rows in, a fitted estimator and what it is worth out."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from slipway.errors import BadInput, nearest
from slipway.modeling.answers import answers
from slipway.modeling.convert import check_estimator
from slipway.modeling.frame import as_x, infer_fields
from slipway.modeling.metrics import measure
from slipway.modeling.slices import Reached, worst_slices
from slipway.records.dataset import Score
from slipway.records.field import Field
from slipway.records.model import Signature
from slipway.records.run import Slice
from slipway.records.scoring import Scoring
from slipway.records.task import Task
from slipway.stats.checks import as_floats
from slipway.stats.clusters import clusters_of

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

Train = Callable[[pl.DataFrame, Floats, dict[str, Any], int], Any]
"""The user's function: X (a polars frame, fields in order), Y, hyperparameters and seed in; a fitted estimator out."""

MODEL = "model"
_ENOUGH_FOR_SLICES = 200


class Trained(NamedTuple):
    """A fitted estimator with the rows it came from and what it is worth.

    Attributes:
        estimator: As the user's function returned it.
        fields: X in order.
        scoring: How an answer is scored.
        x: All labelled rows, learned from and held out.
        y: Their truth, shape (rows,).
        times_us: Their moments in microseconds since the epoch, or None.
        entities: A number for the entity of each, or None where nobody knows.
        held_out: Which of them the estimator has not seen.
        answers: Its answers to those.
        scores: Metrics on the rows held out and on those learned from.
        slices: Where it is worse than elsewhere, confirmed.
        groups: A number for the group of each row that the split keeps together, or None without.
    """

    estimator: Any
    fields: tuple[Field, ...]
    scoring: Scoring
    x: pl.DataFrame
    y: Floats
    times_us: Ints | None
    entities: Ints | None
    held_out: Ints
    answers: Floats
    scores: tuple[Score, ...]
    slices: tuple[Slice, ...]
    groups: Ints | None = None

    @property
    def signature(self) -> Signature:
        """What its graph is to be asked and to answer."""
        return Signature(fields=self.fields, kind=self.scoring.kind, threshold=self.scoring.threshold)

    @property
    def clusters(self) -> Ints | None:
        """What intervals count in, for each row held out; None where each row is its own."""
        return _clusters(self.times_us, self.entities, self.groups, rows=self.held_out)


def fit(
    table: pl.DataFrame,
    *,
    train_rows: Ints,
    test_rows: Ints,
    fields: Sequence[Field],
    task: Task,
    scoring: Scoring,
    train: Train,
    params: Mapping[str, Any],
    seed: int,
    tags: Sequence[str] = (),
    reached: Reached | None = None,
    entities: Ints | None = None,
    groups: Ints | None = None,
) -> Trained:
    """Train on some rows and measure on others.

    Args:
        table: Rows, each with a Y.
        train_rows: Which to learn from.
        test_rows: Which to hold out; neither may be empty, and no row may be in both.
        fields: X in order.
        task: Names the target and the time.
        scoring: How an answer is scored.
        train: The user's function.
        params: Hyperparameters; the function gets a copy.
        seed: Seed of all chance.
        tags: Columns besides X that slices may name.
        reached: What somebody else reaches on the rows held out, to hold slices against.
        entities: A number for the entity of each row of the table, or None where nobody knows.
        groups: A number for the group of each that the split keeps together, or None without.

    Raises:
        BadInput: A row is in both parts or has no Y, a part is empty, or the function returns no estimator.
        Refused: The estimator does not answer as the task wants.
    """
    if not (train_rows.size and test_rows.size) or np.intersect1d(train_rows, test_rows).size:
        raise BadInput(
            f"split: want two parts with rows and none in both, got {train_rows.size} to learn from, {test_rows.size} "
            f"held out and {np.intersect1d(train_rows, test_rows).size} in both."
        )
    x = as_x(table, fields=fields)
    y = as_floats(f"target '{task.target}'", table[task.target].cast(pl.Float64).fill_null(math.nan).to_numpy())
    times_us = moments(table[task.time]) if task.time else None
    estimator = train(x[train_rows], y[train_rows].copy(), dict(params), seed)
    if estimator is None:
        raise BadInput("train: want a fitted estimator, got None. End the function with 'return model.fit(X, y)'.")
    check_estimator(estimator, kind=scoring.kind)
    given = answers(estimator, x=x[test_rows], kind=scoring.kind)
    clusters = _clusters(times_us, entities, groups, rows=test_rows)
    train_clusters = _clusters(times_us, entities, groups, rows=train_rows)
    learned = answers(estimator, x=x[train_rows], kind=scoring.kind)
    scores = (
        *measure(MODEL, y=y[test_rows], answers=given, scoring=scoring, clusters=clusters),
        scoring.score(MODEL, y=y[train_rows], answers=learned, split="train", clusters=train_clusters),
    )
    return Trained(
        estimator=estimator,
        fields=tuple(fields),
        scoring=scoring,
        x=x,
        y=y,
        times_us=times_us,
        entities=entities,
        groups=groups,
        held_out=test_rows,
        answers=given,
        scores=scores,
        slices=_slices(
            table[test_rows],
            fields=(*fields, *tag_fields(table, tags=tags)),
            loss=scoring.loss(y[test_rows], answers=given),
            clusters=clusters,
            reached=reached,
            seed=seed,
        ),
    )


def trained_elsewhere(
    estimator: Any,
    *,
    x: pl.DataFrame,
    y: Floats,
    given: Floats,
    times_us: Ints | None,
    entities: Ints | None,
    groups: Ints | None,
    fields: tuple[Field, ...],
    scoring: Scoring,
) -> Trained:
    """Measure a model that somebody else fitted, on rows that all count as held out.

    Args:
        estimator: The model; None where there is only a graph of it.
        x: Rows, as :func:`slipway.modeling.frame.as_x` makes them.
        y: Their truth, shape (rows,).
        given: Its answers to them, shape (rows,).
        times_us: Their moments in microseconds since the epoch, or None.
        entities: A number for the entity of each, or None where nobody knows.
        groups: A number for the group of each that the split kept together, or None without.
        fields: X in order.
        scoring: How an answer is scored.
    """
    units = clusters_of(times_us, entities=entities, groups=groups)
    return Trained(
        estimator=estimator,
        fields=fields,
        scoring=scoring,
        x=x,
        y=y,
        times_us=times_us,
        entities=entities,
        held_out=np.arange(x.height),
        answers=given,
        scores=measure(MODEL, y=y, answers=given, scoring=scoring, clusters=units),
        slices=(),
        groups=groups,
    )


def _clusters(times_us: Ints | None, entities: Ints | None, groups: Ints | None, *, rows: Ints) -> Ints | None:
    times, whose, dealt = (None if given is None else given[rows] for given in (times_us, entities, groups))
    return clusters_of(times, entities=whose, groups=dealt)


def moments(column: pl.Series) -> Ints:
    """Return moments in microseconds since the epoch, UTC.

    Args:
        column: Datetimes (without a zone they count as UTC), dates, or whole numbers of microseconds.

    Raises:
        BadInput: Another sort of value, or a missing moment.

    >>> moments(pl.Series(["2013-04-01 12:00"]).str.to_datetime()).tolist()
    [1364817600000000]
    """
    whole = column.dtype.is_integer()
    if not (whole or column.dtype in (pl.Date, pl.Datetime)) or column.null_count():
        raise BadInput(
            f"time '{column.name}': want a moment (or microseconds since the epoch) in every row, got {column.dtype} "
            f"with {column.null_count()} missing."
        )
    exact = column if whole else column.cast(pl.Datetime("us")).to_physical()
    return exact.cast(pl.Int64).to_numpy()


def tag_fields(table: pl.DataFrame, *, tags: Sequence[str]) -> tuple[Field, ...]:
    """Return columns that slices may name besides X, as fields; the model never sees them.

    Raises:
        BadInput: There is no such column.
    """
    if missing := [tag for tag in tags if tag not in table.columns]:
        raise BadInput(f"model.tags: want columns of the data, got {missing}.{nearest(missing[0], table.columns)}")
    return infer_fields(table.select(tags)) if tags else ()


def _slices(
    table: pl.DataFrame,
    *,
    fields: Sequence[Field],
    loss: Floats,
    clusters: Ints | None,
    reached: Reached | None,
    seed: int,
) -> tuple[Slice, ...]:
    if table.height < _ENOUGH_FOR_SLICES:
        return ()
    x = as_x(table, fields=fields)
    return worst_slices(x, fields=fields, loss=loss, clusters=clusters, reached=reached, seed=seed)
