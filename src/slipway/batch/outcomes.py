"""Outcomes of a file to the journal: all of them or, where one is none, not a single one."""

from collections.abc import Callable, Sequence

from slipway.batch.source import Part, Source
from slipway.batch.told import Rows, Sort, take
from slipway.ports import JournalWriter
from slipway.records.base import Record
from slipway.records.frame import OutcomeFrame
from slipway.records.task import TaskKind


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
    """Check every row, then append all to the journal; arguments and errors as in :func:`slipway.batch.told.take`.

    Args:
        source: Where they are.
        parts: Its parts.
        columns: Which columns say what.
        kind: Of Y.
        where: Name of the file, for messages.
        journal: Where they go.
        now_us: Tells when they count as received.
    """

    def frame(rows: Rows, at_us: int) -> OutcomeFrame:
        return OutcomeFrame(at_us=[at_us] * len(rows.ids), id=rows.ids.to_list(), value=rows.values.tolist())

    sort = Sort(noun="outcome", id=columns.id, value=columns.value, kind=kind)
    rows, taken = take(source, parts=parts, sort=sort, where=where, journal=journal, now_us=now_us, frame=frame)
    return OutcomesReport(rows=rows, taken=taken, unknown=rows - taken)
