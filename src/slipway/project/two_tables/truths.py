"""Whether the current table has the truths that the reference has: of all rows, of none, or of some groups only."""

import math
from collections.abc import Iterator

import polars as pl

from slipway.records.quality import Fault, Quality
from slipway.records.two_tables import Roles
from slipway.words import percent

_GROUPS, _THIRDS = 50, "\x00third"
_LESS = 0.2
"""A share of rows with a truth that is lower by so much, than elsewhere and than before, is told."""

_SURE = 5.0
"""... and by so many standard errors, for there are many groups."""


def remarks_on_truths(table: pl.DataFrame, *, reference: pl.DataFrame, roles: Roles) -> Iterator[Quality]:
    """Say that truths are missing: all of them, or those of a group of rows, which is then judged by the others.

    Args:
        table: The current table, its columns of the reference's kinds.
        reference: The reference.
        roles: Which column plays which part in the reference.
    """
    name = roles.label
    if not name or reference[name].null_count() == reference.height:
        return
    if name not in table.columns or table[name].null_count() == table.height:
        how = "has no value in any row" if name in table.columns else "is not in the current table"
        detail = (
            f"{name} {how}: that the same inputs mean something else cannot be seen, and losses are those that the "
            "answers expect of themselves."
            if roles.prediction in table.columns and roles.prediction
            else f"{name} {how}."
        )
        yield Quality(fault=Fault.LABELS, column=name, serious=False, detail=detail)
        return
    if not table[name].null_count():
        return
    both = tuple(_with_thirds(t, of=reference, answer=roles.prediction) for t in (table, reference))
    columns = [column for column in (*roles.watched, _THIRDS) if column in both[0].columns]
    groups = [_group(both[0], reference=both[1], column=column, truth=name) for column in columns]
    for detail in filter(None, groups):
        yield Quality(fault=Fault.LABELS, column=name, serious=True, detail=detail)
    was, now = (1 - t[name].null_count() / t.height for t in (reference, table))
    if was - now > _LESS and not any(groups):  # they may come late
        detail = (
            f"{name} is known of {percent(now)} of the rows, of {percent(was)} before: what is said of the loss is "
            "said of these, and nobody knows whether the others are alike."
        )
        yield Quality(fault=Fault.LABELS, column=name, serious=False, detail=detail)


def _with_thirds(table: pl.DataFrame, *, of: pl.DataFrame, answer: str) -> pl.DataFrame:
    """Add in which third of the reference's answers each answer lies: dear ones may be the last to be labelled."""
    if not answer or answer not in table.columns or not of[answer].dtype.is_numeric():
        return table
    ends = [of[answer].quantile(third / 3) for third in (1, 2)]
    if None in ends or ends[0] == ends[1]:
        return table
    low, high = (f"{end:.4g}" for end in ends)
    told = (
        pl.when(pl.col(answer) <= ends[0])
        .then(pl.lit(f"at most {low}"))
        .when(pl.col(answer) <= ends[1])
        .then(pl.lit(f"{low} to {high}"))
        .when(pl.col(answer).is_not_null())
        .then(pl.lit(f"above {high}"))
    )
    return table.with_columns(told.alias(_THIRDS))


def _group(table: pl.DataFrame, *, reference: pl.DataFrame, column: str, truth: str) -> str:
    """Return what is to be said of the group with the fewest truths, or nothing."""
    text = table[column].dtype == pl.String
    if not text and reference[column].dtype != pl.Boolean:
        return ""
    if table[column].n_unique() > _GROUPS:
        return ""
    before = {v: told / n for v, n, told in _told(reference, column=column, truth=truth)}
    groups = _told(table, column=column, truth=truth)
    rows, labelled = sum(n for _, n, _ in groups), sum(told for _, _, told in groups)
    low = []
    for value, n, told in groups:
        if n == rows:
            continue
        rest = (labelled - told) / (rows - n)
        error = math.sqrt(max(rest * (1 - rest), 1 / rows) / n)
        less = min(rest, before.get(value, rest)) - told / n
        if less > _LESS and less > _SURE * error:
            low.append((less, value, told / n, rest))
    if not low:
        return ""
    _, value, now, rest = max(low)
    where = f"the answer is {value}" if column == _THIRDS else f"{column} = {value}"
    return (
        f"{truth} is known of {percent(now)} of the rows where {where}, of {percent(rest)} elsewhere: what "
        f"is said of the loss is said of the others{f'; {len(low) - 1} more such groups' if len(low) > 1 else ''}."
    )


def _told(table: pl.DataFrame, *, column: str, truth: str) -> list[tuple[str, int, int]]:
    """Return (value, rows, rows with a truth) of each group."""
    key = table[column].cast(pl.Float64).cast(pl.Boolean) if table[column].dtype.is_numeric() else table[column]
    grouped = pl.DataFrame({"value": key.cast(pl.String), "told": table[truth].is_not_null()}).drop_nulls("value")
    return [
        (str(v), int(n), int(told))
        for v, n, told in grouped.group_by("value").agg(pl.len(), pl.col("told").sum()).sort("value").iter_rows()
    ]
