"""What the intervals of some rows count in, told from their columns; the rule is :mod:`slipway.stats.clusters`'."""

import numpy as np
import numpy.typing as npt
import polars as pl

from slipway.errors import BadInput
from slipway.records.task import Task
from slipway.stats import clusters

Ints = npt.NDArray[np.int64]


def clusters_of(rows: pl.DataFrame, *, task: Task, group: str | None = None) -> Ints | None:
    """Return the cluster of each row, or None where each row is its own.

    Args:
        rows: With the task's entity, its time if it has one, and the group if there is one.
        task: Names entity and time.
        group: Column whose rows the split keeps together (:func:`slipway.data.dividing.group_of`), or None.

    Raises:
        BadInput: A moment is missing, or is none.
    """
    times = microseconds(rows[task.time]) if task.time else None
    return clusters.clusters_of(times, entities=entities_of(rows[task.entity]), groups=groups_of(rows, group=group))


def groups_of(rows: pl.DataFrame, *, group: str | None) -> Ints | None:
    """Return a number for the group of each row, or None where rows are of none."""
    return None if group is None else entities_of(rows[group])


def entities_of(entities: pl.Series) -> Ints:
    """Return a number for the entity, or group, of each row; rows without are of one.

    >>> entities_of(pl.Series(["a", None, "b", "a"])).tolist()
    [1, 0, 2, 1]
    """
    return entities.rank("dense").fill_null(0).to_numpy().astype(np.int64)


def microseconds(times: pl.Series) -> Ints:
    """Return moments in microseconds since the epoch, UTC.

    Args:
        times: Datetimes or dates, or whole numbers of microseconds since the epoch; none missing.

    Raises:
        BadInput: Another sort of value, or a missing moment.

    >>> microseconds(pl.Series([5, 86_400_000_000])).tolist()
    [5, 86400000000]
    """
    if not (times.dtype.is_temporal() or times.dtype.is_integer()) or times.dtype in (pl.Time, pl.Duration):
        raise BadInput(f"time '{times.name}': want moments or microseconds since the epoch, got {times.dtype}.")
    if times.null_count():
        raise BadInput(f"time '{times.name}': want a moment in every row, got {times.null_count()} missing.")
    moments = times if times.dtype.is_integer() else times.cast(pl.Datetime("us"))
    return moments.to_physical().cast(pl.Int64).to_numpy()
