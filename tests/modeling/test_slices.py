"""Slices: a planted one is found and confirmed, luck is not, and the search is exact."""

import json
import os
import time
from itertools import combinations, product
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from slipway.errors import BadInput
from slipway.modeling.frame import as_x, infer_fields
from slipway.modeling.slice_search import search
from slipway.modeling.slices import Reached, worst_slices
from slipway.records.run import Level, Slice


def table(rows: int, rng: np.random.Generator) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "hour": rng.integers(0, 24, rows).astype(float),
            "wind": np.where(rng.random(rows) < 0.1, np.nan, rng.exponential(10, rows)),
            "carrier": rng.choice(["AA", "EV", "UA", "B6"], rows),
            "night": rng.random(rows) < 0.3,
        }
    )


def found(t: pl.DataFrame, loss: np.ndarray, **changes: object) -> tuple[Slice, ...]:
    fields = infer_fields(t)
    return worst_slices(as_x(t, fields=fields), fields=fields, loss=loss, **({"seed": 0} | changes))


def test_a_planted_slice_is_found_with_its_size_and_what_it_costs() -> None:
    rng = np.random.default_rng(1)
    t = table(20_000, rng)
    inside = ((t["carrier"] == "EV") & t["night"]).to_numpy()
    loss = (rng.random(t.height) < np.where(inside, 0.30, 0.10)).astype(float)
    [slice_] = found(t, loss)
    assert set(slice_.where.split(" and ")) == {"carrier = EV", "night"}
    assert slice_.share == pytest.approx(0.075, abs=0.01)
    assert slice_.low < 0.20 < slice_.high
    assert slice_.headroom == pytest.approx(0.20 * 0.075, abs=0.004)
    assert slice_.value - slice_.rest == pytest.approx(slice_.headroom / slice_.share)


def test_a_missing_value_can_be_what_is_wrong() -> None:
    rng = np.random.default_rng(2)
    t = table(10_000, rng)
    loss = np.where(t["wind"].is_nan().to_numpy(), 2.0, 1.0) + rng.exponential(0.5, t.height)
    assert [s.where for s in found(t, loss)] == ["wind missing"]


def test_a_range_of_a_number_is_named_in_its_own_unit() -> None:
    rng = np.random.default_rng(3)
    t = table(20_000, rng)
    loss = (rng.random(t.height) < np.where(t["hour"].to_numpy() >= 21, 0.4, 0.1)).astype(float)
    assert found(t, loss)[0].where == "hour >= 21"


def test_where_nothing_is_wrong_hardly_ever_is_a_slice_confirmed() -> None:
    wrong = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        t = table(1000, rng)
        wrong += bool(found(t, (rng.random(1000) < 0.2).astype(float), seed=seed))
    assert wrong <= 4  # each run errs with probability 0.025; a binomial of 60 exceeds 4 with probability 0.02


def test_days_that_differ_do_not_pass_for_slices() -> None:
    """A carrier that flew on the bad days is no slice: rows of one day are one observation."""
    wrong = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        day = np.repeat(np.arange(30), 60)
        bad = (rng.random(30) < 0.3)[day]
        carrier = np.where(rng.random(30)[day] < 0.5, "AA", "UA")
        t = pl.DataFrame({"carrier": carrier})
        loss = (rng.random(day.size) < np.where(bad, 0.5, 0.1)).astype(float)
        wrong += bool(found(t, loss, clusters=day, seed=seed))
    assert wrong <= 6


def test_a_perfect_model_has_no_slices() -> None:
    t = table(500, np.random.default_rng(0))
    assert found(t, np.zeros(500)) == ()


def test_three_conditions_on_thirty_thousand_rows_of_twelve_columns_take_less_than_two_seconds() -> None:
    rng = np.random.default_rng(4)
    t = pl.DataFrame(
        {f"n{i}": rng.normal(size=30_000) for i in range(8)}
        | {f"c{i}": rng.choice(list("abcdefghij"), 30_000) for i in range(4)}
    )
    inside = ((t["c0"] == "a") & (t["c1"] == "b")).to_numpy()
    start = time.process_time()
    slices = found(t, (rng.random(30_000) < np.where(inside, 0.8, 0.1)).astype(float), depth=3, least_share=0.005)
    assert time.process_time() - start < 2
    assert [s.where for s in slices] == ["c0 = a and c1 = b"]


def test_the_search_skips_nothing() -> None:
    rng = np.random.default_rng(6)
    codes = [rng.integers(-1, 3, 300) for _ in range(4)]
    loss = rng.exponential(1, 300)
    ours = {
        s.where: (s.rows, round(s.loss, 9), round(s.score, 9))
        for s in search(codes, loss=loss, least_rows=5, depth=3, weight=0.9, most=10_000)
    }
    slow = {}
    for level in (1, 2, 3):
        for fields in combinations(range(4), level):
            for bins in product(range(3), repeat=level):
                rows = np.all([codes[f] == b for f, b in zip(fields, bins, strict=True)], axis=0)
                n = int(rows.sum())
                score = 0.9 * (loss[rows].mean() / loss.mean() - 1) - 0.1 * (300 / n - 1) if n >= 5 else 0
                if score > 0:
                    slow[tuple(zip(fields, bins, strict=True))] = (n, round(loss[rows].sum(), 9), round(score, 9))
    assert ours == slow


def test_the_top_ten_of_sliceline_on_the_salaries() -> None:
    """Oracle: apache/systemds, sliceLine on the Salaries data of R's carData, as its test expects it."""
    folder = Path(os.environ.get("SLIPWAY_ORACLE_DATA", Path(__file__).parents[3] / "shared" / "data")) / "sliceline"
    if not folder.is_dir():
        pytest.skip("no folder sliceline: set SLIPWAY_ORACLE_DATA to the folder with the oracle data")
    data = pl.read_csv(folder / "Salaries.csv")
    expected = json.loads((folder / "expected.json").read_text())["rows"]

    def even(name: str, bins: int) -> np.ndarray:
        values = data[name].to_numpy().astype(float)
        return np.maximum(1, np.ceil((values - values.min()) / ((values.max() - values.min()) / bins)))

    x = np.stack(
        [
            data["rank"].replace_strict({"Prof": 1, "AsstProf": 2, "AssocProf": 3}).to_numpy(),
            data["discipline"].replace_strict({"B": 1, "A": 2}).to_numpy(),
            even("yrs.since.phd", 14),
            even("yrs.service", 12),
            data["sex"].replace_strict({"Male": 1, "Female": 2}).to_numpy(),
        ],
        axis=1,
    ).astype(float)
    y = data["salary"].to_numpy().astype(float)
    loss = (y - x @ np.linalg.solve(x.T @ x + 1e-7 * np.eye(5), x.T @ y)) ** 2
    codes = [column.astype(np.int64) - 1 for column in x.T]
    ours = search(codes, loss=loss, least_rows=4, depth=4, weight=0.95, most=10)
    for slice_, (score, total, _, size) in zip(ours, expected, strict=True):
        assert slice_.score == pytest.approx(score, abs=1e-2)
        assert slice_.loss == pytest.approx(total, rel=1e-6)
        assert slice_.rows == size


def test_what_cannot_be_sliced_is_refused_by_name() -> None:
    t = table(100, np.random.default_rng(0))
    with pytest.raises(BadInput, match="loss: want 100 values, one for each row, got 99"):
        found(t, np.zeros(99))
    with pytest.raises(BadInput, match="depth: want 1 to 4, got 5"):
        found(t, np.ones(100), depth=5)
    with pytest.raises(BadInput, match="four or more clusters, got 2"):
        found(t, np.ones(100), clusters=np.arange(100) % 2)


def test_headroom_is_held_against_who_knows_better() -> None:
    """A slice may be hard for everybody: what counts is how far it is from what could be reached there."""
    rng = np.random.default_rng(7)
    t = table(30_000, rng)
    hard, lazy = (t["carrier"] == "EV").to_numpy(), (t["carrier"] == "B6").to_numpy()
    chance = np.where(hard | lazy, 0.3, 0.1)
    loss = (rng.random(t.height) < chance).astype(float)
    present = (rng.random(t.height) < np.where(hard, 0.3, 0.1)).astype(float)
    by_rest = {s.where: s for s in found(t, loss)}
    by_present = {s.where: s for s in found(t, loss, reached=Reached(Level.PRESENT, present))}
    assert by_rest.keys() == by_present.keys() == {"carrier = EV", "carrier = B6"}
    assert abs(by_present["carrier = EV"].headroom) < 0.01
    assert by_present["carrier = B6"].headroom > 0.03
    assert by_present["carrier = EV"].level == pytest.approx(0.3, abs=0.03)
    for s in by_present.values():
        assert s.headroom == pytest.approx((s.value - s.level) * s.share)
    human = found(t, loss, reached=Reached(Level.HUMAN, 0.05))
    assert {s.level_of for s in human} == {Level.HUMAN}
    assert [s.level for s in human] == pytest.approx([0.05, 0.05])
