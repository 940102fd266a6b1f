"""How far has a column moved? In its own unit for a number, as a share of the rows for a category."""

import numpy as np
import numpy.typing as npt

from slipway.records.alert import MovedColumn
from slipway.stats.categories import CategoryReference
from slipway.stats.evidence import EValue
from slipway.stats.histogram import NumericReference
from slipway.stats.joint import Together

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_MUCH = 0.02
"""A share of missing values that changed by more is named first, whatever else moved."""


def moved(
    name: str, *, reference: NumericReference | CategoryReference, counts: Ints, unit: str, evidence: EValue
) -> MovedColumn:
    """Return the size of a column's move.

    Args:
        name: The column.
        reference: What it was.
        counts: What it is now: rows per bin of the reference.
        unit: Unit of a number; empty if it has none.
        evidence: That it moved at all.
    """
    was, now = _shares(reference.counts), _shares(counts)
    if abs(now[-1] - was[-1]) > _MUCH:
        detail = f"{name}: missing in {was[-1]:.1%} of the rows before, in {now[-1]:.1%} now"
        return MovedColumn(
            name=name, size=float(now[-1] - was[-1]), unit="share of rows", evidence=evidence, detail=detail
        )
    if isinstance(reference, NumericReference):
        before, after = (_mean(reference, shares=shares) for shares in (was, now))
        detail = f"{name}: mean {before:.4g} before, {after:.4g} now" + (f" {unit}" if unit else "")
        return MovedColumn(name=name, size=after - before, unit=unit or "1", evidence=evidence, detail=detail)
    distance = float(np.abs(now - was).sum() / 2)
    most = int(np.abs(now - was).argmax())
    detail = f"{name}: {reference.labels[most]} in {was[most]:.1%} of the rows before, in {now[most]:.1%} now"
    return MovedColumn(name=name, size=distance, unit="share of rows", evidence=evidence, detail=detail)


def parted(pair: Together, *, evidence: EValue) -> MovedColumn:
    """Return two columns that no longer go together as they did, or one whose mean weighs most in what was learned."""
    if not pair.second:
        detail = f"{pair.first}: {pair.weight:+.2g} standard deviations of a block"
        return MovedColumn(name=pair.first, size=pair.weight, unit="sd of a block", evidence=evidence, detail=detail)
    how = "more" if pair.weight > 0 else "less"
    name = f"{pair.first} with {pair.second}"
    return MovedColumn(
        name=name,
        size=pair.weight,
        unit="sd of a block",
        evidence=evidence,
        detail=f"{name}: high values go together {how} than they did",
    )


def _shares(counts: Ints) -> Floats:
    return np.asarray(counts / max(int(counts.sum()), 1), dtype=np.float64)


def _mean(reference: NumericReference, *, shares: Floats) -> float:
    """Return the mean over bins of the middle of each; what lies beyond the outer cuts counts as the cut."""
    cuts = reference.binning.cuts
    if not len(cuts):
        return float("nan")
    middles = np.concatenate([cuts[:1], (cuts[:-1] + cuts[1:]) / 2, cuts[-1:]])
    present = shares[:-1]
    return float(middles @ present / max(float(present.sum()), 1e-300))
