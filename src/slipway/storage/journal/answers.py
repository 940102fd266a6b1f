"""The view ``answers``: each prediction once, with its first outcome, put together in memory that does not grow.

To know which row of an id is its first one has to hold the ids, some 200 bytes each. So a journal with many rows is
looked at in parts, by a hash of the id: what is said of one id lies in one part. Each part is made by a scan of its
own, which reads the ids of all rows and the other columns of its own; that costs time, and no more memory than a part.
"""

from collections.abc import Iterator

import polars as pl
from polars.io.plugins import register_io_source

from slipway.records.load_test import ID_PREFIX
from slipway.records.task import TaskKind

PART_ROWS = 1 << 20
"""About how many rows one part has."""

_SEED = 7
_RANK = (
    pl.col("score").is_null(),
    *map(pl.col, ("received_at", "route_version", "arm", "latency_us", "score")),
)
"""Of rows with one id the first counts: who asked again after a failure got the answer, and that is what he has."""


def answers(predictions: pl.LazyFrame, *, outcomes: pl.LazyFrame, kind: TaskKind) -> pl.LazyFrame:
    """Return each prediction once, with its first outcome: the rules of the ledger that rollouts are judged by.

    Rows of load tests are left out: nobody waited for them. Of rows with one id the earliest that was answered counts.
    Of the outcomes of an id the earliest possible one counts, of two at one moment the smaller. Where none has come,
    ``outcome`` and ``outcome_at`` are null.

    >>> asked = pl.LazyFrame(
    ...     {"id": ["a"], "received_at": [5], "route_version": [1], "arm": ["l"], "latency_us": [1], "score": [0.9]}
    ... )
    >>> told = pl.LazyFrame({"id": ["a", "a", "a", "b"], "received_at": [9, 8, 7, 1], "value": [1.0, 0.0, 0.5, 1.0]})
    >>> answers(asked, outcomes=told, kind=TaskKind.BINARY).select("id", "outcome", "outcome_at").collect().rows()
    [('a', 0.0, 8)]
    """
    value = pl.col("value")
    possible = value.is_in([0.0, 1.0]) if kind is TaskKind.BINARY else value.is_finite()
    first = _one_each(outcomes.filter(possible), order=(pl.col("received_at"), value))
    told = first.select("id", outcome="value", outcome_at="received_at")
    callers = predictions.filter(~pl.col("id").str.starts_with(ID_PREFIX))
    return _one_each(callers, order=_RANK).join(told, on="id", how="left")


def in_parts(
    predictions: pl.LazyFrame, *, outcomes: pl.LazyFrame, kind: TaskKind, rows: int, part_rows: int = PART_ROWS
) -> pl.LazyFrame:
    """Return what :func:`answers` does, in no particular order and a part at a time.

    Args:
        predictions: Rows asked.
        outcomes: What turned out to be true.
        kind: Of Y.
        rows: The most rows that either of them has.
        part_rows: About how many rows one part has; all of them at once if there are no more.
    """
    whole, parts = answers(predictions, outcomes=outcomes, kind=kind), -(-rows // part_rows)
    if parts <= 1:
        return whole

    def made(
        columns: list[str] | None, predicate: pl.Expr | None, most: int | None, _: int | None
    ) -> Iterator[pl.DataFrame]:
        for number in range(parts):
            of = pl.col("id").hash(_SEED) % parts == number
            part = answers(predictions.filter(of), outcomes=outcomes.filter(of), kind=kind)
            part = part if predicate is None else part.filter(predicate)
            part = part if columns is None else part.select(columns)
            found = (part if most is None else part.head(most)).collect(engine="streaming")
            yield found
            most = None if most is None else most - found.height
            if most == 0:
                return

    return register_io_source(made, schema=whole.collect_schema())


def _one_each(rows: pl.LazyFrame, *, order: tuple[pl.Expr, ...]) -> pl.LazyFrame:
    """Return the first row of each id; only ids that come more than once are sorted."""
    several = rows.group_by("id").len().filter(pl.col("len") > 1).select("id")
    once = rows.join(several, on="id", how="anti")
    repeated = rows.join(several, on="id", how="semi")
    return pl.concat([once, repeated.sort(order).unique("id", keep="first", maintain_order=True)])
