"""``slipway data``: dataset versions, named by their content."""

from collections.abc import Iterable

from cyclopts import App

from slipway.cli.options import COMMON, Common
from slipway.cli.pick import before_of, pick
from slipway.cli.screen import Screen, say, show, working
from slipway.records.dataset import ColumnProfile, DatasetVersion, Score
from slipway.records.field import FieldKind
from slipway.words import amount, count, moment, number, percent, short

app = App(name="data")


@app.command(sort_key=0)
def make(name: str = "main", /, *, timeout: str | None = None, common: Common = COMMON) -> int:
    """Make a dataset version of what [data] in slipway.toml names: checked, split, profiled, named by its content.

    Ends with 1 if a check failed; the version is kept all the same, with what was found.

    Args:
        name: Name of the dataset.
        timeout: The longest that the function of data.source may take, such as 10min.
        common: What every command takes.
    """
    from slipway.cli.when import duration_s  # noqa: PLC0415 - it brings the rules; --help must not wait for them

    project = common.open()
    timeout_s = None if timeout is None else duration_s(timeout, option="--timeout")
    with working("making a dataset version"):
        made = project.make_dataset(name, timeout_s=timeout_s)
    return show(made, human=_page, common=common, holds=all(c.passed for c in made.checks))


@app.command(name="list", sort_key=1)
def list_(*, common: Common = COMMON) -> int:
    """List the dataset versions, oldest first."""
    return show(common.open().datasets(), human=_list, common=common)


@app.command(name="show", sort_key=2)
def show_(dataset: str | None = None, /, *, common: Common = COMMON) -> int:
    """Show a dataset version: where it came from, its columns, its checks, the baselines a model must beat.

    Args:
        dataset: Id, start of an id, or name; the newest if not given.
        common: What every command takes.
    """
    return show(_pick(dataset, common.open().datasets()), human=_page, common=common)


@app.command(sort_key=3)
def diff(before: str | None = None, after: str | None = None, /, *, rows: int = 0, common: Common = COMMON) -> int:
    """Say what changed between two dataset versions: rows added, gone, changed; columns that moved.

    Args:
        before: Id, start of an id, or name of the earlier version; the one before the later if not given.
        after: The later version; the newest if not given.
        rows: How many rows of each change to name.
        common: What every command takes.
    """
    project = common.open()
    known = project.datasets()
    with working("comparing two versions"):
        later = _pick(after, known)
        earlier = (
            before_of(later, known, what="dataset", key=lambda d: d.id) if before is None else _pick(before, known)
        )
        found = project.compare_datasets(earlier.id, later.id, rows=rows)
    return show(found, human=say(found.sentences), common=common)


@app.command(sort_key=4)
def lineage(dataset: str | None = None, /, *, common: Common = COMMON) -> int:
    """Say what a dataset version came from, and which versions, runs, packages and lists to label came from it.

    Args:
        dataset: Id, start of an id, or name; the newest if not given.
        common: What every command takes.
    """
    project = common.open()
    found = project.dataset_lineage(_pick(dataset, project.datasets()).id)
    return show(found, human=say(found.sentences), common=common)


def _pick(word: str | None, known: list[DatasetVersion]) -> DatasetVersion:
    return pick(word, known, what="dataset", key=lambda d: d.id, name=lambda d: d.name)


def _list(screen: Screen, known: list[DatasetVersion]) -> None:
    rows = [(short(d.id), d.name, number(d.rows), _checks(d), moment(d.created_us), d.source) for d in known]
    heads = ("id", "name", ">rows", "checks", "made", "from")
    screen.table(heads, rows, none="No dataset version yet. 'slipway data make' makes one.")


def _checks_of(screen: Screen, version: DatasetVersion) -> None:
    """Print what failed and what concerns the whole; the many checks of single columns that held are counted."""
    shown = [c for c in version.checks if not c.passed or ": " not in c.name]
    held = len(version.checks) - len(shown)
    screen.title("Checks")
    if held:
        screen.line(f"  {held} checks of single columns hold (present, kind, range); besides:")
    screen.table(("check", "holds", "found"), [(c.name, "yes" if c.passed else "no", c.detail) for c in shown])


def _checks(version: DatasetVersion) -> str:
    failed = sum(not c.passed for c in version.checks)
    return f"{failed} failed" if failed else "hold"


def _page(screen: Screen, version: DatasetVersion) -> None:
    splits = ", ".join(f"{name} {number(rows)}" for name, rows in version.splits.items() if rows)
    screen.title(f"Dataset {version.name} {short(version.id)}")
    screen.facts(
        [
            ("rows", f"{number(version.rows)} ({splits}; split by {version.split_kind})"),
            ("from", version.source),
            ("made", moment(version.created_us)),
            ("id", version.id),
        ]
    )
    screen.line()
    _checks_of(screen, version)
    screen.line()
    screen.title("Columns")
    screen.table(("column", "kind", "holds", ">missing"), [_column(c) for c in version.columns])
    screen.line()
    screen.title("To beat")
    show_scores(screen, version.baselines)


RARE = 0.01
"""A category whose most frequent value is rarer than this is told by its number of values."""


def show_scores(screen: Screen, scores: Iterable[Score]) -> None:
    """Print scores with their intervals, and below what they count and what those are whose names do not say it."""
    known = list(scores)
    screen.table(("who", "metric", "rows of", ">value", "interval", ">rows"), [_score_row(s) for s in known])
    for score in known:
        if score.what:
            screen.line(f"  {score.name}: {score.what}")
    if units := max((s.units for s in known if s.split == "test"), default=0):
        screen.line(f"  test: intervals are on {count(units, 'unit')} (groups, days or entities), whose rows are alike")


def _score_row(score: Score) -> tuple[str, str, str, str, str, str]:
    value, low, high = (amount(v, metric=score.metric) for v in (score.value, score.low, score.high))
    return score.name, score.metric, score.split, value, f"{low} to {high}", number(score.n)


def _column(column: ColumnProfile) -> tuple[str, str, str, str]:
    missing = percent(column.missing_share) if column.missing_share else "none"
    if column.kind is FieldKind.NUMBER and column.mean is not None:
        limits = f", {number(column.quantiles[0])} to {number(column.quantiles[-1])}" if column.quantiles else ""
        return column.name, column.kind, f"mean {number(column.mean)}, sd {number(column.sd)}{limits}", missing
    if not column.top or column.top[0][1] < RARE:
        return column.name, column.kind, f"{number(column.distinct)} different values", missing
    top = ", ".join(f"{word} {percent(share, digits=0)}" for word, share in column.top[:3])
    return column.name, column.kind, top, missing
