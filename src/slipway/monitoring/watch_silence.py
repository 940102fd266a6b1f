"""Silences: for how long no row may come before people are told. A silence spoils no row, and touches no other finding.

It is told from the journal alone: at the moment at which it was due, whenever somebody looked. So a restart that reads
the journal again tells the same silences, at the same moments.
"""

from slipway.monitoring.feed import Feed
from slipway.monitoring.strands import Strand, closed, finding_id, open_in, with_finding
from slipway.monitoring.watch import Monitor, Watched, replace_findings
from slipway.records.alert import Finding, FindingKind, Step
from slipway.records.quality import Fault, Quality
from slipway.stats.evidence import EValue
from slipway.words import moment

SILENT = 3
"""A silence so many times the usual one is told ..."""

AT_MOST_US = 3 * 24 * 3_600_000_000
"""... or one that is so much longer than the usual one, if that is sooner."""

_FEWEST_US = 6 * 3_600_000_000
_KNOWN_SLICES = 48


def due_us(feed: Feed, *, monitor: Monitor) -> int:
    """Return when a silence is told if no more rows come.

    Before :data:`_KNOWN_SLICES` slices with rows nobody knows what is usual: the longest wait is waited.

    Args:
        feed: Where the feed stands, after a slice with rows.
        monitor: What watches.
    """
    usual_us = max(feed.silence_us, monitor.reference.silence_us)
    patient_us = usual_us + AT_MOST_US
    if feed.slices < _KNOWN_SLICES:
        return feed.last_us + patient_us
    return feed.last_us + max(_FEWEST_US, min(SILENT * usual_us, patient_us))


def take_silence(watched: Watched, *, monitor: Monitor, upto_us: int) -> Watched:
    """Return where the monitor stands at a moment up to which nothing more came than it was fed.

    Args:
        watched: Where it stood.
        monitor: What watches; one whose slices lie in no time knows no silence.
        upto_us: End of the latest slice that is over.
    """
    feed = watched.feed
    if feed is None or not feed.slices or not monitor.limits.dated:
        return watched
    at_us = due_us(feed, monitor=monitor)
    if at_us > upto_us or open_in(watched.findings, strand=Strand.SILENCE) is not None:
        return watched
    detail = f"No row has come since {moment(feed.last_us)}."  # what does not change while it lasts
    finding = Finding(
        id=finding_id(watched.findings, model=monitor.model, strand=Strand.SILENCE, opened_us=at_us),
        model=monitor.model,
        kind=FindingKind.QUALITY,
        opened_us=at_us,
        since_us=feed.last_us,
        evidence=EValue(log_e=0.0, n=feed.rows),
        relevant=True,
        go_back_to=Step.DATA,
        sentence=f"What feeds the model has fallen silent. {detail} Go back to data: fix the feed.",
        quality=(Quality(fault=Fault.STALE, column="", serious=True, detail=detail),),
    )
    return replace_findings(watched, findings=with_finding(watched.findings, finding=finding))


def end_silence(watched: Watched, *, now_us: int) -> Watched:
    """Return where the monitor stands once rows have come again."""
    present = open_in(watched.findings, strand=Strand.SILENCE)
    if present is None:
        return watched
    return replace_findings(watched, findings=closed(watched.findings, finding=present, at_us=now_us))
