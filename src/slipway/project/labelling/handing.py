"""Hand rows of a queue to people, one person a row, and write down what they decide.

A row is handed out for a while; then it may go to somebody else. Each hand-out and each decision is one compare-and-set
in the control store, so any number of people and processes may ask at once.
"""

from typing import Any

import msgspec

from slipway.errors import BadInput, Conflict, NotFound
from slipway.ports import Change
from slipway.project import datasets
from slipway.project.labelling.given import entries_of, labels_of
from slipway.project.labelling.rulings import item_id
from slipway.project.labelling.subject import Subject
from slipway.records.base import Record
from slipway.records.label import Decision, Entry, LabelItem, LabelQueue, QueueKind, Ruling
from slipway.records.lease import holder_of, is_free_for
from slipway.records.lease import until as until_us
from slipway.wiring import Parts

BLIND = (QueueKind.SECOND_READING, QueueKind.ADJUDICATION)
"""Queues in which people do not see the label: they are to say what is true, not whether they object."""


class Handed(Record, frozen=True, kw_only=True):
    """A row for one person to look at.

    Attributes:
        queue: Id of the queue.
        kind: Why it is looked at.
        row: Which row.
        column: Column of the label.
        values: The row's other columns as far as they are plain, by name.
        given: Its label, or None where the person is not to see it.
        guess: What the model, or the annotators together, would say; None where the person is not to see it.
        classes: What it may be; None for a number.
        until_us: Until when nobody else gets it.
        waiting: Rows behind it that nobody has decided on.
    """

    queue: str
    kind: QueueKind
    row: str
    column: str
    values: dict[str, str | float | int | bool | None]
    given: str | None
    guess: str | None
    classes: tuple[str, ...] | None
    until_us: int
    waiting: int


def hand_out(parts: Parts, queue: str, record: LabelQueue, *, mine: Subject, by: str, lease_s: float) -> Handed | None:
    """Return the first row that waits and nobody else has; the same again to who has one; None if none waits.

    Who labelled a row neither reads it a second time nor settles it.

    Raises:
        BadInput: Nobody is named, or the lease is no time.
    """
    now = parts.clock.now_us()
    until = until_us(by, lease_s=lease_s, now_us=now)
    items = _items(parts)
    read = _readers(parts, mine) if record.kind in BLIND else {}
    open_ = [e for e in waiting(parts, queue, record) if by not in read.get(e.row, ())]
    held = {e.row for e in open_ if holder_of(_item(items, item_id(queue, record, row=e.row)), now_us=now) == by}
    for entry in sorted(open_, key=lambda e: e.row not in held):
        id_ = item_id(queue, record, row=entry.row)
        if not is_free_for(_item(items, id_), by=by, now_us=now):
            continue
        item = LabelItem(
            dataset=record.dataset,
            column=record.column,
            row=entry.row,
            queue=queue,
            given=entry.given,
            holder=by,
            until_us=until,
        )
        try:
            expect = items[id_][1] if id_ in items else 0
            parts.store.commit([Change(item, id_, expect)], at_us=now, by=by, why=f"{record.kind}: has row {entry.row}")
        except Conflict:
            continue  # somebody was faster
        return _handed(record, queue, entry, mine=mine, until_us=until, behind=len(open_) - 1)
    return None


def decide(
    parts: Parts,
    queue: str,
    record: LabelQueue,
    *,
    mine: Subject,
    row: str,
    decision: Decision | None,
    value: str | None,
    by: str,
    why: str,
) -> LabelItem:
    """Write down what a person decides on a row that he was handed; it is final.

    Args:
        parts: The project.
        queue: Id of the queue.
        record: The queue.
        mine: The labels.
        row: Which row.
        decision: Whether the label is right; None where the value says it.
        value: What is true; may be left out to agree, to be unsure, and where there are two classes.
        by: Who.
        why: In words, or empty.

    Raises:
        NotFound: The row was not handed out.
        Conflict: Somebody else has it, or it is decided already.
        BadInput: Decision and value contradict each other, or one that is needed is missing.
    """
    id_ = item_id(queue, record, row=row)
    try:
        item, version = parts.store.get(LabelItem, id=id_)
    except NotFound:
        raise NotFound(f"label of row {row}: want a row that was handed out, got another. Ask for the next.") from None
    now = parts.clock.now_us()
    if item.ruling is not None:
        raise Conflict(
            f"label of row {row}: want one that nobody has decided on, got one that {item.ruling.by} ruled "
            f"'{item.ruling.decision}'. Rulings are final."
        )
    if item.holder != by:
        raise Conflict(f"label of row {row}: want a row that {by} has, got one of {item.holder}. Ask for the next.")
    decided, said = _resolved(mine, record.kind, item.given, decision=decision, value=value)
    ruling = Ruling(decision=decided, value=said, by=by, why=why, at_us=now)
    ruled = msgspec.structs.replace(item, ruling=ruling, queue=queue)
    what = f"{record.kind}: row {row} {decided}" + (f", {item.given or 'nothing'} to {said}" * (said != item.given))
    parts.store.commit([Change(ruled, id_, version)], at_us=now, by=by, why=why or what)
    return ruled


def _resolved(
    mine: Subject, kind: QueueKind, given: str, *, decision: Decision | None, value: str | None
) -> tuple[Decision, str]:
    if decision is Decision.UNSURE:
        if value is not None:
            raise BadInput(f"label: want no value from who is unsure, got '{value}'.")
        return Decision.UNSURE, ""
    if decision is Decision.AGREE and kind in BLIND:
        raise BadInput("label: want a value, got 'agree' with a label that is not shown.")
    if decision is Decision.AGREE and value is None:
        return Decision.AGREE, given
    if value is None:
        others = [c for c in mine.classes or () if c != given]
        if decision is not Decision.FLIP or len(others) != 1 or kind in BLIND:
            raise BadInput(f"label: want the value that is true, one of {mine.classes or 'all numbers'}, got none.")
        value = others[0]
    said = mine.checked(value)
    found = Decision.AGREE if said == given else Decision.FLIP
    if decision not in (None, found):
        raise BadInput(f"label: want decision and value that fit, got '{decision}', '{value}' where '{given}' stood.")
    return found, said


def waiting(parts: Parts, queue: str, record: LabelQueue) -> list[Entry]:
    """Return the entries that nobody has decided on, in order."""
    items = _items(parts)
    return [e for e in entries_of(parts, record) if not _ruled(items, item_id(queue, record, row=e.row))]


def readings(parts: Parts, queue: str) -> dict[str, Ruling]:
    """Return what was read in one queue of second readings, by row."""
    return {
        item.row: item.ruling for item, _ in _items(parts).values() if item.queue == queue and item.ruling is not None
    }


def values_of(mine: Subject, place: int) -> dict[str, str | float | int | bool | None]:
    """Return the columns of a row that may help to label it, without the label and anybody's answers."""
    row = mine.table.row(place, named=True)
    return {k: _plain(v) for k, v in row.items() if k != mine.column and not k.startswith(datasets.ANSWER_OF)}


def _handed(record: LabelQueue, queue: str, entry: Entry, *, mine: Subject, until_us: int, behind: int) -> Handed:
    blind = record.kind in BLIND
    return Handed(
        queue=queue,
        kind=record.kind,
        row=entry.row,
        column=mine.column,
        values=values_of(mine, entry.place),
        given=None if blind else entry.given,
        guess=None if blind or not entry.guess else entry.guess,
        classes=mine.classes,
        until_us=until_us,
        waiting=behind,
    )


def _items(parts: Parts) -> dict[str, tuple[LabelItem, int]]:
    return {id_: (item, version) for id_, item, version in parts.store.all(LabelItem)}


def _readers(parts: Parts, mine: Subject) -> dict[str, set[str]]:
    readers: dict[str, set[str]] = {}
    for label in labels_of(parts, mine):
        readers.setdefault(label.row, set()).add(label.annotator)
    return readers


def _ruled(items: dict[str, tuple[LabelItem, int]], id_: str) -> bool:
    return id_ in items and items[id_][0].ruling is not None


def _item(items: dict[str, tuple[LabelItem, int]], id_: str) -> LabelItem | None:
    return items[id_][0] if id_ in items else None


def _plain(value: Any) -> str | float | int | bool | None:
    return value if value is None or isinstance(value, str | float | int | bool) else str(value)
