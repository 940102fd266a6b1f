"""What scikit-learn models become: the same answers, or a refusal that says why."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import msgspec
import numpy as np
import polars as pl
import pytest
from sklearn.compose import make_column_transformer
from sklearn.ensemble import (
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler
from sklearn.svm import LinearSVC

from slipway.errors import Refused
from slipway.modeling.answers import answers, asker
from slipway.modeling.convert import convert
from slipway.modeling.frame import as_x, infer_fields
from slipway.modeling.parity import Parity, Tolerance, check_parity
from slipway.modeling.traps import known_trap
from slipway.records.field import Field
from slipway.records.model import Signature
from slipway.records.task import TaskKind

N = 1500
RNG = np.random.default_rng(5)
A, B = RNG.normal(0, 20, N), RNG.exponential(3, N)
PORT, NIGHT = RNG.choice(["EWR", "JFK", "LGA"], N), RNG.random(N) < 0.4
Y = (A + 5 * (PORT == "EWR") + 10 * NIGHT + RNG.normal(0, 8, N) > 10).astype(int)
AMOUNT = 2 * A + RNG.normal(size=N)

NUMBERS = pl.DataFrame({"a": A, "b": B})
HOLES = pl.DataFrame({"a": A, "b": np.where(RNG.random(N) < 0.1, np.nan, B)})
MIXED = pl.DataFrame({"a": A, "b": B, "port": PORT, "night": NIGHT})


def encoded(model: Any, encoder: Any) -> Any:
    columns = make_column_transformer((encoder, ["port"]), (StandardScaler(), ["a", "b"]), remainder="passthrough")
    return make_pipeline(columns, model)


def trees(model: Any) -> Any:
    encoder = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
    return make_pipeline(make_column_transformer((encoder, ["port"]), remainder="passthrough"), model)


def label(value: Any) -> str:
    return (
        str(value.width)
        if isinstance(value, pl.DataFrame)
        else type(getattr(value, "steps", [[value]])[-1][-1]).__name__
    )


def packaged(
    estimator: Any, table: pl.DataFrame, *, load: Callable, fields: tuple[Field, ...] | None = None, y: Any = None
) -> Parity:
    kind = TaskKind.BINARY if hasattr(estimator, "predict_proba") else TaskKind.REGRESSION
    fields = fields or infer_fields(table)
    x = as_x(table, fields=fields)
    estimator.fit(x, (Y if kind is TaskKind.BINARY else AMOUNT) if y is None else y)
    graph = convert(estimator, fields=fields, kind=kind)
    assert graph == convert(estimator, fields=fields, kind=kind), "the same estimator gives the same bytes"
    return check_parity(
        asker(estimator, kind=kind),
        graph=load(graph, Signature(fields=fields, kind=kind)),
        name=type(estimator).__name__,
        x=x,
        wanted=answers(estimator, x=x, kind=kind),
        fields=fields,
        kind=kind,
        suspect=lambda rows: known_trap(estimator, x=rows),
    )


def optional(table: pl.DataFrame) -> tuple[Field, ...]:
    return tuple(msgspec.structs.replace(f, required=False) for f in infer_fields(table))


@pytest.mark.parametrize(
    ("estimator", "table"),
    [
        (HistGradientBoostingClassifier(max_iter=30), NUMBERS),
        (HistGradientBoostingClassifier(max_iter=30), HOLES),
        (GradientBoostingClassifier(n_estimators=20), NUMBERS),
        (RandomForestClassifier(20), NUMBERS),
        (make_pipeline(StandardScaler(), LogisticRegression()), NUMBERS),
        (make_pipeline(SimpleImputer(), StandardScaler(), LogisticRegression()), HOLES),
        (encoded(LogisticRegression(), OneHotEncoder(handle_unknown="ignore")), MIXED),
        (trees(HistGradientBoostingClassifier(max_iter=30)), MIXED),
        (HistGradientBoostingClassifier(max_iter=30), MIXED.select("a", "night")),
        (HistGradientBoostingRegressor(max_iter=30), HOLES),
        (GradientBoostingRegressor(n_estimators=20), NUMBERS),
        (RandomForestRegressor(20), NUMBERS),
        (LinearRegression(), NUMBERS),
        (encoded(Ridge(), OneHotEncoder(handle_unknown="ignore")), MIXED),
    ],
    ids=label,
)
def test_what_people_train_answers_the_same_as_a_graph(
    estimator: Any, table: pl.DataFrame, kit: SimpleNamespace
) -> None:
    parity = packaged(estimator, table, load=kit.load)
    assert parity.rows == N
    assert parity.far == parity.flips == 0
    assert parity.largest < 1e-3


def test_a_category_never_seen_and_one_that_is_missing_get_the_same_answers(kit: SimpleNamespace) -> None:
    estimator = encoded(LogisticRegression(), OneHotEncoder(handle_unknown="ignore"))
    parity = packaged(estimator, MIXED, load=kit.load, fields=optional(MIXED))
    assert "'port' never seen: the same answers" in parity.corners
    assert "'port' missing: the same answers" in parity.corners
    assert "'a' missing: neither answers" in parity.corners


def test_ids_too_large_for_float32_are_refused_by_name(kit: SimpleNamespace) -> None:
    ids = 1_600_000_000 + RNG.integers(0, 100_000, N)
    table = pl.DataFrame({"a": A, "account": ids})
    with pytest.raises(Refused, match=r"float32, in which .* values of 'account' .*If it is an id, drop it"):
        packaged(HistGradientBoostingClassifier(), table, load=kit.load, y=(ids % 2) ^ Y)


def test_boosted_trees_behind_a_scaler_are_refused_with_the_way_out(kit: SimpleNamespace) -> None:
    with pytest.raises(Refused, match="Trees need no scaling: leave the scaler out"):
        packaged(make_pipeline(StandardScaler(), HistGradientBoostingClassifier()), NUMBERS, load=kit.load)


def test_a_forest_that_knows_missing_values_is_refused_since_its_graph_does_not(kit: SimpleNamespace) -> None:
    with pytest.raises(Refused, match=r"with another label .* a missing 'b' in another way\. Fill it in"):
        packaged(RandomForestClassifier(20), HOLES, load=kit.load)


def test_a_graph_that_answers_where_its_original_refuses_is_refused(kit: SimpleNamespace) -> None:
    with pytest.raises(Refused, match=r"want no answer where 'a' missing, since the original refuses it"):
        packaged(GradientBoostingClassifier(n_estimators=5), NUMBERS, load=kit.load, fields=optional(NUMBERS))


def test_a_graph_that_answers_otherwise_where_a_value_is_missing_is_refused(kit: SimpleNamespace) -> None:
    with pytest.raises(Refused, match=r"want the original's .* where 'a' missing, got .* treats it in another way"):
        packaged(RandomForestClassifier(20), NUMBERS, load=kit.load, fields=optional(NUMBERS))


def test_an_encoder_that_fails_on_an_unknown_category_is_refused_or_the_set_is_closed(kit: SimpleNamespace) -> None:
    with pytest.raises(Refused, match=r"a graph that fails, and with it every row .*closed set of values"):
        packaged(encoded(LogisticRegression(), OneHotEncoder()), MIXED, load=kit.load)
    closed = tuple(
        msgspec.structs.replace(f, values=("EWR", "JFK", "LGA")) if f.name == "port" else f for f in infer_fields(MIXED)
    )
    assert packaged(encoded(LogisticRegression(), OneHotEncoder()), MIXED, load=kit.load, fields=closed).far == 0


def test_a_graph_of_another_model_is_refused(kit: SimpleNamespace) -> None:
    fields, x = infer_fields(NUMBERS), as_x(NUMBERS, fields=infer_fields(NUMBERS))
    model, other = LogisticRegression().fit(x, Y), LogisticRegression().fit(x, 1 - Y)
    graph = kit.load(
        convert(other, fields=fields, kind=TaskKind.BINARY), Signature(fields=fields, kind=TaskKind.BINARY)
    )
    with pytest.raises(Refused, match="want answers within"):
        check_parity(
            asker(model, kind=TaskKind.BINARY),
            graph=graph,
            name="swapped",
            x=x,
            wanted=answers(model, x=x, kind=TaskKind.BINARY),
            fields=fields,
            kind=TaskKind.BINARY,
        )


def test_a_graph_without_an_answer_to_a_real_row_is_refused() -> None:
    fields, x = infer_fields(NUMBERS), as_x(NUMBERS, fields=infer_fields(NUMBERS))
    with pytest.raises(Refused, match=r"1 without an answer"):
        check_parity(
            lambda _: np.zeros(N),
            graph=lambda _, rows: np.where(np.arange(rows) == 7, np.nan, 0.0),
            name="silent",
            x=x,
            wanted=np.zeros(N),
            fields=fields,
            kind=TaskKind.BINARY,
            tolerance=Tolerance(far_share=0.5),
        )


@pytest.mark.parametrize(
    ("estimator", "kind", "message"),
    [
        (LinearSVC(), TaskKind.BINARY, "want predict_proba .*CalibratedClassifierCV"),
        (LogisticRegression(), TaskKind.BINARY, "fit it first"),
        (LogisticRegression().fit(NUMBERS, Y + 1), TaskKind.BINARY, r"fitted on the classes 0 and 1, got \["),
        (LogisticRegression().fit(NUMBERS, Y), TaskKind.REGRESSION, "want a fitted regressor"),
        (HistGradientBoostingClassifier().fit(NUMBERS, Y), TaskKind.BINARY, "encoded inside the model"),
    ],
)
def test_what_cannot_be_a_graph_is_refused_before_it_is_tried(estimator: Any, kind: TaskKind, message: str) -> None:
    with pytest.raises(Refused, match=message):
        convert(estimator, fields=infer_fields(MIXED), kind=kind)
