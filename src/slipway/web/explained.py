"""How much of the change in loss today's inputs explain, and where the rest lies: with limits, for a page."""

from slipway.records.alert import Finding
from slipway.words import with_limits


def explained(finding: Finding) -> str:
    """Return the line; empty where nobody answered, or an older release raised the finding."""
    loss = finding.loss
    if loss is None or loss.explained is None:
        return ""
    parts = [(loss.explained, "explained by today's inputs"), (loss.unexplained, "not explained by them")]
    told = [
        f"{with_limits(part.estimate, low=part.low, high=part.high, metric=loss.metric)} {what}"
        for part, what in parts
        if part is not None
    ]
    return f"Of the change in {loss.metric}: {'; '.join(told)}."


def where(finding: Finding) -> tuple[tuple[str, str, str], ...]:
    """Return the parts of the rows in which X -> Y changed: which rows, outcomes, how much dearer."""
    metric = finding.loss.metric if finding.loss else ""
    return tuple(
        (p.name, f"{p.n:,}", with_limits(p.gap.estimate, low=p.gap.low, high=p.gap.high, metric=metric))
        for p in finding.parts
    )
