"""Every sequential test of the monitoring half takes the shipped exam; none may be forgotten."""

import dataclasses
import functools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slipway.stats.block_drift import BlockDrift
from slipway.stats.block_gap import BlockGap
from slipway.stats.categories import CategoryDrift, CategoryReference, CategoryTick
from slipway.stats.conformal import PValues, SimpleJumper
from slipway.stats.drift import TableDrift, TableReference, TableTick
from slipway.stats.expected import ExpectedLoss
from slipway.stats.gap import Gap, GapReference, GapTick
from slipway.stats.histogram import HistogramDrift, HistogramTick, NumericReference
from slipway.stats.joint import FULL, JointDrift, JointTick
from slipway.stats.loss_tick import ONE, LossTick
from slipway.stats.part_gap import BlockPartGap, PartGap
from slipway.stats.part_sums import Part, PartSums, nothing
from slipway.stats.risk import HarmfulRisk
from slipway.testing.laws import (
    LAWS,
    Case,
    order_does_not_matter,
    parts_equal_one_pass,
    start_is_fresh,
    state_survives_a_restart,
)

BILLION = 10**9
BAD_COUNTS = (lambda: HistogramTick(np.array([-1, 2])), lambda: HistogramTick(np.array([0.5, np.nan])))

HISTOGRAM = HistogramDrift(NumericReference.of(np.random.default_rng(1).normal(size=500)))
CATEGORIES = CategoryDrift(CategoryReference.of(["a", "a", "b", None] * 50))

GAP = Gap(GapReference.of_classes(np.linspace(0, 1, 400), y=np.arange(400) % 3 > 1))


def gap_sample(rng):
    p, y = rng.random(60), rng.integers(0, 2, 60)
    return GAP.tick(p, outcome=y), [GAP.tick(p[i : i + 20], outcome=y[i : i + 20]) for i in (0, 20, 40)]


def loss_sample(rng):
    losses = rng.random(60)
    return LossTick.of(losses), [LossTick.of(part) for part in np.array_split(losses, 4)]


HUGE_LOSS = LossTick(n=BILLION, total=BILLION * ONE // 2, squares=BILLION * ONE // 3)
BAD_LOSSES = (
    lambda: LossTick.of([np.nan]),
    lambda: LossTick(n=-1),
    lambda: LossTick(n=1, total=np.nan),
)


def p_value_sample(rng):
    p = rng.random(30)
    return PValues(p), [PValues(part) for part in np.array_split(p, 4)]


MATRIX = np.random.default_rng(2).normal(size=(300, 3))
TABLE = TableDrift(TableReference.of_matrix(MATRIX, names=("a", "b", "c")))
BLOCKS = BlockDrift.learn(MATRIX, names=("a", "b", "c"), block_ids=np.arange(300) // 10)
BLOCK_GAP = BlockGap.learn(GAP.reference, blocks=[(np.linspace(0, 1, 9), np.arange(9) % k == 0) for k in range(1, 9)])


PARTS = [Part(0, 0, 1), Part(0, 1, 2), Part(0, 3, 3)]


def part_sums(rng, rows):
    p, y, bins = rng.random(rows), rng.integers(0, 2, rows), rng.integers(0, 4, (rows, 1)).astype(np.uint8)
    given = {"bins": bins, "predicted": p, "outcome": y, "over": y - p}
    cut = [{name: values[i::3] for name, values in given.items()} for i in range(3)]
    return [PartSums.of(PARTS, reference=GAP.reference, **each) for each in (given, *cut)]


PART_BLOCKS = [part_sums(np.random.default_rng(k), 40)[0] for k in range(12)]
PART_GAP = PartGap.learn(functools.reduce(PartSums.merge, PART_BLOCKS), reference=GAP.reference)
BLOCK_PART_GAP = BlockPartGap.learn(PART_BLOCKS)
HUGE_PARTS = PartSums(
    n=np.full(3, BILLION),
    totals=np.full((3, 3), BILLION << 29),
    squares=np.full((3, 3), BILLION << 29),
    over=np.full(3, BILLION << 29),
)


def part_sample(rng):
    whole, *parts = part_sums(rng, 60)
    return whole, parts


def together(rng, rows):
    return np.round(rng.uniform(-FULL, FULL, size=(rows, 3)))


JOINT = JointDrift.learn(
    [JointTick.of(together(np.random.default_rng(k), 40)) for k in range(12)], names=("a", "b", "c")
)


def joint_sample(rng):
    live = together(rng, 60)
    return JointTick.of(live), [JointTick.of(part) for part in np.array_split(live, 4)]


def table_sample(test):
    def sample(rng):
        live = rng.normal(size=(60, 3))
        return test.tick(live), [test.tick(part) for part in np.array_split(live, 4)]

    return sample


def histogram_sample(rng):
    live = rng.normal(size=60)
    return HISTOGRAM.tick(live), [HISTOGRAM.tick(part) for part in np.array_split(live, 4)]


def category_sample(rng):
    live = rng.choice(["a", "b", "z"], size=60).tolist()
    return CATEGORIES.tick(live), [CATEGORIES.tick(live[i : i + 20]) for i in (0, 20, 40)]


CASES = [
    Case(
        name="histogram drift",
        test=HISTOGRAM,
        sample=histogram_sample,
        huge=HistogramTick(np.full(HISTOGRAM.reference.binning.size, BILLION)),
        bad=(
            *BAD_COUNTS,
            lambda: HistogramDrift(HISTOGRAM.reference, delta=float("nan")),
            lambda: HistogramDrift(HISTOGRAM.reference, tolerance=float("nan")),
            lambda: HISTOGRAM.update(HISTOGRAM.start(), HistogramTick(np.array([1]))),
        ),
        any_order=False,
    ),
    Case(
        name="category drift",
        test=CATEGORIES,
        sample=category_sample,
        huge=CategoryTick(np.full(len(CATEGORIES.reference.counts), BILLION)),
        bad=(
            lambda: CategoryTick(np.array([-1])),
            lambda: CategoryDrift(CATEGORIES.reference, delta=5.0),
            lambda: CategoryDrift(CATEGORIES.reference, tolerance=float("nan")),
        ),
        any_order=False,
    ),
    Case(
        name="gap",
        test=GAP,
        sample=gap_sample,
        huge=GapTick(n=BILLION, totals=np.full(3, BILLION << 29), squares=np.full(3, BILLION << 29)),
        bad=(
            lambda: GAP.tick([np.nan], outcome=[1]),
            lambda: GapTick(n=-1, totals=np.zeros(3, dtype=int), squares=np.zeros(3, dtype=int)),
            lambda: GapTick(n=1, totals=np.full(3, np.nan), squares=np.zeros(3, dtype=int)),
            lambda: Gap(GAP.reference, delta=float("nan")),
        ),
        any_order=False,
    ),
    Case(
        name="harmful risk",
        test=HarmfulRisk(LossTick.of([0.0] * 90 + [1.0] * 10)),
        sample=loss_sample,
        huge=HUGE_LOSS,
        bad=(
            *BAD_LOSSES,
            lambda: HarmfulRisk(LossTick(), tolerance=np.nan),
            lambda: HarmfulRisk(LossTick(), cap=np.nan),
        ),
        any_order=False,
    ),
    Case(
        name="expected loss",
        test=ExpectedLoss(alpha=0.05, slack=0.01),
        sample=loss_sample,
        huge=HUGE_LOSS,
        bad=(*BAD_LOSSES, lambda: ExpectedLoss(alpha=np.nan), lambda: ExpectedLoss(alpha=0.05, slack=-1)),
    ),
    *(
        Case(
            name=f"{name} drift",
            test=test,
            sample=table_sample(test),
            huge=TableTick(np.full(test.reference.slices[-1].stop, BILLION)),
            bad=(
                lambda: TableTick(np.array([-1])),
                lambda test=test: test.update(test.start(), TableTick(np.array([1]))),
                lambda: TableDrift(TABLE.reference, delta=np.nan),
            ),
            any_order=False,
        )
        for name, test in (("table", TABLE), ("block", BLOCKS))
    ),
    Case(
        name="joint drift",
        test=JOINT,
        sample=joint_sample,
        huge=JointTick(n=BILLION, sums=np.full(3, BILLION * 90), products=np.full((3, 3), BILLION * 5000)),
        bad=(
            lambda: JointTick.of([[np.nan, 0, 0]]),
            lambda: JointTick.of([[FULL + 1, 0, 0]]),
            lambda: JointTick(n=-1, sums=np.zeros(3, dtype=int), products=np.zeros((3, 3), dtype=int)),
            lambda: JointDrift.learn([], names=("a",)),
            lambda: JOINT.update(JOINT.start(), JointTick.of([[1.0, 2.0]])),
        ),
        any_order=False,
        commutes=False,
    ),
    Case(
        name="block gap",
        test=BLOCK_GAP,
        sample=gap_sample,
        huge=GapTick(n=BILLION, totals=np.full(3, BILLION << 29), squares=np.full(3, BILLION << 29)),
        bad=(lambda: BLOCK_GAP.tick([np.nan], outcome=[1]), lambda: BlockGap.learn(GAP.reference, blocks=[])),
        any_order=False,
    ),
    *(
        Case(
            name=name,
            test=test,
            sample=part_sample,
            huge=HUGE_PARTS,
            bad=(
                lambda test=test: test.update(test.start(), nothing(2, measures=3)),
                lambda: PART_BLOCKS[0].merge(nothing(2, measures=3)),
            ),
            any_order=False,
        )
        for name, test in (("part gap", PART_GAP), ("block part gap", BLOCK_PART_GAP))
    ),
    Case(
        name="simple jumper",
        test=SimpleJumper(),
        sample=p_value_sample,
        huge=PValues(np.linspace(0, 1, 20_000)),  # the state holds no count that grows: rows only multiply
        bad=(lambda: PValues(np.array([np.nan])), lambda: SimpleJumper(jump=np.nan), lambda: SimpleJumper(slopes=())),
        any_order=False,
        commutes=False,
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
