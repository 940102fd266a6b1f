"""The gap of parts of the rows: sums are exact, and a single part that holds all rows is the gap of the whole."""

import numpy as np
import pytest

from slipway.errors import BadInput
from slipway.stats.block_gap import BlockGap
from slipway.stats.gap import Gap
from slipway.stats.part_gap import BlockPartGap, PartGap
from slipway.stats.part_sums import Part, PartSums, unit_of_loss
from slipway.stats.residuals import GapReference

ALL = [Part(0, 0, 9)]


def rows(rng, n, *, wrong=0.0):
    bins = rng.integers(0, 10, size=(n, 1)).astype(np.uint8)
    p = rng.uniform(size=n)
    y = (rng.uniform(size=n) < np.clip(p - wrong * (bins[:, 0] == 3), 0, 1)).astype(float)
    return {"bins": bins, "predicted": p, "outcome": y, "over": np.abs(y - (p > 0.5)) - np.minimum(p, 1 - p)}


def taken(given, where):
    return {name: values[where] for name, values in given.items()}


@pytest.fixture(scope="module")
def reference():
    given = rows(np.random.default_rng(0), 4_000)
    return GapReference.of_classes(given["predicted"], y=given["outcome"]), given


def test_the_sums_of_a_part_are_those_of_its_rows_alone(reference):
    measures, _ = reference
    given = rows(np.random.default_rng(1), 70_000)  # more than are summed at a time
    sums = PartSums.of([Part(0, 2, 4), Part(0, 7, 7)], reference=measures, **given)
    for i, inside in enumerate([np.isin(given["bins"][:, 0], (2, 3, 4)), given["bins"][:, 0] == 7]):
        alone = measures.tick(given["predicted"][inside], outcome=given["outcome"][inside])
        assert (sums.n[i], sums.totals[i].tolist()) == (alone.n, alone.totals.tolist())
        assert sums.squares[i].tolist() == alone.squares.tolist()
        assert sums.over[i] / 2**30 == pytest.approx(given["over"][inside].sum())


def test_merged_sums_are_those_of_one_pass(reference):
    given, parts = rows(np.random.default_rng(2), 500), [Part(0, 0, 3), Part(0, 2, 9)]
    whole = PartSums.of(parts, reference=reference[0], **given)
    halves = [
        PartSums.of(parts, reference=reference[0], **taken(given, half)) for half in (slice(0, 123), slice(123, None))
    ]
    merged = halves[0].merge(halves[1])
    for field in ("n", "totals", "squares", "over"):
        assert getattr(merged, field).tolist() == getattr(whole, field).tolist()
    with pytest.raises(BadInput, match="want those of 2 parts, got 1"):
        whole.merge(PartSums.of(ALL, reference=reference[0], **given))


def test_by_rows_one_part_of_all_rows_is_the_gap_of_the_whole(reference):
    measures, given = reference
    test = PartGap.learn(PartSums.of(ALL, reference=measures, **given), reference=measures)
    whole, rng = Gap(measures), np.random.default_rng(3)
    state, state_of_whole = test.start(), whole.start()
    for _ in range(12):
        live = rows(rng, 300, wrong=0.5)
        state = test.update(state, PartSums.of(ALL, reference=measures, **live))
        state_of_whole = whole.update(state_of_whole, whole.tick(live["predicted"], outcome=live["outcome"]))
    assert test.evidence(state).log_e == pytest.approx(whole.evidence(state_of_whole).log_e, rel=1e-3)


def test_by_blocks_one_part_of_all_rows_is_the_gap_of_the_whole(reference):
    measures, given = reference
    blocks = [taken(given, slice(i, i + 100)) for i in range(0, 4_000, 100)]
    test = BlockPartGap.learn([PartSums.of(ALL, reference=measures, **block) for block in blocks])
    whole = BlockGap.learn(measures, blocks=[(block["predicted"], block["outcome"]) for block in blocks])
    state, state_of_whole, rng = test.start(), whole.start(), np.random.default_rng(4)
    for _ in range(12):
        live = rows(rng, 100, wrong=0.9)
        state = test.update(state, PartSums.of(ALL, reference=measures, **live))
        state_of_whole = whole.update(state_of_whole, whole.tick(live["predicted"], outcome=live["outcome"]))
    assert test.evidence(state).log_e == pytest.approx(whole.evidence(state_of_whole).log_e)


@pytest.mark.parametrize("by_blocks", [True, False])
def test_a_part_that_died_out_bets_nothing_and_one_never_seen_wins_nothing(reference, by_blocks):
    measures, given = reference
    parts = [Part(0, i, i) for i in range(11)]  # nothing lies in the last
    sums = PartSums.of(parts, reference=measures, **given)
    test = BlockPartGap.learn([sums] * 5) if by_blocks else PartGap.learn(sums, reference=measures)
    state, live = test.start(), rows(np.random.default_rng(5), 300)
    gone = taken(live, live["bins"][:, 0] != 3)
    for _ in range(5):
        state = test.update(state, PartSums.of(parts, reference=measures, **gone))
    assert test.log_e(state)[[3, 10]] == pytest.approx([0, 0], abs=1e-9)
    new = {**live, "bins": np.full_like(live["bins"], 10), "outcome": np.ones(300)}
    for _ in range(5):
        state = test.update(state, PartSums.of(parts, reference=measures, **new))
    assert test.log_e(state)[10] <= 0


@pytest.mark.parametrize("by_blocks", [True, False])
def test_sums_of_other_parts_are_refused(reference, by_blocks):
    measures, given = reference
    sums = PartSums.of([Part(0, i, i) for i in range(4)], reference=measures, **given)
    test = BlockPartGap.learn([sums] * 5) if by_blocks else PartGap.learn(sums, reference=measures)
    with pytest.raises(BadInput, match="of 4 parts, got"):
        test.update(test.start(), PartSums.of(ALL, reference=measures, **given))


def test_a_block_with_few_rows_of_a_part_bets_nothing_on_it(reference):
    measures, given = reference
    parts = [Part(0, i, i) for i in range(10)]
    blocks = [PartSums.of(parts, reference=measures, **taken(given, slice(i, i + 400))) for i in range(0, 4_000, 400)]
    test, rng = BlockPartGap.learn(blocks), np.random.default_rng(6)
    assert (test.fewest < 40).all(), "a tenth of the rows of a block is enough"
    few = PartSums.of(parts, reference=measures, **rows(rng, 40, wrong=1.0))
    assert (few.n < test.fewest).all()
    assert not test.increments(test.start(), few).any()
    assert test.increments(test.start(), PartSums.of(parts, reference=measures, **rows(rng, 400, wrong=1.0))).any()


def test_dear_errors_are_summed_whole():
    given = rows(np.random.default_rng(7), 2_000)
    reference = GapReference.of_classes(given["predicted"], y=given["outcome"], dearest=10.0)
    over = 10.0 * given["over"]
    sums = PartSums.of(ALL, reference=reference, **{**given, "over": over})
    assert sums.over[0] / 2**30 * unit_of_loss(reference) == pytest.approx(over.sum())
