"""Which findings people are told of: those that are open and matter. What costs nothing is in the report."""

from collections.abc import Iterable

from slipway.records.alert import Finding, FindingKind, Step
from slipway.records.quality import Fault, Quality
from slipway.records.trouble import AlertKind, Severity, Trouble
from slipway.words import count, day, moment

_DO = {
    Step.SCOPING: "decide whether the project goes on",
    Step.DATA: "look at where the columns come from, and label rows as they are today",
    Step.MODELING: "train on recent outcomes",
    Step.DEPLOYMENT: "roll back",
    Step.NONE: "nothing has to be done",
}


def finding_troubles(findings: Iterable[Finding]) -> list[Trouble]:
    """Return one trouble for each finding that is open and matters.

    The finding's own sentence stays here: it names values of columns, which may be people's.
    """
    return [
        _broken(f) if f.kind is FindingKind.QUALITY else _trouble(f)
        for f in findings
        if f.closed_us is None and f.relevant
    ]


def _broken(finding: Finding) -> Trouble:
    said = [_fault(q) for q in finding.quality[:5]]
    more = len(finding.quality) - len(said)
    others = f" and {count(more, 'other fault')}" if more else ""
    since = "" if finding.since_us is None else f" since about {moment(finding.since_us)}"
    return Trouble(
        kind=AlertKind.FEED,
        about=finding.id,
        severity=Severity.WARNING,
        sentence=f"Model {finding.model}: what feeds it is broken{since}: {'; '.join(said)}{others}. Fix the feed.",
        evidence=f"finding {finding.id}",
        command=f"slipway monitor show {finding.id}",
    )


def _fault(remark: Quality) -> str:
    """Return what is wrong; of refused rows in whole, for that has no value of any row."""
    if remark.fault is Fault.REFUSED:
        return remark.detail.rstrip(".")
    return f"{remark.column}: {remark.fault}" if remark.column else str(remark.fault)


def _trouble(finding: Finding) -> Trouble:
    columns = [c.name for c in finding.columns[:5]]
    more = len(finding.columns) - len(columns)
    others = f" and {count(more, 'other column')}" if more else ""
    moved = f" in {', '.join(columns)}{others}" if columns else ""
    since = "" if finding.since_us is None else f" since about {day(finding.since_us)}"
    grave = finding.go_back_to in (Step.SCOPING, Step.DEPLOYMENT)
    return Trouble(
        kind=AlertKind.FINDING,
        about=finding.id,
        severity=Severity.CRITICAL if grave else Severity.WARNING,
        sentence=(
            f"Model {finding.model}: {finding.kind}{since}{moved}, and it costs more than the tolerance. "
            f"Go back to {finding.go_back_to}: {_DO[finding.go_back_to]}."
        ),
        evidence=f"finding {finding.id}",
        command=f"slipway monitor show {finding.id}",
    )
