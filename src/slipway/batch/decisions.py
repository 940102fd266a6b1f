"""Decisions of a file to the journal: all of them or, where one is none, not a single one."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from slipway.batch.source import Part, Source
from slipway.batch.told import NOTHING_TAKEN, Rows, Sort, take
from slipway.batch.values import values_of
from slipway.errors import BadInput
from slipway.ports import JournalWriter
from slipway.records.base import Record
from slipway.records.field import Field, FieldKind
from slipway.records.frame import DecisionFrame
from slipway.records.worker_config import WorkerConfig
from slipway.serving.decisions import LATEST_US, check_decider, names_kept

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


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
    """Check every row, then append all to the journal; arguments and errors as in :func:`slipway.batch.told.take`.

    Args:
        source: Where they are.
        parts: Its parts.
        columns: Which columns say what.
        config: Kind of Y, and what the journal may hold of who decided.
        where: Name of the file, for messages.
        journal: Where they go.
        now_us: Tells when they count as received.
    """

    def saw(rows: Rows) -> list[Any]:
        if columns.saw is None:
            return [None] * len(rows.ids)
        return list(values_of(rows.table[columns.saw], kind=FieldKind.BOOLEAN, untyped=source.untyped))

    def decided_us(rows: Rows) -> list[int | None]:
        if columns.decided_at is None:
            return [None] * len(rows.ids)
        return _moments(rows.table[columns.decided_at], numbers=rows.numbers)

    def check(rows: Rows) -> None:
        decided_us(rows)
        for i, seen in enumerate(saw(rows)):
            if seen is not None and not isinstance(seen, bool | np.bool_):
                said = f"column '{columns.saw}': want true, false or nothing, got {str(seen)[:80]!r}"
                raise BadInput(f"{rows.place(i, where=where)}: {said}. {NOTHING_TAKEN}")

    def frame(rows: Rows, at_us: int) -> DecisionFrame:
        return DecisionFrame(
            at_us=[at_us] * len(rows.ids),
            id=rows.ids.to_list(),
            value=rows.values.tolist(),
            by=names_kept(rows.of.to_list(), config=config),
            decided_us=[at_us if us is None else us for us in decided_us(rows)],
            saw=[None if seen is None else bool(seen) for seen in saw(rows)],
        )

    sort = Sort(
        noun="decision",
        id=columns.id,
        value=columns.decision,
        kind=config.signature.kind,
        flags=False,
        of=columns.by,
        what_of="who decided",
        check_of=lambda who: check_decider(who, name=columns.by),
        more=(Field(name=columns.saw, kind=FieldKind.BOOLEAN),) if columns.saw else (),
        moments=(columns.decided_at,) if columns.decided_at else (),
    )
    rows, taken = take(
        source, parts=parts, sort=sort, where=where, journal=journal, now_us=now_us, frame=frame, check=check
    )
    return DecisionsReport(rows=rows, taken=taken, open=rows - taken)


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
                f"microseconds since the epoch, got {str(value)[:80]!r}. {NOTHING_TAKEN}"
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
