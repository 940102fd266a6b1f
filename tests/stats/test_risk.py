"""Harmful risk: quiet about better and about harmless, loud about worse."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slipway.errors import BadInput
from slipway.stats.loss_tick import LossTick
from slipway.stats.risk import HarmfulRisk


def judged(test: HarmfulRisk, *, share: float, rows: int = 5_000, seed: int = 0) -> bool:
    rng, state = np.random.default_rng(seed), test.start()
    for _ in range(rows // 500):
        state = test.update(state, test.tick(rng.random(500) < share))
    return test.evidence(state).rejects(alpha=0.05)


REFERENCE = LossTick.of(np.arange(20_000) % 10 == 0)


@pytest.mark.parametrize(("share", "alarm"), [(0.0, False), (0.05, False), (0.10, False), (0.14, True), (0.5, True)])
def test_only_worse_is_an_alarm(share: float, alarm: bool) -> None:
    assert judged(HarmfulRisk(REFERENCE), share=share) is alarm


def test_worse_within_the_tolerance_is_reported_not_alarmed() -> None:
    test = HarmfulRisk(REFERENCE, tolerance=0.04)
    assert not judged(test, share=0.13)
    assert judged(test, share=0.18)
    state = test.update(test.start(), test.tick(np.arange(5_000) % 100 < 13))
    interval = test.interval(state, alpha=0.05)
    assert 0.10 < interval.low < 0.13 < interval.high < 0.16


@given(st.lists(st.floats(0, 1), min_size=1, max_size=40), st.floats(0.01, 0.9))
def test_no_bet_promises_more_than_its_payoffs(losses: list[float], share: float) -> None:
    test = HarmfulRisk(LossTick.of(np.full(50, share)))
    odds = np.array([1.1, 1.2, 1.4, 1.8, 2.5, 4.0, 8.0])
    if test.bound >= 1:
        return
    stakes = (odds - 1) / (1 - test.bound + odds * test.bound)
    payoffs = np.log1p(stakes[:, None] * (np.array(losses) - test.bound)).sum(axis=1)
    assert (test.increments(test.tick(losses)) <= payoffs + 1e-5).all()


def test_without_a_reference_nothing_is_harm() -> None:
    test = HarmfulRisk(LossTick())
    assert test.bound == 1.0
    assert not judged(test, share=1.0)


def test_losses_keep_their_unit_and_their_cap() -> None:
    test = HarmfulRisk(LossTick.of(np.full(1_000, 10.0), cap=40.0), cap=40.0)
    state = test.update(test.start(), test.tick(np.full(2_000, 90.0)))
    assert test.interval(state, alpha=0.05).estimate == pytest.approx(40.0)
    assert test.evidence(state).rejects(alpha=0.05)


@given(st.lists(st.floats(0, 3), max_size=30), st.lists(st.floats(0, 3), max_size=30))
def test_parts_add_up_exactly(a: list[float], b: list[float]) -> None:
    assert LossTick.of(a).merge(LossTick.of(b)) == LossTick.of(a + b)


def test_bad_input_is_refused_by_name() -> None:
    for bad in ([-0.1], [np.nan]):
        with pytest.raises(BadInput, match="loss: want losses of 0 or more"):
            LossTick.of(bad)
    with pytest.raises(BadInput, match="tick: want sums of 1 losses"):
        LossTick(n=1, total=2**31)
    with pytest.raises(BadInput, match="tolerance: want 0 <= tolerance < cap"):
        HarmfulRisk(REFERENCE, tolerance=1.0)
    with pytest.raises(BadInput, match="cap: want a finite loss above 0, got inf"):
        HarmfulRisk(REFERENCE, cap=np.inf)
