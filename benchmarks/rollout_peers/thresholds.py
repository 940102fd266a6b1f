"""Argo Rollouts and Flagger: fixed thresholds on the canary's own metrics, checked at an interval, some misses allowed.

From their documents:

- Argo Rollouts, "Analysis & Progressive Delivery" (argoproj.github.io/argo-rollouts/features/analysis): the example
  `success-rate` has `interval: 5m`, `successCondition: result[0] >= 0.95`, `failureLimit: 3`; a run fails when more
  than `failureLimit` measurements have failed. Each metric counts its own.
- Flagger, "How it works" and "Metrics Analysis" (docs.flagger.app): `interval: 1m`, `threshold: 10`,
  `request-success-rate` at least 99 %, `request-duration` (P99) at most 500 ms; "if the failed checks threshold is
  reached, stops the analysis and rolls back". One count for all metrics: a check at which any of them misses is a
  failed check (its status has one `failedChecks`). Its weight stays at a tenth instead of rising by `stepWeight`, so
  that all decide on the same stream. Flagger halts where a metric has no values, and advises a load test where traffic
  is not constant; here silence fails nothing, for either tool.

Neither has a default for a model's errors; neither compares with live. *Tuned*: with a success rate, a P99 and an
accuracy, thresholds at one quantile of each metric's values, as tight as 200 harmless canaries of the first family
allow with 5 % false rollbacks of all metrics together. Nobody who rolls out has 200 harmless canaries to tune on; it is
the best that thresholds can do.
"""

import numpy as np

from .streams import CELL_S, CELLS, MIDDLE_MS

METRICS = ("failures", "p99_ms", "errors")
EVERY = {"argo": 300 // CELL_S, "flagger": 60 // CELL_S}
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
    late = round(stream.family.delay_h * 3600 / CELL_S / every)
    accuracy = np.full(here, np.nan)
    accuracy[late:] = _share(errors, labelled)[: here - late]
    with np.errstate(invalid="ignore"):
        p99 = np.where(whole[:, -1] > 0, MIDDLE_MS[place], np.nan)
    return {"failures": _share(failures, n), "p99_ms": p99, "errors": accuracy}


def tune(streams, who, *, alpha=0.05):
    """Return thresholds, at one quantile of each metric, that roll back at most this part of the streams."""
    found = [measure(stream, EVERY[who]) for stream in streams]
    pooled = {name: np.sort(np.concatenate([values[name] for values in found])) for name in METRICS}
    pooled = {name: values[np.isfinite(values)] for name, values in pooled.items()}

    def limits(level):
        return {name: float(values[round(level * (len(values) - 1))]) for name, values in pooled.items()}

    tight, loose = 0.5, 1.0  # beyond the largest value lies none
    for _ in range(20):
        level = (tight + loose) / 2
        stopped = sum(_first(values, who, limits(level)) is not None for values in found)
        tight, loose = (level, loose) if stopped > alpha * len(found) else (tight, level)
    return limits(loose)


def stop(stream, who, limits):
    """Return the cell after which it rolls back, or None. A measurement without data fails nothing."""
    return _first(measure(stream, EVERY[who]), who, limits)


def _first(values, who, limits):
    failed = np.stack([values[name] > limit for name, limit in limits.items()])  # NaN is never above
    if who == "flagger":
        failed = failed.any(axis=0, keepdims=True)
    places = [np.flatnonzero(row) for row in failed]
    stops = [int(at[ALLOWED[who]]) for at in places if len(at) > ALLOWED[who]]
    return (min(stops) + 1) * EVERY[who] - 1 if stops else None


def _share(part, whole):
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(whole > 0, part / whole, np.nan)
