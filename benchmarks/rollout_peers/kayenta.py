"""Kayenta, the judge of Spinnaker: a Mann-Whitney test a metric, a score, marginal and pass.

From its documents: "How canary judgment works" (spinnaker.io/docs/guides/user/canary/judge) and "Best practices for
configuring canary": compare against an equivalent baseline of the same size; at least 50 points a metric and run; "a
good starting point" is an interval of one hour and no warm-up; a run whose score is below *marginal* (75) fails the
canary, the last run must reach *pass* (95). The default judge classifies a metric as High if the 98 % confidence
interval of the shift lies above 0.25 times the Hodges-Lehmann estimate (Kayenta's `MannWhitneyClassifier`, `tolerance =
0.25`, `confLevel = 0.98`, asymptotic with continuity correction as in R's `wilcox.test`); the score is the share of
metrics that pass, and Nodata does not count.

Here: a point a minute, a run every hour on the hour's 60 points, 24 runs instead of the starting point's three, so that
all decide on the same day; metrics: failures, mean and 99th percentile of the waits, errors; direction `increase`.
*Critical*: every metric is marked critical, so that one that is High fails the run at once, as the documents advise for
metrics that matter.
"""

import numpy as np
from scipy.stats import norm, rankdata

from .streams import CELL_S, CELLS, MIDDLE_MS

RUN = 3600 // CELL_S
PASS, MARGINAL, TOLERANCE, CONFIDENCE = 95.0, 75.0, 0.25, 0.98


def stops(stream):
    """Return (cell after which the default rolls back, and with every metric critical); None where neither does."""
    canary, baseline = _metrics(stream, 0), _metrics(stream, 1)
    plain = critical = None
    for run in range(CELLS // RUN):
        here = slice(run * RUN, (run + 1) * RUN)
        told = [high(canary[name][here], baseline[name][here]) for name in canary]
        known = [t for t in told if t is not None]
        end, score = (run + 1) * RUN - 1, 100.0 * (1 - np.mean(known)) if known else 0.0
        last = run == CELLS // RUN - 1
        if critical is None and any(known):
            critical = end
        if plain is None and (score < MARGINAL or (last and score < PASS)):
            plain = end
    return plain, critical


def high(canary, baseline):
    """Tell whether a metric is classified High; None without data."""
    canary, baseline = canary[np.isfinite(canary)], baseline[np.isfinite(baseline)]
    if not len(canary) or not len(baseline):
        return None
    if np.array_equal(canary, baseline):
        return False
    estimate = np.median(canary[:, None] - baseline[None, :])  # Hodges-Lehmann
    return bool(_z(canary, baseline, TOLERANCE * abs(estimate)) > norm.ppf((1 + CONFIDENCE) / 2))


def _z(x, y, shift):
    """Return R's statistic for the shift; the interval's lower limit lies above it where z exceeds the quantile."""
    ranks = rankdata(np.concatenate([x - shift, y]))
    m, n = len(x), len(y)
    distance = ranks[:m].sum() - m * (m + 1) / 2 - m * n / 2
    _, ties = np.unique(ranks, return_counts=True)
    spread = np.sqrt(m * n / 12 * ((m + n + 1) - (ties**3 - ties).sum() / ((m + n) * (m + n - 1))))
    return 0.0 if spread == 0 else (distance - 0.5 * np.sign(distance)) / spread


def _metrics(stream, arm):
    n, waits = stream.n[arm], stream.waits[arm]
    whole = np.cumsum(waits, axis=1)
    late = round(stream.family.delay_h * 3600 / CELL_S)
    errors = np.full(CELLS, np.nan)
    with np.errstate(invalid="ignore", divide="ignore"):
        wrong = np.where(stream.labelled[arm] > 0, stream.errors[arm] / stream.labelled[arm], np.nan)
        mean = np.where(whole[:, -1] > 0, waits @ MIDDLE_MS / whole[:, -1], np.nan)
        place = (whole >= 0.99 * np.maximum(whole[:, -1:], 1)).argmax(axis=1)
        p99 = np.where(whole[:, -1] > 0, MIDDLE_MS[place], np.nan)
        failures = np.where(n > 0, stream.failures[arm] / n, np.nan)
    errors[late:] = wrong[: CELLS - late]
    return {"failures": failures, "mean": mean, "p99": p99, "errors": errors}
