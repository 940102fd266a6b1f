"""``slipway scope``: what the project is for, as slipway.toml says it."""

import sys
from pathlib import Path

from cyclopts import App

from slipway.cli.interview import accept, converse, with_name
from slipway.cli.options import COMMON, Common
from slipway.cli.readiness_page import page
from slipway.cli.screen import Screen, say, show
from slipway.errors import BadInput, Conflict, NotFound
from slipway.records.access import Certificate
from slipway.records.base import Record
from slipway.records.field import Field
from slipway.records.scope import Scope
from slipway.scoping.interview import gaps
from slipway.scoping.judge import Judgement
from slipway.scoping.missing import Missing
from slipway.words import amount, day, number

app = App(name="scope")

_UNKNOWN = "not known yet"


class Page(Record, frozen=True, kw_only=True):
    """A scope, and what is still missing for which step of the life."""

    scope: Scope
    missing: tuple[Missing, ...]


class Written(Record, frozen=True, kw_only=True):
    """A scope that was written from answers: its file, and which questions nobody could answer yet."""

    path: str
    gaps: tuple[str, ...]


@app.default
def scope(*, data: Path | None = None, answers: Path | None = None, common: Common = COMMON) -> int:
    """Show the scope and what is missing; in a folder without one, ask for it, question by question.

    Each question says why it is asked, and each answer is checked at once. 'skip' leaves a gap that is listed, 'back'
    goes back, 'quit' keeps the answers in slipway.answers.toml for the next time.

    Args:
        data: A .csv or .parquet file, to propose fields, limits, entity, time and target from.
        answers: Take the answers from a file instead: a page like slipway.toml, or the same as JSON.
        common: What every command takes.
    """
    try:
        folder = common.folder()
    except NotFound:
        folder = common.project or Path.cwd()
        return _ask_for(folder.absolute(), data=data, answers=answers, common=common)
    if data is not None or answers is not None:
        raise Conflict(f"scope: want a folder without slipway.toml, got {folder}. Edit the one that is there.")
    project = common.open()
    return show(Page(scope=project.scope, missing=project.missing()), human=_page, common=common)


def _ask_for(folder: Path, *, data: Path | None, answers: Path | None, common: Common) -> int:
    from slipway.project import scoping  # noqa: PLC0415 - it brings the table engine; --help must not wait for it

    proposals = scoping.proposals(data, folder=folder) if data is not None else {}
    if answers is not None:
        draft = accept(scoping.read_answers(answers), proposals)
    elif common.json or not sys.stdin.isatty():
        raise BadInput(
            f"scope: want a terminal to ask at, or --answers FILE, got neither; there is no slipway.toml in {folder}. "
            "'slipway init' makes a project that runs as it is."
        )
    else:
        found = converse(
            scoping.waiting(folder),
            proposals=with_name(proposals, folder.name),
            ask=_typed,
            tell=print,
            keep=lambda draft: scoping.keep(folder, draft),
        )
        if found is None:
            print("The answers wait in slipway.answers.toml; 'slipway scope' goes on from there.")
            return 0
        draft = found
    scoping.finish(folder, draft)
    written = Written(path=str(folder / "slipway.toml"), gaps=tuple(q.key for q in gaps(draft)))
    return show(written, human=_written, common=common)


def _typed(prompt: str) -> str | None:
    try:
        return input(prompt)
    except EOFError:
        return None


class Checked(Record, frozen=True, kw_only=True):
    """A scope that parses, what is still missing for which step of the life, and until when the certificate holds.

    Attributes:
        outside: What it names and is not there or does not fit: functions, files, columns.
        budgets: How each budget stands by the newest load test; unknown where there is none.
        load_test: Id of that test, or empty.
    """

    path: str
    valid: bool
    outside: tuple[str, ...] = ()
    missing: tuple[Missing, ...]
    budgets: tuple[Judgement, ...] = ()
    load_test: str = ""
    certificate: Certificate | None = None
    warnings: tuple[str, ...] = ()


@app.command(sort_key=0)
def check(*, common: Common = COMMON) -> int:
    """Check slipway.toml; every mistake is named with its line and the way out.

    Also whether the functions that it names exist and take what they are called with, and whether its columns are in
    the data; no code is run. Ends with 1 if the file is wrong, what it names is not there, or the certificate cannot
    be served. What a later step of the life still needs is listed, and is no mistake.
    """
    project = common.open()
    certificate, warnings = project.certificate()
    test = next(reversed(project.load_tests()), None)
    outside = project.outside_trouble()
    checked = Checked(
        path=str(project.folder / "slipway.toml"),
        valid=not outside,
        outside=outside,
        missing=project.missing(),
        budgets=project.judge_load(test),
        load_test=test.id if test else "",
        certificate=certificate,
        warnings=warnings,
    )
    return show(checked, human=_checked, common=common, holds=checked.valid)


@app.command(name="show", sort_key=1)
def show_(*, common: Common = COMMON) -> int:
    """Show what the project is for: X -> Y, who answers for it, the target, the budgets, the arms."""
    return show(common.open().scope, human=_scope, common=common)


@app.command(sort_key=2)
def readiness(*, common: Common = COMMON) -> int:
    """Say how ready the project is for production: the ML Test Score, item by item, with its evidence.

    The 28 items of Breck et al. (2017) in four sections; the score is the minimum of their sums, 0 to 7.
    """
    return show(common.open().readiness(), human=page, common=common)


@app.command(sort_key=3)
def attest(
    item: str,
    /,
    *,
    by: str,
    why: str,
    withdraw: bool = False,
    common: Common = COMMON,
) -> int:
    """Give your word that an item of readiness is met, where no record can show it; half a point at most.

    It is kept in the audit trail. It never outweighs a test that said no.

    Args:
        item: Such as data-7; 'slipway scope readiness' lists them.
        by: Whose word it is: a name that others know.
        why: What was done, when, and where the result can be read.
        withdraw: Take the word back instead.
        common: What every command takes.
    """
    word = common.open().attest(item, by=by, why=why, withdrawn=withdraw)
    verb = "withdrawn" if word.withdrawn else "attested"
    return show(word, human=say((f"{word.item}, '{word.item.asks}': {verb} by {word.by}.",)), common=common)


def _page(screen: Screen, page: Page) -> None:
    _scope(screen, page.scope)
    _missing(screen, page.missing)


def _written(screen: Screen, written: Written) -> None:
    screen.line(f"{written.path} is written. People should read it: 'slipway scope' shows it.")
    if written.gaps:
        screen.line(f"Not known yet: {', '.join(written.gaps)}. Each stands in the file with its reason.")
    screen.line("Next: 'slipway scope check', then 'slipway data make'.")


def _missing(screen: Screen, missing: tuple[Missing, ...]) -> None:
    if missing:
        screen.line()
        screen.title("Still missing")
        rows = [(m.step, m.what, f"{m.why} {m.way_out}") for m in missing]
        screen.table(("for", "what", "why, and the way out"), rows)


def _checked(screen: Screen, checked: Checked) -> None:
    if checked.outside:
        screen.line(f"{checked.path}: well written, but what it names does not fit.", style="bold red")
        for sentence in checked.outside:
            screen.line(f"  {sentence}")
    else:
        screen.line(f"{checked.path}: no mistake found.")
    if checked.certificate:
        names = ", ".join(checked.certificate.names) or "no name"
        screen.line(f"{checked.certificate.path}: for {names}, holds until {day(checked.certificate.ends_us)}.")
    for warning in checked.warnings:
        screen.line(f"WARNING: {warning}", style="bold red")
    _missing(screen, checked.missing)
    if checked.budgets:
        screen.line()
        screen.title(f"Budgets{f', by {checked.load_test}' if checked.load_test else ''}")
        stand = [(j.promise, j.standing, j.reason) for j in checked.budgets]
        screen.table(("budget", "", "by the newest load test"), stand)


def _scope(screen: Screen, scope: Scope) -> None:
    project, task, metric, budgets = scope.project, scope.task, scope.metric, scope.budgets
    screen.title(project.name)
    screen.facts(
        [
            ("need", project.need),
            ("value", project.value or _UNKNOWN),
            ("today", project.today or _UNKNOWN),
            ("feasible", project.feasibility or _UNKNOWN),
            ("data", project.data or _UNKNOWN),
            ("case", project.case),
            ("owner", project.owner),
            ("stops when", project.kill),
            ("X", task.x),
            ("Y", f"{task.y} ({task.kind}, column {task.target})"),
            ("entity", task.entity),
            ("metric", f"{metric.name}: {metric.why}"),
            ("target", f"{amount(metric.target, metric=metric.name)} or less; margin {_amount(metric.margin, scope)}"),
            ("human level", "not measured" if metric.human_level is None else _amount(metric.human_level, scope)),
            ("latency", _budget(budgets.latency_p99_ms, "ms at the 99th percentile")),
            ("throughput", _budget(budgets.qps, "requests a second")),
            ("memory", _budget(budgets.memory_mb, "MB a worker")),
            ("live", scope.live or "nothing yet"),
        ]
    )
    screen.line()
    screen.title("X")
    screen.table(("field", "kind", "unit", "allowed", "privacy"), [_field(f) for f in scope.fields])
    screen.line()
    screen.title("Rollout")
    stages = scope.rollout.stages
    rows = [(s.name, s.kind, f"{s.share:.0%}", ", ".join(g.kind for g in s.gates) or "-") for s in stages]
    screen.table(("stage", "kind", ">share", "gates"), rows)


def _field(field: Field) -> tuple[str, str, str, str, str]:
    limits = "" if field.low is None and field.high is None else f"{_limit(field.low)} to {_limit(field.high)}"
    return field.name, field.kind, field.unit, ", ".join(field.values) or limits, field.privacy


def _limit(value: float | None) -> str:
    return "any" if value is None else number(value)


def _amount(value: float, scope: Scope) -> str:
    return amount(value, metric=scope.metric.name)


def _budget(value: float | None, unit: str) -> str:
    return "not limited" if value is None else f"{number(value)} {unit}"
