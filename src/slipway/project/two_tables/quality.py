"""What is wrong with a table as it arrived, before anybody asks about drift; and the table as far as it can be read."""

from collections.abc import Iterator
from datetime import timedelta
from difflib import get_close_matches

import polars as pl
import polars.selectors as cs

from slipway.records.two_tables import Fault, Quality, Roles
from slipway.words import count, percent, span

_MUCH = 0.02
"""A share of missing values that grew by more is serious."""
_OUTSIDE = 0.001
_ALIKE = 0.85
_GAPS = 10.0
"""A silence this many times the longest one of the reference is told."""


def finite(table: pl.DataFrame) -> tuple[pl.DataFrame, tuple[Quality, ...]]:
    """Return the table with what is no finite number missing, and remarks on what was infinite.

    Not a number is how many tools write a missing value; an infinity comes of a division by zero in the feed.
    """
    floats = table.select(cs.float())
    said = tuple(
        Quality(
            fault=Fault.RANGE,
            column=column.name,
            serious=True,
            detail=f"{column.name} is infinite in {percent(infinite / len(column))} of the rows: it counts as missing.",
        )
        for column in floats
        if (infinite := int(column.is_infinite().sum()))
    )
    return table.with_columns(pl.when(cs.float().is_finite()).then(cs.float())), said


def fitted(
    current: pl.DataFrame, *, reference: pl.DataFrame, roles: Roles
) -> tuple[pl.DataFrame, Roles, tuple[Quality, ...]]:
    """Bring the current table to the columns and types of the reference, and say what was wrong with it.

    Columns are matched by name, in whatever order. What is no number in a column of numbers becomes missing; a column
    that is absent is not watched, and said to be.

    Returns:
        The table, the roles without what is absent, and the remarks, serious ones first.
    """
    said = [*_schema(current, reference=reference, roles=roles)]
    here = set(current.columns)
    there = [name for name in roles.watched if name in here]
    kept = [name for name in (roles.time, roles.prediction, roles.label) if name in here]
    table = current.select([*kept, *there])
    read = [_typed(table[n], like=reference[n]) for n in [*there, *(n for n in kept if n != roles.time)]]
    table = table.with_columns(column for column, _ in read)
    said += [remark for _, remarks in read for remark in remarks]
    for name in there:
        said += _column(table[name], before=reference[name])
    silent = roles.prediction in kept and table[roles.prediction].null_count() == table.height
    if silent:
        detail = f"{roles.prediction} has no value in any row, so nobody can say what the rest costs."
        said.append(Quality(fault=Fault.EMPTY, column=roles.prediction, serious=True, detail=detail))
    usable = [name for name in there if table[name].null_count() < table.height]
    said += _rows(table, reference=reference, columns=usable, time=roles.time if roles.time in kept else "")
    lost = tuple((n, "not in the current table") for n in roles.watched if n not in here)
    empty = tuple((n, "empty in the current table") for n in sorted(set(there) - set(usable)))
    found = Roles(
        time=roles.time if roles.time in kept else "",
        prediction=roles.prediction if roles.prediction in kept and not silent else "",
        label=roles.label,
        ignored=(*roles.ignored, *lost, *empty),
        watched=tuple(usable),
    )
    said += [
        Quality(fault=Fault.LEFT_OUT, column=n, serious=False, detail=f"{n} is not watched: {why}.")
        for n, why in roles.ignored
        if why != "as asked"
    ]
    return table, found, tuple(sorted(said, key=lambda q: not q.serious))


def _schema(current: pl.DataFrame, *, reference: pl.DataFrame, roles: Roles) -> Iterator[Quality]:
    wanted = [n for n in (*roles.watched, roles.time, roles.prediction) if n]
    known, here = set(reference.columns), set(current.columns)
    new = [n for n in current.columns if n not in known]
    absent = [n for n in wanted if n not in here]
    for name in absent:
        close = get_close_matches(name.lower(), [n.lower() for n in new], n=1, cutoff=_ALIKE)
        match = next((n for n in new if close and n.lower() == close[0]), "")
        if match:
            detail = f"{name} is gone and {match} is new: renamed? Call it {name} again, or it is not watched."
            yield Quality(fault=Fault.RENAMED, column=name, serious=True, detail=detail)
        else:
            yield Quality(fault=Fault.ABSENT, column=name, serious=True, detail=f"{name} is not in the current table.")
    for name in new:
        yield Quality(
            fault=Fault.NEW, column=name, serious=False, detail=f"{name} is not in the reference, so nobody watches it."
        )


def _typed(column: pl.Series, *, like: pl.Series) -> tuple[pl.Series, list[Quality]]:
    """Return the column in the reference's kind; what cannot be read so is missing."""
    name = column.name
    if column.dtype.is_nested() or column.dtype in (pl.Binary, pl.Object):
        said = f"{name} held {_sort(like)} and now holds {column.dtype}: all of it counts as missing."
        return pl.Series(name, [None] * len(column), pl.String if _sort(like) == "text" else pl.Float64), [
            Quality(fault=Fault.TYPE, column=name, serious=True, detail=said)
        ]
    if _sort(like) == "text":
        text = column.cast(pl.String)
        if column.dtype.is_numeric():
            said = f"{name} held text and now holds numbers ({column.dtype}); they are read as text."
            return text, [Quality(fault=Fault.TYPE, column=name, serious=True, detail=said)]
        return text, []
    if column.dtype in (pl.Null, pl.Boolean) or column.dtype.is_numeric():
        return column.cast(pl.Float64), []
    if column.dtype != pl.String:
        said = f"{name} held numbers and now holds {column.dtype}, which is no number: all of it counts as missing."
        return pl.Series(name, [None] * len(column), pl.Float64), [
            Quality(fault=Fault.TYPE, column=name, serious=True, detail=said)
        ]
    numbers = column.str.strip_chars().cast(pl.Float64, strict=False)
    wrong = numbers.is_null() & column.is_not_null()
    if not (failed := int(wrong.sum())):
        said = f"{name} held numbers and now holds text that can be read as numbers."
    else:
        said = f"{name} held numbers; {failed:,} of {len(column):,} values are none and count as missing, such as "
        said += f"{column.filter(wrong)[0]!r}."
    return numbers, [Quality(fault=Fault.TYPE, column=name, serious=failed > 0, detail=said)]


def _sort(column: pl.Series) -> str:
    return "text" if column.dtype == pl.String or isinstance(column.dtype, pl.Categorical | pl.Enum) else "numbers"


def _column(column: pl.Series, *, before: pl.Series) -> Iterator[Quality]:
    name, n = column.name, len(column)
    was, now = before.null_count() / len(before), column.null_count() / n
    if now == 1:
        yield Quality(fault=Fault.EMPTY, column=name, serious=True, detail=f"{name} has no value in any row.")
        return
    if now - was > _MUCH:
        detail = f"{name} is missing in {percent(now)} of the rows, in {percent(was)} before."
        yield Quality(fault=Fault.MISSING, column=name, serious=True, detail=detail)
    known = column.drop_nulls()
    if len(known) > 1 and known.n_unique() == 1:
        varied = before.drop_nulls().n_unique() > 1
        detail = f"{name} is {known[0]} in every row" + (", and was not before." if varied else ", as it was before.")
        yield Quality(fault=Fault.CONSTANT, column=name, serious=varied, detail=detail)
    if column.dtype == pl.String:
        unseen = known.filter(~known.is_in(before.cast(pl.String).drop_nulls().unique().implode()))
        if len(unseen) > _OUTSIDE * n:
            examples = ", ".join(str(v) for v in unseen.unique(maintain_order=True)[:3])
            detail = (
                f"{name} has values that the reference never had in {percent(len(unseen) / n)} of the rows: {examples}."
            )
            yield Quality(fault=Fault.UNSEEN, column=name, serious=len(unseen) > _MUCH * n, detail=detail)
        return
    low, high = before.cast(pl.Float64).min(), before.cast(pl.Float64).max()
    if isinstance(low, float) and isinstance(high, float):
        outside = int(((known < low) | (known > high)).sum())
        if outside > _OUTSIDE * n:
            wide = high - low  # seasons pass a limit; another unit, or a sentinel such as -999, leaps beyond
            far = int(((known < low - wide) | (known > high + wide)).sum())
            detail = f"{name} leaves what it was, {low:.4g} to {high:.4g}, in {percent(outside / n)} of the rows."
            yield Quality(fault=Fault.RANGE, column=name, serious=far > _OUTSIDE * n, detail=detail)


def _rows(table: pl.DataFrame, *, reference: pl.DataFrame, columns: list[str], time: str) -> Iterator[Quality]:
    if columns:
        # Rows of a few categories are alike by nature, so the reference says how often is usual.
        was, now = (1 - t.select(columns).n_unique() / t.height for t in (reference, table))
        if now - was > _MUCH:
            detail = f"{percent(now)} of the rows repeat another row, {percent(was)} before."
            yield Quality(fault=Fault.DUPLICATES, column="", serious=True, detail=detail)
    if time and table.height > 1 and reference.height > 1:
        usual, longest = _silence(reference[time]), _silence(table[time])
        if usual > 0 and longest > _GAPS * usual:
            detail = f"no row came for {span(longest)}; the longest silence of the reference was {span(usual)}."
            yield Quality(fault=Fault.STALE, column=time, serious=True, detail=detail)
    if undated := table[time].null_count() if time else 0:
        detail = f"{count(undated, 'row')} without a moment in {time}: left out."
        yield Quality(fault=Fault.MISSING, column=time, serious=True, detail=detail)


def _silence(moments: pl.Series) -> float:
    """Return the longest time without a row, in seconds."""
    sorted_ = moments.drop_nulls().cast(pl.Datetime("us")).unique().sort()
    longest = sorted_.diff().max() if len(sorted_) > 1 else None
    return longest.total_seconds() if isinstance(longest, timedelta) else 0.0
