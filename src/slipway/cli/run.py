"""``slipway run``: (code, hyperparameters, data, seed) -> model and metrics."""

import json
import sys
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cyclopts import App

from slipway.cli.options import COMMON, Common
from slipway.cli.pick import before_of, pick
from slipway.cli.run_live import reporting
from slipway.cli.run_page import page, page_of_all
from slipway.cli.run_search import search
from slipway.cli.screen import Screen, counting, show, tell, working
from slipway.errors import BadInput
from slipway.records.run import Level, Run, RunKind
from slipway.words import amount, count, number, percent, plain, short, span

if TYPE_CHECKING:
    from slipway.modeling.fairness import GroupMeasure
    from slipway.project import Project
    from slipway.project.attributing import Attribution, Outlook
    from slipway.project.comparing import RunComparison
    from slipway.project.slicing import ErrorAnalysis
    from slipway.scoping.judge import Judgement
    from slipway.stats.evidence import FixedInterval

app = App(name="run")

_ASK_FROM_S = 60.0


@app.command(sort_key=0)
def train(
    dataset: str | None = None,
    /,
    *,
    param: list[str] | None = None,
    seed: int | None = None,
    seeds: int = 1,
    name: str | None = None,
    timeout: str | None = None,
    common: Common = COMMON,
) -> int:
    """Train a model, compare it with the baselines, find its worst slices, and package it.

    Args:
        dataset: Id, start of an id, or name of the dataset version; the newest if not given.
        param: A hyperparameter as NAME=VALUE, over those in slipway.toml; may be given several times.
        seed: Seed of all chance; that of slipway.toml if not given.
        seeds: With how many seeds in all to train; the model of the first is packaged, the others tell what is chance.
        name: Name of the packaged model.
        timeout: The longest that one training may take, such as 10min.
        common: What every command takes.
    """
    from slipway.cli.when import duration_s  # noqa: PLC0415 - it brings the rules; --help must not wait for them

    project = common.open()
    timeout_s = None if timeout is None else duration_s(timeout, option="--timeout")
    chosen = None if dataset is None else pick(dataset, project.datasets(), what="dataset", key=_id, name=_name).id
    params = {**project.scope.modeling.params, **_params(param)} if param else None
    with reporting("training") as told:
        run = project.train(chosen, params=params, seed=seed, seeds=seeds, name=name, timeout_s=timeout_s, told=told)
    return show(run, human=partial(page, judged=_judged(project, run)), common=common)


app.command(search, sort_key=1)


@app.command(name="list", sort_key=2)
def list_(*, common: Common = COMMON) -> int:
    """List the runs, oldest first: what kind each was, and what was begun but did not end well."""
    project = common.open()
    return show(project.runs(), human=partial(page_of_all, attempts=project.attempts()), common=common)


@app.command(name="show", sort_key=3)
def show_(run: str | None = None, /, *, common: Common = COMMON) -> int:
    """Show a run: its scores beside the baselines, its worst slices, and everything needed to repeat it.

    Args:
        run: Id or start of an id; the newest if not given.
        common: What every command takes.
    """
    project = common.open()
    chosen = _pick(run, project.runs())
    return show(
        chosen, human=partial(page, kind=project.kind_of_run(chosen.id), judged=_judged(project, chosen)), common=common
    )


@app.command(sort_key=4)
def compare(
    before: str | None = None,
    after: str | None = None,
    /,
    *,
    diff: bool = False,
    divide: bool = False,
    seeds: int = 3,
    yes: bool = False,
    common: Common = COMMON,
) -> int:
    """Say what one run changed against another (code, hyperparameters or data), and what that brought.

    Args:
        before: Id or start of an id of the earlier run; the one before the later if not given.
        after: The later run; the newest if not given.
        diff: Also print what changed in the code, line by line.
        divide: Also say how much of the change each of code, hyperparameters and data brought. For that the models
            between the two runs are trained (new code on old data, ...), once; they are kept.
        seeds: With --divide: seeds to train each of them with.
        yes: With --divide: do not ask, however long it takes.
        common: What every command takes.
    """
    project = common.open()
    known = project.runs()
    with working("comparing two runs"):
        later = _pick(after, known)
        earlier = before_of(later, known, what="run", key=_id) if before is None else _pick(before, known)
        found = project.compare_runs(earlier.id, later.id)
    if not divide:
        return show(found, human=partial(_compared, diff=diff), common=common)
    _agree(project.attribution_outlook(earlier.id, later.id, seeds=seeds), yes=yes)
    with counting("training models between the two runs") as told:
        parts = project.attribute_runs(earlier.id, later.id, seeds=seeds, told=told)
    return show(Divided(comparison=found, division=parts), human=partial(_divided, diff=diff), common=common)


@dataclass(frozen=True)
class Divided:
    """What two runs differ in, and what each difference brought."""

    comparison: "RunComparison"
    division: "Attribution"


def _divided(screen: Screen, found: Divided, *, diff: bool) -> None:
    for sentence in (*found.comparison.sentences, *found.division.sentences):
        screen.line(sentence)
    _diff(screen, found.comparison, wanted=diff)


def _compared(screen: Screen, found: "RunComparison", *, diff: bool) -> None:
    for sentence in (*found.sentences, *_offer(found)):
        screen.line(sentence)
    _diff(screen, found, wanted=diff)


def _judged(project: "Project", run: Run) -> tuple["Judgement", ...]:
    """Judge a run; nothing where the scope has changed since in a way that its rows would be divided otherwise."""
    try:
        return project.judge_run(run)
    except BadInput:
        return ()


def _diff(screen: Screen, found: "RunComparison", *, wanted: bool) -> None:
    if wanted:
        screen.line()
        for line in found.diff or ("no line of the code changed",):
            print(plain(line))  # as it is: code that is wrapped at words is no code


def _agree(outlook: "Outlook", *, yes: bool) -> None:
    """Say what is going to be trained and about how long that takes; ask where it is more than a minute."""
    if not outlook.models:
        return
    tell(f"{count(outlook.models, 'model')} to train, about {span(outlook.seconds)} by how long the two runs took.")
    if yes or outlook.seconds <= _ASK_FROM_S:
        return
    if not sys.stdin.isatty():
        raise BadInput(f"--divide: want a yes to about {span(outlook.seconds)} of training, got none. Add --yes.")
    if input("Go on? [y/N] ").strip().lower() not in ("y", "yes"):
        raise BadInput("--divide: want a yes, got none. Nothing was trained.")


def _offer(found: "RunComparison") -> tuple[str, ...]:
    """Say how to learn more, where more than one thing changed."""
    if found.kind is not RunKind.MIXED:
        return ()
    ids = f"{short(found.before)} {short(found.after)}"
    return (f"'slipway run compare {ids} --divide' says how much each change brought; it trains the models between.",)


@app.command(sort_key=5)
def slices(
    run: str | None = None,
    /,
    *,
    depth: int = 3,
    most: int = 10,
    level: Level | None = None,
    svg: Path | None = None,
    common: Common = COMMON,
) -> int:
    """Say where a run's model is wrong: the worst slices, what they have to gain, and what to do next.

    Groups of the columns under model.protected are measured one by one.

    Args:
        run: Id or start of an id; the newest if not given.
        depth: The most conditions of a slice, 1 to 4.
        most: The most slices to confirm.
        level: What slices are held against: human, present (the system that answers today), or rest (the other rows);
            the first of these that is known if not given.
        svg: File to draw the slices into: wide as the share of rows, high as the gap, so that area is what is to gain.
        common: What every command takes.
    """
    project = common.open()
    chosen = _pick(run, project.runs())
    with working("searching every slice"):
        found = project.analyse_errors(chosen.id, depth=depth, most=most, level=level)
    if svg is not None:
        from slipway.web.figure import write_headroom  # noqa: PLC0415 - it brings templates; --help must not wait for it

        write_headroom(found.slices, metric=found.metric, out=svg)
    return show(found, human=_slices, common=common)


def _slices(screen: Screen, found: "ErrorAnalysis") -> None:
    from slipway.modeling.looks import say_look  # noqa: PLC0415 - it brings numpy; --help must not wait for it

    say = partial(amount, metric=found.metric)
    screen.title(f"Where run {short(found.run)} is wrong, on {number(found.rows)} rows held out")
    if seen := say_look(found.look, rows=found.rows):
        screen.line(f"  {seen}")
    rows = [
        (
            s.where,
            f"{number(s.n)} ({percent(s.share, digits=0)})",
            say(s.value),
            f"{say(s.level)} ({s.level_of})",
            f"{say(s.low)} to {say(s.high)}",
            say(s.headroom),
        )
        for s in found.slices
    ]
    heads = ("slice", ">rows", ">" + found.metric, "level", "worse than elsewhere by", ">to gain")
    screen.table(heads, rows, none="none that is confirmed")
    for column in found.groups:
        screen.line()
        screen.title(f"By {column.column}")
        measured = [(g.group, number(g.n), *map(_interval, _measures(g))) for g in column.measured]
        screen.table(("group", ">rows", found.metric, "said yes", "false yes", "false no"), measured)
        small = (
            f"; {number(column.unmeasured_rows)} rows in groups too small to measure" if column.unmeasured_rows else ""
        )
        screen.line(f"  {column.gap or 'one group'}{small}")
    screen.line()
    screen.title("Next")
    for step in found.next_steps:
        screen.line(f"  {step}")


def _measures(group: "GroupMeasure") -> tuple["FixedInterval | None", ...]:
    return group.loss, group.selected, group.false_positive, group.false_negative


def _interval(found: "FixedInterval | None") -> str:
    return "-" if found is None else f"{found.estimate:.3g} [{found.low:.3g}, {found.high:.3g}]"


def _pick(word: str | None, known: list[Run]) -> Run:
    return pick(word, known, what="run", key=_id, name=_id)


def _id(item: Any) -> str:
    return str(item.id)


def _name(item: Any) -> str:
    return str(item.name)


def _params(words: list[str]) -> dict[str, Any]:
    """Read NAME=VALUE; a value that is JSON (a number, true, null, a list) is read as such, all else is text."""
    found: dict[str, Any] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals or not name.isidentifier():
            raise BadInput(f"--param {word}: want NAME=VALUE, such as --param max_iter=200.")
        try:
            found[name] = json.loads(value)
        except ValueError:
            found[name] = value
    return found
