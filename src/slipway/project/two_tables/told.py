"""What was found between two tables, put together and said."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from slipway.monitoring.advise import advise
from slipway.monitoring.attribute import Cause, attribute
from slipway.monitoring.instruments import Instruments
from slipway.monitoring.moved import moved
from slipway.monitoring.track import evidence, start, take_inputs, take_outcomes
from slipway.monitoring.watch import Monitor
from slipway.project.two_tables.feed import Slice
from slipway.project.two_tables.headline import remarked
from slipway.project.two_tables.standing import looked_at, sentence_of, standing_of
from slipway.records.alert import Finding, FindingKind, MovedColumn
from slipway.records.quality import Quality
from slipway.records.reference import Reference
from slipway.records.two_tables import ColumnChange, Period, Roles, TwoTables
from slipway.stats.categories import CategoryReference
from slipway.stats.histogram import NumericReference
from slipway.stats.table import TableTick
from slipway.words import moment, utc

Ints = npt.NDArray[np.int64]

_DAY_US = 86_400_000_000
_BARS = 12
"""Bars of a column's chart."""


def told(
    parts: Sequence[Slice],
    *,
    findings: tuple[Finding, ...],
    monitor: Monitor,
    roles: Roles,
    quality: tuple[Quality, ...],
    names: tuple[str, str],
    rows: tuple[int, int],
    metric: str,
    means: Mapping[str, tuple[float, float]],
) -> TwoTables:
    """Put the answer together.

    Args:
        parts: The current table in slices.
        findings: What the monitor found on them.
        monitor: It; the horizon of its promise is these slices.
        roles: Which column played which part.
        quality: Remarks on the data.
        names: What to call the tables.
        rows: Rows of both.
        metric: Name of the loss; empty without answers.
        means: Column to its mean in both tables, where the rows are at hand: sums know no values beyond the
            reference's outermost cuts.
    """
    test, reference = monitor.instruments.inputs, monitor.reference
    whole = _after(parts, instruments=monitor.instruments)
    columns = _columns(parts, state=whole, monitor=monitor, means=means)
    overall = test.evidence(whole)
    labelled = sum(p.outcomes.labelled for p in parts if p.outcomes)
    losses = math.fsum(p.outcomes.loss for p in parts if p.outcomes)
    expected = math.fsum(p.inputs.expected for p in parts)
    held = reference.held_out_rows
    periods = tuple(
        _judged(_period(name, own, answered=bool(held)), own=own, monitor=monitor)
        for name, own in _grouped(parts, form=_form(parts) if monitor.limits.dated else "")
    )
    costly = [p.name for p in periods if p.matters]
    quiet = not findings and not overall.rejects(alpha=monitor.alpha)
    sight = looked_at(parts, monitor=monitor) if quiet else None
    standing = standing_of(findings, costly=costly, overall=overall, sight=sight, monitor=monitor)
    return TwoTables(
        reference=names[0],
        current=names[1],
        rows_before=rows[0],
        rows_now=rows[1],
        roles=roles,
        unit=monitor.instruments.unit,
        unit_reason=_why_unit(reference, unit=monitor.instruments.unit),
        metric=metric,
        alpha=monitor.alpha,
        tolerance=monitor.limits.tolerance,
        standing=standing,
        sentence=remarked(
            sentence_of(
                standing,
                findings=findings,
                costly=costly,
                overall=overall,
                columns=columns,
                monitor=monitor,
                parts=parts,
                sight=sight,
            ),
            quality=quality,
        ),
        findings=findings,
        quality=quality,
        columns=columns,
        periods=periods,
        slices=tuple(_period(moment(p.inputs.start_us), [p], answered=bool(held)) for p in parts),
        loss_before=math.fsum(b.loss for b in reference.held_out) / held if held else None,
        loss_now=losses / labelled if labelled else None,
        expected_now=expected / rows[1] if held else None,
        log_e=max(overall.log_e, *(f.evidence.log_e for f in findings)) if findings else overall.log_e,
        season=monitor.instruments.season,
    )


def _why_unit(reference: Reference, *, unit: str) -> str:
    """Return the reason of the column that asks most loudly for the unit."""
    asking = [c for c in reference.columns if c.unit.unit == unit]
    if not asking:
        return "As asked."
    loudest = max(asking, key=lambda c: (math.isfinite(c.unit.design_effect), c.unit.design_effect))
    return loudest.unit.reason if math.isnan(loudest.unit.design_effect) else f"{loudest.name}: {loudest.unit.reason}"


def _after(parts: Sequence[Slice], *, instruments: Instruments) -> Any:
    """Return the state of the test of X after all slices, never started afresh."""
    state: Any = instruments.inputs.start()
    for part in parts:
        tick = TableTick(part.inputs.counts)
        state = instruments.update(instruments.inputs, state, tick=tick, start_us=part.inputs.start_us)
    return state


def _columns(
    parts: Sequence[Slice], *, state: Any, monitor: Monitor, means: Mapping[str, tuple[float, float]]
) -> tuple[ColumnChange, ...]:
    test = monitor.instruments.inputs
    now = np.sum([p.inputs.counts for p in parts], axis=0)
    found = []
    for column, profile, place in zip(
        test.columns(state, alpha=monitor.alpha), test.reference.columns, test.reference.slices, strict=True
    ):
        size = moved(column.name, reference=profile, counts=now[place], unit="", evidence=column.evidence)
        labels, bars = _bars(profile)
        before, after = (np.add.reduceat(c, bars) / max(int(c.sum()), 1) for c in (profile.counts, now[place]))
        found.append(
            ColumnChange(
                name=column.name,
                moved=column.drifted,
                log_e=column.evidence.log_e,
                detail=_exact(size, means=means) or size.detail.removeprefix(f"{column.name}: "),
                labels=labels,
                before=tuple(before.tolist()),
                now=tuple(after.tolist()),
            )
        )
    return tuple(sorted(found, key=lambda c: -c.log_e))


def _exact(size: MovedColumn, *, means: Mapping[str, tuple[float, float]]) -> str:
    """Say the means themselves where the means are what moved most, and the rows are at hand."""
    if size.name not in means or size.unit == "share of rows":
        return ""
    before, now = means[size.name]
    return f"mean {before:.4g} before, {now:.4g} now"


def _bars(profile: NumericReference | CategoryReference) -> tuple[tuple[str, ...], list[int]]:
    """Return (labels of the bars, the first bin of each); missing values are the last bar."""
    last = len(profile.counts) - 1
    if isinstance(profile, CategoryReference):
        named = min(_BARS, last)
        rest = ("others",) if named < last else ()
        return (*profile.labels[:named], *rest, "missing"), [*range(named), *([named] if rest else []), last]
    cuts = profile.binning.cuts
    step = max(1, math.ceil(last / _BARS))
    starts = [*range(0, last, step)]
    ends = [*starts[1:], last]
    labels = tuple(_range(cuts, low=a, high=b) for a, b in zip(starts, ends, strict=True))
    return (*labels, "missing"), [*starts, last]


def _range(cuts: npt.NDArray[np.float64], *, low: int, high: int) -> str:
    """Say which values are in bins ``low`` to ``high - 1``."""
    if not len(cuts):
        return "any"
    if low == 0:
        return f"below {cuts[min(high, len(cuts)) - 1]:.4g}"
    if high > len(cuts):
        return f"from {cuts[low - 1]:.4g}"
    return f"{cuts[low - 1]:.4g} to {cuts[high - 1]:.4g}"


def _grouped(parts: Sequence[Slice], *, form: str) -> list[tuple[str, list[Slice]]]:
    grouped: dict[str, list[Slice]] = {}
    for part in parts:
        grouped.setdefault(utc(part.inputs.start_us).strftime(form) if form else "all", []).append(part)
    return list(grouped.items())


def _period(name: str, own: Sequence[Slice], *, answered: bool) -> Period:
    labelled = sum(p.outcomes.labelled for p in own if p.outcomes)
    rows = sum(p.inputs.rows for p in own)
    return Period(
        name=name,
        start_us=own[0].inputs.start_us,
        rows=rows,
        labelled=labelled,
        realised=math.fsum(p.outcomes.loss for p in own if p.outcomes) / labelled if labelled else None,
        expected=math.fsum(p.inputs.expected for p in own) / rows if answered and rows else None,
    )


def _judged(period: Period, *, own: Sequence[Slice], monitor: Monitor) -> Period:
    """Hold one period against the reference, as if nothing had come before it."""
    cause = _caused(own, monitor=monitor)
    if cause is None:
        return period
    matters = advise(cause, limits=monitor.limits).relevant
    rise = math.nan if period.realised is None else period.realised - (cause.loss.before or 0.0)
    return msgspec.structs.replace(
        period,
        kind=cause.kind,
        matters=matters,
        doubtful=not matters and rise > monitor.limits.tolerance,
        explained=cause.loss.explained.estimate if cause.loss.explained else None,
        columns=tuple(c.name for c in cause.columns),
    )


def _caused(own: Sequence[Slice], *, monitor: Monitor) -> Cause | None:
    """Return what happened in a period by its end; the gap is judged where its evidence was highest on the way.

    One may look after each slice, so a week that proved something is not unsaid by the quiet week that follows. What
    changed has mostly changed when a period begins, so early changes get most of the capital: no horizon.
    """
    instruments = monitor.instruments.within(math.inf)
    track = peak = start(instruments)
    highest = -math.inf
    for part in own:
        track = take_inputs(track, instruments=instruments, sums=part.inputs)
        if part.outcomes is not None:
            track = take_outcomes(track, instruments=instruments, sums=part.outcomes)
        if (now := evidence(track, instruments=instruments).gap.log_e) > highest:
            peak, highest = track, now
    terms: dict[str, Any] = {
        "instruments": instruments,
        "reference": monitor.reference,
        "units": monitor.units,
        "alpha": monitor.alpha,
    }
    cause, before = attribute(track, **terms), attribute(peak, **terms)
    if cause is None or before is None or cause.gap_moved or not before.gap_moved:
        return cause or before
    return msgspec.structs.replace(cause, kind=FindingKind.BOTH, gap_moved=True)


def _form(parts: Sequence[Slice]) -> str:
    days = (parts[-1].inputs.end_us - parts[0].inputs.start_us) / _DAY_US
    return "%Y-%m" if days > 70 else "%Y-%m-%d" if days > 3 else "%Y-%m-%d %H:00"
