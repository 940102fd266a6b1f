"""Two tables held against each other, as a page, as JSON, and in a notebook; ``slipway.monitor`` is this."""

from importlib.metadata import version
from pathlib import Path
from typing import Any

import msgspec
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from slipway.project.tables import as_polars
from slipway.project.two_tables import Terms, watch_two_tables
from slipway.project.two_tables.headline import headline, largest
from slipway.records.alert import Finding, Step
from slipway.records.two_tables import ColumnChange, Period, Standing, TwoTables
from slipway.web.charts.days import Alarm, Day, days
from slipway.web.charts.shares import shares
from slipway.web.explained import explained
from slipway.words import amount, day, number, odds, percent, since_when

_CHARTS = 12
_PERIODS = 6
"""Periods beyond which those in which nothing moved are folded away."""
_TONES = {Standing.MATTERS: "bad", Standing.NOTHING: "good"}


class Answer:
    """What was found between two tables.

    In a notebook it shows itself as a page; elsewhere :attr:`found` holds every number.

    Attributes:
        found: The record.
    """

    def __init__(self, found: TwoTables) -> None:
        self.found = found

    def __repr__(self) -> str:
        return f"{headline(self.found)}: {self.found.sentence}"

    def _repr_html_(self) -> str:
        """Return the page in a frame of its own, so that neither its style nor the notebook's reaches the other."""
        return str(
            Markup(
                '<iframe srcdoc="{}" style="width:100%;height:720px;border:0" title="Slipway monitor"></iframe>'
            ).format(self.html())
        )

    def html(self) -> str:
        """Return the page: styles and charts inline, no script, no address. The same answer gives the same bytes."""
        return render_two_tables(self.found)

    def json(self) -> bytes:
        """Return the record as JSON; numbers that JSON does not know (infinity, not a number) are null."""
        return msgspec.json.encode(self.found)

    def save(self, path: str | Path) -> Path:
        """Write the page, or JSON where the name ends in ``.json``; a reader sees the old file or the new one.

        Returns:
            The file's absolute path.
        """
        out = Path(path)
        fresh = out.with_name(f".{out.name}.new")
        fresh.write_bytes(self.json() if out.suffix == ".json" else self.html().encode())
        fresh.replace(out)
        return out.absolute()


def monitor(
    reference: Any,
    current: Any,
    *,
    time: str | None = None,
    prediction: str | None = None,
    label: str | None = None,
    ignore: tuple[str, ...] | list[str] = (),
    threshold: float = 0.5,
    alpha: float = 0.01,
    tolerance: float | None = None,
    unit: str = "auto",
    names: tuple[str, str] = ("reference", "current"),
) -> Answer:
    """Say what moved between two tables of one thing, whether it matters, and what to go back to.

    Promise: tables alike raise any alarm with chance ``alpha`` at most, over all columns, if units (rows, hours or
    days, as found on the reference) are exchangeable.

    Args:
        reference: What is usual: a polars, pandas or Arrow table, a dict of columns, or a list of rows that are dicts.
            Where it has answers, their rows must not have been learned from.
        current: What there is now.
        time: Column of moments; None takes the only one there is, the empty text none.
        prediction: Column of answers; None takes ``prediction`` if there is one, the empty text none.
        label: Column of what turned out to be true; None takes ``label`` likewise.
        ignore: Columns that are not to be watched.
        threshold: Score from which an answer to two classes counts as 1.
        alpha: Chance of any false alarm; in (0, 1).
        tolerance: A change that costs less is told, not alarmed, in units of the loss; None takes a tenth of the
            reference's.
        unit: ``auto``, ``row``, ``hour`` or ``day``.
        names: What to call the two tables.

    Raises:
        BadInput: A table is empty or none, a column has no part or two, nothing can be watched in both, or the
            reference is too short for its unit.

    >>> rng = __import__("numpy").random.default_rng(0)
    >>> print(monitor({"load": rng.normal(size=4000)}, {"load": rng.normal(size=500) + 0.5}).found.standing)
    matters
    """
    terms = Terms(
        time=time,
        prediction=prediction,
        label=label,
        ignore=tuple(ignore),
        threshold=threshold,
        alpha=alpha,
        tolerance=tolerance,
        unit=unit,
    )
    before, now = (as_polars(table, what=name) for table, name in zip((reference, current), names, strict=True))
    return Answer(watch_two_tables(before, now, terms=terms, names=names))


def render_two_tables(t: TwoTables) -> str:
    """Return the page."""
    serious = [q for q in t.quality if q.serious]
    periods = [_period(p, metric=t.metric) for p in t.periods]
    loud = [p for p in periods if p["loud"]]
    pages = Environment(
        loader=PackageLoader("slipway.web"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    return pages.get_template("two_tables.html").render(
        t=t,
        headline=headline(t),
        tone="bad" if serious else _TONES.get(t.standing, ""),
        tiles=_tiles(t),
        serious=serious,
        told=[q for q in t.quality if not q.serious],
        chart=_over_time(t),
        periods=loud if len(periods) > _PERIODS else periods,
        folded=periods if len(periods) > max(_PERIODS, len(loud)) else [],
        largest=largest(t),
        findings=[_finding(f, dated=bool(t.roles.time)) for f in t.findings],
        moved=sum(c.moved for c in t.columns),
        alpha=percent(t.alpha, digits=0),
        charts=[_column(c, name=f"column-{i}") for i, c in enumerate(t.columns[:_CHARTS])],
        rest=[_column(c, name="") for c in t.columns[_CHARTS:]],
        facts=_facts(t),
        version=version("slipway"),
    )


def _tiles(t: TwoTables) -> list[dict[str, str]]:
    moved = sum(c.moved for c in t.columns)
    serious = sum(q.serious for q in t.quality)
    calm = "good" if t.standing is Standing.NOTHING and not serious else ""
    tiles = [
        {"value": number(t.rows_now), "what": f"rows now, {number(t.rows_before)} before", "tone": ""},
        {"value": f"{moved} of {len(t.columns)}", "what": "columns moved", "tone": "bad" if moved else calm},
        {"value": str(serious), "what": "serious remarks on the data", "tone": "bad" if serious else calm},
    ]
    if t.metric and t.loss_before is not None:
        now, what = (t.loss_now, "now") if t.loss_now is not None else (t.expected_now, "expected now, no labels yet")
        say = {"metric": t.metric}
        tiles.append(
            {
                "value": amount(now, **say),
                "what": f"{t.metric} {what}, {amount(t.loss_before, **say)} before",
                "tone": "",
            }
        )
    return tiles


def _over_time(t: TwoTables) -> Markup:
    points = [Day(s.start_us, _or_nan(s.realised), _or_nan(s.expected)) for s in t.slices]
    if not t.metric or len(points) < 2:
        return Markup()
    alarms = [Alarm.of(f, label=str(i)) for i, f in enumerate(t.findings, start=1)]
    title = f"realised and expected {t.metric}"
    return days(points, alarms, name="over-time", title=title, say=lambda v: amount(v, metric=t.metric))


def _period(p: Period, *, metric: str) -> dict[str, Any]:
    return {
        "name": p.name,
        "rows": number(p.rows),
        "labelled": number(p.labelled),
        "realised": "none" if p.realised is None else amount(p.realised, metric=metric),
        "expected": "none" if p.expected is None else amount(p.expected, metric=metric),
        "found": p.kind or "not proven",
        "loud": bool(p.kind) or p.matters or p.doubtful,
        "matters": p.matters,
        "doubtful": p.doubtful,
        "columns": ", ".join(p.columns[:4]) + (f" and {len(p.columns) - 4} more" if len(p.columns) > 4 else ""),
    }


def _finding(f: Finding, *, dated: bool) -> dict[str, Any]:
    return {
        "kind": f.kind,
        "relevant": f.relevant,
        "since": since_when(f.since_us, low_us=f.since_low_us, high_us=f.since_high_us) if dated else "",
        "loss": explained(f),
        "when": _when(f) if dated else "",
        "sentence": f.sentence,
        "step": "" if f.go_back_to is Step.NONE else f.go_back_to,
    }


def _when(f: Finding) -> str:
    return f"raised {day(f.opened_us)}" + ("" if f.closed_us is None else f", closed {day(f.closed_us)}")


def _column(c: ColumnChange, *, name: str) -> dict[str, Any]:
    return {
        "name": c.name,
        "moved": c.moved,
        "detail": c.detail,
        "odds": f"evidence {odds(c.log_e)}",
        "chart": shares(c.labels, c.before, c.now, name=name, title=f"{c.name}, before and now") if name else "",
    }


def _facts(t: TwoTables) -> list[tuple[str, str]]:
    roles = [("time", t.roles.time), ("answers", t.roles.prediction), ("truth", t.roles.label)]
    return [
        *((what, name or "none") for what, name in roles),
        ("counted in", f"{t.unit}s. {t.unit_reason}"),
        *([("held against", t.season.sentence)] if t.season.sentence else []),
        ("chance of any false alarm", percent(t.alpha)),
        ("a change matters above", amount(t.tolerance, metric=t.metric) if t.metric else "any: there are no answers"),
        ("evidence that anything moved", odds(t.log_e)),
        ("not watched", "; ".join(f"{name} ({why})" for name, why in t.roles.ignored) or "nothing"),
    ]


def _or_nan(value: float | None) -> float:
    return float("nan") if value is None else value
