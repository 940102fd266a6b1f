"""What follows from what was found between two tables, and how that is said."""

from collections.abc import Sequence

from slipway.monitoring.blind import could_tell
from slipway.monitoring.watch import Monitor
from slipway.project.two_tables.feed import Slice
from slipway.records.alert import Finding
from slipway.records.two_tables import ColumnChange, Standing
from slipway.stats.evidence import EValue
from slipway.words import count, odds

_NAMED = 6
"""Costly periods that the answer names."""


def standing_of(
    findings: tuple[Finding, ...], *, costly: list[str], overall: EValue, parts: Sequence[Slice], monitor: Monitor
) -> Standing:
    """Say what follows; a finding tells how things stand at its end, so a costly stretch before that counts too.

    Findings may be those of a server, which need not have looked at all that these slices hold.
    """
    unseen = not findings and overall.rejects(alpha=monitor.alpha)
    if any(f.relevant for f in findings) or ((findings or unseen) and costly):
        return Standing.MATTERS
    if findings:
        return Standing.CANNOT_TELL if any(f.doubtful for f in findings) else Standing.HARMLESS
    if unseen:
        return Standing.CANNOT_TELL
    seen = could_tell(monitor, slices=((part.inputs.start_us, part.inputs.rows) for part in parts))
    return Standing.NOTHING if seen else Standing.CANNOT_TELL


def sentence_of(
    standing: Standing,
    *,
    findings: tuple[Finding, ...],
    costly: list[str],
    overall: EValue,
    columns: Sequence[ColumnChange],
    monitor: Monitor,
    slices: int,
) -> str:
    """Say it in one or a few sentences."""
    unit = monitor.instruments.unit
    if not findings and overall.rejects(alpha=monitor.alpha):
        named = ", ".join(c.name for c in columns if c.moved) or "the inputs"
        cost = (
            f"It cost more than the tolerance in {', '.join(costly[:_NAMED])}." if costly else "Look at what it cost."
        )
        return (
            f"The monitors have no finding here, yet as a whole it is not the reference, by {named}: the evidence "
            f"stands at {odds(overall.log_e)}. {cost}"
        )
    if standing is Standing.CANNOT_TELL and not findings:
        return (
            f"With {count(slices if unit != 'row' else overall.n, unit)} no change however large could be proven at "
            f"alpha {monitor.alpha:g}. Collect more, or take a larger alpha."
        )
    if standing is Standing.NOTHING:
        return f"Nothing was found: the evidence that anything moved stands at {odds(overall.log_e)}."
    newest = next((f for f in reversed(findings) if f.relevant), findings[-1])
    others = len(findings) - 1
    beside = f" {count(others, 'other finding')} beside it." if others else ""
    if newest.relevant or not costly:
        return newest.sentence + beside
    rest = f" and {len(costly) - _NAMED} more" if len(costly) > _NAMED else ""
    return f"{newest.sentence}{beside} That is how it ends; it cost more in {', '.join(costly[:_NAMED])}{rest}."
