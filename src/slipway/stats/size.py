"""How far did a column move? Size in its own unit, with limits that hold at any time.

A drift that is certain may be too small to matter. So beside the evidence stands the size: for numbers the shift of the
median, for categories how the shares changed and which share of rows would have to move to undo it.
"""

import math

import msgspec
import numpy as np
import numpy.typing as npt

from slipway.errors import BadInput
from slipway.stats.bounds import empirical_process_lil_bound
from slipway.stats.categories import CategoryReference
from slipway.stats.evidence import AnytimeInterval, check_alpha
from slipway.stats.histogram import NumericReference
from slipway.stats.loss_tick import ONE, LossTick
from slipway.stats.shares import share_limits

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


class ShareChange(msgspec.Struct, frozen=True):
    """How the share of one category (or rare, unseen, missing) changed, as a fraction of all rows."""

    label: str
    change: AnytimeInterval


def distribution_band(n: int, *, alpha: float) -> float:
    """Bound how far the empirical distribution of ``n`` rows is from the true one, at all n >= 1 at once.

    Args:
        n: Rows; 0 gives 1.
        alpha: Miss probability over all time.

    Reference:
        Howard & Ramdas (2022), Bernoulli 28(3), theorem 3; their closed form of theorem 2 gives 0.0866 here.

    >>> round(distribution_band(1_000, alpha=0.05), 3)
    0.086
    """
    return min(1.0, empirical_process_lil_bound(n, alpha=alpha, t_min=1.0))


def median_shift(reference: NumericReference, *, counts: npt.ArrayLike, alpha: float) -> AnytimeInterval:
    """Return the median of live rows less that of the reference, in the column's unit; missing values aside.

    The limits are as fine as the bins. Half of alpha goes to the reference, half to the live rows.

    Args:
        reference: What the column was.
        counts: Live rows per bin since the start, missing last.
        alpha: Miss probability over all time.

    >>> rng = np.random.default_rng(0)
    >>> reference = NumericReference.of(rng.normal(100, 10, size=50_000))
    >>> shift = median_shift(reference, counts=reference.tick(rng.normal(103, 10, size=20_000)).counts, alpha=0.05)
    >>> 0.0 < shift.low < 3.0 < shift.high < 6.0
    True
    """
    live = _counts(reference.counts, counts)
    old, new = (_median(reference, c[:-1], alpha=alpha / 2) for c in (reference.counts, live))
    n = int(live[:-1].sum())
    estimate = new[1] - old[1] if n else math.nan
    return AnytimeInterval(low=new[0] - old[2], high=new[2] - old[0], estimate=estimate, alpha=alpha, n=n)


def share_changes(
    reference: CategoryReference, *, counts: npt.ArrayLike, alpha: float
) -> tuple[tuple[ShareChange, ...], AnytimeInterval]:
    """Return the change of each share, and the share of rows that moved (total variation distance).

    All hold together at all times with probability ``1 - alpha``.

    Args:
        reference: What the column was.
        counts: Live rows per bin since the start, in the order of ``reference.labels``.
        alpha: Miss probability over all time and all categories.

    >>> reference = CategoryReference.of(["sea", "air"] * 20_000)
    >>> live = reference.tick(["sea"] * 7 + ["air"] * 3).counts * 1_000
    >>> changes, moved = share_changes(reference, counts=live, alpha=0.05)
    >>> changes[1].label, round(changes[1].change.estimate, 9)
    ('sea', 0.2)
    >>> 0.1 < moved.low < 0.2 < moved.high < 0.3
    True
    """
    check_alpha(alpha)
    live = _counts(reference.counts, counts)
    n, each = int(live.sum()), alpha / (2 * len(live))
    before = reference.counts / max(reference.n, 1)
    old_low, old_high = share_limits(reference.counts, n=reference.n, delta=each)
    now = [LossTick(n=n, total=int(k) * ONE, squares=int(k) * ONE).interval(alpha=each) for k in live]
    low = np.array([share.low for share in now]) - old_high
    high = np.array([share.high for share in now]) - old_low
    estimate = live / max(n, 1) - before if n else np.full(len(live), math.nan)
    ends = zip(reference.labels, low.tolist(), high.tolist(), estimate.tolist(), strict=True)
    changes = tuple(
        ShareChange(label=name, change=AnytimeInterval(low=a, high=b, estimate=e, alpha=alpha, n=n))
        for name, a, b, e in ends
    )
    moved = AnytimeInterval(
        low=float(np.maximum(np.maximum(low, -high), 0.0).sum()) / 2,
        high=min(float(np.maximum(-low, high).sum()) / 2, 1.0),
        estimate=float(np.abs(estimate).sum()) / 2,
        alpha=alpha,
        n=n,
    )
    return changes, moved


def _median(reference: NumericReference, seen: Ints, *, alpha: float) -> tuple[float, float, float]:
    """Lower limit, estimate and upper limit; infinite where the outermost bins hold the limit."""
    cuts = reference.binning.cuts
    n = int(seen.sum())
    if not n or not len(cuts):
        return -math.inf, math.nan, math.inf
    band = distribution_band(n, alpha=alpha)
    below = np.cumsum(seen)[:-1] / n  # share of rows under each cut
    surely_under = np.flatnonzero(below + band < 0.5)  # the median is at or above these cuts
    surely_over = np.flatnonzero(below - band >= 0.5)
    low = float(cuts[surely_under[-1]]) if len(surely_under) else -math.inf
    high = float(cuts[surely_over[0]]) if len(surely_over) else math.inf
    return low, float(np.interp(0.5, below, cuts)), high


def _counts(expected: Ints, counts: npt.ArrayLike) -> Ints:
    live = np.asarray(counts)
    if live.shape != expected.shape or live.dtype.kind != "i" or (live < 0).any():
        raise BadInput(f"counts: want whole numbers for {len(expected)} bins of this reference, got {live!r}.")
    return live.astype(np.int64)
