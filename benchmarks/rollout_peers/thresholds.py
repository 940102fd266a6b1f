"""Argo Rollouts and Flagger: fixed thresholds on the canary's own metrics, checked at an interval, some misses allowed.

From their documents:

- Argo Rollouts, "Analysis & Progressive Delivery" (argoproj.github.io/argo-rollouts/features/analysis): the example
  `success-rate` has `interval: 5m`, `successCondition: result[0] >= 0.95`, `failureLimit: 3`; a run fails when more
  than `failureLimit` measurements have failed. Here every 6 minutes, three cells.
- Flagger, "How it works" and "Metrics Analysis" (docs.flagger.app): `interval: 1m`, `threshold: 10`,
  `request-success-rate` at least 99 %, `request-duration` (P99) at most 500 ms; "if the failed checks threshold is
  reached, stops the analysis and rolls back". Here every 2 minutes, a cell. Its weight stays at a tenth instead of
  rising by `stepWeight`, so that all decide on the same stream.

Neither has a default for a model's errors; neither compares with live. *Tuned*: with a success rate, a P99 and an
accuracy, each threshold as tight as 200 harmless canaries of the first family allow with 5 % false rollbacks. Nobody
who rolls out has 200 harmless canaries to tune on; it is the best that thresholds can do.
"""

import numpy as np

from .streams import CELLS, MIDDLE_MS

METRICS = ("failures", "p99_ms", "errors")
EVERY = {"argo": 3, "flagger": 1}
ALLOWED = {"argo": 3, "flagger": 9}
DOCUMENTED = {"argo": {"failures": 0.05}, "flagger": {"failures": 0.01, "p99_ms": 500.0}}


def measure(stream, every):
    """Return the canary's metrics, each of shape (measurements,), NaN where nothing can be measured; low is good."""
    here = CELLS // every
    n, failures, labelled, errors = (
        x[0, : here * every].reshape(here, every).sum(axis=1)
        for x in (stream.n, stream.failures, stream.labelled, stream.errors)
    )
    waits = stream.waits[0, : here * every].reshape(here, every, -1).sum(axis=1)
    whole = np.cumsum(waits, axis=1)
    place = (whole >= 0.99 * np.maximum(whole[:, -1:], 1)).argmax(axis=1)
    late = round(stream.family.delay_h * 3600 / 120 / every)
    accuracy = np.full(here, np.nan)
    accuracy[late:] = _share(errors, labelled)[: here - late]
    with np.errstate(invalid="ignore"):
        p99 = np.where(whole[:, -1] > 0, MIDDLE_MS[place], np.nan)
    return {"failures": _share(failures, n), "p99_ms": p99, "errors": accuracy}


def tune(streams, who, *, alpha=0.05):
    """Return thresholds at which this part of the streams would be rolled back, shared evenly by the metrics."""
    found = {}
    for name in METRICS:
        worst = []
        for stream in streams:
            values = np.sort(measure(stream, EVERY[who])[name])
            worst.append(values[np.isfinite(values)][-1 - ALLOWED[who]])
        found[name] = float(np.quantile(worst, 1 - alpha / len(METRICS)))
    return found


def stop(stream, who, limits):
    """Return the cell after which it rolls back, or None. A measurement without data fails nothing."""
    values = measure(stream, EVERY[who])
    stops = []
    for name, limit in limits.items():
        with np.errstate(invalid="ignore"):
            failed = np.flatnonzero(values[name] > limit)
        if len(failed) > ALLOWED[who]:
            stops.append((int(failed[ALLOWED[who]]) + 1) * EVERY[who] - 1)
    return min(stops, default=None)


def _share(part, whole):
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(whole > 0, part / whole, np.nan)
