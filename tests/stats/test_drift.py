"""A whole table: one alarm, the right columns, the unit that the reference supports."""

import itertools

import numpy as np
import pytest

from slipway.errors import BadInput
from slipway.stats.bets import BetState
from slipway.stats.block_drift import BlockDrift, BlockDriftState
from slipway.stats.block_means import BlockMeans
from slipway.stats.drift import TableDrift, TableReference
from slipway.stats.edetector import EDetector, LogIncrements
from slipway.stats.rank_bets import RankBets
from slipway.stats.state import decode, encode
from slipway.stats.watch import watch_table

NAMES = tuple(f"x{i}" for i in range(20))


def matrix(rng: np.random.Generator, rows: int, *, moved: int = 0, shift: float = 0.0) -> np.ndarray:
    values = rng.normal(size=(rows, 20))
    values[:, :moved] += shift
    return values


@pytest.fixture(scope="module")
def test() -> TableDrift:
    return TableDrift(TableReference.of_matrix(matrix(np.random.default_rng(0), 20_000), names=NAMES))


def test_the_right_columns_are_named(test: TableDrift) -> None:
    state = test.start()
    rng = np.random.default_rng(1)
    for _ in range(10):
        state = test.update(state, test.tick(matrix(rng, 100, moved=4, shift=0.35)))
    assert test.evidence(state).rejects(alpha=0.01)
    assert {c.name for c in test.columns(state, alpha=0.05) if c.drifted} == {"x0", "x1", "x2", "x3"}


def test_no_drift_is_no_alarm(test: TableDrift) -> None:
    state = test.start()
    rng = np.random.default_rng(2)
    for _ in range(50):
        state = test.update(state, test.tick(matrix(rng, 1_000)))
    assert not test.evidence(state).rejects(alpha=0.05)
    assert not any(c.drifted for c in test.columns(state, alpha=0.05))


def test_a_detector_on_all_bets_says_when_it_began(test: TableDrift) -> None:
    rng = np.random.default_rng(12)
    ticks = [test.tick(matrix(rng, 200, moved=2, shift=0.5 if look >= 60 else 0.0)) for look in range(70)]
    detector = EDetector(bets=len(test.increments(ticks[0])), threshold=10_000.0)
    state = detector.start()
    for tick in ticks:
        state = detector.update(state, LogIncrements(log_e=test.increments(tick), n=200))
    change = detector.evidence(state)
    assert change.alarm
    assert change.earliest <= 60 <= change.latest
    assert len(encode(state)) < 100_000


def test_the_state_is_small_and_does_not_grow(test: TableDrift) -> None:
    state = test.start()
    size = len(encode(state))
    for _ in range(3):
        state = test.update(state, test.tick(matrix(np.random.default_rng(3), 30_000)))
    assert len(encode(state)) < size + 100 < 100_000
    assert encode(decode(encode(state), BetState)) == encode(state)


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_every_path_counts_alike(test: TableDrift, order: str, dtype: type) -> None:
    live = np.array(matrix(np.random.default_rng(4), 40_000), dtype=dtype, order=order)  # type: ignore[call-overload]
    live[::7, 3] = np.nan
    whole = test.tick(live)
    by_name = test.tick({name: live[:, i] for i, name in enumerate(NAMES)})
    parts = test.tick(live[:1_001]).merge(test.tick(live[1_001:]))
    assert encode(whole) == encode(by_name) == encode(parts)
    assert whole.counts[test.reference.slices[3]][-1] == len(live[::7])


def test_searched_columns_and_grid_columns_mix() -> None:
    rng = np.random.default_rng(5)
    values = np.stack([rng.normal(size=5_000), np.exp(3 * rng.normal(size=5_000)), np.zeros(5_000)], axis=1)
    test = TableDrift(TableReference.of_matrix(values, names=("even", "heavy", "constant")))
    live = values[:1_000]
    by_name = test.tick({"even": live[:, 0], "heavy": live[:, 1], "constant": live[:, 2]})
    assert encode(test.tick(live)) == encode(by_name)


def test_numbers_and_categories_side_by_side() -> None:
    rng = np.random.default_rng(6)

    def table(n: int, *, rail: float) -> dict:
        return {
            "weight": [None if rng.random() < 0.1 else float(rng.normal()) for _ in range(n)],
            "mode": rng.choice(["sea", "air", "rail"], p=[0.6, 0.4 - rail, rail], size=n),
            "fragile": rng.random(n) < 0.3,
        }

    test = TableDrift(TableReference.of(table(5_000, rail=0.1)))
    state = test.update(test.start(), test.tick(table(1_000, rail=0.1)))
    assert not test.evidence(state).rejects(alpha=0.05)
    state = test.update(state, test.tick(table(1_000, rail=0.25) | {"ignored": [0]}))
    assert [c.name for c in test.columns(state, alpha=0.05) if c.drifted] == ["mode"]
    assert test.evidence(state).n == 2_000
    assert encode(decode(encode(test.reference), TableReference)) == encode(test.reference)


def test_bad_tables_are_refused_by_name(test: TableDrift) -> None:
    with pytest.raises(BadInput, match=r"values: want shape \(rows, 20\), got \(3, 2\)"):
        test.tick(np.zeros((3, 2)))
    with pytest.raises(BadInput, match=r"column: want 'x1', got none of that name. Did you mean 'x1_'\?"):
        test.tick({"x0": [1.0], "x1_": [1.0]})
    uneven = {name: [1.0] for name in NAMES} | {"x7": [1.0, 2.0]}
    with pytest.raises(BadInput, match="table: want columns of one length"):
        test.tick(uneven)
    with pytest.raises(BadInput, match="table: want columns of one length"):
        TableReference.of({"a": [1.0], "b": []})
    with pytest.raises(BadInput, match="names: want one distinct name a column"):
        TableReference.of_matrix(np.zeros((3, 2)), names=("a", "a"))
    with pytest.raises(BadInput, match=r"tolerance: want 0 <= tolerance < 0\.5, got nan"):
        TableDrift(test.reference, tolerance=np.nan)


def clustered(rng: np.random.Generator, *, days: int, rows: int = 30, shift: float = 0.0) -> np.ndarray:
    return (rng.normal(size=(days, rows, 2)) + rng.normal(size=(days, 1, 2)) + shift).reshape(-1, 2)


def block_test(rng: np.random.Generator, *, days: int = 90) -> BlockDrift:
    values = clustered(rng, days=days)
    return BlockDrift.learn(values, names=("a", "b"), block_ids=np.repeat(np.arange(days), 30))


def test_days_that_differ_among_themselves_raise_no_alarm_but_a_new_kind_of_day_does() -> None:
    rng = np.random.default_rng(7)
    test = block_test(rng)
    state = test.start()
    for _ in range(60):
        state = test.update(state, test.tick(clustered(rng, days=1)))
    assert not test.evidence(state).rejects(alpha=0.05)
    for _ in range(30):
        state = test.update(state, test.tick(clustered(rng, days=1, shift=1.5)))
    assert test.evidence(state).rejects(alpha=0.05)
    assert encode(decode(encode(state), BlockDriftState)) == encode(state)


def test_parts_of_a_block_are_merged_before_the_update() -> None:
    rng = np.random.default_rng(8)
    test, live = block_test(rng), clustered(rng, days=1)
    merged = test.tick(live[::2]).merge(test.tick(live[1::2]))
    assert encode(test.update(test.start(), merged)) == encode(test.update(test.start(), test.tick(live)))


def test_an_empty_block_says_nothing_and_one_without_values_bets_on_missing_alone() -> None:
    rng = np.random.default_rng(9)
    test = block_test(rng)
    assert encode(test.update(test.start(), test.tick(np.zeros((0, 2))))) == encode(test.start())
    state = test.start()
    for _ in range(12):
        state = test.update(state, test.tick(np.full((30, 2), np.nan)))
    assert test.evidence(state).rejects(alpha=0.05)
    assert np.isnan(BlockMeans.of(test.reference).means(test.tick(np.full((3, 2), np.nan)).counts)[:2]).all()


def test_rank_bets_are_fair_by_enumeration() -> None:
    """All orders of six distinct blocks, two of them the reference: the mean of every bet is at most 1."""
    for tails in (True, False):
        total = np.zeros(1)
        orders = list(itertools.permutations(range(6)))
        for order in orders:
            values = np.array(order, dtype=float)[:, None]
            bets = RankBets.of(values[:2], tails=tails)
            state = bets.start()
            for value in values[2:]:
                state = bets.update(state, value)
            total += np.exp(bets.log_e(state))
        assert total / len(orders) <= 1 + 1e-12


def test_block_references_are_refused_by_name() -> None:
    with pytest.raises(BadInput, match="block_ids: want 3 blocks or more, got 2"):
        BlockDrift.learn({"a": [1.0, 2.0]}, block_ids=[1, 2])
    with pytest.raises(BadInput, match="block_ids: want one for each of 2 rows of a, got 3"):
        BlockDrift.learn({"a": [1.0, 2.0]}, block_ids=[1, 2, 3])
    with pytest.raises(BadInput, match="reference: want one block or more"):
        RankBets.of(np.zeros((0, 1)))


def test_the_unit_is_found_from_the_reference_and_can_be_overruled() -> None:
    rng = np.random.default_rng(10)
    day = np.repeat(np.arange(400), 10)
    table = {"calm": rng.normal(size=4_000), "clustered": rng.normal(size=4_000) + rng.normal(size=400)[day]}
    found = watch_table(table, blocks={"day": day})
    assert (found.unit, found.column) == ("day", "clustered")
    assert isinstance(found.test, BlockDrift)
    assert isinstance(watch_table(table, blocks={"day": day}, unit="row").test, TableDrift)
    with pytest.raises(BadInput, match="unit: want row, day, got week"):
        watch_table(table, blocks={"day": day}, unit="week")


def test_a_clustered_category_is_seen_too() -> None:
    rng = np.random.default_rng(11)
    day = np.repeat(np.arange(300), 10)
    mostly = rng.integers(0, 2, size=300)[day]
    mode = np.where(rng.random(3_000) < 0.9, mostly, 1 - mostly).astype("U5")
    mode[rng.random(3_000) < 0.3] = "other"
    assert watch_table({"mode": mode}, blocks={"day": day}).unit == "day"


def test_block_means_are_the_means_of_rows():
    """Rank and distance from the middle, averaged over rows by hand, for numbers, categories and both kinds of gap."""
    rng = np.random.default_rng(8)
    table = TableReference.of(
        {
            "kind": rng.choice(["a", "b", "c"], size=400).tolist(),
            "load": rng.normal(size=400),
            "same": np.ones(400),
            "other": rng.choice(["x", "y"], size=400).tolist(),
        }
    )
    block = {
        "kind": ["a", "a", None, "new"],
        "load": [np.nan, 0.3, -2.0, 0.1],
        "same": [np.nan] * 4,
        "other": ["y"] * 4,
    }
    ticks = [table.tick(block).counts, table.tick({n: v[:1] for n, v in block.items()}).counts]
    both = BlockMeans.of(table).means(np.stack(ticks))
    load = table.columns[1]
    u = np.array([load.ranks[load.tick([v]).counts.argmax()] for v in (0.3, -2.0, 0.1)])
    kind, other = (ticks[0][table.slices[i]] / 4 for i in (0, 3))
    wanted = [*kind, (2 * u - 1).mean(), (4 * abs(u - 0.5) - 1).mean(), 1 / 4, np.nan, np.nan, 1.0, *other]
    np.testing.assert_allclose(both[0], wanted)
    np.testing.assert_allclose(both[1], BlockMeans.of(table).means(ticks[1]))
    assert np.isnan(both[1][len(kind)])  # its one row has no value
    assert BlockMeans.of(table).column.tolist() == [0] * len(kind) + [1] * 3 + [2] * 3 + [3] * len(other)
