"""When a finding starts a retraining, and what people are told of it. Pure."""

from collections.abc import Collection, Iterable, Sequence

from slipway.records.alert import Finding, FindingKind, Step
from slipway.records.retraining import Retrain, Retraining, RetrainingState
from slipway.records.trouble import AlertKind, Severity, Trouble

STEPS = (Step.DATA, Step.MODELING)
"""Steps of the life that newer rows can help: they are labelled, and learned from."""


def asks(findings: Iterable[Finding], *, answering: Collection[str]) -> list[Finding]:
    """Return the findings that ask for a model of newer rows: open, mattering, about a model that answers now.

    A feed that broke is mended, not learned.
    """
    return [
        f
        for f in findings
        if f.closed_us is None
        and f.relevant
        and f.go_back_to in STEPS
        and f.kind is not FindingKind.QUALITY
        and f.model in answering
    ]


def due(
    findings: Iterable[Finding],
    *,
    answering: Collection[str],
    before: Sequence[Retraining],
    rollout_runs: bool,
    pause_s: float,
    now_us: int,
) -> Finding | None:
    """Return the finding to retrain for now, or None.

    One at a time; none while a rollout runs; none within the pause after the last one began; and none for a finding
    whose model of newer rows has entered already: what it does is for the gates to say.

    Args:
        findings: All of them.
        answering: Arms that answer a share of the requests.
        before: All retrainings.
        rollout_runs: Whether a rollout runs.
        pause_s: Shortest time between two.
        now_us: The moment, by the clock that counts.
    """
    if rollout_runs or any(r.state is RetrainingState.RUNNING for r in before):
        return None
    if any(now_us - r.began_us < pause_s * 1e6 for r in before):
        return None
    entered = {r.finding for r in before if r.state is RetrainingState.ENTERED}
    return next((f for f in asks(findings, answering=answering) if f.id not in entered), None)


def since_us(finding: Finding) -> int | None:
    """Return from when on rows are learned from; None for all that are kept.

    Where the same X means another Y, rows of before teach what is no longer true. Where X moved, they still hold.
    """
    return None if finding.kind is FindingKind.DATA_DRIFT else finding.since_us


def retraining_troubles(
    findings: Iterable[Finding], *, answering: Collection[str], before: Sequence[Retraining], when: Retrain
) -> list[Trouble]:
    """Return what people are told: that one is due or runs, or that the last one could not be done."""
    told: list[Trouble] = []
    last = {r.finding: r for r in before}
    for finding in asks(findings, answering=answering):
        known = last.get(finding.id)
        if known is not None and known.state is RetrainingState.REFUSED:
            told.append(_told(finding, Severity.WARNING, "could not be done.", "slipway retrain list"))
        elif known is not None and known.state is RetrainingState.RUNNING:
            told.append(_told(finding, Severity.INFO, "is under way.", "slipway retrain list"))
        elif known is None and when is Retrain.ASK:
            told.append(_told(finding, Severity.INFO, "is due.", f"slipway retrain start {finding.id}"))
    return told


def _told(finding: Finding, severity: Severity, what: str, command: str) -> Trouble:
    return Trouble(
        kind=AlertKind.RETRAINING,
        about=finding.id,
        severity=severity,
        sentence=f"Finding {finding.id}: retraining {finding.model} on newer rows {what}",
        evidence=f"finding {finding.id}",
        command=command,
    )
