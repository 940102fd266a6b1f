"""A model with a monitor, for exams of what feeds it."""

import numpy as np
import polars as pl

from slipway.control.post import Equipped
from slipway.control.slices import Model
from slipway.modeling.reference import make_reference
from slipway.monitoring.advise import Limits
from slipway.monitoring.instruments import instruments_of
from slipway.monitoring.watch import Monitor
from slipway.records.field import Field, FieldKind
from slipway.records.scoring import Scoring
from slipway.records.task import TaskKind
from slipway.stats.coding import Coder

DAY_US = 86_400_000_000


def watched_model(name: str) -> Equipped:
    """Return a model that errs on one request in ten, and the monitor that 60 days of reference with one input give."""
    rng = np.random.default_rng(0)
    at_us = np.repeat(np.arange(60), 100) * DAY_US
    y = (rng.random(6000) < 0.4).astype(float)
    scores = np.where(rng.random(6000) < 0.1, 1 - y, y) * 0.8 + 0.1
    reference, calibration = make_reference(
        pl.DataFrame({"amount": rng.normal(size=6000)}),
        fields=(Field(name="amount", kind=FieldKind.NUMBER, unit="EUR"),),
        times_us=at_us,
        held_out=np.arange(3000, 6000),
        scores=scores[3000:],
        y=y[3000:],
        scoring=Scoring(kind=TaskKind.BINARY),
    )
    instruments = instruments_of(reference, unit="day")
    monitor = Monitor(
        model=name,
        reference=reference,
        instruments=instruments,
        limits=Limits(metric="error", tolerance=0.01),
        units={"amount": "EUR"},
        alpha=0.01,
    )
    coder = Coder(instruments.inputs.reference)
    return Equipped(Model(arm=name, reference=reference, calibration=calibration, coder=coder), monitor)
