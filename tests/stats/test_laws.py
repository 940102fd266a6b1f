"""Every sequential test of the ground floor, part 1, takes the shipped exam; none may be forgotten."""

import dataclasses
import math

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slipway.stats.asymptotic import MeanSequence, Side
from slipway.stats.betting import BoundedMean, Claim, MarginBets
from slipway.stats.dirichlet import DirichletSplit, SplitCounts
from slipway.stats.empirical_bernstein import BernsteinMean
from slipway.stats.event_split import ArmCounts, EventSplit
from slipway.stats.hedged_capital import HedgedMean
from slipway.stats.moments import Moments, moments
from slipway.stats.paired import PairCounts, PairedDifference, PairedHarm
from slipway.stats.paired_margin import PairedMargin
from slipway.stats.predictable import Values, values
from slipway.stats.quantile import Exceedances, Frequencies, QuantileSequence, ShareSequence
from slipway.stats.two_by_two import Block, TwoByTwo
from slipway.testing.laws import (
    LAWS,
    Case,
    order_does_not_matter,
    parts_equal_one_pass,
    start_is_fresh,
    state_survives_a_restart,
)

BILLION = 10**9


def arm_sample(rng):
    parts = [ArmCounts(live=int(a), canary=int(b)) for a, b in rng.integers(0, 9, (4, 2))]
    return ArmCounts(live=sum(p.live for p in parts), canary=sum(p.canary for p in parts)), parts


def split_sample(rng):
    counts = rng.integers(0, 9, (3, 3))
    return SplitCounts(tuple(counts.sum(0).tolist())), [SplitCounts(tuple(row)) for row in counts.tolist()]


def pair_sample(rng):
    outcomes = rng.integers(0, 3, 60)

    def count(x):
        return PairCounts(pairs=x.size, only_canary=int((x == 1).sum()), only_live=int((x == 2).sum()))

    return count(outcomes), [count(part) for part in np.array_split(outcomes, 4)]


def moment_sample(rng):
    x = rng.integers(-5, 6, 40).astype(float)
    return moments(x), [moments(part) for part in np.array_split(x, 5)]


def value_sample(rng):
    x = rng.integers(0, 2, 30).astype(float)
    return Values(x), [Values(part) for part in np.array_split(x, 4)]


def block_sample(rng):
    trials = rng.integers(5, 9, (4, 2))
    events = rng.integers(0, 5, (4, 2))
    parts = [Block(na=int(n[0]), nb=int(n[1]), ya=int(y[0]), yb=int(y[1])) for n, y in zip(trials, events, strict=True)]
    na, nb = trials.sum(0).tolist()
    ya, yb = events.sum(0).tolist()
    return Block(na=na, nb=nb, ya=ya, yb=yb), parts


def exceedance_sample(rng):
    late = rng.random(50) < 0.2
    return Exceedances(n=50, beyond=int(late.sum())), [
        Exceedances(n=part.size, beyond=int(part.sum())) for part in np.array_split(late, 3)
    ]


MEDIAN = QuantileSequence(quantile=0.5, alpha=0.05, n_star=100, edges=(-1.0, 0.0, 1.0))


def bin_sample(rng):
    x = rng.normal(size=60)
    return MEDIAN.tick(x), [MEDIAN.tick(part) for part in np.array_split(x, 3)]


BAD_COUNTS = (lambda: ArmCounts(live=-1, canary=0), lambda: ArmCounts(live=0, canary=math.nan))
BAD_MOMENTS = (
    lambda: moments([1.0, math.nan]),
    lambda: Moments(n=2, total=math.nan, squares=1.0),
    lambda: Moments(n=2, total=4.0, squares=1.0),
    lambda: Moments(n=0, total=1.0, squares=1.0),
)

CASES = [
    Case(
        name="event split",
        test=EventSplit(share=0.05),
        sample=arm_sample,
        huge=ArmCounts(live=95 * BILLION, canary=5 * BILLION),
        bad=(
            *BAD_COUNTS,
            lambda: EventSplit(share=5),
            lambda: EventSplit(share=math.nan),
            lambda: EventSplit(share=0.1, ratios=()),
            lambda: EventSplit(share=0.1, ratios=(0.5,)),
            lambda: ArmCounts(live=1, canary=1, share=2.0),
            lambda: ArmCounts(live=1, canary=1, share=0.1).merge(ArmCounts(live=1, canary=1)),
        ),
    ),
    Case(
        name="Dirichlet split",
        test=DirichletSplit(shares=(0.5, 0.25, 0.25)),
        sample=split_sample,
        huge=SplitCounts((2 * BILLION, BILLION, BILLION)),
        bad=(
            lambda: DirichletSplit(shares=(0.5, 0.4)),
            lambda: DirichletSplit(shares=(1.0,)),
            lambda: DirichletSplit(shares=(0.5, math.nan)),
            lambda: DirichletSplit(shares=(0.5, 0.5), concentration=0.0),
            lambda: SplitCounts((1, -1)),
            lambda: SplitCounts((1, 1)).merge(SplitCounts((1, 1, 1))),
        ),
    ),
    Case(
        name="paired harm",
        test=PairedHarm(),
        sample=pair_sample,
        huge=PairCounts(pairs=100 * BILLION, only_canary=BILLION, only_live=BILLION),
        bad=(lambda: PairCounts(pairs=1, only_canary=1, only_live=1), lambda: PairedHarm(ratios=(math.nan,))),
    ),
    Case(
        name="paired difference",
        test=PairedDifference(),
        sample=pair_sample,
        huge=PairCounts(pairs=100 * BILLION, only_canary=2 * BILLION, only_live=BILLION),
        bad=(lambda: PairCounts(pairs=-1), lambda: PairCounts(pairs=2, only_canary=1.5)),
    ),
    *(
        Case(
            name=f"mean sequence, {side.value}",
            test=MeanSequence(alpha=0.05, n_star=30, side=side),
            sample=moment_sample,
            huge=Moments(n=BILLION, total=3.0 * BILLION, squares=10.0 * BILLION),
            bad=(
                *BAD_MOMENTS,
                lambda: MeanSequence(alpha=5, n_star=30),
                lambda: MeanSequence(alpha=0.05, n_star=0),
                lambda: MeanSequence(alpha=0.05, n_star=30, sd_floor=math.nan),
                lambda: MeanSequence(alpha=0.6, n_star=30, side=Side.LOWER),
            ),
        )
        for side in Side
    ),
    *(
        Case(
            name=f"margin bets, {claim.value}",
            test=MarginBets(margin=0.5, claim=claim, low=-5.0, high=5.0),
            sample=moment_sample,
            huge=Moments(n=BILLION, total=3.0 * BILLION, squares=10.0 * BILLION),
            bad=(
                *BAD_MOMENTS,
                lambda: MarginBets(margin=math.nan, claim=Claim.BELOW, low=0.0, high=1.0),
                lambda: MarginBets(margin=2.0, claim=Claim.BELOW, low=0.0, high=1.0),
                lambda: MarginBets(margin=0.5, claim=Claim.BELOW, low=0.0, high=1.0, bets=(1.0,)),
                lambda: MarginBets(margin=0.5, claim=Claim.BELOW, low=0.0, high=1.0).update(Moments(), moments([2.0])),
                lambda: BoundedMean(alpha=0.05, bets=(0.6,)),
                lambda: BoundedMean(alpha=0.05, low=1.0, high=math.nan),
                lambda: BoundedMean(alpha=0.05).update(Moments(), moments([-0.1])),
            ),
        )
        for claim in Claim
    ),
    Case(
        name="bounded mean",
        test=BoundedMean(alpha=0.05, low=-5.0, high=5.0),
        sample=moment_sample,
        huge=Moments(n=BILLION, total=3.0 * BILLION, squares=10.0 * BILLION),
        bad=BAD_MOMENTS,
    ),
    *(
        Case(
            name=f"paired margin, {claim.value}",
            test=PairedMargin(margin=0.01, claim=claim),
            sample=pair_sample,
            huge=PairCounts(pairs=100 * BILLION, only_canary=BILLION, only_live=BILLION),
            bad=(lambda: PairedMargin(margin=math.nan, claim=Claim.BELOW), lambda: PairCounts(pairs=math.nan)),
        )
        for claim in Claim
    ),
    *(
        Case(
            name=test.__class__.__name__,
            test=test,
            sample=value_sample,
            huge=Values(np.tile([0.0, 1.0, 1.0], 5_000)),  # its ticks are rows: a billion does not fit
            bad=(
                lambda: values([0.0, math.nan]),
                lambda test=test: test.update(test.start(), Values(np.array([math.nan]))),
                lambda test=test: test.update(test.start(), Values(np.array([1.5]))),
            ),
            any_order=False,
            commutes=False,
        )
        for test in (HedgedMean(alpha=0.05, breaks=100), BernsteinMean(alpha=0.05))
    ),
    Case(
        name="two by two",
        test=TwoByTwo(),
        sample=block_sample,
        huge=Block(na=BILLION, ya=BILLION // 50, nb=BILLION, yb=BILLION // 51),
        bad=(
            lambda: Block(na=1, ya=2),
            lambda: Block(nb=1, yb=math.nan),
            lambda: TwoByTwo(prior=0.0),
        ),
        any_order=False,
    ),
    Case(
        name="share",
        test=ShareSequence(alpha=0.05, n_star=1000),
        sample=exceedance_sample,
        huge=Exceedances(n=BILLION, beyond=BILLION // 100),
        bad=(lambda: Exceedances(n=1, beyond=2), lambda: ShareSequence(alpha=0.05, n_star=0)),
    ),
    Case(
        name="quantile",
        test=MEDIAN,
        sample=bin_sample,
        huge=Frequencies((BILLION, BILLION, BILLION, 10)),
        bad=(
            lambda: MEDIAN.tick([math.nan]),
            lambda: QuantileSequence(quantile=0.5, alpha=0.05, n_star=1, edges=()),
            lambda: QuantileSequence(quantile=0.5, alpha=0.05, n_star=1, edges=(1.0, math.nan)),
            lambda: QuantileSequence(quantile=50, alpha=0.05, n_star=1, edges=(1.0,)),
            lambda: Frequencies((1,)).merge(Frequencies((1, 2))),
        ),
    ),
]


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_each_test_keeps_each_law(case, law):
    law(case)


@pytest.mark.parametrize(
    "law",
    [parts_equal_one_pass, order_does_not_matter, start_is_fresh, state_survives_a_restart],
    ids=lambda law: law.__name__,
)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
@settings(max_examples=8)
@given(seed=st.integers(0, 2**32 - 1))
def test_each_test_keeps_the_laws_on_any_sample(case, law, seed):
    law(dataclasses.replace(case, sample=lambda rng: case.sample(np.random.default_rng([seed, rng.integers(2**32)]))))


class Broken(msgspec.Struct):
    """Breaks every law it can, to show that the exam can be failed."""

    def start(self):
        return Moments(n=1, total=1.0, squares=1.0)

    def update(self, state, tick):
        return Moments(n=state.n + 1, total=tick.total, squares=1e300)

    def evidence(self, state):
        return MeanSequence(alpha=0.05, n_star=30).evidence(state)


@pytest.mark.parametrize("law", [law for law in LAWS if "restart" not in law.__name__], ids=lambda law: law.__name__)
def test_the_exam_can_be_failed(law):
    def sample(rng):
        whole, parts = moment_sample(rng)
        return whole, parts[1:]

    broken = Case(name="broken", test=Broken(), sample=sample, huge=None, bad=(lambda: 1,))
    with pytest.raises((AssertionError, AttributeError)):
        law(broken)
