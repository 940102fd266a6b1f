"""Lets go of the journal what the scope no longer keeps and nobody needs, with an entry in the audit trail for each."""

from collections.abc import Mapping, Sequence
from functools import partial

from slipway.control.maturity import held_us
from slipway.errors import NotFound
from slipway.ports import Change, ControlStore
from slipway.records.removal import RemovedSegment
from slipway.records.rollout import Rollout, RolloutStatus
from slipway.records.route import Route
from slipway.records.scope import Scope
from slipway.storage.journal.codec import SEGMENT_HEADER
from slipway.storage.journal.pruning import PruneReport, prune, stored_segments
from slipway.storage.journal.reader import list_segments
from slipway.storage.journal.retention import Need, RetentionPlan, Stored, plan_retention
from slipway.storage.journal.unanswered import unanswered
from slipway.storage.layout import Layout
from slipway.words import day, duration

DAY_US = 86_400_000_000
BY = "retention"


UNREAD = "control has not read all of it"


def plan(
    layout: Layout,
    *,
    scope: Scope,
    store: ControlStore,
    read: Mapping[str, int],
    now_us: int,
    unread: str = UNREAD,
) -> RetentionPlan:
    """Return what is due to go now, and what stays because somebody needs it. Changes nothing.

    Args:
        layout: The project's folder.
        scope: What it wants kept.
        store: Its rollouts and routes.
        read: Segment to the place up to which control has read it.
        now_us: The moment.
        unread: Why what lies behind that place stays.

    Raises:
        Corrupt: A marker or a segment is damaged.
        Unavailable: The journal cannot be read.
    """
    stored, unsealed = stored_segments(layout.journal, sealed=layout.sealed)
    total_bytes = sum(s.size_bytes for s in stored) + sum(unsealed.values())
    if scope.journal.keep_s is None and scope.journal.keep_gb is None:
        return RetentionPlan(total_bytes=total_bytes, remove=(), keep=())
    draft = partial(
        plan_retention,
        stored,
        total_bytes=total_bytes,
        rule=scope.journal,
        unsealed=unsealed.keys(),
        needs=needs(store, scope=scope, now_us=now_us),
        now_us=now_us,
    )
    behind = dict.fromkeys(_unread(layout, stored=stored, read=read), unread)
    if not draft(held=behind).remove:  # the usual answer, and it costs no look into the rows
        return draft(held=behind)
    shadows = {arm for _, route, _ in store.all(Route) for arm in route.shadows}
    waiting = unanswered(layout.journal, sealed=layout.sealed, segments=[s.what for s in stored], arms=shadows)
    lagging = {segment: f"shadow {arm} has not answered all of it" for segment, arm in waiting.items()}
    return draft(held=lagging | behind)


def _unread(layout: Layout, *, stored: Sequence[Stored], read: Mapping[str, int]) -> list[str]:
    """Return the sealed segments that hold a whole tick behind the place up to which they were read."""
    ends = {s.name: s.size_bytes for s in list_segments(layout.journal)}
    torn = {s.what.segment: s.what.torn_bytes for s in stored}
    return [s for s in torn if ends.get(s, 0) - torn[s] > max(read.get(s, 0), len(SEGMENT_HEADER))]


def needs(store: ControlStore, *, scope: Scope, now_us: int) -> tuple[Need, ...]:
    """Return who needs rows of the journal, and since when: rollouts that run, and outcomes that may still come."""
    wait_us = round(scope.rollout.maturity_s * 1e6)
    waited_s = held_us(wait_us) / 1e6
    rule = f"is {duration(waited_s)}" if wait_us else f"is 0, so they count for {duration(waited_s)} at least"
    found = [Need(now_us - held_us(wait_us), f"outcomes of it may still come (rollout.maturity {rule})")]
    for _, rollout, _ in store.all(Rollout):
        if rollout.status is RolloutStatus.RUNNING:
            since_us = rollout.since_us // DAY_US * DAY_US  # cohorts are summed by whole days
            found.append(Need(since_us, f"rollout {rollout.id} runs since {day(rollout.started_us)}"))
    return tuple(found)


def carry_out(planned: RetentionPlan, *, layout: Layout, store: ControlStore, now_us: int, by: str = BY) -> PruneReport:
    """Remove what is planned, and what an earlier round that was killed had begun to remove.

    Raises:
        Conflict: Another process seals or prunes this journal.
    """
    return prune(
        layout.journal,
        sealed=layout.sealed,
        remove=planned.remove,
        audit=partial(_note, store=store, now_us=now_us, by=by),
    )


def _note(removed: Sequence[RemovedSegment], *, store: ControlStore, now_us: int, by: str) -> None:
    """Take note of each segment once; a round that was killed after this tells it again."""
    fresh = [Change(one, one.segment, 0) for one in removed if not _is_noted(one, store=store)]
    if fresh:
        why = "; ".join(sorted({one.why for one in removed}))
        store.commit(fresh, at_us=now_us, by=by, why=why)


def _is_noted(one: RemovedSegment, *, store: ControlStore) -> bool:
    try:
        store.get(RemovedSegment, id=one.segment)
    except NotFound:
        return False
    return True
