"""One monitor of one model, slice by slice: one finding is opened once, kept up to date, and closed when it is over.

A test that found something starts afresh. While it finds it again and again, the finding stays open; once it finds
nothing for a while, the finding is closed. So drift that stays is one finding, not forty alarms. Which columns moved
and what it costs is told from a second track, which starts afresh with no alarm: evidence on a column that was not
enough to name it at the first one is not lost.

The promise is for each start, and over all looks: a monitor on which nothing changes raises a false alarm with chance
alpha at most within the horizon (90 days on a server), and on average not before ``(2 / alpha - 1 - alpha)`` horizons
are over (49 years, at alpha 0.01). Why not "with chance alpha, ever": what has been quiet for a year would then be
found half as soon (``docs/decisions/0033-one-alarm.md``).
"""

import math
from collections.abc import Sequence

import msgspec

from slipway.monitoring.advise import Limits, advise
from slipway.monitoring.attribute import Alarm, Cause, alarm_of, described
from slipway.monitoring.feed import Feed
from slipway.monitoring.feed_events import FeedEvents
from slipway.monitoring.instruments import Instruments
from slipway.monitoring.strands import Strand, closed, finding_id, open_in, with_finding
from slipway.monitoring.track import Since, Track, restart, start, take_inputs, take_outcomes
from slipway.records.alert import Finding, FindingKind, MovedColumn, MovedPart, Promise
from slipway.records.reference import Reference
from slipway.records.refused_rows import RefusedRows
from slipway.records.watch import InputSums, OutcomeSums

QUIET_SLICES = 21
"""Fewest slices without new evidence after which a finding is closed; never fewer than twice what it took to find."""

SETTLED_US = 7 * 24 * 3_600_000_000
"""So long after a fault of the feed was told, it is how the feed is now: drift is judged again beside it."""


class Monitor(msgspec.Struct, frozen=True, eq=False):
    """What watches one model.

    Attributes:
        model: Arm watched.
        reference: As packaged.
        instruments: Made from it.
        limits: What matters.
        units: Column to its unit.
        alpha: Chance of a false alarm within the horizon of the instruments, from one start on.
        feed: What is watched in the feed; None where the reference does not say what is usual.
    """

    model: str
    reference: Reference
    instruments: Instruments
    limits: Limits
    units: dict[str, str]
    alpha: float
    feed: FeedEvents | None = None

    @property
    def promise(self) -> Promise:
        """What it promises of false alarms."""
        onset, slice_us = self.instruments.onset, self.instruments.slice_us
        return Promise(
            alpha=self.alpha,
            within_s=onset.horizon * slice_us / 1e6,
            run_length_s=onset.run_length(alpha=self.alpha) * slice_us / 1e6,
        )


class Watched(msgspec.Struct, frozen=True, eq=False):
    """Where a monitor stands.

    Attributes:
        track: Since its last start.
        findings: All findings so far, oldest first.
        took: Slices that the open finding of drift took to be found, at the longest.
        quiet: Slices since the start, or since the last evidence.
        feed: Where the feed stands; None before its first slice.
        spoiled: From when to when the feed was broken, the latest times.
        refused: That more rows are refused than is usual, as it was told last.
        whole: The track as if nothing had started afresh since the open finding was; None where none is open, or where
            an older release opened it, which threw that away.
    """

    track: Track
    findings: tuple[Finding, ...] = ()
    took: int = 0
    quiet: int = 0
    feed: Feed | None = None
    spoiled: tuple[tuple[int, int], ...] = ()
    refused: RefusedRows | None = None
    whole: Track | None = None

    @property
    def open(self) -> Finding | None:
        """The open finding that says most, if there is one: a fault of the feed, then drift, then a silence."""
        found = (open_in(self.findings, strand=strand) for strand in (Strand.FEED, Strand.DRIFT, Strand.SILENCE))
        return next((finding for finding in found if finding is not None), None)


def begin(monitor: Monitor) -> Watched:
    """Return where a monitor stands before any slice."""
    return Watched(track=start(monitor.instruments))


def take(
    watched: Watched,
    *,
    monitor: Monitor,
    sums: InputSums | OutcomeSums,
    now_us: int,
    known: OutcomeSums | None = None,
) -> Watched:
    """Return where the monitor stands after one more slice.

    Args:
        watched: Where it stood.
        monitor: What watches.
        sums: A whole slice, of inputs or of outcomes.
        now_us: The moment at which the slice was complete.
        known: What came true of a slice of inputs, where that is known with it, so that both are judged together.
    """
    if is_spoiled(watched, start_us=sums.start_us, end_us=sums.end_us):
        return watched
    drift = open_in(watched.findings, strand=Strand.DRIFT)
    track = _after(watched.track, monitor=monitor, sums=sums, known=known)
    whole = track
    if drift is not None and watched.whole is not None:
        whole = _after(watched.whole, monitor=monitor, sums=sums, known=known)
    quiet = watched.quiet + isinstance(sums, InputSums)
    alarm = alarm_of(track, instruments=monitor.instruments, alpha=monitor.alpha)
    if alarm is not None:
        return msgspec.structs.replace(
            watched,
            track=restart(track, instruments=monitor.instruments, inputs=alarm.inputs_moved, gap=alarm.gap_moved),
            findings=_told(watched, present=drift, alarm=alarm, whole=whole, monitor=monitor, now_us=now_us),
            took=max(quiet, watched.took if drift else 0),
            quiet=0,
            whole=whole,
        )
    if drift is None:
        return msgspec.structs.replace(watched, track=track, quiet=quiet)
    if quiet >= max(QUIET_SLICES, 2 * watched.took):
        return msgspec.structs.replace(
            watched,
            track=start(monitor.instruments),
            findings=closed(watched.findings, finding=drift, at_us=now_us),
            took=0,
            quiet=0,
            whole=None,
        )
    findings = with_finding(watched.findings, finding=_grown(drift, whole=whole, monitor=monitor))
    return msgspec.structs.replace(watched, track=track, quiet=quiet, whole=whole, findings=findings)


def _after(track: Track, *, monitor: Monitor, sums: InputSums | OutcomeSums, known: OutcomeSums | None) -> Track:
    """Return a track after one more slice, and what came true of it where that is known with it."""
    if not isinstance(sums, InputSums):
        return take_outcomes(track, instruments=monitor.instruments, sums=sums)
    track = take_inputs(track, instruments=monitor.instruments, sums=sums)
    return track if known is None else take_outcomes(track, instruments=monitor.instruments, sums=known)


def replace_findings(watched: Watched, *, findings: tuple[Finding, ...]) -> Watched:
    """Return where a monitor stands, with other findings and the same tests."""
    return msgspec.structs.replace(watched, findings=findings)


def fault_span(fault: Finding, *, upto_us: int) -> tuple[int, int]:
    """Return from when to when the rows of a broken feed say nothing of drift; until it is settled, or mended."""
    since_us = fault.opened_us if fault.since_us is None else fault.since_us
    return since_us, min(upto_us, fault.opened_us + SETTLED_US)


def is_spoiled(watched: Watched, *, start_us: int, end_us: int) -> bool:
    """Tell whether a slice says nothing of drift, for the feed is broken or was then (:mod:`.watch_feed`)."""
    fault = open_in(watched.findings, strand=Strand.FEED)
    now = () if fault is None else (fault_span(fault, upto_us=fault.opened_us + SETTLED_US),)
    return any(since < end_us and start_us < upto for since, upto in (*watched.spoiled, *now))


def _told(
    watched: Watched, *, present: Finding | None, alarm: Alarm, whole: Track, monitor: Monitor, now_us: int
) -> tuple[Finding, ...]:
    if present is not None and present.kind is not alarm.kind:
        alarm = msgspec.structs.replace(alarm, kind=FindingKind.BOTH, inputs_moved=True, gap_moved=True)
    if present is not None:
        alarm = msgspec.structs.replace(alarm, since=_since(present) or alarm.since)
    cause = _described(alarm, whole=whole, monitor=monitor)
    advice = advise(cause, limits=monitor.limits)
    finding = Finding(
        id=present.id
        if present
        else finding_id(watched.findings, model=monitor.model, strand=Strand.DRIFT, opened_us=now_us),
        model=monitor.model,
        kind=cause.kind,
        opened_us=present.opened_us if present else now_us,
        since_us=cause.since.at_us,
        since_low_us=cause.since.low_us,
        since_high_us=cause.since.high_us,
        loss=cause.loss,
        columns=cause.columns,
        gap=cause.gap,
        evidence=cause.evidence,
        relevant=advice.relevant,
        doubtful=advice.doubtful,
        go_back_to=advice.step,
        sentence=advice.sentence,
        promise=monitor.promise,
        parts=cause.parts,
    )
    return with_finding(watched.findings, finding=finding)


def _grown(present: Finding, *, whole: Track, monitor: Monitor) -> Finding:
    """Return an open finding with what became known since its last alarm: a column, or whether it matters."""
    since = _since(present)
    if since is None:
        return present
    alarm = Alarm(
        kind=present.kind,
        inputs_moved=present.kind is not FindingKind.CONCEPT_DRIFT,
        gap_moved=present.kind is not FindingKind.DATA_DRIFT,
        evidence=present.evidence,
        since=since,
    )
    cause = _described(alarm, whole=whole, monitor=monitor)
    advice = advise(cause, limits=monitor.limits)
    named = _more(cause.columns, than=present.columns) or _more(cause.parts, than=present.parts)
    settled = present.doubtful and not advice.doubtful
    in_doubt = advice.doubtful and not (present.doubtful or present.relevant) and _unsettles(cause, present, monitor)
    if not named and not settled and not in_doubt and (present.relevant or not advice.relevant):
        return present
    return msgspec.structs.replace(
        present,
        loss=cause.loss,
        columns=cause.columns,
        parts=cause.parts,
        gap=cause.gap,
        relevant=advice.relevant,
        doubtful=advice.doubtful,
        go_back_to=advice.step,
        sentence=advice.sentence,
    )


def _unsettles(cause: Cause, present: Finding, monitor: Monitor) -> bool:
    """Tell whether outcomes take back that a finding is harmless: it was said before any came, or much has changed.

    The first few of them say nothing; and a limit that lies near the tolerance crosses it on many a day.
    """
    rise, known = cause.loss.rise, present.loss.rise if present.loss else None
    if rise is None or math.isinf(rise.high):
        return False
    return known is None or math.isinf(known.high) or rise.estimate > monitor.limits.tolerance / 2


def _more(now: Sequence[MovedColumn | MovedPart], *, than: Sequence[MovedColumn | MovedPart]) -> bool:
    """Tell whether all that was named still is, and something more."""
    return {one.name for one in now} > {one.name for one in than}


def _described(alarm: Alarm, *, whole: Track, monitor: Monitor) -> Cause:
    return described(
        alarm,
        track=whole,
        instruments=monitor.instruments,
        reference=monitor.reference,
        units=monitor.units,
        alpha=monitor.alpha,
    )


def _since(finding: Finding) -> Since | None:
    """Return when an open finding began; one of an older release knows no limits."""
    at_us, low_us, high_us = finding.since_us, finding.since_low_us, finding.since_high_us
    if at_us is None:
        return None
    return Since(at_us, at_us if low_us is None else low_us, at_us if high_us is None else high_us)
