"""The feed's part of a monitor: what is broken upstream is one finding, and no drift is told beside it.

While a feed is broken, what arrives is not X: it shows as drift of the same columns, and outcomes as concept drift.
So drift is not judged on slices that a broken feed fed, not even where their outcomes come after it was mended; a
finding of drift that is open when the fault is proven becomes the finding of the fault.
"""

import msgspec

from slipway.monitoring.feed import Feed, begin_feed, take_feed
from slipway.monitoring.quality import silence
from slipway.monitoring.track import start
from slipway.monitoring.watch import Monitor, Watched, name_of
from slipway.records.alert import Finding, FindingKind, MovedColumn, Step
from slipway.records.quality import Fault, Quality
from slipway.records.refused_rows import RefusedRows
from slipway.records.watch import FeedSums
from slipway.stats.evidence import EValue
from slipway.words import moment

SILENT = 3.0
"""A silence so many times the longest one known is told, once a day's worth of hours has shown what is usual."""

_FEWEST_US = 6 * 3_600_000_000
_KNOWN_SLICES = 48
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
    return _told(watched, feed=feed, monitor=monitor, now_us=now_us)


def take_silence(watched: Watched, *, monitor: Monitor, now_us: int) -> Watched:
    """Return where the monitor stands at a moment up to which nothing more came than it was fed."""
    feed = watched.feed
    if feed is None or feed.slices < _KNOWN_SLICES or not monitor.limits.dated:
        return watched
    usual_us = max(feed.silence_us, monitor.reference.silence_us, _FEWEST_US / SILENT)
    remark = silence("", longest_s=(now_us - feed.last_us) / 1e6, usual_s=usual_us / 1e6, times=SILENT)
    present = watched.open
    if remark is None or (present is not None and _is_stale(present)):
        return watched
    detail = f"No row has come since {moment(feed.last_us)}."  # what does not change while it lasts
    stale = Quality(fault=Fault.STALE, column="", serious=True, detail=detail)
    return _told(watched, feed=feed, monitor=monitor, now_us=now_us, stale=stale)


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
    feed, present = watched.feed or begin_feed(monitor.feed), watched.open
    stale = next((q for q in present.quality if q.fault is Fault.STALE), None) if present is not None else None
    known = msgspec.structs.replace(watched, refused=refused)
    return _told(known, feed=feed, monitor=monitor, now_us=now_us, stale=stale)


def _is_stale(finding: Finding) -> bool:
    return any(q.fault is Fault.STALE for q in finding.quality)


def _told(watched: Watched, *, feed: Feed, monitor: Monitor, now_us: int, stale: Quality | None = None) -> Watched:
    refused = watched.refused.remarks if watched.refused else ()
    remarks = (*([stale] if stale else []), *refused, *(b.remark for b in feed.broken))
    present, whole = watched.open, msgspec.structs.replace(watched, feed=feed)
    begun = present is None or present.kind is not FindingKind.QUALITY
    if not remarks:
        return whole if present is None or begun else _closed(whole, present=present, monitor=monitor, now_us=now_us)
    finding = _finding(remarks, feed=feed, monitor=monitor, present=present, watched=watched, now_us=now_us)
    earlier = watched.findings if present is None else watched.findings[:-1]
    track = start(monitor.instruments) if begun else watched.track
    findings = (*earlier, finding)
    return msgspec.structs.replace(whole, findings=findings, track=track, took=0, quiet=0, whole=None)


def _closed(watched: Watched, *, present: Finding, monitor: Monitor, now_us: int) -> Watched:
    since_us = present.opened_us if present.since_us is None else present.since_us
    return msgspec.structs.replace(
        watched,
        findings=(*watched.findings[:-1], msgspec.structs.replace(present, closed_us=now_us)),
        track=start(monitor.instruments),
        spoiled=(*watched.spoiled, (since_us, now_us))[-_SPOILED:],
        took=0,
        quiet=0,
    )


def named_by_time(finding: Finding) -> bool:
    """Tell whether a finding is one that the journal does not tell again: it began with rows that were refused."""
    return finding.id.startswith(f"{finding.model[:48]}-refused-")


def _id(watched: Watched, *, model: str, refused: RefusedRows | None) -> str:
    """Return a name; those that the journal does not tell again have one by their time, and shift no number."""
    return f"{model[:48]}-refused-{refused.since_us // 60_000_000}" if refused else name_of(watched, model=model)


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
    since = [b.since_us for b in feed.broken] + ([refused.since_us] if refused else []) or [feed.last_us]
    if present is not None and present.kind is FindingKind.QUALITY and present.since_us is not None:
        since.append(present.since_us)
    since_us = min(since)
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
    serious = any(q.serious for q in remarks)
    when = f" since about {moment(since_us)}" if monitor.limits.dated else ""
    said = " ".join(q.detail for q in remarks[:3])
    do = "Go back to data: fix the feed. Drift is not judged until it is." if serious else "Nothing has to be done."
    return Finding(
        id=present.id if present else _id(watched, model=monitor.model, refused=None if feed.broken else refused),
        model=monitor.model,
        kind=FindingKind.QUALITY,
        opened_us=present.opened_us if present else now_us,
        since_us=since_us,
        columns=columns,
        evidence=evidence,
        relevant=serious,
        go_back_to=Step.DATA if serious else Step.NONE,
        sentence=f"What feeds the model is broken{when}. {said} {do}",
        quality=remarks,
    )
