"""The walk through the questions: pure, so that a terminal, a file of answers and a test take the same way."""

import tomllib
from collections.abc import Mapping
from typing import Any, NamedTuple

from slipway.errors import BadInput
from slipway.records.field import FieldKind, Privacy
from slipway.scoping.lines import dotted
from slipway.scoping.parse import faults
from slipway.scoping.questions import QUESTIONS, Form, Question
from slipway.scoping.values import one_of

ARM = "present"
"""Name under which the system that answers today is stated."""


class Draft(NamedTuple):
    """What was answered so far.

    Attributes:
        table: Answers as the file will hold them.
        settled: Keys of questions that were answered.
        skipped: Keys of questions that nobody can answer yet.
    """

    table: Mapping[str, Any]
    settled: tuple[str, ...] = ()
    skipped: tuple[str, ...] = ()


def next_question(draft: Draft) -> Question | None:
    """Return the first question that applies and is not settled; None when all are."""
    over = {*draft.settled, *draft.skipped}
    open_ = (q for q in QUESTIONS if q.key not in over and q.when(draft.table) and not answered(draft, q))
    return next(open_, None)


def answered(draft: Draft, question: Question) -> bool:
    """Tell whether the file holds an answer."""
    value: Any = draft.table
    for name in question.key.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    if question.form in (Form.REQUIRED, Form.PRIVACY):
        key = question.key.partition(".")[2]
        fields = draft.table.get("fields", {})
        return any(isinstance(f, Mapping) and key in f for f in dict(fields).values())
    return value is not None


def gaps(draft: Draft) -> tuple[Question, ...]:
    """Return the questions that apply and have no answer: what nobody knows yet."""
    none = {q.key for q in QUESTIONS if q.form in (Form.REQUIRED, Form.PRIVACY)} & set(draft.settled)
    return tuple(q for q in QUESTIONS if q.when(draft.table) and not answered(draft, q) and q.key not in none)


def skip(draft: Draft, question: Question) -> Draft:
    """Leave a question open: it becomes a gap that is listed, never a default that nobody chose."""
    return draft._replace(skipped=(*draft.skipped, question.key))


def answer(draft: Draft, question: Question, text: str) -> Draft:
    """Return the draft with an answer, if it stands up to the checks that ``slipway scope check`` makes.

    Args:
        draft: So far.
        question: What was asked.
        text: What was typed.

    Raises:
        BadInput: It does not; the message says what was wanted, what came, and the way out.
    """
    if not text.strip():
        raise BadInput(f"{question.key}: want {question.form.value}, got nothing. For example: {question.example}")
    return _checked(draft, question, _with(draft.table, question, text.strip()))


def take_fields(draft: Draft, question: Question, fields: Mapping[str, Any]) -> Draft:
    """Return the draft with fields that the data suggest, less the columns that play another part by now.

    Raises:
        BadInput: They do not stand up to the checks.
    """
    task = draft.table.get("task", {})
    others = {task.get(key) for key in ("target", "entity", "time")}
    kept = {name: field for name, field in fields.items() if name not in others}
    return _checked(draft, question, {**draft.table, "fields": kept})


def _checked(draft: Draft, question: Question, table: Mapping[str, Any]) -> Draft:
    before = set(faults(draft.table))
    for fault in faults(table):
        if not fault.absent and fault not in before:
            raise BadInput(f"{dotted(fault.place)}: {fault.said}")
    return draft._replace(table=table, settled=(*draft.settled, question.key))


def take(draft: Draft, given: Mapping[str, Any]) -> Draft:
    """Return the draft with the answers of a table, such as a file of them; what was there stays where it says none."""
    table = {name: dict(part) if isinstance(part, Mapping) else part for name, part in draft.table.items()}
    for name, part in given.items():
        table[name] = {**table.get(name, {}), **part} if isinstance(part, Mapping) else part
    return draft._replace(table=table)


def _with(table: Mapping[str, Any], question: Question, text: str) -> dict[str, Any]:
    part, _, name = question.key.partition(".")
    match question.form:
        case Form.FIELDS:
            return {**table, "fields": _fields(text)}
        case Form.REQUIRED | Form.PRIVACY:
            return {**table, "fields": _marked(dict(table.get("fields", {})), text, form=question.form)}
        case Form.ARM:
            arms = {**table.get("arms", {}), ARM: _arm(text)}
            return {**table, "arms": arms, "serving": {**table.get("serving", {}), "live": ARM}}
        case Form.NUMBER:
            value: Any = _number(text, key=question.key)
        case _:
            value = text
    return {**table, part: {**table.get(part, {}), name: value}}


def _number(text: str, *, key: str) -> Any:
    try:
        return tomllib.loads(f"v = {text}")["v"]
    except tomllib.TOMLDecodeError:
        way_out = "Shares are fractions: write 0.05 for 5 %." if "%" in text else "Write digits, with a point: 0.05."
        raise BadInput(f"{key}: want a number, got '{text}'. {way_out}") from None


def _pairs(text: str, *, words: list[str], key: str) -> dict[str, str]:
    found = {}
    for item in text.split(","):
        name, colon, word = (part.strip() for part in item.partition(":"))
        if not colon or word not in words:
            raise BadInput(f"{key}: want 'name: word' with {one_of(words)}, got '{item.strip()}'.")
        found[name] = word
    return found


def _fields(text: str) -> dict[str, str]:
    return _pairs(text, words=[k.value for k in FieldKind], key="fields")


def _marked(fields: dict[str, Any], text: str, *, form: Form) -> dict[str, Any]:
    key = "required" if form is Form.REQUIRED else "privacy"
    values: dict[str, Any] = {}
    if text.lower() != "none":
        levels = [p.value for p in Privacy]
        values = (
            {name.strip(): True for name in text.split(",")}
            if form is Form.REQUIRED
            else dict(_pairs(text, words=levels, key="fields.privacy"))
        )
    if unknown := [name for name in values if name not in fields]:
        raise BadInput(f"fields.{key}: want some of {', '.join(fields)}, or none, got '{unknown[0]}'.")
    plain = {name: field if isinstance(field, Mapping) else {"kind": field} for name, field in fields.items()}
    return {name: {**plain[name], key: values[name]} if name in values else fields[name] for name in fields}


def _arm(text: str) -> dict[str, Any]:
    if "://" in text:
        return {"url": text}
    return {"function": text} if ".py:" in text else {"rule": text}
