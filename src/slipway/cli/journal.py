"""``slipway journal``: what was asked, what was answered, and what turned out to be true."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from cyclopts import App

from slipway.cli.options import COMMON, Common
from slipway.cli.screen import Screen, say, show, working
from slipway.errors import BadInput
from slipway.records.base import Record
from slipway.records.frame import Frame, OutcomeFrame, PredictionFrame
from slipway.storage.journal import SegmentReader
from slipway.storage.journal.reader import list_segments
from slipway.storage.layout import Layout
from slipway.words import moment, number, short, size, utc

if TYPE_CHECKING:  # it brings the table engine; --help must not wait for it
    from slipway.project.keeping import Pruned

app = App(name="journal")


class Line(Record, frozen=True, kw_only=True):
    """One row of the journal, in the few words that tell it from others.

    Attributes:
        at_us: When it was received.
        kind: ``prediction`` or ``outcome``.
        id: Prediction id.
        entity: What the assignment was keyed on; empty for an outcome.
        arm: Who answered; empty for an outcome.
        fallback: Whether the arm stepped in for one that failed.
        value: The answer, or what turned out to be true; None where nothing could answer.
        latency_us: From receipt to answer; None for an outcome.
    """

    at_us: int
    kind: str
    id: str
    entity: str = ""
    arm: str = ""
    fallback: bool = False
    value: float | None
    latency_us: int | None = None


@app.command(sort_key=0)
def verify(*, common: Common = COMMON) -> int:
    """Read every frame of the journal, every blob and the audit chain, and check each against its hash.

    Ends with 1 if anything is not what was written.
    """
    project = common.open()
    with working("reading everything"):
        found = project.verify()
    return show(found, human=say([found.sentence]), common=common, holds=found.holds)


@app.command(sort_key=3)
def prune(*, dry_run: bool = False, common: Common = COMMON) -> int:
    """Remove what [journal] of slipway.toml no longer keeps, as far as nothing needs it.

    A running server does so by itself every minute. Rows that a rollout which runs, a shadow or an outcome still to
    come needs stay, whatever their age. Each segment that goes is noted in the audit trail.

    Args:
        dry_run: Only show what would go, and what stays because somebody needs it.
        common: What every command takes.
    """
    found = common.open().prune(dry_run=dry_run)
    return show(found, human=_pruned, common=common, holds=not found.errors)


def _pruned(screen: Screen, found: "Pruned") -> None:
    screen.line(found.sentence if found.removed or not found.plan.remove else f"Would remove {found.sentence}")
    screen.table(
        ("due", "until (UTC)", ">rows", ">takes", "because"),
        [
            (r.segment, moment(r.last_us), number(sum(r.rows.values())), size(r.size_bytes), r.why)
            for r in found.plan.remove
        ],
        none="nothing is due",
    )
    if found.plan.keep:
        screen.line()
        screen.title("Due, and kept all the same")
        screen.table(
            ("segment", ">takes", "because"), [(k.segment, size(k.size_bytes), k.why) for k in found.plan.keep]
        )
    for error in found.errors:
        screen.line(f"  PROBLEM: {error}", style="bold red")


@app.command(sort_key=1)
def tail(*, rows: int = 20, follow: bool = False, common: Common = COMMON) -> int:
    """Show the newest predictions and outcomes.

    Args:
        rows: How many.
        follow: Go on showing new ones until stopped; not with --json, which prints one document and ends.
        common: What every command takes.
    """
    if follow and common.json:
        raise BadInput("journal tail: want --follow or --json, got both. --json prints one document and ends.")
    if rows < 1:
        raise BadInput(f"--rows: want at least 1, got {rows}.")
    layout = Layout(common.folder())
    places: dict[str, int] = {}
    newest = latest(layout, rows=rows, places=places)
    status = show(newest, human=_tail, common=common)
    while follow:
        time.sleep(0.5)
        reader = SegmentReader(layout.journal)
        fresh: list[Line] = []
        for frame, position in reader.read(places):
            places[position.segment] = position.offset
            fresh.extend(lines(frame))
        if fresh:
            show(sorted(fresh, key=_when), human=_more, common=common)
    return status


def latest(layout: Layout, *, rows: int, places: dict[str, int]) -> list[Line]:
    """Return the newest rows, oldest of them first, and note in ``places`` how far each segment was read."""
    if not layout.journal.is_dir():
        return []
    reader, found = SegmentReader(layout.journal), list[Line]()
    segments = sorted(list_segments(layout.journal), key=lambda s: Path(s.path).stat().st_mtime, reverse=True)
    for segment in segments:
        if len(found) >= 20 * rows:
            # Older segments cannot hold newer rows but by a clock set back; they count as read.
            places[segment.name] = segment.size_bytes
            continue
        for frame, position in reader.read_segment(segment):
            places[position.segment] = position.offset
            found.extend(lines(frame))
    return sorted(found, key=_when)[-rows:]


def lines(frame: Frame) -> Iterator[Line]:
    """Yield a line for each prediction or outcome of a frame; what shadows said is not shown."""
    if isinstance(frame, PredictionFrame):
        columns = zip(
            frame.at_us, frame.id, frame.entity, frame.arm, frame.fallback, frame.score, frame.latency_us, strict=True
        )
        for at, id_, entity, arm, fallback, score, latency in columns:
            known = None if score != score else score  # noqa: PLR0124 - NaN: nothing could answer
            yield Line(
                at_us=at,
                kind="prediction",
                id=id_,
                entity=entity,
                arm=arm,
                fallback=fallback,
                value=known,
                latency_us=latency,
            )
    elif isinstance(frame, OutcomeFrame):
        for at, id_, value in zip(frame.at_us, frame.id, frame.value, strict=True):
            yield Line(at_us=at, kind="outcome", id=id_, value=value)


def _when(line: Line) -> int:
    return line.at_us


HEADS = ("received (UTC)", "what", "prediction", "entity", "arm", ">value", ">ms")


def _row(line: Line) -> tuple[str, ...]:
    arm = f"{line.arm} (fallback)" if line.fallback else line.arm
    latency = "" if line.latency_us is None else number(line.latency_us / 1000, digits=3)
    return (
        f"{utc(line.at_us):%Y-%m-%d %H:%M:%S}",
        line.kind,
        short(line.id),
        line.entity,
        arm,
        number(line.value),
        latency,
    )


def _tail(screen: Screen, newest: list[Line]) -> None:
    screen.table(HEADS, [_row(line) for line in newest], none="Nothing yet: no request has come.")


def _more(screen: Screen, fresh: list[Line]) -> None:
    for line in fresh:
        screen.line("  " + "  ".join(w for w in _row(line) if w))
