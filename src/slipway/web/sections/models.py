"""Is the newest model better than what there is, where is it wrong, and what did each change bring?"""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from markupsafe import Markup

from slipway.modeling.looks import say_look
from slipway.records.dataset import Score
from slipway.records.run import Level, Run, Slice
from slipway.web.card_page import as_part
from slipway.web.charts.bars import slices
from slipway.web.charts.dots import Estimate, dots
from slipway.web.charts.headroom import CAPTION, headroom
from slipway.web.report_data import ReportData
from slipway.words import amount, moment, number, percent, short

_SAID = {"model": "the model", "trivial": "trivial rule", "simple": "simple model", "human": "a person"}
_MOST_SLICES = 6
_LEVELS = {Level.HUMAN: "a person", Level.PRESENT: "present system", Level.REST: "elsewhere"}


class Models(NamedTuple):
    """What the section shows; charts are empty where there is nothing to draw."""

    intro: str
    scores: Markup
    table: tuple[tuple[str, str, str, str], ...]
    slices: Markup
    headroom: Markup
    worst: tuple[tuple[str, str, str, str, str, str], ...]
    runs: tuple[tuple[str, str, str, str], ...]
    told: tuple[tuple[str, str], ...]
    card: Markup
    caption: str = CAPTION


def models(data: ReportData) -> Models | None:
    """Show the newest run against its baselines on the test rows; None without a run."""
    if not data.runs:
        return None
    run, metric = data.runs[-1], data.scope.metric
    say = partial(amount, metric=metric.name)
    scores = compared(run, data)
    rows = [
        Estimate(_say(s.name, live=data.scope.live), s.value, s.low, s.high, _kind(s.name, live=data.scope.live))
        for s in scores
    ]
    chart = (
        dots(rows, name="scores", title=f"{metric.name} on test rows", say=say, goal=metric.target)
        if rows
        else Markup()
    )
    worst = sorted(run.slices, key=lambda s: -s.headroom)[:_MOST_SLICES]
    where = slices(worst, name="slices", title="worst slices", say=say) if worst else Markup()
    gained = [s for s in worst if s.headroom > 0]
    room = headroom(gained, name="headroom", title="what each slice has to gain", say=say) if gained else Markup()
    told = f"Run {short(run.id)}, trained {moment(run.started_us)} on dataset {short(run.data)}."
    if look := say_look(run.look, rows=max((s.n for s in scores), default=0)):
        told += f" It was the {look}." if run.look == 1 else f" It was {look}."
    return Models(
        told,
        chart,
        tuple(_row(s) for s in scores),
        where,
        room,
        tuple(_slice(s, say) for s in worst),
        tuple(_run(r, data) for r in reversed(data.runs)),
        tuple((_SAID.get(s.name, s.name), s.what) for s in scores if s.what),
        as_part(data.card) if data.card else Markup(),
    )


def compared(run: Run, data: ReportData) -> list[Score]:
    """Return the test scores of the project's metric, the model's first; baselines come from the data if need be.

    A person's score is of other rows, those that several people read, and stands beside.
    """
    baselines = [s for v in data.datasets if v.id == run.data for s in v.baselines]
    wanted = [
        s
        for s in (*baselines, *run.scores)
        if (s.split == "test" or s.name == "human") and s.metric == data.scope.metric.name
    ]
    of_metric = {s.name: s for s in wanted}.values()
    order = ["candidate", "live", "base"]
    return sorted(of_metric, key=lambda s: (order.index(_kind(s.name, live=data.scope.live)), s.name))


def _kind(name: str, *, live: str | None) -> str:
    return "candidate" if name == "model" else "live" if name in (live, "present") else "base"


def _say(name: str, *, live: str | None) -> str:
    return f"present system ({live})" if name in (live, "present") else _SAID.get(name, name)


def _row(score: Score) -> tuple[str, str, str, str]:
    say = partial(amount, metric=score.metric)
    return (
        _SAID.get(score.name, score.name),
        say(score.value),
        f"{say(score.low)} to {say(score.high)}",
        number(score.n),
    )


def _run(run: Run, data: ReportData) -> tuple[str, str, str, str]:
    found = next((s for s in compared(run, data) if s.name == "model"), None)
    return (
        short(run.id),
        moment(run.started_us),
        short(run.data),
        amount(found.value, metric=found.metric) if found else "unknown",
    )


def _slice(part: Slice, say: Callable[[float], str]) -> tuple[str, str, str, str, str, str]:
    rows = f"{number(part.n)} ({percent(part.share, digits=0)})"
    level = f"{say(part.level)} ({_LEVELS[part.level_of]})"
    return part.where, rows, say(part.value), level, f"{say(part.low)} to {say(part.high)}", say(part.headroom)
