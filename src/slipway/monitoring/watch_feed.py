"""The feed's part of a monitor: what is broken upstream is one finding, and no drift is told beside it for a while.

While a feed is broken, what arrives is not X: it shows as drift of the same columns, and outcomes as concept drift.
So drift is not judged on slices that a broken feed fed, not even where their outcomes come after it was mended; drift
that was found after the fault began was the fault, and is closed. Drift that was there before stays open, and waits.

A fault that stays is how the feed is now: from :data:`slipway.monitoring.watch.SETTLED_US` after it was told, drift is
judged again beside it, in all columns.
"""

import msgspec

from slipway.monitoring.feed import Feed, begin_feed, take_feed
from slipway.monitoring.strands import Strand, closed, finding_id, open_in, with_finding
from slipway.monitoring.track import start
from slipway.monitoring.watch import SETTLED_US, Monitor, Watched, fault_span
from slipway.monitoring.watch_silence import end_silence
from slipway.records.alert import Finding, FindingKind, MovedColumn, Step
from slipway.records.quality import Quality
from slipway.records.refused_rows import RefusedRows
from slipway.records.watch import FeedSums
from slipway.stats.evidence import EValue
from slipway.words import duration, moment

_SPOILED = 50


def take_feed_sums(watched: Watched, *, monitor: Monitor, sums: FeedSums, now_us: int) -> Watched:
    """Return where the monitor stands after one more slice of what came.

    Args:
        watched: Where it stood.
        monitor: What watches; one without feed events changes nothing.
        sums: A whole slice.
        now_us: The moment at which the slice was complete.
    """
    if monitor.feed is None or not sums.rows:
        return watched
    before = watched.feed or begin_feed(monitor.feed)
    feed = take_feed(before, events=monitor.feed, units=monitor.units, sums=sums)
    watched = msgspec.structs.replace(end_silence(watched, now_us=now_us), feed=feed)
    return _judged(watched, feed=feed, monitor=monitor, now_us=now_us)


def take_refused(watched: Watched, *, monitor: Monitor, refused: RefusedRows | None, now_us: int) -> Watched:
    """Return where the monitor stands once it knows whether more rows are refused than is usual.

    They never reach the journal, and those that do are what is left of a feed: they are part of its finding.

    Args:
        watched: Where it stood.
        monitor: What watches; one without feed events changes nothing.
        refused: What is told of them, or None: nothing, or another monitor of the route is told.
        now_us: The moment.
    """
    if monitor.feed is None or refused == watched.refused:
        return watched
    feed = watched.feed or begin_feed(monitor.feed)
    known = msgspec.structs.replace(watched, feed=feed, refused=refused)
    return _judged(known, feed=feed, monitor=monitor, now_us=now_us)


def _judged(watched: Watched, *, feed: Feed, monitor: Monitor, now_us: int) -> Watched:
    refused = watched.refused.remarks if watched.refused else ()
    remarks = (*refused, *(b.remark for b in feed.broken))
    present = open_in(watched.findings, strand=Strand.FEED)
    if remarks:
        return _told(watched, remarks=remarks, feed=feed, monitor=monitor, present=present, now_us=now_us)
    return watched if present is None else _mended(watched, present=present, monitor=monitor, now_us=now_us)


def _told(
    watched: Watched,
    *,
    remarks: tuple[Quality, ...],
    feed: Feed,
    monitor: Monitor,
    present: Finding | None,
    now_us: int,
) -> Watched:
    finding = _finding(remarks, feed=feed, monitor=monitor, present=present, watched=watched, now_us=now_us)
    findings, took, whole = watched.findings, watched.took, watched.whole
    if present is not None:
        return msgspec.structs.replace(watched, findings=with_finding(findings, finding=finding))
    drift = open_in(findings, strand=Strand.DRIFT)
    if drift is not None and finding.since_us is not None and drift.opened_us >= finding.since_us:
        findings, took, whole = closed(findings, finding=drift, at_us=now_us), 0, None
    return msgspec.structs.replace(
        watched,
        findings=with_finding(findings, finding=finding),
        track=start(monitor.instruments),
        took=took,
        quiet=0,
        whole=whole,
    )


def _mended(watched: Watched, *, present: Finding, monitor: Monitor, now_us: int) -> Watched:
    return msgspec.structs.replace(
        watched,
        findings=closed(watched.findings, finding=present, at_us=now_us),
        track=start(monitor.instruments),
        spoiled=(*watched.spoiled, fault_span(present, upto_us=now_us))[-_SPOILED:],
        quiet=0,
    )


def _id(watched: Watched, *, model: str, refused: RefusedRows | None, opened_us: int) -> str:
    """Return a name; those that the journal does not tell again have one that says so."""
    if refused is not None:
        return f"{model[:40]}-refused-{refused.since_us // 60_000_000}"
    return finding_id(watched.findings, model=model, strand=Strand.FEED, opened_us=opened_us)


def _refused_columns(refused: RefusedRows | None) -> tuple[MovedColumn, ...]:
    if refused is None:
        return ()
    return tuple(
        MovedColumn(name=q.column, size=share, unit="share of rows", evidence=refused.evidence, detail=q.detail)
        for q, share in zip(refused.remarks, refused.shares, strict=True)
        if q.column
    )


def _finding(
    remarks: tuple[Quality, ...],
    *,
    feed: Feed,
    monitor: Monitor,
    present: Finding | None,
    watched: Watched,
    now_us: int,
) -> Finding:
    refused = watched.refused
    since = [*(b.since_us for b in feed.broken), *([refused.since_us] if refused else [])]
    if present is not None and present.since_us is not None:
        since.append(present.since_us)
    since_us = min(since)
    opened_us = present.opened_us if present else now_us
    evidence = EValue(log_e=max((b.log_e for b in feed.broken), default=0.0), n=feed.rows)
    if refused is not None and refused.evidence.log_e > evidence.log_e:
        evidence = refused.evidence
    columns = _refused_columns(refused) + tuple(
        MovedColumn(
            name=b.remark.column,
            size=b.share,
            unit="share of rows",
            evidence=EValue(log_e=b.log_e, n=feed.rows),
            detail=b.remark.detail,
        )
        for b in feed.broken
        if b.remark.column
    )
    when = f" since about {moment(since_us)}" if monitor.limits.dated else ""
    said = " ".join(q.detail for q in remarks[:3])
    do = f"Go back to data: fix the feed. Drift is not judged until it is, for {duration(SETTLED_US / 1e6)} at most."
    return Finding(
        id=present.id
        if present
        else _id(watched, model=monitor.model, refused=None if feed.broken else refused, opened_us=opened_us),
        model=monitor.model,
        kind=FindingKind.QUALITY,
        opened_us=opened_us,
        since_us=since_us,
        columns=columns,
        evidence=evidence,
        relevant=True,
        go_back_to=Step.DATA,
        sentence=f"What feeds the model is broken{when}. {said} {do}",
        quality=remarks,
    )
