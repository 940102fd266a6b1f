"""E-detectors: the recursion, the promise on small cases, and where a change began."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slipway.errors import BadInput
from slipway.stats.edetector import DetectorState, EDetector, LogIncrements, Rule
from slipway.stats.state import decode, encode


def fed(detector: EDetector, gains: np.ndarray) -> DetectorState:
    state = detector.start()
    for gain in gains:
        state = detector.update(state, LogIncrements(log_e=np.atleast_1d(gain), n=1))
    return state


@given(st.lists(st.floats(-3, 3), min_size=1, max_size=40))
def test_both_rules_are_their_definitions(gains: list[float]) -> None:
    starts = [sum(gains[i:]) for i in range(len(gains))]
    for rule, joined in [
        (Rule.SHIRYAEV_ROBERTS, math.log(sum(map(math.exp, starts)))),
        (Rule.CUSUM, max(starts)),
    ]:
        detector = EDetector(bets=1, threshold=50.0, rule=rule)
        change = detector.evidence(fed(detector, np.array(gains)))
        assert change.log_value == pytest.approx(joined, abs=1e-9)
        assert change.alarm == (change.log_value >= math.log(50.0))
        assert change.earliest <= change.after_tick <= change.latest <= change.ticks == len(gains)


@given(st.lists(st.integers(-3, 3), min_size=1, max_size=40))
def test_the_change_begins_at_the_lowest_point(gains: list[int]) -> None:
    sums = np.concatenate([[0], np.cumsum(gains)])
    detector = EDetector(bets=1, threshold=50.0)
    change = detector.evidence(fed(detector, np.array(gains, dtype=float)))
    assert change.after_tick == np.flatnonzero(sums == sums.min())[-1]
    assert (sums[: change.earliest] >= sums.min() + 1).all()
    assert (sums[change.latest + 1 :] > sums.min() + 3).all()


def test_the_run_length_to_a_false_alarm_keeps_its_promise_exactly() -> None:
    """A fair bet that doubles or ends: the mean time to S >= 4 by enumeration of all paths of 20 ticks."""
    detector = EDetector(bets=1, threshold=4.0)
    alive, expected = {(): 1.0}, 0.0
    for _ in range(20):
        after: dict[tuple[float, ...], float] = {}
        for path, chance in alive.items():
            expected += chance
            for gain in (math.log(2.0), math.log(1e-9)):
                tail = (*path, gain) if gain > 0 else ()
                if not detector.evidence(fed(detector, np.array(tail))).alarm or not tail:
                    after[tail] = after.get(tail, 0.0) + chance / 2
        alive = after
    assert expected >= 4.0


def test_the_mean_of_bets_is_judged() -> None:
    detector = EDetector(bets=2, threshold=10.0)
    state = detector.update(detector.start(), LogIncrements(log_e=np.log([12.0, 4.0]), n=5))
    assert detector.evidence(state).log_value == pytest.approx(math.log(8.0))


def test_a_change_after_a_year_is_found_as_soon_as_one_on_the_first_day() -> None:
    detector = EDetector(bets=1, threshold=1_000.0)
    quiet, loud = np.full(5_000, -1.0), np.full(8, 1.0)
    late, soon = fed(detector, np.concatenate([quiet, loud])), fed(detector, loud)
    assert detector.evidence(late).alarm
    assert detector.evidence(soon).alarm
    assert detector.evidence(late).after_tick == 5_000


def test_silence_and_restart() -> None:
    detector = EDetector(bets=2, threshold=100.0)
    assert encode(detector.update(detector.start(), LogIncrements(log_e=np.zeros(2), n=0))) == encode(detector.start())
    assert not detector.evidence(detector.start()).alarm
    state = fed(detector, np.tile([0.5, -4.5], (9, 1)))
    assert encode(decode(encode(state), DetectorState)) == encode(state)


def test_extreme_evidence_neither_overflows_nor_turns_into_nan() -> None:
    detector = EDetector(bets=2, threshold=100.0)
    change = detector.evidence(fed(detector, np.array([[1e12, -1e12], [-1e12, 1e12], [1e12, 1e12]])))
    assert math.isfinite(change.log_value)


def test_parts_of_a_tick_add_up() -> None:
    parts = [LogIncrements(log_e=np.array([0.5, -1.0]), n=2), LogIncrements(log_e=np.array([0.25, 2.0]), n=3)]
    merged = parts[0].merge(parts[1])
    assert (merged.log_e.tolist(), merged.n) == ([0.75, 1.0], 5)


def test_bad_input_is_refused_by_name() -> None:
    with pytest.raises(BadInput, match="bets: want 1 or more, got 0"):
        EDetector(bets=0, threshold=10)
    for threshold in (1.0, math.inf, math.nan):
        with pytest.raises(BadInput, match="threshold: want a finite number of ticks above 1"):
            EDetector(bets=1, threshold=threshold)
    for bad in (math.nan, math.inf):
        with pytest.raises(BadInput, match="log_e: want finite numbers"):
            LogIncrements(log_e=np.array([bad]), n=1)
    with pytest.raises(BadInput, match=r"log_e: want shape \(2,\), got \(1,\)"):
        fed(EDetector(bets=2, threshold=10), np.array([0.0]))
    with pytest.raises(BadInput, match="tick: want parts with the same bets"):
        LogIncrements(log_e=np.zeros(1), n=1).merge(LogIncrements(log_e=np.zeros(2), n=1))
