"""Tasks for Label Studio, and annotations back from it, in its own JSON.

One task is one row: ``data.row`` names it, the fields of X stand beside it. What the model would say is a prediction,
which Label Studio shows as a pre-annotation. An export of the project (JSON, not JSON-MIN) comes back as labels.

Reference:
    Label Studio's documentation: "Import pre-annotated data", "Label Studio JSON format of annotated tasks", and the
    tags ``Choices`` and ``Number``.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from xml.sax.saxutils import quoteattr

from slipway.data.labels.names import said
from slipway.errors import BadInput
from slipway.records.label import Entry, Label

FROM, TO = "label", "row"


def to_tasks(
    entries: Sequence[Entry], *, values: Sequence[Mapping[str, Any]], numbers: bool, shows_given: bool, model: str
) -> list[dict[str, Any]]:
    """Return one task for each entry.

    Args:
        entries: Rows in the order in which they are to be looked at.
        values: X of each, by field.
        numbers: Whether labels are numbers; else they are classes.
        shows_given: Whether annotators see the label and what the model would say. Not where they read it anew.
        model: What to call the model's version.
    """
    tasks = []
    for entry, row in zip(entries, values, strict=True):
        task: dict[str, Any] = {"data": {**row, "row": entry.row}}
        if shows_given:
            task["data"]["given"] = entry.given
            if entry.guess:
                task["predictions"] = [
                    {
                        "model_version": model,
                        "score": (1 - max(-1.0, min(1.0, entry.margin))) / 2,
                        "result": [_result(entry.guess, numbers=numbers)],
                    }
                ]
        tasks.append(task)
    return tasks


def labelling_config(*, fields: Sequence[str], classes: Sequence[str] | None) -> str:
    """Return the labelling interface to paste into Label Studio's project settings.

    >>> print(labelling_config(fields=["late"], classes=["0", "1"]))
    <View>
      <Text name="row" value="$row"/>
      <Header value="late: $late" size="5"/>
      <Header value="given: $given" size="5"/>
      <Choices name="label" toName="row" choice="single" showInline="true">
        <Choice value="0"/>
        <Choice value="1"/>
      </Choices>
    </View>
    """
    lines = ["<View>", f'  <Text name="{TO}" value="$row"/>']
    lines += [f'  <Header value={quoteattr(f"{name}: ${name}")} size="5"/>' for name in (*fields, "given")]
    if classes is None:
        lines.append(f'  <Number name="{FROM}" toName="{TO}"/>')
    else:
        lines.append(f'  <Choices name="{FROM}" toName="{TO}" choice="single" showInline="true">')
        lines += [f"    <Choice value={quoteattr(value)}/>" for value in classes]
        lines.append("  </Choices>")
    return "\n".join([*lines, "</View>"])


def is_export(document: object) -> bool:
    """Tell whether a JSON document is an export of annotated tasks."""
    return isinstance(document, list) and any(isinstance(task, dict) and "annotations" in task for task in document)


def from_export(document: object, *, guideline: str, source: str) -> list[Label]:
    """Return the labels of an export. Skipped tasks and cancelled annotations are left out.

    Args:
        document: The decoded JSON.
        guideline: Id of the guideline that annotators went by, or empty.
        source: What to call the file in messages.

    Raises:
        BadInput: It is no export, a task does not name its row, an annotation has no single label, or there is none.
    """
    if not is_export(document):
        raise BadInput(f"{source}: want a JSON export of Label Studio, a list of tasks with 'annotations'.")
    labels = []
    for number, task in enumerate(document if isinstance(document, list) else [], 1):
        where = f"{source}, task {task.get('id', number) if isinstance(task, dict) else number}"
        if not isinstance(task, dict) or not isinstance(task.get("data"), dict) or task["data"].get("row") is None:
            raise BadInput(f"{where}: want data.row, which names the row, got none. Export tasks that Slipway made.")
        row = said(task["data"]["row"])
        for annotation in task.get("annotations") or ():
            if annotation.get("was_cancelled") or not annotation.get("result"):
                continue
            labels.append(
                Label(
                    row=row,
                    annotator=_who(annotation.get("completed_by"), where),
                    value=_value(annotation["result"], where),
                    guideline=guideline,
                    at_us=_moment(annotation.get("created_at"), where),
                )
            )
    if not labels:
        raise BadInput(f"{source}: want at least one annotation, got none. Is it exported before anybody annotated?")
    return labels


def _result(value: str, *, numbers: bool) -> dict[str, Any]:
    inner: dict[str, Any] = {"number": float(value)} if numbers else {"choices": [value]}
    return {"from_name": FROM, "to_name": TO, "type": "number" if numbers else "choices", "value": inner}


def _value(results: Sequence[Mapping[str, Any]], where: str) -> str:
    found: list[object] = []
    for result in results:
        value = result.get("value") or {}
        if result.get("type") == "choices":
            found += value.get("choices") or []
        elif result.get("type") == "number":
            found.append(value.get("number"))
    if len(found) != 1 or found[0] is None:
        kinds = [result.get("type") for result in results]
        raise BadInput(f"{where}: want one choice or one number an annotation, got {found} of types {kinds}.")
    return said(found[0])


def _who(completed_by: object, where: str) -> str:
    """Return the annotator: an id, or, in richer exports, an object with an address."""
    if isinstance(completed_by, Mapping):
        completed_by = completed_by.get("email") or completed_by.get("id")
    if completed_by is None:
        raise BadInput(f"{where}: want completed_by, got none. Agreement needs to know who said what.")
    return said(completed_by)


def _moment(text: object, where: str) -> int | None:
    if text is None:
        return None
    try:
        at = datetime.fromisoformat(str(text))
    except ValueError as error:
        raise BadInput(f"{where}: want created_at such as 2026-11-23T10:00:00Z, got {text!r}.") from error
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return round(at.timestamp() * 1e6)
