"""Frames for tests and benchmarks, made of seeded chance."""

import numpy as np

from slipway.records.frame import DecisionFrame, MetricFrame, OutcomeFrame, PredictionFrame, ShadowFrame
from slipway.records.held import Held
from slipway.storage.columns import encode_columns


def prediction_frame(
    rows: int,
    *,
    rng: np.random.Generator,
    first: int = 0,
    at_us: int = 1_700_000_000_000_000,
    route: str = "main",
    numbers: int = 4,
) -> PredictionFrame:
    """Return a frame with ids ``p<first>`` on, one row a millisecond, some missing values and one category.

    >>> prediction_frame(2, rng=np.random.default_rng(0), first=7).id
    ['p7', 'p8']
    """
    x = {f"n{i}": np.where(rng.random(rows) < 0.05, np.nan, rng.normal(size=rows)) for i in range(numbers)}
    category = np.array([None, "AA", "EV", "UA"], dtype=object)[rng.integers(0, 4, size=rows)]
    return PredictionFrame(
        route=route,
        route_version=1,
        at_us=[at_us + 1000 * i for i in range(rows)],
        id=[f"p{first + i}" for i in range(rows)],
        entity=[f"e{e}" for e in rng.integers(0, 1000, size=rows)],
        arm=["live"] * rows,
        fallback=[False] * rows,
        score=rng.random(rows).tolist(),
        latency_us=rng.integers(100, 5000, size=rows).tolist(),
        x=Held(encode_columns({**x, "carrier": category})),
    )


def shadow_frame(of: PredictionFrame, *, arm: str, segment: str, offset: int) -> ShadowFrame:
    """Return what a shadow says that always answers one minus the live score."""
    return ShadowFrame(arm=arm, id=of.id, score=[1 - s for s in of.score], segment=segment, offset=offset)


def outcome_frame(of: PredictionFrame, *, delay_us: int = 60_000_000) -> OutcomeFrame:
    """Return outcomes that make the live arm right each time."""
    return OutcomeFrame(at_us=[t + delay_us for t in of.at_us], id=of.id, value=[float(s >= 0.5) for s in of.score])


def decision_frame(of: PredictionFrame, *, by: str = "ana", delay_us: int = 1_000_000) -> DecisionFrame:
    """Return what a person decided a second later who always agrees with the live arm, and did not see its answer."""
    rows = len(of.id)
    return DecisionFrame(
        at_us=[t + delay_us for t in of.at_us],
        id=of.id,
        value=[float(s >= 0.5) for s in of.score],
        by=[by] * rows,
        decided_us=list(of.at_us),
        saw=[False] * rows,
    )


def metric_frame(of: PredictionFrame, *, metric: str = "revenue", delay_us: int = 2_000_000) -> MetricFrame:
    """Return a metric that is what live scored."""
    at_us = [t + delay_us for t in of.at_us]
    return MetricFrame(at_us=at_us, id=of.id, metric=[metric] * len(of.id), value=list(of.score))
