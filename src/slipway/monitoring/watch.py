"""One monitor of one model, slice by slice: one finding is opened once, kept up to date, and closed when it is over.

A test that found something starts afresh. While it finds it again and again, the finding stays open; once it finds
nothing for a while, the finding is closed. So drift that stays is one finding, not forty alarms.

The promise is for each start, and over all looks: a monitor on which nothing changes raises a false alarm with chance
alpha at most within the horizon (90 days on a server), and on average not before ``(2 / alpha - 1 - alpha)`` horizons
are over (49 years, at alpha 0.01). Why not "with chance alpha, ever": what has been quiet for a year would then be
found half as soon (``docs/decisions/0033-one-alarm.md``).
"""

import msgspec

from slipway.monitoring.advise import Limits, advise
from slipway.monitoring.attribute import Cause, attribute
from slipway.monitoring.feed import Feed
from slipway.monitoring.feed_events import FeedEvents
from slipway.monitoring.instruments import Instruments
from slipway.monitoring.track import Since, Track, restart, start, take_inputs, take_outcomes
from slipway.records.alert import Finding, FindingKind, MovedColumn, Promise
from slipway.records.reference import Reference
from slipway.records.refused_rows import RefusedRows
from slipway.records.watch import InputSums, OutcomeSums

QUIET_SLICES = 21
"""Fewest slices without new evidence after which a finding is closed; never fewer than twice what it took to find."""


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
        took: Slices that the open finding took to be found, at the longest.
        quiet: Slices since the start, or since the last evidence.
        feed: Where the feed stands; None before its first slice.
        spoiled: From when to when the feed was broken, the latest times.
        refused: That more rows are refused than is usual, as it was told last.
    """

    track: Track
    findings: tuple[Finding, ...] = ()
    took: int = 0
    quiet: int = 0
    feed: Feed | None = None
    spoiled: tuple[tuple[int, int], ...] = ()
    refused: RefusedRows | None = None

    @property
    def open(self) -> Finding | None:
        """The open finding, if there is one."""
        return self.findings[-1] if self.findings and self.findings[-1].closed_us is None else None


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
    if _is_spoiled(watched, sums=sums):
        return watched
    if isinstance(sums, InputSums):
        track = take_inputs(watched.track, instruments=monitor.instruments, sums=sums)
        if known is not None:
            track = take_outcomes(track, instruments=monitor.instruments, sums=known)
    else:
        track = take_outcomes(watched.track, instruments=monitor.instruments, sums=sums)
    quiet = watched.quiet + isinstance(sums, InputSums)
    cause = attribute(
        track,
        instruments=monitor.instruments,
        reference=monitor.reference,
        units=monitor.units,
        alpha=monitor.alpha,
    )
    if cause is not None:
        return msgspec.structs.replace(
            watched,
            track=restart(track, instruments=monitor.instruments, inputs=cause.inputs_moved, gap=cause.gap_moved),
            findings=_told(watched, cause=cause, monitor=monitor, now_us=now_us),
            took=max(quiet, watched.took if watched.open else 0),
            quiet=0,
        )
    if watched.open is not None and quiet >= max(QUIET_SLICES, 2 * watched.took):
        closed = msgspec.structs.replace(watched.open, closed_us=now_us)
        findings = (*watched.findings[:-1], closed)
        return msgspec.structs.replace(watched, track=start(monitor.instruments), findings=findings, took=0, quiet=0)
    return msgspec.structs.replace(watched, track=track, quiet=quiet)


def name_of(watched: Watched, *, model: str) -> str:
    """Return the id of the next finding that the journal tells: they are numbered, so that it tells the same again."""
    numbered = sum("-finding-" in finding.id for finding in watched.findings)
    return f"{model[:48]}-finding-{numbered + 1}"


def _is_spoiled(watched: Watched, *, sums: InputSums | OutcomeSums) -> bool:
    """Tell whether a slice says nothing of drift, for the feed is broken or was then (:mod:`.watch_feed`)."""
    if watched.open is not None and watched.open.kind is FindingKind.QUALITY:
        return True
    return any(since < sums.end_us and sums.start_us < upto for since, upto in watched.spoiled)


def _told(watched: Watched, *, cause: Cause, monitor: Monitor, now_us: int) -> tuple[Finding, ...]:
    present = watched.open
    if present is not None and present.kind is not cause.kind:
        cause = msgspec.structs.replace(
            cause,
            kind=FindingKind.BOTH,
            inputs_moved=True,
            gap_moved=True,
        )
    if present is not None:
        columns = _all(cause.columns, named=present.columns)
        cause = msgspec.structs.replace(cause, columns=columns, since=_since(present) or cause.since)
    advice = advise(cause, limits=monitor.limits)
    finding = Finding(
        id=present.id if present else name_of(watched, model=monitor.model),
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
        go_back_to=advice.step,
        sentence=advice.sentence,
        promise=monitor.promise,
    )
    return (*(watched.findings[:-1] if present else watched.findings), finding)


def _since(finding: Finding) -> Since | None:
    """Return when an open finding began; one of an older release knows no limits."""
    at_us, low_us, high_us = finding.since_us, finding.since_low_us, finding.since_high_us
    if at_us is None:
        return None
    return Since(at_us, at_us if low_us is None else low_us, at_us if high_us is None else high_us)


def _all(columns: tuple[MovedColumn, ...], *, named: tuple[MovedColumn, ...]) -> tuple[MovedColumn, ...]:
    """Return the columns that moved now, then those that the finding named before.

    A test starts afresh whenever it finds something, and finds what moved most first: a second column that moved less
    would be named at one look and forgotten at the next.
    """
    now = {column.name for column in columns}
    return (*columns, *(column for column in named if column.name not in now))
