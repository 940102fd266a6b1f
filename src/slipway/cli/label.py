"""``slipway label``: which labels to look at, what people said of them, and the data that comes of it."""

from pathlib import Path
from typing import TYPE_CHECKING

from cyclopts import App

from slipway.cli.label_page import (
    agreement_page,
    applied_page,
    batch_page,
    bias_page,
    collected_page,
    consensus_page,
    guidelines_page,
    handed_page,
    queue_page,
    queues_page,
)
from slipway.cli.options import COMMON, Common
from slipway.cli.screen import Screen, counting, say, show, working
from slipway.cli.when import moment_us
from slipway.errors import NotFound
from slipway.records.label import Decision, LabelItem, QueueKind
from slipway.words import count

if TYPE_CHECKING:
    from slipway.project.labelling.queues import Made

app = App(name="label")


@app.command(sort_key=0)
def rank(
    dataset: str | None = None,
    /,
    *,
    column: str | None = None,
    train: str | None = None,
    folds: int = 5,
    tranche: int = 50,
    seed: int | None = None,
    common: Common = COMMON,
) -> int:
    """Rank labels by suspicion, with models that have not seen them, and make a queue of them.

    Args:
        dataset: Id, start of an id, or name of the dataset version; the newest if not given.
        column: Column of the labels; the target if not given.
        train: FILE.py:FUNCTION instead of model.train; classes need a classifier with predict_proba.
        folds: Each row is judged by a model of the other folds.
        tranche: Rows that are ranked together, and shown in an order of chance, so that some tell of the others.
        seed: Seed of all chance; that of slipway.toml if not given.
        common: What every command takes.
    """
    labels = common.open().labels
    with counting("models that have not seen their rows") as told:
        made = labels.rank(
            dataset=dataset, column=column, train=train, folds=folds, tranche=tranche, seed=seed, told=told
        )
    return _made(made, common)


@app.command(sort_key=1)
def sample(
    kind: QueueKind,
    dataset: str | None = None,
    /,
    *,
    rows: int,
    column: str | None = None,
    guideline: str | None = None,
    held_out: bool = False,
    seed: int = 0,
    common: Common = COMMON,
) -> int:
    """Draw rows at random: an audit tells how many errors are left, a second reading how far people agree.

    Args:
        kind: audit, or second-reading (by people who do not see the label).
        dataset: Id, start of an id, or name of the dataset version; the newest if not given.
        rows: How many. A larger sample with the same seed begins with the smaller.
        column: Column of the labels; the target if not given.
        guideline: Name or id of the guideline that people go by.
        held_out: Draw from the rows held out only, for 'slipway label bias'.
        seed: Seed of the draw.
        common: What every command takes.
    """
    made = common.open().labels.draw(
        kind, rows=rows, dataset=dataset, column=column, guideline=guideline, held_out=held_out, seed=seed
    )
    return _made(made, common)


@app.command(sort_key=15)
def bias(run: str, /, *, queue: str | None = None, common: Common = COMMON) -> int:
    """Say what a run's metric would be if all labels of the rows held out were right, from an audit of these.

    Args:
        run: Id of the run, or the start of it.
        queue: Id or start of an id of an audit made with --held-out; the newest queue if not given.
        common: What every command takes.
    """
    return show(common.open().labels.held_out_bias(run, queue=queue), human=bias_page, common=common)


@app.command(sort_key=2)
def settle(dataset: str | None = None, /, *, column: str | None = None, common: Common = COMMON) -> int:
    """Make a queue of rows that annotators disagree on, the least certain first, for somebody who labelled none.

    Args:
        dataset: Id, start of an id, or name of the dataset version; the newest if not given.
        column: Column of the labels; the target if not given.
        common: What every command takes.
    """
    return _made(common.open().labels.adjudicate(dataset=dataset, column=column), common)


@app.command(name="list", sort_key=3)
def list_(*, common: Common = COMMON) -> int:
    """List the queues, oldest first."""
    return show(common.open().labels.queues(), human=queues_page, common=common)


@app.command(name="next", sort_key=4)
def next_(queue: str | None = None, /, *, by: str | None = None, lease: str = "15min", common: Common = COMMON) -> int:
    """Hand out the next row of a queue; nobody else gets it until the lease ends.

    Args:
        queue: Id, start of an id, or kind of the queue; the newest if not given.
        by: Who is to look at it; who runs the command if not given.
        lease: How long nobody else gets it, such as 15min or 2h.
        common: What every command takes.
    """
    from slipway.cli.when import duration_s  # noqa: PLC0415 - as late as the rest of the engine

    handed = common.open().labels.next(queue, by=by, lease_s=duration_s(lease, option="--lease"))
    if handed is None:
        raise NotFound("label queue: want a row that waits for this person, found none. See 'slipway label progress'.")
    return show(handed, human=handed_page, common=common)


@app.command(sort_key=5)
def decide(
    row: str,
    decision: Decision | None = None,
    /,
    *,
    queue: str | None = None,
    value: str | None = None,
    by: str | None = None,
    why: str = "",
    common: Common = COMMON,
) -> int:
    """Decide on a row that was handed out; that is final.

    Args:
        row: Which row, as 'slipway label next' named it.
        decision: agree, flip (the label is wrong) or unsure; not needed with a value.
        queue: Id, start of an id, or kind of the queue; the newest if not given.
        value: What is true; not needed to agree, to be unsure, or to flip one of two classes.
        by: Who decides; who runs the command if not given.
        why: In words, for the audit trail.
        common: What every command takes.
    """
    labels = common.open().labels
    item = labels.decide(row, queue=queue, decision=decision, value=value, by=by, why=why)
    return show(item, human=_decided, common=common)


@app.command(sort_key=6)
def progress(queue: str | None = None, /, *, worth: float = 20.0, common: Common = COMMON) -> int:
    """Say what was found in a queue, how precise the ranking is, how many errors are left, and whether to go on.

    Args:
        queue: Id, start of an id, or kind of the queue; the newest if not given.
        worth: How many looks one error found is worth; below 1 wrong label in so many it says stop.
        common: What every command takes.
    """
    return show(common.open().labels.progress(queue, worth=worth), human=queue_page, common=common)


@app.command(name="apply", sort_key=7)
def apply_(
    dataset: str | None = None, /, *, column: str | None = None, consensus: bool = False, common: Common = COMMON
) -> int:
    """Make a new dataset version with the labels that people decided on; the one before stays as it is.

    Args:
        dataset: Id, start of an id, or name of the version to start from; the newest if not given.
        column: Column of the labels; the target if not given.
        consensus: Also give rows that nobody ruled on what annotators say together.
        common: What every command takes.
    """
    labels = common.open().labels
    with working("making a dataset version"):
        applied = labels.apply(dataset=dataset, column=column, consensus=consensus)
    return show(applied, human=applied_page, common=common)


@app.command(sort_key=8)
def collect(
    name: str = "main",
    /,
    *,
    onto: str | None = None,
    since: str | None = None,
    until: str | None = None,
    common: Common = COMMON,
) -> int:
    """Make a dataset version with what production found out: answered requests whose outcome has come.

    Requests younger than rollout.maturity wait, and none is taken twice.

    Args:
        name: Name of the dataset.
        onto: Version to append to: id, start of an id, or name; the newest of that name if not given.
        since: Requests received from then on: a day, a moment (UTC) or how long ago; else where the last one ended.
        until: Requests received before then.
        common: What every command takes.
    """
    project = common.open()
    now = project.now_us()
    since_us, until_us = (
        None if text is None else moment_us(text, option=option, now_us=now)
        for text, option in ((since, "--since"), (until, "--until"))
    )
    with working("making a dataset version"):
        got = project.labels.collect(name=name, onto=onto, since_us=since_us, until_us=until_us)
    return show(got, human=collected_page, common=common)


@app.command(sort_key=9)
def guideline(name: str, file: Path, /, *, common: Common = COMMON) -> int:
    """Keep a version of the guideline that annotators go by; its id is the hash of its text.

    Args:
        name: A checked word, the same for all versions.
        file: The text.
        common: What every command takes.
    """
    try:
        text = file.read_text(encoding="utf-8")
    except OSError as error:
        raise NotFound(f"guideline: want a readable file {file}, got '{error.strerror}'.") from None
    return show(
        common.open().labels.add_guideline(name, text=text), human=lambda s, g: guidelines_page(s, [g]), common=common
    )


@app.command(sort_key=10)
def guidelines(*, common: Common = COMMON) -> int:
    """List the versions of guidelines, oldest first."""
    return show(common.open().labels.guidelines(), human=guidelines_page, common=common)


@app.command(name="import", sort_key=11)
def import_(
    file: Path,
    dataset: str | None = None,
    /,
    *,
    column: str | None = None,
    guideline: str | None = None,
    row: str = "row",
    annotator: str = "annotator",
    value: str = "value",
    at: str = "at",
    common: Common = COMMON,
) -> int:
    """Take in labels by annotators: CSV, Parquet or JSON with one line a label, or a JSON export of Label Studio.

    Args:
        file: The file.
        dataset: Id, start of an id, or name of the dataset version; the newest if not given.
        column: Column of the data whose values they are; the target if not given.
        guideline: Name (its newest version) or id of the guideline they went by.
        row: What the file calls the row: the entity where that names a row, else the name that an export gives it.
        annotator: What the file calls the annotator.
        value: What the file calls the label.
        at: What the file calls the moment; need not be there.
        common: What every command takes.
    """
    from slipway.data.labels.from_table import LabelColumns  # noqa: PLC0415 - it brings the table engine

    columns = LabelColumns(row=row, annotator=annotator, value=value, at=at)
    taken = common.open().labels.take(file, dataset=dataset, column=column, columns=columns, guideline=guideline)
    return show(taken, human=batch_page, common=common)


@app.command(sort_key=12)
def export(file: Path, /, *, queue: str | None = None, rows: int | None = None, common: Common = COMMON) -> int:
    """Write the rows of a queue that wait as tasks for Label Studio, and its labelling interface beside them.

    Args:
        file: A new .json file; the interface goes into .xml of the same name.
        queue: Id, start of an id, or kind of the queue; the newest if not given.
        rows: At most so many.
        common: What every command takes.
    """
    written = common.open().labels.export(file, queue=queue, rows=rows)
    said = (
        f"{count(written, 'task')} in {file}; paste {file.with_suffix('.xml')} into the project's labelling interface."
    )
    return show({"tasks": written}, human=say([said]), common=common)


@app.command(sort_key=13)
def agreement(dataset: str | None = None, /, *, column: str | None = None, common: Common = COMMON) -> int:
    """Show how far annotators agree beyond chance, by version of the guideline and by pair.

    Args:
        dataset: Id, start of an id, or name of the dataset version; the newest if not given.
        column: Column of the labels; the target if not given.
        common: What every command takes.
    """
    return show(common.open().labels.agreement(dataset=dataset, column=column), human=agreement_page, common=common)


@app.command(sort_key=14)
def consensus(dataset: str | None = None, /, *, column: str | None = None, common: Common = COMMON) -> int:
    """Show what annotators say together, by Dawid and Skene's method, and how good each of them seems to be.

    Args:
        dataset: Id, start of an id, or name of the dataset version; the newest if not given.
        column: Column of the labels; the target if not given.
        common: What every command takes.
    """
    return show(common.open().labels.consensus(dataset=dataset, column=column), human=consensus_page, common=common)


def _made(made: "Made", common: Common) -> int:
    return show([made], human=queues_page, common=common)


def _decided(screen: Screen, item: LabelItem) -> None:
    ruling = item.ruling
    if ruling is not None:
        screen.line(f"Row {item.row}: {ruling.decision}" + (f", it is {ruling.value}." if ruling.value else "."))
