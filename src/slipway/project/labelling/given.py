"""What annotators said: guidelines, batches of labels from files, and what was read a second time."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import polars as pl

from slipway.data.labels.from_table import LabelColumns, labels_from_table
from slipway.data.labels.label_studio import from_export, is_export
from slipway.errors import BadInput, NotFound, nearest
from slipway.ports import Change
from slipway.project.labelling.subject import Subject
from slipway.project.tables import as_polars, read_table
from slipway.records.base import canonical, content_id
from slipway.records.label import Decision, Entry, Guideline, Label, LabelBatch, LabelItem, LabelQueue, QueueKind
from slipway.wiring import Parts
from slipway.words import count

DATASET = "dataset"
"""Who gave the label that the data came with, where nobody knows better."""


class Taken(NamedTuple):
    """A batch that came in.

    Attributes:
        id: Its id.
        batch: The record.
        known: Rows of it that the dataset version has.
    """

    id: str
    batch: LabelBatch
    known: int


def add_guideline(parts: Parts, *, name: str, text: str, by: str) -> tuple[str, Guideline]:
    """Keep one version of a guideline and return its id, the hash of its text; what is kept already stays as it is.

    Raises:
        BadInput: The name is no checked word, or the text is empty.
    """
    made = Guideline(name=name, text=text, made_us=parts.clock.now_us())
    id_ = content_id([name, text])
    known = {i: g for i, g, _ in parts.store.all(Guideline)}
    if id_ in known:
        return id_, known[id_]
    parts.store.commit([Change(made, id_, 0)], at_us=made.made_us, by=by, why=f"guideline {name}")
    return id_, made


def find_guideline(parts: Parts, wanted: str | None) -> str:
    """Return the id of the guideline of that name (the newest) or id; empty for None.

    Raises:
        NotFound: There is none.
    """
    if wanted is None:
        return ""
    known = [(i, g) for i, g, _ in parts.store.all(Guideline)]
    found = [i for i, g in known if g.name == wanted] or [i for i, _ in known if i.startswith(wanted)]
    if not found:
        names = sorted({g.name for _, g in known})
        raise NotFound(
            f"guideline {wanted}: want one of {names}.{nearest(wanted, names)} Add one with 'slipway label guideline'."
        )
    return found[-1]


def take(parts: Parts, source: Any, *, mine: Subject, columns: LabelColumns, guideline: str | None, by: str) -> Taken:
    """Take in labels from a file (CSV, Parquet, JSON, an export of Label Studio) or a table, all or none.

    Raises:
        NotFound: No such file or guideline.
        BadInput: It holds no labels, a label is no class of the data, or no row of it is in the dataset version.
    """
    going_by = find_guideline(parts, guideline)
    named = str(source) if isinstance(source, str | Path) else "a table handed over in Python"
    labels = _read(source, columns=columns, guideline=going_by, named=named)
    rows = {label.row for label in labels}
    known = rows.intersection(mine.names)
    if not known:
        raise BadInput(
            f"{named}: want labels of rows of {mine.version.name}, got none; it says rows such as "
            f"'{labels[0].row}', the data has '{mine.names[0]}'. Rows are named by '{parts.scope.task.entity}' where "
            "that is unique, else by their content; 'slipway label export' says the names."
        )
    checked = [msgspec.structs.replace(label, value=mine.checked(label.value)) for label in labels]
    batch = LabelBatch(
        column=mine.column,
        source=named,
        labels=len(checked),
        rows=len(rows),
        annotators=tuple(sorted({label.annotator for label in checked})),
        file=parts.blobs.put(canonical(checked)),
        made_us=parts.clock.now_us(),
    )
    id_ = content_id([batch.column, batch.file])
    why = f"{count(batch.labels, 'label')} by {count(len(batch.annotators), 'annotator')} from {named}"
    parts.store.commit([Change(batch, id_, None)], at_us=batch.made_us, by=by, why=why)
    return Taken(id_, batch, len(known))


def labels_of(parts: Parts, mine: Subject) -> list[Label]:
    """Return every label of rows of a dataset version: those of batches, and those of second readings.

    Where the first reading of a row that was read again came with the data, its annotator is called ``dataset``.
    """
    names = set(mine.names)
    labels = []
    for _, batch, _ in parts.store.all(LabelBatch):
        if batch.column == mine.column:
            held = msgspec.msgpack.decode(parts.blobs.get(batch.file), type=list[Label])
            labels += [label for label in held if label.row in names]
    known = {label.row for label in labels}
    for queue, item in _read_again(parts, mine):
        if item.ruling is None or item.ruling.decision is Decision.UNSURE:
            continue
        if item.row not in known:
            labels.append(Label(row=item.row, annotator=DATASET, value=item.given, guideline=queue.guideline))
            known.add(item.row)
        labels.append(
            Label(
                row=item.row,
                annotator=item.ruling.by,
                value=item.ruling.value,
                guideline=queue.guideline,
                at_us=item.ruling.at_us,
            )
        )
    return labels


def entries_of(parts: Parts, queue: LabelQueue) -> list[Entry]:
    """Return the entries of a queue, in order."""
    return msgspec.msgpack.decode(parts.blobs.get(queue.file), type=list[Entry])


def _read_again(parts: Parts, mine: Subject) -> Iterator[tuple[LabelQueue, LabelItem]]:
    queues = {
        id_: queue
        for id_, queue, _ in parts.store.all(LabelQueue)
        if queue.kind is QueueKind.SECOND_READING and queue.column == mine.column and queue.dataset == mine.version.id
    }
    for _, item, _ in parts.store.all(LabelItem) if queues else ():
        if item.queue in queues:
            yield queues[item.queue], item


def _read(source: Any, *, columns: LabelColumns, guideline: str, named: str) -> Sequence[Label]:
    if not isinstance(source, str | Path):
        table = as_polars(source, what="labels")
        return labels_from_table(table, columns=columns, guideline=guideline, source=named)
    path = Path(source)
    if path.suffix == ".json":
        document = _json(path)
        if is_export(document):
            return from_export(document, guideline=guideline, source=named)
        table = as_polars(document, what=named)
    else:
        table = read_table(path)
    return labels_from_table(table, columns=columns, guideline=guideline, source=named)


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise NotFound(f"labels: want a file {path}, found none.") from None
    except (ValueError, OSError) as error:
        raise BadInput(f"{path}: want readable JSON, got: {error}.") from error


def table_of(labels: Sequence[Label]) -> pl.DataFrame:
    """Return labels as a table, one line a label."""
    return pl.DataFrame([msgspec.to_builtins(label) for label in labels])
