"""How much of the change in loss today's inputs explain, with limits, as one line of a page."""

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
