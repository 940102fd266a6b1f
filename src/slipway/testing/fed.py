"""A model with a feed that can be broken, for exams of who watches it: hours of traffic with a rhythm, and faults."""

import functools
from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np
import numpy.typing as npt
import polars as pl

from slipway.control.post import Equipped
from slipway.control.slices import Model
from slipway.modeling.frame import as_columns
from slipway.modeling.reference import make_reference
from slipway.modeling.usual import with_usual
from slipway.monitoring.advise import Limits
from slipway.monitoring.feed_events import FeedEvents, marks_of
from slipway.monitoring.instruments import instruments_of
from slipway.monitoring.watch import Monitor
from slipway.ports import Columns
from slipway.records.field import Field, FieldKind
from slipway.records.scoring import Scoring
from slipway.records.task import TaskKind
from slipway.stats.coding import Coder

Ints = npt.NDArray[np.int64]

HOUR_US = 3_600_000_000
DAYS = 40
"""Days of the reference."""

FIELDS = (
    Field(name="distance", kind=FieldKind.NUMBER, unit="mile"),
    Field(name="temp", kind=FieldKind.NUMBER),
    Field(name="rank", kind=FieldKind.NUMBER),
    Field(name="carrier", kind=FieldKind.CATEGORY),
)


def _kilometres(x: Columns, _: np.random.Generator) -> Columns:
    return {**x, "distance": x["distance"] * 1.609344}


def _empty(x: Columns, _: np.random.Generator) -> Columns:
    return {**x, "temp": np.full(len(x["temp"]), np.nan)}


def _missing(x: Columns, rng: np.random.Generator) -> Columns:
    return {**x, "temp": np.where(rng.random(len(x["temp"])) < 0.3, np.nan, x["temp"])}


def _constant(x: Columns, _: np.random.Generator) -> Columns:
    return {**x, "rank": np.full(len(x["rank"]), 0.37)}


def _sentinel(x: Columns, rng: np.random.Generator) -> Columns:
    return {**x, "distance": np.where(rng.random(len(x["distance"])) < 0.2, -99_999.0, x["distance"])}


def _unseen(x: Columns, rng: np.random.Generator) -> Columns:
    new = rng.random(len(x["carrier"])) < 0.3
    return {**x, "carrier": np.where(new, "ZZ", x["carrier"]).astype(object)}


def _twice(x: Columns, _: np.random.Generator) -> Columns:
    return {name: np.repeat(column, 2) for name, column in x.items()}


FAULTS: Mapping[str, Callable[[Columns, np.random.Generator], Columns]] = MappingProxyType(
    {
        "another unit": _kilometres,
        "empty column": _empty,
        "missing values": _missing,
        "constant column": _constant,
        "out of range": _sentinel,
        "unseen categories": _unseen,
        "duplicate rows": _twice,
    }
)
"""What can be done to a feed, by the word of :class:`slipway.records.quality.Fault`."""


def hour_of_traffic(rng: np.random.Generator, *, hour: int, fault: str = "") -> Columns:
    """Return X of one hour: few rows at night and a hundred at noon; the temperature sticks together.

    Args:
        rng: Its chance.
        hour: Hours since the epoch.
        fault: What is wrong with it, of :data:`FAULTS`; nothing where it is empty.
    """
    n = int(51 - 50 * np.cos(hour % 24 / 24 * 2 * np.pi))
    weather = rng.normal(0, 6)
    x: Columns = {
        "distance": rng.gamma(2, 500, n),
        "temp": np.where(rng.random(n) < 0.05, np.nan, rng.normal(60 + weather, 10, n)),
        "rank": rng.random(n),
        "carrier": rng.choice(np.array(["UA", "DL", "AA", "HA"], dtype=object), n, p=[0.5, 0.3, 0.15, 0.05]),
    }
    return FAULTS[fault](x, rng) if fault else x


@functools.cache
def fed_model(name: str) -> Equipped:
    """Return a model that errs on one request in ten, and the monitor that 40 days of such hours give."""
    rng = np.random.default_rng(0)
    hours = [hour_of_traffic(rng, hour=hour) for hour in range(24 * DAYS)]
    at_us: Ints = np.repeat(np.arange(24 * DAYS), [len(x["rank"]) for x in hours]) * HOUR_US
    table = pl.DataFrame({f.name: np.concatenate([x[f.name] for x in hours]).tolist() for f in FIELDS}).fill_nan(None)
    y = (rng.random(table.height) < 0.4).astype(float)
    scores = np.where(rng.random(table.height) < 0.1, 1 - y, y) * 0.8 + 0.1
    held_out = np.flatnonzero(at_us >= DAYS // 2 * 24 * HOUR_US)
    reference, calibration = make_reference(
        table,
        fields=FIELDS,
        times_us=at_us,
        held_out=held_out,
        scores=scores[held_out],
        y=y[held_out],
        scoring=Scoring(kind=TaskKind.BINARY),
    )
    reference = with_usual(reference, columns=as_columns(table, fields=FIELDS), times_us=at_us)
    instruments = instruments_of(reference, unit="day")
    monitor = Monitor(
        model=name,
        reference=reference,
        instruments=instruments,
        limits=Limits(metric="error", tolerance=0.01),
        units={f.name: f.unit for f in FIELDS},
        alpha=0.01,
        feed=FeedEvents.of(reference),
    )
    coder = Coder(instruments.inputs.reference, marks=marks_of(reference))
    return Equipped(Model(arm=name, reference=reference, calibration=calibration, coder=coder), monitor)
