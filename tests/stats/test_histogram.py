"""The histogram e-process: fair within the reference's error, additive, small, and loud when it should be."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slipway.errors import BadInput, Corrupt
from slipway.stats.bets import BetState
from slipway.stats.histogram import HistogramDrift, HistogramTick, NumericReference
from slipway.stats.state import decode, encode

KINDS = {
    "normal": lambda rng, n: rng.normal(size=n),
    "heavy": lambda rng, n: np.exp(3 * rng.normal(size=n)),
    "whole": lambda rng, n: rng.poisson(2.0, size=n).astype(float),
    "coin": lambda rng, n: (rng.random(n) < 0.03).astype(float),
    "constant": lambda rng, n: np.zeros(n),
    "holes": lambda rng, n: np.where(rng.random(n) < 0.4, np.nan, rng.normal(size=n)),
}


def drift(values: np.ndarray, **settings: object) -> HistogramDrift:
    return HistogramDrift(NumericReference.of(values), **settings)  # type: ignore[arg-type]


@given(st.sampled_from(sorted(KINDS)), st.integers(1, 3_000), st.integers(0, 10_000))
@settings(max_examples=60, deadline=None)
def test_no_bet_pays_on_the_reference_itself(kind: str, n: int, seed: int) -> None:
    test = drift(KINDS[kind](np.random.default_rng(seed), n))
    counts = test.reference.counts
    if counts.sum() == 0:
        return
    payoff = np.exp(test.table.payoffs) @ (counts / counts.sum())
    assert np.isfinite(test.table.payoffs).all()
    assert (payoff <= 1 + 1e-9).all()
    assert np.isclose(test.table.weights.sum(), 1.0)


@pytest.mark.parametrize("kind", ["normal", "whole", "heavy", "coin"])
def test_bets_are_fair_under_any_law_within_the_band(kind: str) -> None:
    """Laws whose distance to the reference is what chance explains: resamples of it, half as large."""
    rng = np.random.default_rng(5)
    test = drift(KINDS[kind](rng, 4_000), delta=0.001)
    counts = test.reference.counts
    laws = rng.multinomial(counts.sum(), counts / counts.sum(), size=2_000) / counts.sum()
    assert (laws @ np.exp(test.table.payoffs).T <= 1 + 1e-9).all()


def test_merging_parts_equals_one_pass_exactly() -> None:
    rng = np.random.default_rng(2)
    test, live = drift(rng.normal(size=1_000)), rng.normal(size=999)
    whole = test.update(test.start(), test.tick(live))
    parts = [test.tick(live[i::3]) for i in range(3)]
    merged = test.update(test.start(), parts[0].merge(parts[1]).merge(parts[2]))
    assert encode(whole) == encode(merged)


def test_state_and_reference_survive_a_restart_bit_for_bit() -> None:
    test = drift(np.random.default_rng(2).normal(size=1_000))
    state = test.update(test.start(), test.tick(np.arange(50.0)))
    assert encode(decode(encode(state), BetState)) == encode(state)
    again = HistogramDrift(decode(encode(test.reference), NumericReference))
    assert encode(again.update(again.start(), again.tick(np.arange(50.0)))) == encode(state)
    assert len(encode(state)) < 2_000
    assert len(encode(test.reference)) < 2_000
    with pytest.raises(Corrupt):
        decode(b"\xc1", BetState)


def test_silence_changes_nothing_and_says_nothing() -> None:
    test = drift(np.arange(100.0))
    state = test.update(test.start(), test.tick([]))
    assert encode(state) == encode(test.start())
    assert test.evidence(state).log_e == 0.0
    assert test.evidence(state).n == 0


@pytest.mark.parametrize("where", ["middle", "top", "missing"])
def test_a_billion_rows_do_not_overflow(where: str) -> None:
    test = drift(np.random.default_rng(2).normal(size=1_000))
    counts = np.zeros(test.reference.binning.size, dtype=np.int64)
    counts[{"middle": 16, "top": -2, "missing": -1}[where]] = 1_000_000_000
    state = test.start()
    for _ in range(3):
        state = test.update(state, HistogramTick(counts))
    assert test.evidence(state).log_e > 1e6
    assert np.isfinite(state.log_capital).all()


@pytest.mark.parametrize(
    ("live", "why"),
    [
        (lambda rng, n: rng.normal(0.3, 1, n), "location"),
        (lambda rng, n: rng.normal(0, 2, n), "spread"),
        (lambda rng, n: rng.normal(0, 0.4, n), "spread, inwards"),
        (lambda rng, n: np.where(rng.random(n) < 0.03, np.nan, rng.normal(size=n)), "missing"),
    ],
)
def test_each_kind_of_drift_is_found(live, why) -> None:
    rng = np.random.default_rng(7)
    test = drift(rng.normal(size=10_000))
    state = test.start()
    for _ in range(10):
        state = test.update(state, test.tick(live(rng, 200)))
    assert test.evidence(state).rejects(alpha=0.01), why


def test_a_shift_below_the_tolerance_raises_no_alarm() -> None:
    rng = np.random.default_rng(7)
    reference = NumericReference.of(rng.normal(size=50_000))
    live = rng.normal(0.1, 1, 100_000)  # a live value exceeds a reference value with probability 0.528
    for tolerance, alarm in [(0.0, True), (0.04, False)]:
        test = HistogramDrift(reference, tolerance=tolerance)
        state = test.start()
        for part in np.split(live, 100):
            state = test.update(state, test.tick(part))
        assert test.evidence(state).rejects(alpha=0.01) is alarm


def test_more_shift_is_never_less_evidence_of_location() -> None:
    rng = np.random.default_rng(9)
    test, live = drift(rng.normal(size=5_000)), rng.normal(size=500)
    logs = [test.evidence(test.update(test.start(), test.tick(live + s))).log_e for s in (0.2, 0.4, 0.8, 1.6)]
    assert logs == sorted(logs)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"delta": 0.0}, "delta: want 0 < delta < 1, got 0.0"),
        ({"lambdas": ()}, "lambdas: want one stake or more"),
        ({"lambdas": (1.0,)}, "lambdas: want 0 < lambdas < 1, got 1.0"),
        ({"tolerance": 0.5}, "tolerance: want 0 <= tolerance < 0.5, got 0.5"),
        ({"columns": 0}, "columns: want 1 or more, got 0"),
    ],
)
def test_bad_settings_are_refused_by_name(settings: dict, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        drift(np.arange(9.0), **settings)


def test_bad_references_and_foreign_ticks_are_refused_by_name() -> None:
    with pytest.raises(BadInput, match="reference: want one row or more"):
        NumericReference.of([])
    with pytest.raises(BadInput, match="bins: want 2 or more, got 1"):
        NumericReference.of([1.0], bins=1)
    test, other = drift(np.arange(100.0)), drift(np.zeros(100))
    with pytest.raises(BadInput, match="tick: want counts in"):
        test.update(test.start(), other.tick([1.0]))
    with pytest.raises(BadInput, match="Both workers must use one reference"):
        test.tick([1.0]).merge(other.tick([1.0]))
