"""What follows from what was found between two tables, and how that is said."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from slipway.monitoring.watch import Monitor
from slipway.project.two_tables.feed import Slice
from slipway.records.alert import Finding
from slipway.records.two_tables import ColumnChange, Standing
from slipway.stats.evidence import EValue
from slipway.stats.table import TableTick
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
    return Standing.NOTHING if _could_tell(parts, monitor=monitor) else Standing.CANNOT_TELL


def _could_tell(parts: Sequence[Slice], *, monitor: Monitor) -> bool:
    """Tell whether the largest change there is would have raised an alarm: all values of a column in its last bin.

    One looks after each slice, as the monitor does: blocks are held against all those before them, so a change that
    stays is the usual in the end.
    """
    test: Any = monitor.instruments.inputs
    state = test.start()
    for part in parts:
        counts = np.zeros_like(part.inputs.counts)
        for place in test.reference.slices:
            counts[max(place.stop - 2, place.start)] = part.inputs.rows
        tick, start_us = TableTick(counts), part.inputs.start_us
        state = monitor.instruments.update(test, state, tick=tick, start_us=start_us)
        if test.evidence(state).rejects(alpha=monitor.alpha):
            return True
    return False


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
