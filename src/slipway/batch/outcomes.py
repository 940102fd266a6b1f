"""Outcomes of a file to the journal: all of them or, where one is none, not a single one."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

from slipway.batch.ids import given_ids, odd_ids, repeated_hashes
from slipway.batch.source import Part, Source
from slipway.batch.values import check_columns, check_names
from slipway.errors import BadInput
from slipway.ports import JournalWriter
from slipway.records.base import Record
from slipway.records.field import Field, FieldKind
from slipway.records.frame import OutcomeFrame
from slipway.records.task import TaskKind

PART_ROWS = 65_536


class OutcomesReport(Record, frozen=True, kw_only=True):
    """What became of a file of outcomes.

    Attributes:
        rows: Read.
        taken: In the journal now. Of several outcomes of one prediction the first counts, so the same file again
            changes nothing.
        unknown: Rows without a value: their outcome has not come.
    """

    rows: int
    taken: int
    unknown: int

    @property
    def sentence(self) -> str:
        """The report in a sentence."""
        still = f"; {self.unknown} have no value yet" if self.unknown else ""
        return f"{self.taken} of {self.rows} outcomes are in the journal{still}."


class OutcomeColumns(Record, frozen=True, kw_only=True):
    """Which columns say what.

    Attributes:
        id: Prediction ids.
        value: What turned out to be true; null where it is not known yet.
    """

    id: str = "id"
    value: str = "value"


def take_outcomes(
    source: Source,
    *,
    parts: Sequence[Part],
    columns: OutcomeColumns,
    kind: TaskKind,
    where: str,
    journal: JournalWriter,
    now_us: Callable[[], int],
) -> OutcomesReport:
    """Check every row, then append all to the journal, a tick a part. Killed in between, call it again.

    Args:
        source: Where they are.
        parts: Its parts.
        columns: Which columns say what.
        kind: Of Y.
        where: Name of the file, for messages.
        journal: Where they go.
        now_us: Tells when they count as received.

    Raises:
        BadInput: A column is missing or of the wrong kind, a row is no outcome, or two rows say different things of one
            prediction; nothing was taken.
        Unavailable: The disk refused; what was taken stays.
    """
    _check_columns(source, columns, where)
    for first, ids, values in _parts(source, parts, columns):
        _check(ids, values, first=first, kind=kind, columns=columns, where=where)
    _refuse_contradictions(source, parts, columns, where)
    rows = taken = 0
    for _, ids, values in _parts(source, parts, columns):
        known = np.flatnonzero(~np.isnan(values))
        rows, taken = rows + len(values), taken + len(known)
        if len(known):
            at = now_us()
            told = OutcomeFrame(at_us=[at] * len(known), id=ids[known].to_list(), value=values[known].tolist())
            journal.append([told])
    return OutcomesReport(rows=rows, taken=taken, unknown=rows - taken)


def _check_columns(source: Source, columns: OutcomeColumns, where: str) -> None:
    flag = source.schema.get(columns.value) == pl.Boolean
    value = Field(name=columns.value, kind=FieldKind.BOOLEAN if flag else FieldKind.NUMBER)
    check_columns(source.schema, fields=[value], others=[columns.id], untyped=source.untyped, where=where)
    check_names(source.schema, names=[columns.id], where=where)


def _parts(
    source: Source, parts: Sequence[Part], columns: OutcomeColumns
) -> Iterator[tuple[int, pl.Series, npt.NDArray[np.float64]]]:
    for part in parts:
        table = source.read(part, columns=[columns.id, columns.value])
        text = table[columns.value]
        numbers = text.cast(pl.Float64, strict=False)
        if numbers.null_count() > text.null_count():
            i = int(np.flatnonzero((numbers.is_null() & ~text.is_null()).to_numpy())[0])
            raise BadInput(f"row {part.first + i}: column '{columns.value}': want a number, got {text[i]!r}.")
        yield part.first, given_ids(table[columns.id]), numbers.fill_null(np.nan).to_numpy()


def _refuse_contradictions(source: Source, parts: Sequence[Part], columns: OutcomeColumns, where: str) -> None:
    """Return if no prediction has two outcomes: the first would count, and which is first is chance."""
    hashes = repeated_hashes(source, parts=parts, name=columns.id)
    if not len(hashes):
        return
    twice, told = pl.Series(hashes), list[pl.DataFrame]()
    for first, ids, values in _parts(source, parts, columns):
        rows = pl.int_range(first, first + len(ids), eager=True)
        table = pl.DataFrame({"id": ids, "row": rows, "value": values})
        told.append(table.filter(ids.hash().is_in(twice) & ~pl.col("value").is_nan()))
    by_id = pl.concat(told).group_by("id").agg(pl.col("row", "value").sort_by("row"))
    odd = by_id.filter(pl.col("value").list.n_unique() > 1).sort(pl.col("row").list.first())
    if odd.height:
        id_, rows_, values_ = odd.row(0)
        said = ", ".join(f"{value:g} in row {row}" for row, value in list(zip(rows_, values_, strict=True))[:4])
        raise BadInput(
            f"{where}: want one outcome of '{id_}', got {said}, and {odd.height - 1} other ids with several. "
            "Nothing of the file was taken; leave the rows that are right."
        )


def _check(
    ids: pl.Series,
    values: npt.NDArray[np.float64],
    *,
    first: int,
    kind: TaskKind,
    columns: OutcomeColumns,
    where: str,
) -> None:
    named = "Nothing of the file was taken; mend the row."
    if ids.null_count():
        i = int(np.flatnonzero(ids.is_null().to_numpy())[0])
        raise BadInput(f"{where}, row {first + i}: want a prediction id in '{columns.id}', got nothing. {named}")
    if odd := odd_ids(ids, name=columns.id):
        i, body = odd[0]
        raise BadInput(f"{where}, row {first + i}: {body.error} want {body.wanted}, got {body.got}. {named}")
    fits = np.isnan(values) | ((values == 0) | (values == 1) if kind is TaskKind.BINARY else np.isfinite(values))
    if not fits.all():
        i = int(np.argmin(fits))
        wanted = "Y is binary. want 0 or 1" if kind is TaskKind.BINARY else "want a finite number"
        raise BadInput(f"{where}, row {first + i}: outcome of '{ids[i]}': {wanted}, got {values[i]:g}. {named}")
