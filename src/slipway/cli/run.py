"""``slipway run``: (code, hyperparameters, data, seed) -> model and metrics."""

import json
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cyclopts import App

from slipway.cli.data import SCORE_HEADS, score_row
from slipway.cli.options import COMMON, Common
from slipway.cli.pick import before_of, pick
from slipway.cli.screen import Screen, counting, say, show, working
from slipway.errors import BadInput
from slipway.records.run import Run, RunKind
from slipway.words import amount, moment, number, percent, short, span

if TYPE_CHECKING:
    from slipway.modeling.fairness import GroupMeasure
    from slipway.project.attributing import Attribution
    from slipway.project.comparing import RunComparison
    from slipway.project.slicing import ErrorAnalysis
    from slipway.stats.evidence import FixedInterval

app = App(name="run")


@app.command(sort_key=0)
def train(
    dataset: str | None = None,
    /,
    *,
    param: list[str] | None = None,
    seed: int | None = None,
    name: str | None = None,
    common: Common = COMMON,
) -> int:
    """Train a model, compare it with the baselines, find its worst slices, and package it.

    Args:
        dataset: Id, start of an id, or name of the dataset version; the newest if not given.
        param: A hyperparameter as NAME=VALUE, over those in slipway.toml; may be given several times.
        seed: Seed of all chance; that of slipway.toml if not given.
        name: Name of the packaged model.
        common: What every command takes.
    """
    project = common.open()
    chosen = None if dataset is None else pick(dataset, project.datasets(), what="dataset", key=_id, name=_name).id
    params = {**project.scope.modeling.params, **_params(param)} if param else None
    with working("training"):
        run = project.train(dataset=chosen, params=params, seed=seed, name=name)
    return show(run, human=_page, common=common)


@app.command(name="list", sort_key=1)
def list_(*, common: Common = COMMON) -> int:
    """List the runs, oldest first."""
    return show(common.open().runs(), human=_list, common=common)


@app.command(name="show", sort_key=2)
def show_(run: str | None = None, /, *, common: Common = COMMON) -> int:
    """Show a run: its scores beside the baselines, its worst slices, and everything needed to repeat it.

    Args:
        run: Id or start of an id; the newest if not given.
        common: What every command takes.
    """
    return show(_pick(run, common.open().runs()), human=_page, common=common)


@app.command(sort_key=3)
def compare(
    before: str | None = None,
    after: str | None = None,
    /,
    *,
    divide: bool = False,
    seeds: int = 3,
    common: Common = COMMON,
) -> int:
    """Say what one run changed against another (code, hyperparameters or data), and what that brought.

    Args:
        before: Id or start of an id of the earlier run; the one before the later if not given.
        after: The later run; the newest if not given.
        divide: Also say how much of the change each of code, hyperparameters and data brought. For that the models
            between the two runs are trained (new code on old data, ...), once; they are kept.
        seeds: With --divide: seeds to train each of them with.
        common: What every command takes.
    """
    project = common.open()
    known = project.runs()
    with working("comparing two runs"):
        later = _pick(after, known)
        earlier = before_of(later, known, what="run", key=_id) if before is None else _pick(before, known)
        found = project.compare_runs(earlier.id, later.id)
    if not divide:
        return show(found, human=say((*found.sentences, *_offer(found))), common=common)
    with counting("training models between the two runs") as told:
        parts = project.attribute_runs(earlier.id, later.id, seeds=seeds, told=told)
    return show(Divided(comparison=found, division=parts), human=_divided, common=common)


@dataclass(frozen=True)
class Divided:
    """What two runs differ in, and what each difference brought."""

    comparison: "RunComparison"
    division: "Attribution"


def _divided(screen: Screen, found: Divided) -> None:
    for sentence in (*found.comparison.sentences, *found.division.sentences):
        screen.line(sentence)


def _offer(found: "RunComparison") -> tuple[str, ...]:
    """Say how to learn more, where more than one thing changed."""
    if found.kind is not RunKind.MIXED:
        return ()
    ids = f"{short(found.before)} {short(found.after)}"
    return (f"'slipway run compare {ids} --divide' says how much each change brought; it trains the models between.",)


@app.command(sort_key=4)
def slices(
    run: str | None = None, /, *, depth: int = 3, most: int = 10, svg: Path | None = None, common: Common = COMMON
) -> int:
    """Say where a run's model is wrong: the worst slices, what they have to gain, and what to do next.

    Groups of the columns under model.protected are measured one by one.

    Args:
        run: Id or start of an id; the newest if not given.
        depth: The most conditions of a slice, 1 to 4.
        most: The most slices to confirm.
        svg: File to draw the slices into: wide as the share of rows, high as the gap, so that area is what is to gain.
        common: What every command takes.
    """
    project = common.open()
    chosen = _pick(run, project.runs())
    with working("searching every slice"):
        found = project.analyse_errors(chosen.id, depth=depth, most=most)
    if svg is not None:
        from slipway.web.figure import write_headroom  # noqa: PLC0415 - it brings templates; --help must not wait for it

        write_headroom(found.slices, metric=found.metric, out=svg)
    return show(found, human=_slices, common=common)


def _slices(screen: Screen, found: "ErrorAnalysis") -> None:
    say = partial(amount, metric=found.metric)
    screen.title(f"Where run {short(found.run)} is wrong, on {number(found.rows)} rows held out")
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


def _list(screen: Screen, known: list[Run]) -> None:
    rows = [(short(r.id), moment(r.started_us), short(r.data), _test(r), short(r.package or "-")) for r in known]
    heads = ("id", "trained", "data", ">on test rows", "package")
    screen.table(heads, rows, none="No run yet. 'slipway run train' trains one.")


def _test(run: Run) -> str:
    found = next((s for s in run.scores if s.name == "model" and s.split == "test"), None)
    return amount(found.value, metric=found.metric) if found else "unknown"


def _page(screen: Screen, run: Run) -> None:
    screen.title(f"Run {short(run.id)}")
    screen.facts(
        [
            ("id", run.id),
            ("trained", f"{moment(run.started_us)}, in {span((run.ended_us - run.started_us) / 1e6)}"),
            ("data", short(run.data)),
            ("code", short(run.code)),
            ("parameters", json.dumps(run.params, sort_keys=True, default=str)),
            ("seed", str(run.seed)),
            ("package", run.package or "none"),
        ]
    )
    screen.line()
    screen.title("Scores")
    screen.table(SCORE_HEADS, [score_row(s) for s in run.scores])
    screen.line()
    screen.title("Worst slices")
    rows = [
        (s.where, f"{number(s.n)} ({percent(s.share, digits=0)})", number(s.value), number(s.rest), number(s.headroom))
        for s in run.slices
    ]
    screen.table(("where", ">rows", ">inside", ">elsewhere", ">headroom"), rows, none="none that is confirmed")
