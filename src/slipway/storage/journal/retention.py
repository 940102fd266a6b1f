"""Which sealed segments the scope lets go, oldest first, and why others stay although they are old. Pure."""

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from slipway.records.base import Record
from slipway.records.removal import RemovedSegment
from slipway.records.scope import Journal
from slipway.storage.journal.sealed import SealedSegment
from slipway.words import count, duration, moment, size

GB = 1_000_000_000
NEW, GONE = float("inf"), -float("inf")
"""Moments of segments that bear none: as new as can be, and about requests that are gone."""


class Stored(NamedTuple):
    """A sealed segment and the room it takes.

    Attributes:
        what: Its marker.
        size_bytes: Raw and sealed together.
    """

    what: SealedSegment
    size_bytes: int


class Need(NamedTuple):
    """Somebody who still needs rows.

    Attributes:
        since_us: Rows received from this moment on are needed.
        why: Who needs them, in words.
    """

    since_us: int
    why: str


class Kept(Record, frozen=True, kw_only=True):
    """A segment that its age or size would have removed, had it not been needed.

    Attributes:
        segment: Its name.
        size_bytes: Room that it takes.
        why: Who needs it.
    """

    segment: str
    size_bytes: int
    why: str


class RetentionPlan(Record, frozen=True, kw_only=True):
    """What is to be removed now.

    Attributes:
        total_bytes: What the whole journal takes now.
        remove: Segments to remove, oldest first.
        keep: Segments that stay although the rule would remove them.
    """

    total_bytes: int
    remove: tuple[RemovedSegment, ...]
    keep: tuple[Kept, ...]


def plan_retention(
    stored: Sequence[Stored],
    *,
    total_bytes: int,
    rule: Journal,
    unsealed: Collection[str],
    needs: Sequence[Need],
    held: Mapping[str, str],
    now_us: int,
) -> RetentionPlan:
    """Return which segments may go.

    A segment goes by age when all its rows are older than ``keep``, and by size while the journal takes more than
    ``keep_gb``; never while somebody needs it. A segment of nothing but shadow answers is as old as the requests that
    they answer.

    Args:
        stored: All sealed segments.
        total_bytes: What the journal takes, segments that are being written included.
        rule: What the scope says.
        unsealed: Segments that are not sealed; they stay.
        needs: Who needs rows since when.
        held: Segment to the reason why it must stay whatever its age.
        now_us: The moment.

    >>> def of(name, day):
    ...     us = day * 86_400_000_000
    ...     return Stored(
    ...         SealedSegment(segment=name, rows={}, first_us=us, last_us=us, routes=(), arms=(), torn_bytes=0), 10 * GB
    ...     )
    >>> plan = plan_retention(
    ...     [of("b", 2), of("a", 1), of("c", 3)],
    ...     total_bytes=30 * GB,
    ...     rule=Journal(keep_gb=15),
    ...     unsealed=[],
    ...     needs=[],
    ...     held={"a": "shadow s has not answered all of it"},
    ...     now_us=0,
    ... )
    >>> [r.segment for r in plan.remove], [k.segment for k in plan.keep]
    (['b', 'c'], ['a'])
    """
    moments = _moments(stored, unsealed=unsealed)
    over_bytes = total_bytes - rule.keep_gb * GB if rule.keep_gb is not None else 0.0
    oldest_us = now_us - rule.keep_s * 1e6 if rule.keep_s is not None else GONE
    remove: list[RemovedSegment] = []
    keep: list[Kept] = []
    for what, size_bytes in sorted(stored, key=lambda s: (moments[s.what.segment], s.what.segment)):
        last_us = moments[what.segment]
        if last_us < oldest_us and rule.keep_s is not None:
            rule_says = f"older than {duration(rule.keep_s)}"
        elif over_bytes > 0 and rule.keep_gb is not None:
            rule_says = f"the journal took {size(total_bytes)}, more than {rule.keep_gb:g} GB"
        else:
            continue
        needed = held.get(what.segment) or _needed(last_us, needs=needs)
        if needed:
            keep.append(Kept(segment=what.segment, size_bytes=size_bytes, why=needed))
            continue
        over_bytes -= size_bytes
        remove.append(
            RemovedSegment(
                segment=what.segment,
                rows=what.rows,
                first_us=what.first_us,
                last_us=None if last_us == GONE else int(last_us),
                size_bytes=size_bytes,
                why=rule_says,
            )
        )
    return RetentionPlan(total_bytes=total_bytes, remove=tuple(remove), keep=tuple(keep))


def said(plan: RetentionPlan) -> str:
    """Say in a sentence what a plan removes.

    >>> said(RetentionPlan(total_bytes=5, remove=(), keep=()))
    'Nothing of the journal is due to go.'
    """
    if not plan.remove:
        return "Nothing of the journal is due to go."
    last_us = max((r.last_us for r in plan.remove if r.last_us is not None), default=None)
    rows = sum(sum(r.rows.values()) for r in plan.remove)
    upto = "" if last_us is None else f", received until {moment(last_us)}"
    freed = size(sum(r.size_bytes for r in plan.remove))
    return f"{count(len(plan.remove), 'segment')} with {count(rows, 'row')}{upto}, {freed}."


def _needed(last_us: float, *, needs: Sequence[Need]) -> str:
    if last_us == NEW:
        return "what its shadow answers are about is not sealed yet"
    return next((n.why for n in needs if last_us >= n.since_us), "")


def _moments(stored: Sequence[Stored], *, unsealed: Collection[str]) -> dict[str, float]:
    """Return the latest moment of each segment; what shadows said is as old as what they were asked.

    What is about segments that are gone is older than everything; a marker that names neither counts as new.
    """
    own = {s.what.segment: s.what.last_us for s in stored if s.what.last_us is not None}
    found: dict[str, float] = {}
    for what, _ in stored:
        about = (NEW if s in unsealed else own.get(s, GONE) for s in what.about)
        found[what.segment] = max(about, default=NEW) if what.last_us is None else what.last_us
    return found
