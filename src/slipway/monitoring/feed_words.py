"""What is said of a fault in live traffic: by the rules of :mod:`slipway.monitoring.quality`, from counts per bin."""

import numpy as np

from slipway.monitoring import quality
from slipway.monitoring.feed_events import Event
from slipway.records.quality import Fault, Quality
from slipway.records.reference import ColumnReference, Reference
from slipway.words import percent

_ALL = 0.999


def remark(event: Event, *, reference: Reference, share: float, units: dict[str, str]) -> Quality:
    """Return what a fault is, in words.

    Args:
        event: The kind of row that has risen.
        reference: As packaged.
        share: Share of the rows of late that are of the kind.
        units: Column to its unit.
    """
    if event.column < 0:
        said = quality.duplicates(was=min(reference.alike, share), now=share)
        return said or _plain(event, "", share)
    column = reference.columns[event.column]
    return _of_column(event, column, share=share, unit=units.get(column.name, "")) or _plain(event, column.name, share)


def _of_column(event: Event, column: ColumnReference, *, share: float, unit: str) -> Quality | None:
    name = column.name
    if event.change is not None:
        how = event.change
        return quality.another_unit(name, factor=how.factor, plus=how.plus, words=how.words, unit=unit)
    if event.fault is Fault.CONSTANT:
        return quality.constant(name, value=_value(column, place=event.bin), varied=True)
    if event.fault is Fault.UNSEEN:
        return quality.unseen(name, now=share)
    if event.fault is Fault.RANGE:
        return quality.out_of_range(name, low=column.low or 0.0, high=column.high or 0.0, now=share, far=share)
    was = column.profile.counts[-1] / max(int(column.profile.counts.sum()), 1)
    return quality.empty(name) if share > _ALL else quality.missing(name, was=float(was), now=share)


def _value(column: ColumnReference, *, place: int) -> str:
    """Return what a bin holds: a category, a number, or what it lies between."""
    if column.category is not None:
        return repr(column.category.labels[place])
    cuts = np.empty(0) if column.number is None else column.number.binning.cuts
    if not len(cuts):
        return "the same"
    if place == 0:
        return f"below {cuts[0]:.4g}"
    if place >= len(cuts):
        return f"{cuts[-1]:.4g} or above"
    low, high = float(cuts[place - 1]), float(cuts[place])
    return f"{low:.4g}" if np.nextafter(low, np.inf) >= high else f"between {low:.4g} and {high:.4g}"


def _plain(event: Event, name: str, share: float) -> Quality:
    """Return a fault that is proven and too small for the words of a whole table."""
    where = f"{name}: " if name else ""
    return Quality(
        fault=event.fault, column=name, serious=False, detail=f"{where}{event.fault} in {percent(share)} of the rows."
    )
