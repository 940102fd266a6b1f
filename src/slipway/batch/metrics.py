"""Business metrics of a file to the journal: all of them or, where one is none, not a single one."""

from collections.abc import Callable, Sequence

from slipway.batch.source import Part, Source
from slipway.batch.told import Rows, Sort, take
from slipway.ports import JournalWriter
from slipway.records.base import Record
from slipway.records.frame import MetricFrame
from slipway.serving.metric_values import check_metric


class MetricsReport(Record, frozen=True, kw_only=True):
    """What became of a file of business metrics.

    Attributes:
        rows: Read.
        taken: In the journal now. Of several values of one metric of one prediction the first counts, so the same file
            again changes nothing.
        unknown: Rows without a value: it has not come.
    """

    rows: int
    taken: int
    unknown: int

    @property
    def sentence(self) -> str:
        """The report in a sentence."""
        still = f"; {self.unknown} have no value yet" if self.unknown else ""
        return f"{self.taken} of {self.rows} values are in the journal{still}."


class MetricColumns(Record, frozen=True, kw_only=True):
    """Which columns say what.

    Attributes:
        id: Prediction ids.
        metric: Names of metrics.
        value: What was measured; null where it is not known yet.
    """

    id: str = "id"
    metric: str = "metric"
    value: str = "value"


def take_metrics(
    source: Source,
    *,
    parts: Sequence[Part],
    columns: MetricColumns,
    where: str,
    journal: JournalWriter,
    now_us: Callable[[], int],
) -> MetricsReport:
    """Check every row, then append all to the journal; arguments and errors as in :func:`slipway.batch.told.take`.

    Args:
        source: Where they are.
        parts: Its parts.
        columns: Which columns say what.
        where: Name of the file, for messages.
        journal: Where they go.
        now_us: Tells when they count as received.
    """

    def frame(rows: Rows, at_us: int) -> MetricFrame:
        ids, values, names = rows.ids.to_list(), rows.values.tolist(), rows.of.to_list()
        return MetricFrame(at_us=[at_us] * len(ids), id=ids, metric=names, value=values)

    sort = Sort(
        noun="value",
        id=columns.id,
        value=columns.value,
        kind=None,
        of=columns.metric,
        what_of="the name of a metric",
        check_of=check_metric,
    )
    rows, taken = take(source, parts=parts, sort=sort, where=where, journal=journal, now_us=now_us, frame=frame)
    return MetricsReport(rows=rows, taken=taken, unknown=rows - taken)
