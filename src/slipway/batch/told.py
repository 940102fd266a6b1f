"""What is told of predictions in a file (outcomes, decisions, metrics), to the journal: all of it or nothing.

Every row is checked before the first is journalled, part by part. So whoever is killed between two parts, or meets a
full disk, has some of them in; the same file once more adds the rest, and what is in already counts once.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from slipway.batch.ids import given_ids, odd_ids, repeated_hashes
from slipway.batch.source import Part, Source
from slipway.batch.values import check_columns, check_names
from slipway.errors import BadInput
from slipway.ports import JournalWriter
from slipway.records.field import Field, FieldKind
from slipway.records.frame import Frame
from slipway.records.task import TaskKind
from slipway.serving.refusal import ErrorBody, Refusal

PART_ROWS = 65_536
NOTHING_TAKEN = "Nothing of the file was taken; mend the row."


class Sort(NamedTuple):
    """A sort of thing that is told, and which columns tell it.

    Attributes:
        noun: What one of them is called.
        id: Column of prediction ids.
        value: Column of values; null or NaN where it is not told yet.
        kind: What a value may be; None for any finite number.
        flags: Whether true and false may stand for 1 and 0.
        of: Column that tells them apart under one id: who decided, which metric; None where an id has only one.
        what_of: What that column says, for messages.
        check_of: Raises Refusal for what cannot be in that column.
        more: Fields of other columns.
        moments: Columns of moments beside them.
    """

    noun: str
    id: str
    value: str
    kind: TaskKind | None
    flags: bool = True
    of: str | None = None
    what_of: str = ""
    check_of: Callable[[str], None] = lambda _: None
    more: tuple[Field, ...] = ()
    moments: tuple[str, ...] = ()

    @property
    def columns(self) -> list[str]:
        """All columns that are read."""
        named = [self.id, self.value, *([self.of] if self.of else []), *(f.name for f in self.more), *self.moments]
        return list(dict.fromkeys(named))

    def named(self, id_: str, of: str) -> str:
        """Say which one is meant."""
        return f"{self.noun} of '{id_}'" if self.of is None else f"{self.noun} of '{of}' on '{id_}'"


class Rows(NamedTuple):
    """The rows of one part that tell something.

    Attributes:
        numbers: Of the rows, in the file.
        ids: Prediction ids.
        of: What the column ``of`` holds; empty texts without one.
        values: The values.
        table: All columns that are read.
    """

    numbers: npt.NDArray[np.int64]
    ids: pl.Series
    of: pl.Series
    values: npt.NDArray[np.float64]
    table: pl.DataFrame

    def place(self, i: int, *, where: str) -> str:
        """Say where a row lies."""
        return f"{where}, row {self.numbers[i]}"

    def hashes(self) -> npt.NDArray[np.uint64]:
        """Return a hash of what each row is about."""
        return pl.DataFrame({"id": self.ids, "of": self.of}).to_struct().hash().to_numpy()


def take(
    source: Source,
    *,
    parts: Sequence[Part],
    sort: Sort,
    where: str,
    journal: JournalWriter,
    now_us: Callable[[], int],
    frame: Callable[[Rows, int], Frame],
    check: Callable[[Rows], None] = lambda _: None,
) -> tuple[int, int]:
    """Check every row, then append all to the journal, a tick a part; return (rows read, taken).

    Args:
        source: Where they are.
        parts: Its parts.
        sort: What is told, and by which columns.
        where: Name of the file, for messages.
        journal: Where they go.
        now_us: Tells when they count as received.
        frame: Makes the frame of some rows that were received at a moment.
        check: Raises where something else of the rows does not fit.

    Raises:
        BadInput: A column is missing or of the wrong kind, a row is none of the sort, or two rows contradict each
            other; nothing was taken.
        Unavailable: The disk refused; what was taken stays, and the call again adds what is missing.
    """
    _check_columns(source, sort, where)
    for rows in _parts(source, parts, sort):
        _check(rows, sort=sort, where=where)
        check(rows)
    _refuse_contradictions(source, parts, sort, where)
    taken = 0
    for rows in _parts(source, parts, sort):
        taken += len(rows.ids)
        if len(rows.ids):
            journal.append([frame(rows, now_us())])
    return sum(part.rows for part in parts), taken


def _check_columns(source: Source, sort: Sort, where: str) -> None:
    flag = sort.flags and source.schema.get(sort.value) == pl.Boolean
    value = Field(name=sort.value, kind=FieldKind.BOOLEAN if flag else FieldKind.NUMBER)
    names = [sort.id, *([sort.of] if sort.of else [])]
    others = [*names, *sort.moments]
    check_columns(source.schema, fields=[value, *sort.more], others=others, untyped=source.untyped, where=where)
    check_names(source.schema, names=names, where=where)


def _parts(source: Source, parts: Sequence[Part], sort: Sort) -> Iterator[Rows]:
    for part in parts:
        table = source.read(part, columns=sort.columns)
        said = table[sort.value]
        numbers = said.cast(pl.Float64, strict=False)
        if numbers.null_count() > said.null_count():
            i = int(np.flatnonzero((numbers.is_null() & ~said.is_null()).to_numpy())[0])
            named = f"row {part.first + i}: column '{sort.value}'"
            raise BadInput(f"{named}: want a number, got {said[i]!r}. {NOTHING_TAKEN}")
        values = numbers.fill_null(np.nan).to_numpy()
        known = np.flatnonzero(~np.isnan(values))
        table = table[known]
        of = pl.repeat("", len(known), eager=True) if sort.of is None else given_ids(table[sort.of])
        yield Rows(part.first + known, given_ids(table[sort.id]), of, values[known], table)


def _check(rows: Rows, *, sort: Sort, where: str) -> None:
    for name, texts, what in ((sort.id, rows.ids, "a prediction id"), (sort.of, rows.of, sort.what_of)):
        if name is None:
            continue
        if texts.null_count():
            i = int(np.flatnonzero(texts.is_null().to_numpy())[0])
            raise BadInput(f"{rows.place(i, where=where)}: want {what} in '{name}', got nothing. {NOTHING_TAKEN}")
        if odd := odd_ids(texts, name=name) if texts is rows.ids else _odd(texts, check=sort.check_of):
            i, body = odd[0]
            told = f"{body.error} want {body.wanted}, got {body.got}"
            raise BadInput(f"{rows.place(i, where=where)}: {told}. {NOTHING_TAKEN}")
    values, binary = rows.values, sort.kind is TaskKind.BINARY
    fits = (values == 0) | (values == 1) if binary else np.isfinite(values)
    if not fits.all():
        i = int(np.argmin(fits))
        named = sort.named(rows.ids[i], rows.of[i])
        wanted = "Y is binary. want 0 or 1" if binary else "want a finite number"
        raise BadInput(f"{rows.place(i, where=where)}: {named}: {wanted}, got {values[i]:g}. {NOTHING_TAKEN}")


def _odd(texts: pl.Series, *, check: Callable[[str], None]) -> list[tuple[int, ErrorBody]]:
    """Return index and reason of each text that is refused."""
    found = []
    for text in texts.unique().to_list():
        try:
            check(text)
        except Refusal as refusal:
            found += [(i, refusal.body) for i in (texts == text).arg_true().to_list()]
    return sorted(found, key=lambda odd: odd[0])


def _refuse_contradictions(source: Source, parts: Sequence[Part], sort: Sort, where: str) -> None:
    """Return if nothing is told in two ways: the first would count, and which is first is chance."""
    hashes = repeated_hashes(
        lambda: (rows.hashes() for rows in _parts(source, parts, sort)), rows=sum(p.rows for p in parts)
    )
    if not len(hashes):
        return
    twice, told = pl.Series(hashes), list[pl.DataFrame]()
    for rows in _parts(source, parts, sort):
        table = pl.DataFrame({"id": rows.ids, "of": rows.of, "row": rows.numbers, "value": rows.values})
        told.append(table.filter(pl.Series(rows.hashes()).is_in(twice)))
    by_key = pl.concat(told).group_by("id", "of").agg(pl.col("row", "value").sort_by("row"))
    odd = by_key.filter(pl.col("value").list.n_unique() > 1).sort(pl.col("row").list.first())
    if odd.height:
        id_, of_, rows_, values = odd.row(0)
        said = ", ".join(f"{value:g} in row {row}" for row, value in list(zip(rows_, values, strict=True))[:4])
        raise BadInput(
            f"{where}: want one {sort.named(id_, of_)}, got {said}, and {odd.height - 1} others with several values. "
            "Nothing of the file was taken; leave the rows that are right."
        )
