"""Drift of columns: false alarms over references and streams of every kind, and how soon a shift is found."""

import math

import numpy as np
import pytest

from slipway.stats.bets import BetTable
from slipway.stats.categories import CategoryDrift, CategoryReference
from slipway.stats.drift import TableDrift, TableReference
from slipway.stats.histogram import HistogramDrift, NumericReference
from slipway.stats.multiple import e_bh
from slipway.stats.restarts import compound, log_mean, unspent
from slipway.testing.calibration import null_result, power_result

pytestmark = [pytest.mark.calibration, pytest.mark.timeout(300)]

ALPHA, STREAMS, LOOKS = 0.05, 2_000, 100
ATOMS = 2_000


def laws(rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Each law is uniform on a finite set, so that a live slice is a draw of counts: fast, and exact."""
    normal = rng.normal(size=ATOMS)
    return {
        "normal": normal,
        "heavy tails": np.exp(3 * normal),
        "whole numbers": rng.poisson(2.0, size=ATOMS).astype(float),
        "rare flag": (rng.random(ATOMS) < 0.02).astype(float),
        "spike and tail": np.where(rng.random(ATOMS) < 0.6, 0.0, np.abs(normal)),
        "holes": np.where(rng.random(ATOMS) < 0.03, np.nan, normal),
    }


def path(table: BetTable, counts: np.ndarray) -> np.ndarray:
    """Log e-value after each look; counts have shape (looks, bins)."""
    capital, found = np.full(len(table.payoffs), -np.inf), []
    for tick, gain in enumerate(counts @ table.payoffs.T, start=1):
        capital = compound(capital, gain, tick=tick)
        found.append(log_mean(capital, table.log_weights, ticks=tick))
    return np.array(found)


def traffic(rng: np.random.Generator, looks: int = LOOKS) -> np.ndarray:
    """Rows per look: swinging by a factor of ten around a level from 5 to 5,000."""
    level = 10 ** rng.uniform(0.7, 3.7)
    return rng.poisson(level * 10 ** (0.5 * np.sin(np.arange(looks) / rng.uniform(1, 9))))


def naive_drift(reference: np.ndarray, counts: np.ndarray, scores: np.ndarray) -> bool:
    """The usual two-sample z-test on mean ranks, at each look on all rows so far."""
    total, n = np.cumsum(counts @ scores), np.cumsum(counts.sum(axis=1))
    share = reference / reference.sum()
    variance = max(share @ scores**2 - (share @ scores) ** 2, 1e-12)
    z = (total / np.maximum(n, 1) - share @ scores) / np.sqrt(variance * (1 / np.maximum(n, 1) + 1 / reference.sum()))
    return bool((np.abs(z) > 1.96).any())


@pytest.mark.parametrize("size", ["tiny", "usual", "large"])
def test_no_drift_in_a_number_column(size: str, record) -> None:
    rng = np.random.default_rng({"tiny": 1, "usual": 2, "large": 3}[size])
    low, high = {"tiny": (1.0, 2.3), "usual": (2.3, 4.0), "large": (4.0, 4.9)}[size]
    kinds, alarms, naive = laws(rng), [], []
    for stream in range(STREAMS):
        atoms = kinds[sorted(kinds)[stream % len(kinds)]]
        reference = NumericReference.of(rng.choice(atoms, size=int(10 ** rng.uniform(low, high))))
        test = HistogramDrift(reference)
        law = reference.binning.count(atoms) / ATOMS
        counts = rng.multinomial(traffic(rng), law)
        alarms.append((path(test.table, counts) >= -math.log(ALPHA)).any())
        seen = reference.counts[:-1]
        naive.append(bool(seen.sum()) and naive_drift(seen, counts[:, :-1], 2 * reference.ranks - 1))
    record(
        null_result(
            alarms,
            test="histogram drift",
            scenario=f"{size} references ({10**low:,.0f} to {10**high:,.0f} rows), six laws, traffic swings",
            alpha=ALPHA,
            looks=LOOKS,
            naive=naive,
        ).demand()
    )


def test_no_drift_in_a_category_column(record) -> None:
    rng, alarms, naive = np.random.default_rng(4), [], []
    for _ in range(STREAMS):
        kinds = int(rng.integers(2, 60))
        shares = rng.dirichlet(np.full(kinds, rng.choice([0.2, 1.0, 10.0])))
        n = int(10 ** rng.uniform(1.0, 3.7))
        reference = CategoryReference.of(rng.choice(kinds, size=n, p=shares).tolist(), bins=20)
        test = CategoryDrift(reference)
        places = np.array([np.flatnonzero(reference.tick([k]).counts)[0] for k in range(kinds)])
        law = np.bincount(places, weights=shares, minlength=len(reference.counts))
        counts = rng.multinomial(traffic(rng), law / law.sum())
        alarms.append((path(test.table, counts) >= -math.log(ALPHA)).any())
        first = np.eye(len(law))[0]
        naive.append(naive_drift(reference.counts, counts, first) if 0 < reference.counts[0] < n * 0.8 else False)
    record(
        null_result(
            alarms,
            test="category drift",
            scenario="2 to 59 categories, references of 10 to 5,000 rows, traffic swings",
            alpha=ALPHA,
            looks=LOOKS,
            naive=naive,
        ).demand()
    )


def test_no_drift_in_twenty_columns_for_two_hundred_batches(record) -> None:
    """The goal: at most 1 % of 300 streams, where Evidently's, NannyML's and alibi-detect's defaults alarm in all."""
    rng, streams, batches, alpha = np.random.default_rng(5), 300, 200, 0.01
    atoms, alarms = laws(rng)["normal"], []
    names = tuple(f"x{i}" for i in range(20))
    for _ in range(streams):
        test = TableDrift(TableReference.of_matrix(rng.choice(atoms, size=(10_000, 20)), names=names))
        laws_now = [column.tick(atoms).counts / ATOMS for column in test.reference.columns]
        counts = [rng.multinomial(np.full(batches, 1_000), law) for law in laws_now]
        gains = [c @ table.payoffs.T for c, table in zip(counts, test.tables, strict=True)]
        alarms.append(_table_alarms(np.stack(gains, axis=1), test.tables[0].log_weights, -math.log(alpha)))
    row = null_result(alarms, test="table drift", scenario="20 columns, batches of 1,000", alpha=alpha, looks=batches)
    record(row)
    assert row.rate <= 0.01


def _table_alarms(gains: np.ndarray, log_weights: np.ndarray, threshold: float) -> bool:
    """Whether the mean over columns ever reaches the threshold; gains have shape (looks, columns, bets)."""
    capital = np.full(gains.shape[1:], -np.inf)
    for tick, gain in enumerate(gains, start=1):
        capital = compound(capital, gain, tick=tick)
        parts = np.append((capital + log_weights).ravel() - math.log(len(capital)), math.log(unspent(tick)))
        if np.logaddexp.reduce(parts) >= threshold:
            return True
    return False


def test_four_of_twenty_columns_moved(record) -> None:
    rng, streams, batch, looks, alpha = np.random.default_rng(6), 300, 50, 30, 0.01
    names, alarm_at, named_at, wrong = tuple(f"x{i}" for i in range(20)), [], [], 0
    test = TableDrift(TableReference.of_matrix(rng.normal(size=(20_000, 20)), names=names))
    for _ in range(streams):
        state, alarmed, named = test.start(), -1, -1
        for look in range(looks):
            live = rng.normal(size=(batch, 20))
            live[:, :4] += 0.25
            state = test.update(state, test.tick(live))
            if alarmed < 0 and test.evidence(state).rejects(alpha=alpha):
                alarmed = look
            drifted = [c.drifted for c in test.columns(state, alpha=0.05)]
            wrong += any(drifted[4:])
            if named < 0 and all(drifted[:4]):
                named = look
        alarm_at.append(alarmed)
        named_at.append(named)
    rows = batch * np.arange(1, looks + 1)
    common = {"scenario": "4 of 20 columns, reference of 20,000", "effect": "0.25 sd", "unit": "rows", "alpha": alpha}
    # Fixed n: two-sample z-test per column at 0.01 / 20, power 0.8; bound: four normal columns, all known beforehand.
    fixed_n, bound = (3.48 + 0.84) ** 2 / 0.25**2, -math.log(alpha) / (4 * 0.25**2 / 2)
    record(
        power_result(
            alarm_at, rows, test="table drift, alarm", goal=700, fixed_n=fixed_n, bound=bound, **common
        ).demand(found=0.9)
    )
    record(power_result(named_at, rows, test="table drift, all four named", goal=1_000, **common).demand(found=0.9))
    assert wrong <= 0.05 * streams * looks


@pytest.mark.parametrize("start", [0, 2_000])
def test_a_change_after_a_long_quiet_is_found_as_soon(start: int, record) -> None:
    rng, batch, alpha, looks = np.random.default_rng(7), 100, 0.05, 60
    reference = NumericReference.of(rng.normal(size=20_000))
    table, first = HistogramDrift(reference).table, []
    quiet, moved = (reference.tick(rng.normal(shift, 1, size=400_000)).counts / 400_000 for shift in (0.0, 0.25))
    for _ in range(200):
        counts = np.concatenate(
            [rng.multinomial(np.full(start, batch), quiet), rng.multinomial(np.full(looks, batch), moved)]
        )
        over = path(table, counts)[start:] >= -math.log(alpha)
        first.append(int(over.argmax()) if over.any() else -1)
    record(
        power_result(
            first,
            batch * np.arange(1, looks + 1),
            test="histogram drift",
            scenario=f"one column, change after {start:,} quiet looks",
            effect="0.25 sd",
            unit="rows",
            alpha=alpha,
            fixed_n=(1.96 + 0.84) ** 2 / 0.25**2,
            bound=-math.log(alpha) / (0.25**2 / 2),
            goal=2_000,
        ).demand(found=0.95)
    )


def test_columns_are_named_falsely_at_most_as_promised() -> None:
    rng = np.random.default_rng(8)
    shares = []
    for _ in range(STREAMS):
        log_e = rng.normal(-2, 2, size=20) * (rng.random(20) < 0.8)
        drifted = e_bh(log_e - 2.0 + 8.0 * (np.arange(20) < 4), alpha=0.05)
        shares.append(drifted[4:].sum() / max(drifted.sum(), 1))
    assert np.mean(shares) <= 0.05
