"""Decisions of a file to the journal: all of them or, where one is none, not a single one.

They are journalled part by part once all were checked, so whoever is killed between two parts, or meets a full disk,
has some of them in; the same file once more adds the rest, and what is in already counts once.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from slipway.batch.ids import given_ids, odd_ids
from slipway.batch.source import Part, Source
from slipway.batch.values import check_columns, check_names, values_of
from slipway.errors import BadInput
from slipway.ports import JournalWriter
from slipway.records.base import Record
from slipway.records.field import Field, FieldKind
from slipway.records.frame import DecisionFrame
from slipway.records.task import TaskKind
from slipway.records.worker_config import WorkerConfig
from slipway.serving.decisions import LATEST_US, check_decider, names_kept
from slipway.serving.refusal import ErrorBody, Refusal

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MEND = "Nothing of the file was taken; mend the row."


class DecisionsReport(Record, frozen=True, kw_only=True):
    """What became of a file of decisions.

    Attributes:
        rows: Read.
        taken: In the journal now. Of several decisions of one decider on one prediction the first counts, so the same
            file again changes nothing.
        open: Rows without a decision: nobody has decided yet.
    """

    rows: int
    taken: int
    open: int

    @property
    def sentence(self) -> str:
        """The report in a sentence."""
        still = f"; {self.open} not decided yet" if self.open else ""
        return f"{self.taken} of {self.rows} decisions are in the journal{still}."


class DecisionColumns(Record, frozen=True, kw_only=True):
    """Which columns say what.

    Attributes:
        id: Prediction ids.
        decision: What was decided; null where nobody has yet.
        by: Who decided.
        decided_at: When: moments, ISO 8601 text, or whole microseconds since the epoch; without a zone it is UTC. None
            where the file does not say.
        saw: Whether the model's answer was seen before; None where the file does not say.
    """

    id: str = "id"
    decision: str = "decision"
    by: str = "by"
    decided_at: str | None = None
    saw: str | None = None

    @property
    def names(self) -> list[str]:
        """All columns that are read."""
        return [name for name in (self.id, self.decision, self.by, self.decided_at, self.saw) if name is not None]


class _Rows(NamedTuple):
    """The decided rows of one part."""

    numbers: npt.NDArray[np.int64]
    ids: pl.Series
    by: pl.Series
    values: npt.NDArray[np.float64]
    decided_us: list[int | None]
    saw: list[Any]


def take_decisions(
    source: Source,
    *,
    parts: Sequence[Part],
    columns: DecisionColumns,
    config: WorkerConfig,
    where: str,
    journal: JournalWriter,
    now_us: Callable[[], int],
) -> DecisionsReport:
    """Check every row, then append all to the journal, a tick a part. Killed in between, call it again.

    What is there of a file that was cut short stays and counts; the call again adds what is missing.

    Args:
        source: Where they are.
        parts: Its parts.
        columns: Which columns say what.
        config: Kind of Y, and what the journal may hold of who decided.
        where: Name of the file, for messages.
        journal: Where they go.
        now_us: Tells when they count as received.

    Raises:
        BadInput: A column is missing or of the wrong kind, a row is no decision, or two rows say different things of
            one decider on one prediction; nothing was taken.
        Unavailable: The disk refused; what was taken stays.
    """
    _check_columns(source, columns, where)
    for rows in _parts(source, parts, columns):
        _check(rows, kind=config.signature.kind, columns=columns, where=where)
    _refuse_two_minds(source, parts, columns, where)
    taken = 0
    for rows in _parts(source, parts, columns):
        taken += len(rows.ids)
        if len(rows.ids):
            at = now_us()
            told = DecisionFrame(
                at_us=[at] * len(rows.ids),
                id=rows.ids.to_list(),
                value=rows.values.tolist(),
                by=names_kept(rows.by.to_list(), config=config),
                decided_us=[at if us is None else us for us in rows.decided_us],
                saw=[None if seen is None else bool(seen) for seen in rows.saw],
            )
            journal.append([told])
    every = sum(part.rows for part in parts)
    return DecisionsReport(rows=every, taken=taken, open=every - taken)


def _check_columns(source: Source, columns: DecisionColumns, where: str) -> None:
    fields = [Field(name=columns.decision, kind=FieldKind.NUMBER)]
    fields += [Field(name=columns.saw, kind=FieldKind.BOOLEAN)] if columns.saw else []
    others = [columns.id, columns.by, *([columns.decided_at] if columns.decided_at else [])]
    check_columns(source.schema, fields=fields, others=others, untyped=source.untyped, where=where)
    check_names(source.schema, names=[columns.id, columns.by], where=where)


def _parts(source: Source, parts: Sequence[Part], columns: DecisionColumns) -> Iterator[_Rows]:
    for part in parts:
        table = source.read(part, columns=columns.names)
        said = table[columns.decision]
        numbers = said.cast(pl.Float64, strict=False)
        if numbers.null_count() > said.null_count():
            i = int(np.flatnonzero((numbers.is_null() & ~said.is_null()).to_numpy())[0])
            named = f"row {part.first + i}: column '{columns.decision}'"
            raise BadInput(f"{named}: want a number, got {said[i]!r}. {_MEND}")
        known = np.flatnonzero(numbers.is_not_null().to_numpy())
        of = table[known]
        moments: list[int | None] = [None] * len(known)
        if columns.decided_at is not None:
            moments = _moments(of[columns.decided_at], numbers=part.first + known)
        saw: list[Any] = [None] * len(known)
        if columns.saw is not None:
            saw = list(values_of(of[columns.saw], kind=FieldKind.BOOLEAN, untyped=source.untyped))
        values = numbers.to_numpy()[known]
        yield _Rows(part.first + known, given_ids(of[columns.id]), given_ids(of[columns.by]), values, moments, saw)


def _moments(column: pl.Series, *, numbers: npt.NDArray[np.int64]) -> list[int | None]:
    """Return microseconds since the epoch.

    >>> _moments(pl.Series("at", ["1970-01-01T00:00:01Z", None, "5"]), numbers=np.arange(3))
    [1000000, None, 5]
    """
    found: list[int | None] = []
    for number, value in zip(numbers.tolist(), column.to_list(), strict=True):
        try:
            found.append(None if value is None else _microseconds(value))
        except ValueError:
            raise BadInput(
                f"row {number}: column '{column.name}': want a moment from 1970 on (2024-05-01T09:30:00Z) or whole "
                f"microseconds since the epoch, got {str(value)[:80]!r}. {_MEND}"
            ) from None
    return found


def _microseconds(value: Any) -> int:
    """Return what one value says, or raise ValueError."""
    if isinstance(value, str):
        value = int(value) if value.strip().isdecimal() else datetime.fromisoformat(value.strip())
    if isinstance(value, datetime):
        aware = value.replace(tzinfo=UTC) if value.tzinfo is None else value
        value = (aware - _EPOCH) // timedelta(microseconds=1)
    if type(value) is not int or not 0 <= value <= LATEST_US:
        raise ValueError(value)
    return value


def _check(rows: _Rows, *, kind: TaskKind, columns: DecisionColumns, where: str) -> None:
    for name, texts in ((columns.id, rows.ids), (columns.by, rows.by)):
        if texts.null_count():
            row = rows.numbers[int(np.flatnonzero(texts.is_null().to_numpy())[0])]
            what = "a prediction id" if name == columns.id else "who decided"
            raise BadInput(f"{where}, row {row}: want {what} in '{name}', got nothing. {_MEND}")
        if odd := odd_ids(texts, name=name) if name == columns.id else _odd_deciders(texts, name=name):
            i, body = odd[0]
            raise BadInput(f"{where}, row {rows.numbers[i]}: {body.error} want {body.wanted}, got {body.got}. {_MEND}")
    values = rows.values
    fits = (values == 0) | (values == 1) if kind is TaskKind.BINARY else np.isfinite(values)
    if not fits.all():
        i = int(np.argmin(fits))
        wanted = "Y is binary. want 0 or 1" if kind is TaskKind.BINARY else "want a finite number"
        told = f"decision on '{rows.ids[i]}': {wanted}, got {values[i]:g}"
        raise BadInput(f"{where}, row {rows.numbers[i]}: {told}. {_MEND}")
    if odd_ones := [i for i, seen in enumerate(rows.saw) if seen is not None and not isinstance(seen, bool | np.bool_)]:
        i = odd_ones[0]
        said = f"column '{columns.saw}': want true, false or nothing, got {str(rows.saw[i])[:80]!r}"
        raise BadInput(f"{where}, row {rows.numbers[i]}: {said}. {_MEND}")


def _odd_deciders(by: pl.Series, *, name: str) -> list[tuple[int, ErrorBody]]:
    """Return index and reason of each name that is none."""
    found = []
    for who in by.unique().to_list():
        try:
            check_decider(who, name=name)
        except Refusal as refusal:
            found += [(i, refusal.body) for i in (by == who).arg_true().to_list()]
    return sorted(found, key=lambda odd: odd[0])


def _refuse_two_minds(source: Source, parts: Sequence[Part], columns: DecisionColumns, where: str) -> None:
    """Return if nobody decided one case in two ways: the first would count, and which is first is chance."""
    hashes = np.concatenate([_pairs(rows).hash().to_numpy() for rows in _parts(source, parts, columns)])
    hashes.sort()
    twice = pl.Series(np.unique(hashes[1:][hashes[1:] == hashes[:-1]]))
    if not len(twice):
        return
    told = [
        pl.DataFrame({"id": rows.ids, "by": rows.by, "row": rows.numbers, "value": rows.values}).filter(
            _pairs(rows).hash().is_in(twice)
        )
        for rows in _parts(source, parts, columns)
    ]
    by_pair = pl.concat(told).group_by("id", "by").agg(pl.col("row", "value").sort_by("row"))
    odd = by_pair.filter(pl.col("value").list.n_unique() > 1).sort(pl.col("row").list.first())
    if odd.height:
        id_, who, rows_, values = odd.row(0)
        said = ", ".join(f"{value:g} in row {row}" for row, value in list(zip(rows_, values, strict=True))[:4])
        raise BadInput(
            f"{where}: want one decision of '{who}' on '{id_}', got {said}, and {odd.height - 1} other cases with "
            "several. Nothing of the file was taken; leave the rows that are right."
        )


def _pairs(rows: _Rows) -> pl.Series:
    return pl.DataFrame({"id": rows.ids, "by": rows.by}).to_struct()
