"""The tests of the text books: two proportions for failures and errors, Welch for the mean wait; one-sided.

Each at a third of alpha (Bonferroni). *Once*: at the end of the day, the one n for which they are valid. *Peeking*: at
each of the looks that Slipway has, stopping at the first that is significant, as dashboards invite to. They compare the
canary with all of live, which is more than Kayenta has.
"""

import numpy as np
from scipy.stats import norm, t

from .streams import CELLS, MIDDLE_MS

ALPHA = 0.05


def stops(stream, looks):
    """Return (cell after which the test at the end rolls back, and the one that peeks); None where neither does."""
    significant = [cell for cell in looks if _significant(stream, cell)]
    return (CELLS - 1 if CELLS - 1 in significant else None), min(significant, default=None)


def _significant(stream, cell):
    upto, told = slice(0, cell + 1), slice(0, stream.known(cell))
    pairs = ((stream.failures, stream.n, upto), (stream.errors, stream.labelled, told))
    values = [_two_rates(events, trials, when) for events, trials, when in pairs]
    values.append(_welch(*(stream.waits[which, upto].sum(axis=(0, 1)) for which in (slice(0, 1), stream.live))))
    return min(values) < ALPHA / 3


def _two_rates(events, trials, when):
    (a, n), (b, m) = ((events[s, when].sum(), trials[s, when].sum()) for s in (slice(0, 1), slice(1, 3)))
    pooled = (a + b) / max(n + m, 1)
    if not n or not m or not 0 < pooled < 1:
        return 1.0
    return float(norm.sf((a / n - b / m) / np.sqrt(pooled * (1 - pooled) * (1 / n + 1 / m))))


def _welch(canary, live):
    n, m = canary.sum(), live.sum()
    if n < 2 or m < 2:
        return 1.0
    means = [(c @ MIDDLE_MS) / c.sum() for c in (canary, live)]
    spread = [
        (c @ (MIDDLE_MS - mean) ** 2) / (c.sum() - 1) / c.sum() for c, mean in zip((canary, live), means, strict=True)
    ]
    if not sum(spread) > 0:
        return 1.0
    degrees = sum(spread) ** 2 / (spread[0] ** 2 / (n - 1) + spread[1] ** 2 / (m - 1))
    return float(t.sf((means[0] - means[1]) / np.sqrt(sum(spread)), degrees))
