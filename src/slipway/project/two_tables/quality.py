"""What is wrong with a table as it arrived, before anybody asks about drift; and the table as far as it can be read."""

from collections.abc import Iterator
from difflib import get_close_matches

import polars as pl
import polars.selectors as cs

from slipway.project.two_tables.remarks import remarks_of
from slipway.records.quality import Fault, Quality
from slipway.records.two_tables import Roles
from slipway.words import percent

_ALIKE = 0.85


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
    silent = roles.prediction in kept and table[roles.prediction].null_count() == table.height
    if silent:
        detail = f"{roles.prediction} has no value in any row, so nobody can say what the rest costs."
        said.append(Quality(fault=Fault.EMPTY, column=roles.prediction, serious=True, detail=detail))
    usable = [name for name in there if table[name].null_count() < table.height]
    said += remarks_of(table, reference=reference, columns=there, roles=roles)
    lost = tuple((n, "not in the current table") for n in roles.watched if n not in here)
    empty = tuple((n, "empty in the current table") for n in sorted(set(there) - set(usable)))
    fitting = Roles(
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
    return table, fitting, tuple(sorted(said, key=lambda q: not q.serious))


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
            cost = ", so nobody can say what the rest costs" if name == roles.prediction else ""
            detail = f"{name} is not in the current table{cost}."
            yield Quality(fault=Fault.ABSENT, column=name, serious=True, detail=detail)
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
    return _read(column, like=like)


def _read(column: pl.Series, *, like: pl.Series) -> tuple[pl.Series, list[Quality]]:
    """Return text as the numbers that it holds."""
    name = column.name
    numbers = column.str.strip_chars().cast(pl.Float64, strict=False)
    wrong = numbers.is_null() & column.is_not_null()
    if column.null_count() == len(column):
        return numbers, []  # text or numbers, there is none: that is another remark
    if not (failed := int(wrong.sum())):
        said = (
            f"{name} held numbers ({like.dtype}) and now holds text, which is read as numbers: perhaps another schema."
        )
    else:
        said = f"{name} held numbers; {failed:,} of {len(column):,} values are none and count as missing, such as "
        said += f"{column.filter(wrong)[0]!r}."
    return numbers, [Quality(fault=Fault.TYPE, column=name, serious=True, detail=said)]


def _sort(column: pl.Series) -> str:
    return "text" if column.dtype == pl.String or isinstance(column.dtype, pl.Categorical | pl.Enum) else "numbers"
