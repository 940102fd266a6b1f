"""The simple model: what a tree of depth two of a peer is, told as a sentence, on whatever columns there are."""

import numpy as np
import polars as pl
import pytest
from sklearn.datasets import load_breast_cancer, load_diabetes
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from slipway.data.simple import grow_simple
from slipway.records.field import Field, FieldKind
from slipway.records.scoring import Scoring
from slipway.records.task import TaskKind

BINARY, REGRESSION = Scoring(kind=TaskKind.BINARY), Scoring(kind=TaskKind.REGRESSION)
RNG = np.random.default_rng(0)


def numbers(*names):
    return [Field(name=name, kind=FieldKind.NUMBER) for name in names]


@pytest.mark.parametrize(("fp", "fn"), [(1.0, 1.0), (1.0, 10.0), (3.0, 1.0)])
def test_it_is_the_tree_that_scikit_learn_grows_at_the_same_costs(fp, fn):
    x, y = load_breast_cancer(return_X_y=True)
    x, y = x[:, :10], (y == 0).astype(float)
    names = [f"x{i}" for i in range(10)]
    scoring = Scoring(kind=TaskKind.BINARY, false_positive_cost=fp, false_negative_cost=fn)
    mine = grow_simple(pl.DataFrame(x, schema=names), y=y, fields=numbers(*names), scoring=scoring)
    theirs = DecisionTreeClassifier(max_depth=2, min_samples_leaf=6, random_state=0)
    theirs.fit(x, y, sample_weight=np.where(y == 1, fn, fp))
    assert np.array_equal(mine.answers(pl.DataFrame(x, schema=names)), theirs.predict(x))


def test_a_number_is_answered_by_the_median_of_the_ends_that_scikit_learn_finds():
    x, y = load_diabetes(return_X_y=True)
    names = [f"x{i}" for i in range(x.shape[1])]
    table = pl.DataFrame(x, schema=names)
    mine = grow_simple(table, y=y, fields=numbers(*names), scoring=REGRESSION)
    end = DecisionTreeRegressor(max_depth=2, min_samples_leaf=5).fit(x, y).apply(x)
    assert np.array_equal(mine.answers(table), [np.median(y[end == e]) for e in end])


def test_it_takes_text_booleans_missing_values_and_tells_what_it_is():
    port = RNG.choice(["EWR", "JFK", "LGA", "SFO", "BOS"], 1000)
    delay = np.where(RNG.random(1000) < 0.2, np.nan, RNG.normal(0, 10, 1000))
    late = np.isin(port, ["EWR", "LGA"]) & ((delay >= 5) | np.isnan(delay))
    table = pl.DataFrame({"port": port, "delay": delay, "night": RNG.random(1000) < 0.5})
    fields = [Field(name="port", kind=FieldKind.CATEGORY), Field(name="night", kind=FieldKind.BOOLEAN)]
    mine = grow_simple(table, y=late.astype(float), fields=[*fields, *numbers("delay", "gone")], scoring=BINARY)
    assert np.array_equal(mine.answers(table), late)
    cut = table.filter(pl.Series(late))["delay"].min()
    assert mine.words == f"1 where port is one of EWR, LGA and delay >= {cut:g} (or missing); else 0"
    asked = pl.DataFrame({"port": ["EWR", "EWR", "OSL", None], "delay": [None, 4.0, 50.0, 50.0]})
    assert mine.answers(asked).tolist() == [1, 0, 0, 0]  # what was never seen is on the side of the rest


def test_what_tells_nothing_leaves_the_trivial_answer():
    table = pl.DataFrame({"a": np.zeros(100), "b": [None] * 100, "c": ["x"] * 100})
    fields = [*numbers("a", "b"), Field(name="c", kind=FieldKind.CATEGORY)]
    mine = grow_simple(table, y=np.arange(100) % 3 == 0, fields=fields, scoring=BINARY)
    assert (mine.words, mine.answers(table).sum()) == ("always 0", 0)
    few = pl.DataFrame({"a": [1.0, 2.0]})
    assert grow_simple(few, y=np.array([0.0, 1.0]), fields=numbers("a"), scoring=BINARY).question is None


def test_an_end_is_never_of_a_few_rows():
    table = pl.DataFrame({"a": np.arange(1000.0)})
    y = (table["a"].to_numpy() >= 995).astype(float)
    mine = grow_simple(table, y=y, fields=numbers("a"), scoring=BINARY)
    assert mine.words == "always 0"


def test_of_many_rows_some_are_enough():
    table = pl.DataFrame({"a": RNG.normal(size=200_000), "b": RNG.choice([f"v{i}" for i in range(500)], 200_000)})
    y = (table["a"].to_numpy() > 0.5).astype(float)
    mine = grow_simple(table, y=y, fields=[*numbers("a"), Field(name="b", kind=FieldKind.CATEGORY)], scoring=BINARY)
    assert mine.rows == 50_000
    assert (mine.answers(table) == y).mean() > 0.998


def test_of_many_rows_the_same_are_taken_in_whatever_order_they_come():
    """Outcomes that come in waves, which rows at even distances would meet or miss."""
    rng = np.random.default_rng(4)
    a = rng.normal(size=120_000)
    table = pl.DataFrame({"a": a, "y": a + rng.normal(size=120_000) > 0.5})
    orders = [table, table.sort("y", "a"), table.sort("a"), table[rng.permutation(120_000)]]
    rules = {grow_simple(t, y=t["y"].to_numpy().astype(float), fields=numbers("a"), scoring=BINARY) for t in orders}
    assert len(rules) == 1


def test_of_rows_that_repeat_each_sort_is_taken_as_often_as_it_is_there():
    hour = np.repeat(np.arange(8.0), 25_000)
    y = (hour >= 5).astype(float)
    mine = grow_simple(pl.DataFrame({"hour": hour}), y=y, fields=numbers("hour"), scoring=BINARY)
    assert mine.words == "0 where hour < 5; else 1" if mine.answer else mine.words == "1 where hour >= 5; else 0"
    assert mine.yes.rows == pytest.approx(50_000 * 5 / 8, rel=0.02)
