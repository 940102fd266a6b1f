"""From rows to a fitted estimator, from a notebook to a package, and what both refuse."""

from datetime import UTC, datetime
from types import SimpleNamespace

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.compose import make_column_transformer
from sklearn.datasets import load_breast_cancer, load_diabetes
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from slipway.errors import BadInput, Refused
from slipway.modeling.convert import check_estimator
from slipway.modeling.frame import as_columns, as_table, as_x, checked_names, infer_fields
from slipway.modeling.notebook import package_estimator
from slipway.modeling.train import Trained, fit, moments
from slipway.records.field import Field, FieldKind
from slipway.records.task import TaskKind


def test_a_fit_measures_on_the_rows_held_out_and_beats_saying_no(trained: Trained) -> None:
    by = {(s.metric, s.split): s for s in trained.scores}
    held_out = trained.y[trained.held_out]
    wrong = np.mean((trained.answers >= 0.5) != held_out)
    assert by["error", "test"].value == pytest.approx(wrong)
    assert by["error", "test"].value < held_out.mean()
    assert by["error", "train"].n == 2800
    assert trained.clusters is not None


def test_training_sees_what_service_will_send(kit: SimpleNamespace) -> None:
    seen = {}

    def spy(X: pl.DataFrame, y: np.ndarray, params: dict, seed: int) -> object:  # noqa: N803
        seen.update(schema=dict(X.schema), missing=X["port"].to_list().count(""), params=params, seed=seed)
        params["C"] = "changed"
        return kit.train(X, y, {}, seed)

    table = kit.flights(400).with_columns(port=pl.when(pl.int_range(400) < 10).then(None).otherwise("port"))
    params = {"C": 2.0}
    fit(
        table,
        train_rows=np.arange(300),
        test_rows=np.arange(300, 400),
        fields=kit.fields,
        task=kit.task,
        scoring=kit.scoring,
        train=spy,
        params=params,
        seed=9,
    )
    assert seen["schema"] == {"delay": pl.Float64, "wind": pl.Float64, "port": pl.String, "night": pl.Float64}
    assert (seen["missing"], seen["seed"], params) == (10, 9, {"C": 2.0})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"train": lambda *_: None}, "train: want a fitted estimator, got None"),
        ({"test_rows": np.arange(5)}, "5 in both"),
        ({"test_rows": np.arange(0)}, "want two parts with rows"),
        ({"fields": (Field(name="dely", kind=FieldKind.NUMBER),)}, "Did you mean 'delay'"),
        ({"fields": (Field(name="port", kind=FieldKind.NUMBER),)}, "column port: want a number, got String"),
    ],
)
def test_what_cannot_be_trained_on_is_refused_by_name(changes: dict, message: str, kit: SimpleNamespace) -> None:
    given = {
        "train_rows": np.arange(300),
        "test_rows": np.arange(300, 400),
        "fields": kit.fields,
        "task": kit.task,
        "scoring": kit.scoring,
        "train": kit.train,
        "params": {},
        "seed": 0,
    }
    with pytest.raises(BadInput, match=message):
        fit(kit.flights(400), **(given | changes))


def test_a_row_without_a_truth_is_refused_before_training(kit: SimpleNamespace) -> None:
    table = kit.flights(400).with_columns(late=pl.when(pl.int_range(400) == 7).then(None).otherwise("late"))
    with pytest.raises(BadInput, match="target 'late': want finite numbers, got nan at 7"):
        kit.fitted(table)


def test_moments_of_any_sort_are_microseconds() -> None:
    noon = datetime(2013, 4, 1, 12, tzinfo=UTC)
    us = int(noon.timestamp() * 1e6)
    zoned = pl.Series([noon]).dt.convert_time_zone("America/New_York")
    assert moments(zoned).tolist() == moments(pl.Series([us])).tolist() == [us]
    assert moments(pl.Series([noon.date()])).tolist() == [us - 12 * 3_600_000_000]
    for wrong in (pl.Series("when", ["noon"]), pl.Series("when", [noon, None])):
        with pytest.raises(BadInput, match="time 'when': want a moment"):
            moments(wrong)


def test_a_notebooks_matrix_becomes_a_package(kit: SimpleNamespace) -> None:
    x, y = load_breast_cancer(return_X_y=True)
    model = HistGradientBoostingClassifier(max_iter=20).fit(x[:400], y[:400])
    package = package_estimator(model, x[400:], y[400:], name="cancer", load=kit.load, created_us=1)
    assert [f.name for f in package.manifest.signature.fields[:2]] == ["x0", "x1"]
    assert package.parity.largest < 1e-6
    assert package.manifest.provenance.tool == "HistGradientBoostingClassifier"


def test_a_notebooks_pandas_table_keeps_its_names_as_checked_words(kit: SimpleNamespace) -> None:
    data = load_breast_cancer(as_frame=True)
    model = HistGradientBoostingClassifier(max_iter=20).fit(data.data[:400], data.target[:400])
    package = package_estimator(model, data.data[400:], data.target[400:], name="cancer", load=kit.load, created_us=1)
    assert package.manifest.signature.fields[0].name == "mean_radius"


def test_a_notebooks_regression(kit: SimpleNamespace) -> None:
    data = load_diabetes(as_frame=True)
    model = HistGradientBoostingRegressor(max_iter=20).fit(data.data[:300], data.target[:300])
    package = package_estimator(model, data.data[300:], data.target[300:], name="sugar", load=kit.load, created_us=1)
    assert package.manifest.signature.kind is TaskKind.REGRESSION
    assert package.manifest.scores[0].metric == "absolute-error"


@pytest.mark.parametrize("library", [pd.DataFrame, pl.DataFrame], ids=["pandas", "polars"])
def test_a_notebooks_pipeline_with_text(library: type, kit: SimpleNamespace) -> None:
    rng = np.random.default_rng(0)
    table = library({"delay": rng.normal(size=500), "port": rng.choice(["EWR", "JFK"], 500).tolist()})
    y = (rng.random(500) < 0.4).astype(int)
    columns = make_column_transformer((OneHotEncoder(handle_unknown="ignore"), ["port"]), remainder="passthrough")
    model = make_pipeline(columns, LogisticRegression()).fit(table[:250], y[:250])
    package = package_estimator(model, table[250:], y[250:], name="late", load=kit.load, created_us=1)
    assert [f.kind.value for f in package.manifest.signature.fields] == ["number", "category"]
    renamed = table.rename(columns={"port": "Port"}) if library is pd.DataFrame else table.rename({"port": "Port"})
    other = make_column_transformer((OneHotEncoder(handle_unknown="ignore"), ["Port"]), remainder="passthrough")
    model = make_pipeline(other, LogisticRegression()).fit(renamed[:250], y[:250])
    with pytest.raises(BadInput, match=r"picks columns by name, got \['Port'\]\. Rename them and fit again"):
        package_estimator(model, renamed[250:], y[250:], name="late", load=kit.load, created_us=1)


def test_a_category_missing_from_the_graphs_point_of_view_is_found_out(kit: SimpleNamespace) -> None:
    """The encoder learned that None is a category; service can only say the empty text. That is not the same."""
    rng = np.random.default_rng(0)
    port = np.where(rng.random(600) < 0.3, None, rng.choice(["EWR", "JFK"], 600)).astype(object)
    table = pd.DataFrame({"delay": rng.normal(size=600), "port": port})
    y = (table["port"].isna() ^ (rng.random(600) < 0.1)).astype(int)
    columns = make_column_transformer((OneHotEncoder(handle_unknown="ignore"), ["port"]), remainder="passthrough")
    model = make_pipeline(columns, LogisticRegression()).fit(table[:300], y[:300])
    with pytest.raises(Refused, match="a missing 'port' in another way"):
        package_estimator(model, table[300:], y[300:], name="late", load=kit.load, created_us=1)


def test_x_goes_to_an_arm_with_nan_and_none_for_missing() -> None:
    fields = (Field(name="x", kind=FieldKind.NUMBER), Field(name="port", kind=FieldKind.CATEGORY))
    columns = as_columns(as_x(pl.DataFrame({"port": ["EWR", None], "x": [1, None]}), fields=fields), fields=fields)
    assert columns["port"].tolist() == ["EWR", None]
    assert columns["port"].dtype == object
    assert columns["x"][0] == 1
    assert np.isnan(columns["x"][1])


def test_what_is_no_table_is_refused_and_fields_are_inferred() -> None:
    with pytest.raises(BadInput, match="want a matrix of rows and columns"):
        as_table(np.zeros(3))
    with pytest.raises(BadInput, match="want a polars, pandas or Arrow table"):
        as_table(object())
    with pytest.raises(BadInput, match="at least one row"):
        as_table(pl.DataFrame({"x": []}))
    with pytest.raises(BadInput, match="Turn a moment into numbers"):
        infer_fields(pl.DataFrame({"at": [datetime(2013, 1, 1, tzinfo=UTC)]}))
    with pytest.raises(BadInput, match="got \\['a'\\] twice"):
        checked_names(pl.DataFrame({"a": [1], "A": [1]}))
    required = [f.required for f in infer_fields(pl.DataFrame({"a": [1.0, float("nan")], "b": [1, 2]}))]
    assert required == [False, True]


def test_a_method_in_place_of_an_estimator_is_told_as_that() -> None:
    with pytest.raises(Refused, match="train: want a fitted estimator, got a method"):
        check_estimator(LogisticRegression().fit, kind=TaskKind.BINARY)
