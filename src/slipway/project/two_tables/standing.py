"""What follows from what was found between two tables, and how that is said."""

from collections.abc import Sequence

from slipway.monitoring.blind import LOOKS, unseen
from slipway.monitoring.sight import Look, Sight, has_size, looks_wanted, sight_of
from slipway.monitoring.watch import Monitor
from slipway.project.two_tables.feed import Slice
from slipway.records.alert import Finding
from slipway.records.two_tables import ColumnChange, Standing
from slipway.stats.evidence import EValue
from slipway.words import amount, count, odds, percent

_NAMED = 6
"""Costly periods that the answer names."""


def looked_at(parts: Sequence[Slice], *, monitor: Monitor) -> Sight:
    """Return what would have been found on these slices, had it been so from the first of them on."""
    return sight_of(monitor, looks=_looks(parts))


def _looks(parts: Sequence[Slice]) -> list[Look]:
    return [Look(p.inputs.start_us, p.inputs.rows, p.outcomes.labelled if p.outcomes else 0) for p in parts]


def standing_of(
    findings: tuple[Finding, ...], *, costly: list[str], overall: EValue, sight: Sight | None, monitor: Monitor
) -> Standing:
    """Say what follows; a finding tells how things stand at its end, so a costly stretch before that counts too.

    Findings may be those of a server, which need not have looked at all that these slices hold. Nothing was found only
    where each change would have been: of each column alone, and of the answers where there are truths.

    Args:
        findings: What was found.
        costly: Periods that cost more than the tolerance.
        overall: Evidence that anything moved in X.
        sight: What would have been found; only asked where nothing was.
        monitor: What watched.
    """
    unseen = not findings and overall.rejects(alpha=monitor.alpha)
    if any(f.relevant for f in findings) or ((findings or unseen) and costly):
        return Standing.MATTERS
    if findings:
        return Standing.CANNOT_TELL if any(f.doubtful for f in findings) else Standing.HARMLESS
    if unseen:
        return Standing.CANNOT_TELL
    return Standing.NOTHING if sight is not None and sight.whole else Standing.CANNOT_TELL


def sentence_of(
    standing: Standing,
    *,
    findings: tuple[Finding, ...],
    costly: list[str],
    overall: EValue,
    columns: Sequence[ColumnChange],
    monitor: Monitor,
    parts: Sequence[Slice],
    sight: Sight | None,
) -> str:
    """Say it in one or a few sentences."""
    if not findings and overall.rejects(alpha=monitor.alpha):
        named = ", ".join(c.name for c in columns if c.moved) or "the inputs"
        cost = (
            f"It cost more than the tolerance in {', '.join(costly[:_NAMED])}." if costly else "Look at what it cost."
        )
        return (
            f"The monitors have no finding here, yet as a whole it is not the reference, by {named}: the evidence "
            f"stands at {odds(overall.log_e)}. {cost}"
        )
    if sight is not None and not findings:
        if standing is Standing.CANNOT_TELL:
            return _too_little(sight, parts=parts, monitor=monitor)
        found = f"Nothing was found: the evidence that anything moved stands at {odds(overall.log_e)}."
        return f"{found} {_would_have(sight, monitor=monitor)}"
    newest = next((f for f in reversed(findings) if f.relevant), findings[-1])
    others = len(findings) - 1
    beside = f" {count(others, 'other finding')} beside it." if others else ""
    if newest.relevant or not costly:
        return newest.sentence + beside
    rest = f" and {len(costly) - _NAMED} more" if len(costly) > _NAMED else ""
    return f"{newest.sentence}{beside} That is how it ends; it cost more in {', '.join(costly[:_NAMED])}{rest}."


def _too_little(sight: Sight, *, parts: Sequence[Slice], monitor: Monitor) -> str:
    """Say what could not have been found, and the way out; where it is the answers alone, truths are what is wanted."""
    unit = monitor.instruments.unit
    looks = _looks(parts)
    truths = " with their truths" if not sight.hidden else ""
    given = [look for look in looks if look.labelled] if truths else looks
    if unit == "row":
        known = count(sum(look.labelled if truths else look.rows for look in given), unit)
    else:
        known = count(len(given), unit)
    said = f"With {known}{truths} {unseen(sight)} could be proven at alpha {monitor.alpha:g}."
    if unit == "row":
        return f"{said} Collect more, or take a larger alpha."
    wanted = looks_wanted(monitor, looks=looks, most=LOOKS)
    longer = "Take a longer reference"
    if wanted is not None and wanted > len(given):
        longer = f"Collect {count(wanted, unit)}{truths} or take a longer reference"
    return f"{said} {longer}; or count rows ('--unit row'; in Python unit='row') if they are independent of each other."


def _would_have(sight: Sight, *, monitor: Monitor) -> str:
    """Say what would have been found: what the silence is worth."""
    if sight.share is None:
        raise ValueError("a silence that is worth nothing says no size")
    begun = "" if monitor.instruments.unit == "row" else f", from the first {monitor.instruments.unit} on,"
    said = (
        f"It would more likely than not have been found had{begun} any one column gone to its rarest values in about "
        f"{percent(sight.share, digits=0)} of the rows"
    )
    if sight.loss is not None and not has_size(monitor.reference):
        return f"{said}. Of the answers no size is told at a threshold other than 0.5, or with costs other than 1."
    if sight.loss is not None:
        return f"{said}, or had the loss risen to about {amount(sight.loss, metric=monitor.limits.metric)}."
    if monitor.instruments.gap is not None:
        return f"{said}. Whether the answers are still right cannot be told: no row has its truth."
    return f"{said}."
