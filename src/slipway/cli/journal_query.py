"""``slipway journal query``: SQL over what was asked, answered and found out."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from slipway.cli.options import COMMON, Common
from slipway.cli.screen import Screen, say, show, working
from slipway.cli.when import moment_us
from slipway.errors import BadInput
from slipway.words import number

if TYPE_CHECKING:  # it brings the table engine; --help must not wait for it
    import polars as pl


class Found(NamedTuple):
    """The first rows of an answer.

    Attributes:
        heads: Names of the columns.
        numeric: Which of them hold numbers.
        rows: The rows.
        more: Whether there are more.
    """

    heads: list[str]
    numeric: list[bool]
    rows: list[tuple[Any, ...]]
    more: bool


def query(
    sql: str,
    *,
    since: str | None = None,
    until: str | None = None,
    rows: int = 100,
    out: Path | None = None,
    unchecked: bool = False,
    common: Common = COMMON,
) -> int:
    """Ask the journal in SQL: one SELECT over predictions, shadows, outcomes, decisions, metrics, answers.

    'answers' is each prediction once, with its first outcome, as rollouts are judged by. The columns are in
    docs/reference/journal.md. For example:

    slipway journal query "select arm, count(*) as n, avg(score) as mean from answers group by arm"

    Args:
        sql: One SELECT.
        since: Only what was received from then on: a day (2013-04-09), a moment (2013-04-09T14:05, UTC) or how long
            ago (7d, 6h). Segments that lie outside are not read.
        until: Only what was received before then.
        rows: How many rows to print; --json and --out give all of them.
        out: New file that gets the rows as a stream: .csv or .parquet.
        unchecked: Do not hold each file against its hash first, which reads all of it.
        common: What every command takes.
    """
    if rows < 1:
        raise BadInput(f"--rows: want at least 1, got {rows}.")
    if out is not None and common.json:
        raise BadInput("journal query: want --out or --json, got both.")
    project = common.open()
    from slipway.storage.journal.query import collected, written  # noqa: PLC0415 - it brings the table engine

    found = project.query(
        sql,
        since_us=None if since is None else moment_us(since, option="--since", now_us=project.now_us()),
        until_us=None if until is None else moment_us(until, option="--until", now_us=project.now_us()),
        checked=not unchecked,
    )
    if out is not None:
        with working(f"writing {out}"):
            written(found, path=out)
        return show(str(out), human=say([f"Wrote {out}."]), common=common)
    if common.json:
        return show(collected(found).to_dicts(), human=say([]), common=common)
    return show(_first(collected(found, most=rows + 1), rows=rows), human=_page, common=common)


def _first(found: "pl.DataFrame", *, rows: int) -> Found:
    numeric = [dtype.is_numeric() for dtype in found.dtypes]
    return Found(found.columns, numeric, found.head(rows).rows(), more=found.height > rows)


def _page(screen: Screen, found: Found) -> None:
    heads = [f">{h}" if n else h for h, n in zip(found.heads, found.numeric, strict=True)]
    screen.table(heads, [[_cell(v) for v in row] for row in found.rows], none="no row")
    if found.more:
        screen.line(f"  More than {len(found.rows):,} rows. --rows N prints more, --out FILE.parquet takes all.")


def _cell(value: Any) -> str:
    match value:
        case None:
            return "-"
        case float():
            return number(value, digits=6)
        case datetime():
            return f"{value:%Y-%m-%d %H:%M:%S}"
        case list():
            return ", ".join(map(_cell, value))
        case _:
            return str(value)
