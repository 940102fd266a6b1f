"""``slipway monitor``: what moved, whether it matters, and where to go back to."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from cyclopts import App

from slipway.cli.monitor_service import service
from slipway.cli.options import COMMON, Common
from slipway.cli.pick import pick
from slipway.cli.screen import Screen, show, working
from slipway.cli.when import moment_us
from slipway.records.alert import Finding, FindingKind
from slipway.records.quality import Fault
from slipway.records.two_tables import Period, Standing, TwoTables
from slipway.words import amount, count, day, moment, number, odds, percent, promised, since_when, with_limits

if TYPE_CHECKING:  # it brings the table engine; --help must not wait for it
    from collections.abc import Sequence

    from slipway.project.monitors_now import MonitorNow

app = App(name="monitor")
app.command(service, sort_key=4)

_COLUMNS = 12


@app.command(name="list", sort_key=0)
def list_(*, open: bool = False, common: Common = COMMON) -> int:  # noqa: A002 - the word on the command line
    """List what the monitors found, oldest first.

    Args:
        open: Only findings that are still open.
        common: What every command takes.
    """
    project = common.open()
    found = [f for f in project.findings() if not open or f.closed_us is None]
    return show(found, human=partial(_list, monitors=() if common.json else project.monitors()), common=common)


@app.command(name="show", sort_key=1)
def show_(finding: str | None = None, /, *, common: Common = COMMON) -> int:
    """Show a finding: what moved, by how much, on which evidence, and which step of the life to go back to.

    Args:
        finding: Id or start of an id; the newest if not given.
        common: What every command takes.
    """
    known = common.open().findings()
    chosen = pick(finding, known, what="finding", key=lambda f: f.id, name=lambda f: f.id)
    return show(chosen, human=page, common=common)


@app.command(sort_key=2)
def run(
    *,
    reference: str,
    current: str,
    out: Path | None = None,
    time: str | None = None,
    prediction: str | None = None,
    label: str | None = None,
    ignore: tuple[str, ...] = (),
    threshold: float = 0.5,
    alpha: float = 0.01,
    tolerance: float | None = None,
    unit: str = "auto",
    database: str = "",
    check: bool = False,
    common: Common = COMMON,
) -> int:
    """Hold any two tables against each other: what moved, whether it matters, what to go back to. Needs no project.

    With answers and their truth in both, data drift is told from concept drift.

    Args:
        reference: What is usual: a file, folder, pattern or s3:// URL of Parquet, Arrow or CSV, or a .sql file.
        current: What there is now; likewise.
        out: File for the answer: one HTML page that needs no network, or JSON where the name ends in .json.
        time: Column of moments; the only one there is if not given, '' for none.
        prediction: Column of answers; 'prediction' if there is one and nothing is given, '' for none.
        label: Column of what turned out to be true; 'label' likewise.
        ignore: A column that is not to be watched; may be given several times.
        threshold: Score from which an answer to two classes counts as 1.
        alpha: Chance that tables alike raise any alarm.
        tolerance: A change that costs less is told, not alarmed; a tenth of the reference's loss if not given.
        unit: What to count: auto (found on the reference), row, hour or day.
        database: Environment variable with the URL of the database that .sql files are asked of; DuckDB with no
            database if not given.
        check: End with status 1 where something moved that matters, where nobody can tell, or where the data
            themselves ask to be looked at: what is not there cannot be found to be well.
        common: What every command takes.
    """
    from slipway.project.two_tables.read import read_any  # noqa: PLC0415 - it brings the table engine
    from slipway.web.two_tables import monitor  # noqa: PLC0415 - as above

    with working("reading the tables"):
        before, now = (read_any(place, database=database) for place in (reference, current))
    with working("holding them against each other"):
        answer = monitor(
            before,
            now,
            time=time,
            prediction=prediction,
            label=label,
            ignore=ignore,
            threshold=threshold,
            alpha=alpha,
            tolerance=tolerance,
            unit=unit,
            names=(reference, current),
        )
    if out is not None:
        answer.save(out)
    show(answer.found, human=partial(_answer, out=out), common=common)
    return int(check and not _calm(answer.found))


@app.command(sort_key=3)
def report(
    out: Path | None = None,
    /,
    *,
    model: str | None = None,
    since: str | None = None,
    until: str | None = None,
    common: Common = COMMON,
) -> int:
    """Write what a model's traffic was, against what it was packaged with: one page that needs no network, or JSON.

    Args:
        out: File to write, JSON where the name ends in .json; monitor.html in the project's folder if not given.
        model: Name of the arm; the one that answers most if not given.
        since: Only rows received from then on: a day, a moment (UTC) or how long ago (7d).
        until: Only rows received before then.
        common: What every command takes.
    """
    from slipway.web.two_tables import Answer  # noqa: PLC0415 - it brings the table engine

    project = common.open()
    now_us = project.now_us()
    with working("reading the journal"):
        found = project.monitor_report(
            model,
            since_us=moment_us(since, option="--since", now_us=now_us) if since else None,
            until_us=moment_us(until, option="--until", now_us=now_us) if until else None,
        )
    written = Answer(found).save(out or project.folder / "monitor.html")
    return show(found, human=partial(_answer, out=written), common=common)


def _answer(screen: Screen, found: TwoTables, *, out: Path | None) -> None:
    from slipway.project.two_tables.headline import beside, headline, largest  # noqa: PLC0415 - it brings the arrays

    screen.title(f"{found.current} against {found.reference}: {headline(found)}")
    screen.line(f"  {found.sentence}")
    if found.season.sentence:
        screen.line(f"  {found.season.sentence}", style="dim")
    if found.standing is Standing.CANNOT_TELL and found.unit != "row":
        screen.line(f"  {found.unit_reason}", style="dim")
    for quality in beside(found):
        screen.line(f"  {quality.fault}: {quality.detail}")
    screen.line()
    moved = [c for c in found.columns if c.moved]
    rows = [(c.name, odds(c.log_e), c.detail) for c in moved[:_COLUMNS]]
    screen.table(
        ("moved column", ">evidence", "from and to"), rows, none=largest(found) or "No column is named as moved."
    )
    if len(moved) > _COLUMNS:
        screen.line(f"  and {count(len(moved) - _COLUMNS, 'more column')}; the page and --json have all.")
    if len(found.periods) > 1:
        screen.line()
        say = partial(amount, metric=found.metric)
        told = [
            (p.name, number(p.rows), say(p.realised), say(p.expected), p.kind or "not proven", _costs(p))
            for p in found.periods
        ]
        screen.table(("period", ">rows", ">realised", ">expected", "moved", "matters"), told)
    if out is not None:
        screen.line()
        screen.line(f"  written to {out}")


def _calm(found: TwoTables) -> bool:
    return found.standing in (Standing.NOTHING, Standing.HARMLESS) and not any(q.serious for q in found.quality)


def _costs(period: Period) -> str:
    return "yes" if period.matters else "may be" if period.doubtful else ""


def _list(screen: Screen, found: list[Finding], *, monitors: "Sequence[MonitorNow]") -> None:
    rows = [(f.id, f.model, f.kind, _matters(f), day(f.opened_us), day(f.closed_us), f.go_back_to) for f in found]
    heads = ("id", "model", "what moved", "matters", "raised", "closed", "go back to")
    screen.table(heads, rows, none="No finding.")
    for one in monitors:
        screen.line(f"  {one.sentence}")
        if one.problem:
            screen.line(f"  {one.problem}", style="bold red")


def _matters(finding: Finding) -> str:
    return "yes" if finding.relevant else "not known yet" if finding.doubtful else "too small"


def _since(finding: Finding) -> str:
    told = since_when(finding.since_us, low_us=finding.since_low_us, high_us=finding.since_high_us)
    return told.removeprefix("since ") or "not known"


def _loss(finding: Finding) -> list[tuple[str, str]]:
    """Say what today's inputs explain of the change in loss, with limits, and what they do not."""
    loss = finding.loss
    parts = [("inputs explain", loss.explained), ("they do not", loss.unexplained)] if loss else []
    return [
        (what, with_limits(part.estimate, low=part.low, high=part.high, metric=loss.metric))
        for what, part in parts
        if loss and part
    ]


def _promise(finding: Finding) -> str:
    told = finding.promise
    if finding.kind is FindingKind.QUALITY:
        return _of_feeds(finding)
    if told is None:
        return "not told: an older release raised it"
    return promised(told.alpha, within_s=told.within_s, run_length_s=told.run_length_s)


def _of_feeds(finding: Finding) -> str:
    """Say how seldom a finding of a feed is false; each fault has a promise of its own kind."""
    from slipway.monitoring.feed import ALPHA  # noqa: PLC0415 - it brings the arrays

    faults = {q.fault for q in finding.quality}
    if Fault.STALE in faults:
        return "not promised: a silence is measured against the usual one, no test says so"
    if Fault.REFUSED in faults:
        return f"at most {percent(ALPHA)} in 90 days, over all reasons and looks"
    return f"at most {percent(ALPHA)}, over all columns, faults and looks, while shares are as the reference has them"


def _evidence(finding: Finding) -> str:
    """Say how strong the evidence is, and of how many rows or slices; a silence has no rows that could tell it."""
    if any(q.fault is Fault.STALE for q in finding.quality):
        return "no row came"
    units = "rows of late" if finding.kind is FindingKind.QUALITY else "units"
    return f"log E {number(finding.evidence.log_e)} over {number(finding.evidence.n)} {units}"


def page(screen: Screen, finding: Finding) -> None:
    """Print one finding whole."""
    screen.title(f"Finding {finding.id}: {finding.kind} at {finding.model}")
    screen.line(f"  {finding.sentence}")
    screen.line()
    gap = finding.gap
    screen.facts(
        [
            ("raised", moment(finding.opened_us)),
            ("since", _since(finding)),
            ("closed", "still open" if finding.closed_us is None else moment(finding.closed_us)),
            ("matters", _matters(finding)),
            ("evidence", _evidence(finding)),
            ("gap", f"{number(gap.estimate)} [{number(gap.low)}, {number(gap.high)}]" if gap else "not measured"),
            *_loss(finding),
            ("go back to", finding.go_back_to),
            ("false alarms", _promise(finding)),
        ]
    )
    screen.line()
    screen.title("Columns that moved")
    rows = [
        (c.name, f"{number(c.size)} {c.unit}", number(c.evidence.log_e), c.detail.removeprefix(f"{c.name}: "))
        for c in finding.columns
    ]
    screen.table(("column", ">by", ">log E", "from and to"), rows)
    if finding.parts:
        screen.line()
        screen.title("Where the same inputs now mean something else")
        screen.table(
            ("rows", ">outcomes", ">gap", ">from", ">to", ">log E"),
            [
                (p.name, f"{p.n:,}", *map(number, (p.gap.estimate, p.gap.low, p.gap.high)), number(p.evidence.log_e))
                for p in finding.parts
            ],
        )
