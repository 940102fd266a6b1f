"""``slipway batch``: score tables and take outcomes, decisions and metrics in bulk; no server is needed."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from cyclopts import App
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from slipway.cli.options import COMMON, Common
from slipway.cli.screen import console, say, show, tell, working

app = App(name="batch")


@app.command(sort_key=0)
def score(
    source: str,
    output: str,
    /,
    *,
    id: str | None = None,  # noqa: A002 - the field's own word
    entity: str | None = None,
    keep: list[str] | None = None,
    max_rejects: float | None = None,
    overwrite: bool = False,
    threads: int | None = None,
    common: Common = COMMON,
) -> int:
    """Answer each row of a table by the route in force, and journal it as requests are.

    Killed at any moment, the same command goes on where it was; the output is complete or absent. Rows that do not fit
    go to OUTPUT's name with .rejects.jsonl, each with the reason. Ends with 1 if there are any.

    Args:
        source: A file, a folder, a pattern in quotes, or an s3:// URL; Parquet, Arrow (.arrow) or CSV.
        output: A file of one of these formats, an s3:// URL, or a name without an ending: a folder of Parquet files.
        id: Column of prediction ids; without it ids are made.
        entity: Column of the entity; that of slipway.toml if not given.
        keep: A column of the input that the output has too; may be given several times; '*' is all.
        max_rejects: Stop if more than this share of the rows (0 to 1) is rejected.
        overwrite: Replace an output, or an unfinished job of another order, that is there.
        threads: How many; one a core if not given.
        common: What every command takes.
    """
    import logging  # noqa: PLC0415 - --help must not wait for it

    from slipway.cli.logs import logged_to_stderr  # noqa: PLC0415 - as above

    project = common.open()
    with logged_to_stderr(least=logging.WARNING), _bar() as progress:
        found = project.score(
            source,
            output=output,
            id=id,
            entity=entity,
            keep=keep or [],
            max_rejects=max_rejects,
            overwrite=overwrite,
            threads=threads,
            progress=progress,
            warn=tell,
        ).report
    return show(found, human=say(found.sentences), common=common, holds=not found.rejected)


@app.command(sort_key=1)
def outcomes(source: str, /, *, id: str = "id", value: str = "value", common: Common = COMMON) -> int:  # noqa: A002 - as above
    """Journal what turned out to be true, in bulk; the same file once more changes nothing.

    A row that is no outcome stops all of it: nothing is taken.

    Args:
        source: As for score.
        id: Column of prediction ids.
        value: Column of what turned out to be true; empty where it is not known yet.
        common: What every command takes.
    """
    project = common.open()
    with working("taking outcomes"):
        found = project.take_outcomes(source, id=id, value=value)
    return show(found, human=say([found.sentence]), common=common)


@app.command(sort_key=2)
def decisions(
    source: str,
    /,
    *,
    id: str = "id",  # noqa: A002 - as above
    decision: str = "decision",
    by: str = "by",
    decided_at: str | None = None,
    saw: str | None = None,
    common: Common = COMMON,
) -> int:
    """Journal what people, or systems outside, decided, in bulk; the same file once more changes nothing.

    A decision is never taken for what turned out to be true. A row that is none stops all of it: nothing is taken.

    Args:
        source: As for score.
        id: Column of prediction ids.
        decision: Column of what was decided; empty where nobody has yet.
        by: Column of who decided. Of each decider's decisions on one prediction the first counts.
        decided_at: Column of when: moments (UTC where they name no zone), or microseconds since the epoch.
        saw: Column of whether the model's answer was seen before: true, false or empty.
        common: What every command takes.
    """
    project = common.open()
    with working("taking decisions"):
        found = project.take_decisions(source, id=id, decision=decision, by=by, decided_at=decided_at, saw=saw)
    return show(found, human=say([found.sentence]), common=common)


@app.command(sort_key=3)
def metrics(
    source: str,
    /,
    *,
    id: str = "id",  # noqa: A002 - as above
    metric: str = "metric",
    value: str = "value",
    common: Common = COMMON,
) -> int:
    """Journal business metrics, such as revenue, in bulk; the same file once more changes nothing.

    A row that is none stops all of it: nothing is taken.

    Args:
        source: As for score.
        id: Column of prediction ids.
        metric: Column of metrics' names: lower-case letters, digits, '-' and '_'.
        value: Column of what was measured; empty where it is not known yet. Of one metric's values of one prediction
            the first counts.
        common: What every command takes.
    """
    project = common.open()
    with working("taking metrics"):
        found = project.take_metrics(source, id=id, metric=metric, value=value)
    return show(found, human=say([found.sentence]), common=common)


class _Speed(ProgressColumn):
    """Rows a second."""

    def render(self, task: Task) -> Text:
        return Text(f"{task.speed:,.0f} rows/s" if task.speed else "")


@contextmanager
def _bar() -> Iterator[Callable[[int, int], None]]:
    """Show on stderr how far it is, how fast, and how long it still takes; nothing where nobody watches."""
    if not sys.stderr.isatty():
        yield lambda *_: None
        return
    columns = (BarColumn(), MofNCompleteColumn(), TextColumn("rows"), _Speed(), TimeRemainingColumn())
    with Progress(*columns, console=console(sys.stderr), transient=True) as bar:
        task = bar.add_task("", total=None)
        yield lambda done, rows: bar.update(task, completed=done, total=rows)
