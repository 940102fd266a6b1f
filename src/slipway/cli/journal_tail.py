"""``slipway journal tail``: the newest rows, and those that come while one watches."""

import time
from collections.abc import Iterator
from pathlib import Path

from slipway.cli.options import COMMON, Common
from slipway.cli.screen import Screen, show, tell
from slipway.errors import BadInput
from slipway.records.base import Record
from slipway.storage.clock import SystemClock
from slipway.storage.journal import JournalTail, SegmentReader, Stretch, stretches
from slipway.storage.journal.reader import list_segments
from slipway.storage.layout import Layout
from slipway.words import count, number, short, size, span, utc

LOOK_S = 0.5
FAR_BEHIND_BYTES = 1 << 20


class Line(Record, frozen=True, kw_only=True):
    """One row of the journal, in the few words that tell it from others.

    Attributes:
        at_us: When it was received.
        kind: ``prediction``, ``outcome``, ``decision`` or ``metric``.
        id: Prediction id.
        entity: What the assignment was keyed on; else empty.
        arm: Who answered, or who decided; empty for an outcome.
        fallback: Whether the arm stepped in for one that failed.
        value: The answer, what turned out to be true, or what was decided; None where nothing could answer.
        latency_us: From receipt to answer; else None.
    """

    at_us: int
    kind: str
    id: str
    entity: str = ""
    arm: str = ""
    fallback: bool = False
    value: float | None
    latency_us: int | None = None


def tail(*, rows: int = 20, follow: bool = False, common: Common = COMMON) -> int:
    """Show the newest predictions, outcomes, decisions and metrics.

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
    newest, place = latest(layout, rows=rows)
    status = show(newest, human=_page, common=common)
    if follow:
        _follow(layout, place=place, common=common)
    return status


def latest(layout: Layout, *, rows: int) -> tuple[list[Line], dict[str, int]]:
    """Return the newest rows, oldest of them first, and how far each segment was read."""
    if not layout.journal.is_dir():
        return [], {}
    reader, found = SegmentReader(layout.journal), list[Line]()
    place: dict[str, int] = {}
    segments = sorted(list_segments(layout.journal), key=lambda s: Path(s.path).stat().st_mtime, reverse=True)
    for segment in segments:
        if len(found) >= 20 * rows:
            # Older segments cannot hold newer rows but by a clock set back; they count as read.
            place[segment.name] = reader.end_of(segment)
            continue
        for stretch in stretches(reader.read_segment(segment)):
            place[segment.name] = stretch.position.offset
            found.extend(lines(stretch))
    return sorted(found, key=_when)[-rows:], place


def _follow(layout: Layout, *, place: dict[str, int], common: Common) -> None:
    """Show what comes, for ever; say how far behind it is where that is more than a moment."""
    tail, clock = JournalTail(layout.journal, after=place), SystemClock()
    while True:
        time.sleep(LOOK_S)
        for stretch in tail.read():
            show(sorted(lines(stretch), key=_when), human=_more, common=common)
        lag = tail.lag(now_us=clock.now_us())
        if lag.size_bytes > FAR_BEHIND_BYTES:
            tell(f"behind by about {count(round(lag.rows), 'row')} ({size(lag.size_bytes)}, {span(lag.seconds)})")


def lines(stretch: Stretch) -> Iterator[Line]:
    """Yield a line for each prediction, outcome, decision or metric; what shadows said is not shown."""
    for p in stretch.predictions:
        numbers = zip(p.at_us.tolist(), p.fallback.tolist(), p.score.tolist(), p.latency_us.tolist(), strict=True)
        texts = zip(p.id, p.entity, p.arm, strict=True)
        for (at, fallback, score, latency), (id_, entity, arm) in zip(numbers, texts, strict=True):
            yield Line(
                at_us=at,
                kind="prediction",
                id=id_,
                entity=entity,
                arm=arm,
                fallback=fallback,
                value=None if score != score else score,  # noqa: PLR0124 - NaN: nothing could answer
                latency_us=latency,
            )
    o = stretch.outcomes
    for at, id_, value in zip(o.at_us.tolist(), o.id, o.value.tolist(), strict=True):
        yield Line(at_us=at, kind="outcome", id=id_, value=value)
    d = stretch.decisions
    for at, id_, who, value in zip(d.at_us.tolist(), d.id, d.by, d.value.tolist(), strict=True):
        yield Line(at_us=at, kind="decision", id=id_, arm=who, value=value)
    m = stretch.metrics
    for at, id_, metric, value in zip(m.at_us.tolist(), m.id, m.metric, m.value.tolist(), strict=True):
        yield Line(at_us=at, kind="metric", id=id_, arm=metric, value=value)


def _when(line: Line) -> int:
    return line.at_us


HEADS = ("received (UTC)", "what", "prediction", "entity", "arm, person or metric", ">value", ">ms")


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


def _page(screen: Screen, newest: list[Line]) -> None:
    screen.table(HEADS, [_row(line) for line in newest], none="Nothing yet: no request has come.")


def _more(screen: Screen, fresh: list[Line]) -> None:
    for line in fresh:
        screen.line("  " + "  ".join(w for w in _row(line) if w))
