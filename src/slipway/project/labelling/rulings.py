"""What people have decided on labels, also in versions that this one was made from."""

import msgspec

from slipway.project import datasets
from slipway.project.labelling.subject import Subject
from slipway.records.base import content_id
from slipway.records.label import Decision, LabelItem, LabelQueue, QueueKind, Ruling
from slipway.wiring import Parts


def item_id(queue: str, record: LabelQueue, *, row: str) -> str:
    """Name the item of a row: one for each label, whatever queue it is in; of second readings one for each queue."""
    if record.kind is QueueKind.SECOND_READING:
        return content_id([queue, row])
    return content_id([record.dataset, record.column, row])


def rulings_of(parts: Parts, mine: Subject) -> dict[str, Ruling]:
    """Return the final decisions on the labels of a version, by row.

    A decision on an earlier version counts as agreement where the label is now what was decided then.
    """
    items = _items(parts, mine.column)
    rulings = items.get(mine.version.id, {})
    place = {name: i for i, name in enumerate(mine.names)}
    for version in datasets.lineage(parts, mine.version)[1:]:
        for row, ruling in items.get(version, {}).items():
            if row not in rulings and row in place and ruling.value and mine.given(place[row]) == ruling.value:
                rulings[row] = msgspec.structs.replace(ruling, decision=Decision.AGREE)
    return rulings


def _items(parts: Parts, column: str) -> dict[str, dict[str, Ruling]]:
    """Return dataset version to row to ruling, without second readings, which are labels and decide nothing."""
    readings = {i for i, q, _ in parts.store.all(LabelQueue) if q.kind is QueueKind.SECOND_READING}
    found: dict[str, dict[str, Ruling]] = {}
    for _, item, _ in parts.store.all(LabelItem):
        if item.column == column and item.ruling is not None and item.queue not in readings:
            found.setdefault(item.dataset, {})[item.row] = item.ruling
    return found
