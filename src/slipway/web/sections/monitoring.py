"""Is it still true? Realised beside expected loss, and what the monitors found."""

import math
from functools import partial
from typing import NamedTuple

from markupsafe import Markup

from slipway.project.watching import Watched
from slipway.records.alert import Finding, Step
from slipway.web.charts.days import Alarm, Day, days
from slipway.web.explained import explained, where
from slipway.web.report_data import ReportData
from slipway.words import amount, day, promised, since_when


class Found(NamedTuple):
    """One finding, said; ``number`` is its flag in the chart, ``parts`` as :func:`.explained.where` has them."""

    number: str
    kind: str
    relevant: bool
    doubtful: bool
    when: str
    sentence: str
    columns: tuple[tuple[str, str], ...]
    step: str
    loss: str = ""
    parts: tuple[tuple[str, str, str], ...] = ()


class Monitored(NamedTuple):
    """One model under watch; empty where not told: how seldom its alarms are false, and what it is held against."""

    model: str
    chart: Markup
    found: tuple[Found, ...]
    promise: str = ""
    season: str = ""


def monitored(data: ReportData) -> tuple[Monitored, ...]:
    """Show each watched model with its findings, and findings of models without a daily series on their own."""
    shown = [_one(w, data) for w in data.watched]
    known = {w.model for w in data.watched}
    rest = sorted({f.model for f in data.findings} - known)
    return (*shown, *(Monitored(m, Markup(), _found(m, data), _promise(m, data)) for m in rest))


def _one(watched: Watched, data: ReportData) -> Monitored:
    say = partial(amount, metric=data.scope.metric.name)
    points = [Day(d.at_us, _or_nan(d.realised), _or_nan(d.expected)) for d in watched.days]
    alarms = [Alarm.of(f, label=str(i)) for i, f in enumerate(_of(watched.model, data), start=1)]
    title = f"realised and expected {data.scope.metric.name} by day"
    chart = days(points, alarms, name=f"days-{watched.model}", title=title, say=say) if len(points) > 1 else Markup()
    season = watched.season.sentence if watched.season else ""
    return Monitored(watched.model, chart, _found(watched.model, data), _promise(watched.model, data), season)


def _of(model: str, data: ReportData) -> list[Finding]:
    return [f for f in data.findings if f.model == model]


def _found(model: str, data: ReportData) -> tuple[Found, ...]:
    return tuple(_say(i, f) for i, f in enumerate(_of(model, data), start=1))


def _promise(model: str, data: ReportData) -> str:
    told = [f.promise for f in _of(model, data) if f.promise is not None]
    if not told:
        return ""
    return promised(told[-1].alpha, within_s=told[-1].within_s, run_length_s=told[-1].run_length_s)


def _say(number: int, finding: Finding) -> Found:
    closed = f", closed {day(finding.closed_us)}" if finding.closed_us is not None else ", open"
    since = since_when(finding.since_us, low_us=finding.since_low_us, high_us=finding.since_high_us)
    return Found(
        number=str(number),
        kind=finding.kind,
        relevant=finding.relevant,
        doubtful=finding.doubtful,
        when=", ".join(filter(None, (since, f"raised {day(finding.opened_us)}{closed}"))),
        sentence=finding.sentence,
        columns=tuple((c.name, c.detail.removeprefix(f"{c.name}: ")) for c in finding.columns[:5]),
        step="" if finding.go_back_to is Step.NONE else finding.go_back_to,
        loss=explained(finding),
        parts=where(finding),
    )


def _or_nan(value: float | None) -> float:
    return math.nan if value is None else value
