"""Three strands of findings about one model: drift, faults of its feed, silences. Each has one open at most.

They are told side by side, because none says anything of another: a silence spoils no row, and drift that was there
before a fault is there after it. A finding is named by what it is of, not by a running number: whoever reads the
journal again, all of it or a part, gives the same finding the same name, and never the name of another.
"""

from collections.abc import Sequence
from enum import StrEnum

import msgspec

from slipway.records.alert import Finding, FindingKind
from slipway.records.quality import Fault
from slipway.words import utc

_NAME = 36


class Strand(StrEnum):
    """What a finding is of; the word is in its name."""

    DRIFT = "drift"
    FEED = "feed"
    SILENCE = "silence"


def strand_of(finding: Finding) -> Strand:
    """Return the strand that a finding belongs to."""
    if finding.kind is not FindingKind.QUALITY:
        return Strand.DRIFT
    return Strand.SILENCE if any(q.fault is Fault.STALE for q in finding.quality) else Strand.FEED


def open_in(findings: Sequence[Finding], *, strand: Strand) -> Finding | None:
    """Return the open finding of a strand, if there is one."""
    return next((f for f in reversed(findings) if f.closed_us is None and strand_of(f) is strand), None)


def with_finding(findings: tuple[Finding, ...], *, finding: Finding) -> tuple[Finding, ...]:
    """Return findings with a new one, or with one brought up to date; oldest first."""
    if all(f.id != finding.id for f in findings):
        return (*findings, finding)
    return tuple(finding if f.id == finding.id else f for f in findings)


def closed(findings: tuple[Finding, ...], *, finding: Finding, at_us: int) -> tuple[Finding, ...]:
    """Return findings with one of them closed."""
    return with_finding(findings, finding=msgspec.structs.replace(finding, closed_us=at_us))


def finding_id(findings: Sequence[Finding], *, model: str, strand: Strand, opened_us: int) -> str:
    """Return the name of a finding: model, strand, and the moment of the journal at which it was raised (UTC).

    Args:
        findings: Those of the same monitor so far; only one raised at the same moment makes a difference.
        model: Arm watched.
        strand: What it is of.
        opened_us: When it was raised.

    >>> finding_id((), model="live", strand=Strand.DRIFT, opened_us=1_365_516_300_000_000)
    'live-drift-20130409-140500'
    """
    namesakes = sum(f.opened_us == opened_us and strand_of(f) is strand for f in findings)
    again = f"-{namesakes + 1}" if namesakes else ""
    return f"{model[:_NAME]}-{strand}-{utc(opened_us):%Y%m%d-%H%M%S}{again}"
