"""Rows are named, dealt into folds, judged by models that did not see them, and ranked."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.datasets import load_digits
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.neighbors import KNeighborsClassifier
from sklearn.svm import LinearSVC

from slipway.data.folds import deal_folds
from slipway.data.labels.names import row_names
from slipway.data.labels.out_of_fold import out_of_fold_numbers, out_of_fold_shares
from slipway.data.labels.suspicion import suspect_classes, suspect_numbers
from slipway.data.labels.tranches import drawn, shuffled_by_tranche
from slipway.errors import BadInput

TABLE = pl.DataFrame({"x": [1.0, 2.0, 1.0], "who": ["a", "a", "b"], "y": [0, 1, 1]})


def test_a_row_is_named_by_its_entity_only_where_that_names_one_row():
    names = row_names(TABLE, entity="who", without=["y"])
    assert "a" not in names
    assert row_names(TABLE.unique("who", maintain_order=True), entity="who", without=["y"]) == ["a", "b"]


def test_a_name_by_content_survives_another_label_and_another_order():
    names = row_names(TABLE, entity="who", without=["y"])
    flipped = TABLE.with_columns(y=1 - pl.col("y"))
    assert row_names(flipped, entity="who", without=["y"]) == names
    assert row_names(flipped[[2, 0, 1]], entity="who", without=["y"]) == [names[2], names[0], names[1]]
    assert len(set(names)) == 3


def test_equal_rows_are_numbered():
    first, second, third = row_names(pl.DataFrame({"x": [1, 1, 2], "y": [0, 1, 0]}), entity="", without=["y"])
    assert second == f"{first}-2"
    assert third != first


@given(groups=st.lists(st.none() | st.sampled_from("abcdefgh"), min_size=8, max_size=60), seed=st.integers(0, 3))
def test_no_group_is_in_two_folds(groups, seed):
    series = pl.Series("g", groups, dtype=pl.String)
    if series.fill_null("").n_unique() < 3:
        with pytest.raises(BadInput, match="folds: want 3"):
            deal_folds(np.zeros(len(groups), dtype=np.int64), folds=3, seed=seed, groups=series, times=None)
        return
    folds = deal_folds(np.zeros(len(groups), dtype=np.int64), folds=3, seed=seed, groups=series, times=None)
    for name in set(groups):
        assert len({int(f) for f, g in zip(folds, groups, strict=True) if g == name}) == 1


def test_folds_of_time_are_stretches_and_moments_stay_together():
    rng = np.random.default_rng(0)
    times = pl.Series("t", rng.integers(0, 40, 300))
    folds = deal_folds(np.zeros(300, dtype=np.int64), folds=5, seed=0, groups=None, times=times)
    moments = times.to_numpy()
    for fold in range(4):
        assert moments[folds == fold].max() < moments[folds == fold + 1].min()


def test_each_class_is_dealt_evenly():
    strata = np.repeat([0, 1, 2], [100, 10, 5])
    folds = deal_folds(strata, folds=5, seed=1, groups=None, times=None)
    assert [np.bincount(folds[strata == k], minlength=5).tolist() for k in range(3)] == [[20] * 5, [2] * 5, [1] * 5]


def test_a_model_never_judges_a_row_that_it_learned_from():
    """A model that remembers its rows would be sure of every label; out of fold it knows nothing of noise."""
    rng = np.random.default_rng(3)
    x, y = pl.DataFrame({"a": rng.random(200)}), rng.integers(0, 2, 200).astype(float)
    seen = []

    class Memory:
        classes_ = np.array([0.0, 1.0])

        def __init__(self, rows):
            self.rows = set(rows["a"])

        def predict_proba(self, rows):
            assert not self.rows & set(rows["a"])
            seen.extend(rows["a"])
            return np.full((len(rows), 2), 0.5)

    folds = deal_folds(y.astype(np.int64), folds=4, seed=0, groups=None, times=None)
    out_of_fold_shares(x, y=y, classes=np.array([0.0, 1.0]), folds=folds, learn=lambda x, y: Memory(x))
    assert sorted(seen) == sorted(x["a"])


def test_a_class_that_the_other_folds_lack_gets_no_share():
    x, y = pl.DataFrame({"a": [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]}), np.array([0.0, 1.0, 0.0, 1.0, 0.0, 2.0])
    folds = np.array([0, 0, 1, 1, 2, 2])
    p = out_of_fold_shares(
        x, y=y, classes=np.array([0.0, 1.0, 2.0]), folds=folds, learn=lambda x, y: LogisticRegression().fit(x, y)
    )
    assert p[5, 2] == 0
    assert p.sum(axis=1) == pytest.approx(np.ones(6))


def test_an_estimator_without_probabilities_is_refused():
    x, y = pl.DataFrame({"a": np.arange(20.0)}), np.tile([0.0, 1.0], 10)
    for learn, said in ((lambda x, y: LinearSVC().fit(x, y), "predict_proba"), (lambda x, y: None, "got None")):
        with pytest.raises(BadInput, match=said):
            out_of_fold_shares(x, y=y, classes=np.array([0.0, 1.0]), folds=np.arange(20) // 10, learn=learn)


def test_digits_with_injected_errors_are_found_by_the_users_own_training():
    """Ten classes, 5 % flipped; the figures that benchmarks/labels.py prints are held loosely."""
    x, truth = load_digits(return_X_y=True)
    rng = np.random.default_rng(0)
    wrong = rng.random(truth.size) < 0.05
    given = np.where(wrong, (truth + rng.integers(1, 10, truth.size)) % 10, truth).astype(np.int64)
    frame = pl.DataFrame(x / 16, schema=[f"p{i}" for i in range(64)])
    folds = deal_folds(given, folds=5, seed=0, groups=None, times=None)
    p = out_of_fold_shares(
        frame,
        y=given.astype(float),
        classes=np.arange(10.0),
        folds=folds,
        learn=lambda x, y: KNeighborsClassifier(15, weights="distance").fit(x, y),
    )
    found = suspect_classes(given, probabilities=p, alpha=0.05)
    assert wrong[found.order[: wrong.sum()]].mean() > 0.9
    assert roc_auc_score(wrong, -found.score) > 0.99
    assert found.low < wrong.sum() < found.high


def test_wrong_numbers_come_first_where_noise_differs():
    """An error of 30 stands out where others err by 1 and not where they err by 20."""
    rng = np.random.default_rng(1)
    x = np.sort(rng.uniform(0, 10, 1000))
    noise = np.where(x < 5, 1.0, 20.0)
    y = 3 * x + rng.normal(0, 1, 1000) * noise
    quiet = rng.choice(np.flatnonzero(x < 5), 20, replace=False)
    y[quiet] += 30
    frame = pl.DataFrame({"x": x})
    folds = deal_folds(np.zeros(1000, dtype=np.int64), folds=5, seed=0, groups=None, times=None)
    predicted = out_of_fold_numbers(frame, y=y, folds=folds, learn=lambda x, y: LinearRegression().fit(x, y))
    found = suspect_numbers(y, predicted=predicted)
    assert np.isin(found.order[:20], quiet).mean() > 0.9
    assert np.isin(np.argsort(-np.abs(y - predicted))[:20], quiet).mean() < 0.7  # by distance alone
    assert found.wrong is None


@given(rows=st.integers(0, 200), size=st.integers(1, 60), seed=st.integers(0, 3))
def test_tranches_keep_their_rows(rows, size, seed):
    order = np.random.default_rng(9).permutation(rows)
    shuffled = shuffled_by_tranche(order, size=size, seed=seed)
    for start in range(0, rows, size):
        assert sorted(shuffled[start : start + size]) == sorted(order[start : start + size])
    assert shuffled.tolist() == shuffled_by_tranche(order, size=size, seed=seed).tolist()


def test_a_sample_is_drawn_the_same_way_again_and_grows_at_its_end():
    few, more = drawn(100, count=10, seed=4), drawn(100, count=30, seed=4)
    assert more[:10].tolist() == few.tolist()
    assert len(set(more.tolist())) == 30
    assert sorted(drawn(5, count=30, seed=4)) == list(range(5))
