"""Answers to the text of a file: a page with a reason beside each key, and with its gaps in sight."""

from collections.abc import Mapping
from typing import Any

from slipway.scoping.interview import Draft, gaps
from slipway.scoping.questions import QUESTIONS, Question
from slipway.scoping.write import toml_value

ORDER = ("project", "task", "fields", "metric", "budgets", "serving", "data", "model", "arms", "rollout", "monitoring")
"""The tables in the order of a life; what else there is comes behind."""

_HEADS = {
    "project": "Who wants it, and why",
    "task": "X -> Y",
    "fields": "X, field by field: requests are checked against these",
    "metric": "How success is measured. Lower is better",
    "budgets": "What serving may cost",
    "serving": "How answers are given",
    "data": "Where the rows come from",
    "model": "How a candidate is trained",
    "arms": "Who answers besides the models",
}


def page(draft: Draft) -> str:
    """Return the page; what nobody knows yet stands in it as a comment with its reason.

    Parsing it gives what the answers say, if nothing that is needed is left open.
    """
    head = [
        "# What this project is for. People read and review this page; every command checks it first.",
        "# All keys: docs/reference/slipway-toml.md. What is still missing for which step: slipway scope check",
    ]
    open_ = {q.key: q for q in gaps(draft)}
    names = [*(n for n in ORDER if n in draft.table or _gaps_of(n, open_)), *(n for n in draft.table if n not in ORDER)]
    return "\n\n".join(["\n".join(head), *(_table(n, draft.table.get(n, {}), open_) for n in names)]) + "\n"


def answers(draft: Draft) -> str:
    """Return the file in which an interview waits: the page so far, and which questions are settled."""
    told = f"[scoping]\nsettled = {toml_value(list(draft.settled))}\n"
    head = "# Answers so far. 'slipway scope' goes on from here, and removes this file in the end."
    return f"{head}\n\n{page(draft)}\n{told}"


def _table(name: str, part: Any, open_: Mapping[str, Question]) -> str:
    lines = [f"# {_HEADS[name]}"] if name in _HEADS else []
    if name == "arms":
        tables = [
            "\n".join([f"[arms.{arm}]", *(f"{k} = {toml_value(v)}" for k, v in its.items())])
            for arm, its in dict(part).items()
        ]
        return "\n".join([*lines, *tables, *_gaps_of(name, open_)])
    lines.append(f"[{name}]" if part else f"# [{name}]")  # a table without a key would want its keys
    for key, value in dict(part).items():
        if why := _WHY.get(f"{name}.{key}"):
            lines.append(f"# {why}")
        lines.append(f"{key} = {toml_value(value)}")
    return "\n".join([*lines, *_gaps_of(name, open_)])


def _gaps_of(name: str, open_: Mapping[str, Question]) -> list[str]:
    mine = [q for q in open_.values() if q.key.partition(".")[0] == name]
    return [f"# {q.key.partition('.')[2] or q.key} = ...   not known yet. {q.ask} {q.why}" for q in mine]


_WHY = {q.key: q.why for q in QUESTIONS}
