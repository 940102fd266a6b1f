"""The silent traps between a model and its graph: each is real, is refused by its name, and has a mended form."""

from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import msgspec
import numpy as np
import polars as pl
import pytest
from lightgbm import LGBMClassifier, LGBMRegressor
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler
from threadpoolctl import threadpool_limits
from xgboost import XGBClassifier, XGBRegressor

from slipway.errors import Refused
from slipway.modeling import convert as converting
from slipway.modeling.answers import answers, asker
from slipway.modeling.convert import convert
from slipway.modeling.frame import as_columns, as_x, infer_fields
from slipway.modeling.parity import Parity, check_parity
from slipway.modeling.traps import failed_by_protobuf, known_trap
from slipway.records.field import Field
from slipway.records.model import Signature
from slipway.records.task import TaskKind

N = 1200
RNG = np.random.default_rng(5)
A, B = RNG.normal(0, 20, N), RNG.exponential(3, N)
PORT = RNG.choice(["EWR", "JFK", "LGA"], N)
Y = (A + 5 * (PORT == "EWR") + RNG.normal(0, 8, N) > 10).astype(int)
AMOUNT = 2 * A + RNG.normal(size=N)

NUMBERS = pl.DataFrame({"a": A, "b": B})
HOLES = pl.DataFrame({"a": A, "b": np.where(RNG.random(N) < 0.2, np.nan, B)})
MIXED = pl.DataFrame({"a": A, "b": B, "port": PORT})
IDS = 1_600_000_000 + RNG.integers(0, 100_000, N)
WITH_IDS = pl.DataFrame({"a": A, "account": IDS})

XGB: dict[str, Any] = {"n_estimators": 15, "n_jobs": 1}
LGBM: dict[str, Any] = {"n_estimators": 15, "n_jobs": 1, "verbose": -1}


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Threads of OpenMP that wait for one another on a busy machine take seconds."""
    with threadpool_limits(1):
        yield


class Conversion:
    """A fitted estimator and its graph, asked apart from the gate."""

    def __init__(
        self,
        estimator: Any,
        table: pl.DataFrame,
        *,
        load: Callable,
        y: Any = None,
        fields: tuple[Field, ...] | None = None,
        **fit: Any,
    ) -> None:
        self.kind = TaskKind.BINARY if hasattr(estimator, "predict_proba") else TaskKind.REGRESSION
        self.fields = fields or infer_fields(table)
        self.x = as_x(table, fields=self.fields)
        truth = (Y if self.kind is TaskKind.BINARY else AMOUNT) if y is None else y
        self.estimator = estimator.fit(self.x, truth, **fit)
        graph = convert(estimator, fields=self.fields, kind=self.kind)
        self.graph = load(graph, Signature(fields=self.fields, kind=self.kind))
        self.wanted = answers(estimator, x=self.x, kind=self.kind)

    def differing(self, x: pl.DataFrame | None = None) -> float:
        """Return the share of rows that the graph, having run, answers otherwise."""
        asked = self.x if x is None else x
        wanted = asker(self.estimator, kind=self.kind)(asked)
        got = self.graph(as_columns(asked, fields=self.fields), asked.height)
        return float((np.abs(got - wanted) > 1e-4 * (wanted.std() if self.kind is TaskKind.REGRESSION else 1)).mean())

    def gate(self) -> Parity:
        return check_parity(
            asker(self.estimator, kind=self.kind),
            graph=self.graph,
            name=type(self.estimator).__name__,
            x=self.x,
            wanted=self.wanted,
            fields=self.fields,
            kind=self.kind,
            suspect=lambda rows: known_trap(self.estimator, x=rows),
        )


def one_hot(model: Any, *, sparse: bool) -> Any:
    encoder = OneHotEncoder(handle_unknown="ignore", sparse_output=sparse)
    columns = make_column_transformer((encoder, ["port"]), remainder="passthrough", sparse_threshold=float(sparse))
    return make_pipeline(columns, model)


def ordinal(model: Any) -> Any:
    encoder = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
    return make_pipeline(make_column_transformer((encoder, ["port"]), remainder="passthrough"), model)


def optional(table: pl.DataFrame) -> tuple[Field, ...]:
    return tuple(msgspec.structs.replace(f, required=False) for f in infer_fields(table))


@pytest.mark.parametrize(
    ("estimator", "table"),
    [
        (XGBClassifier(**XGB), NUMBERS),
        (XGBClassifier(**XGB), HOLES),
        (XGBRegressor(**XGB), HOLES),
        (LGBMClassifier(**LGBM), HOLES),
        (LGBMRegressor(**LGBM), HOLES),
        (make_pipeline(SimpleImputer(), XGBClassifier(**XGB)), HOLES),
        (ordinal(LGBMClassifier(**LGBM)), MIXED),
        (ordinal(XGBRegressor(**XGB)), MIXED),
        (one_hot(LGBMRegressor(**LGBM), sparse=True), MIXED),
    ],
    ids=lambda v: str(v.width) if isinstance(v, pl.DataFrame) else type(getattr(v, "steps", [[v]])[-1][-1]).__name__,
)
def test_boosters_and_pipelines_of_them_answer_the_same(estimator: Any, table: pl.DataFrame, kit: Any) -> None:
    parity = Conversion(estimator, table, load=kit.load).gate()
    assert parity.rows == N
    assert parity.far == parity.flips == 0


def test_a_booster_that_knows_column_names_keeps_them(kit: SimpleNamespace) -> None:
    made = Conversion(XGBClassifier(**XGB), NUMBERS, load=kit.load)
    assert made.estimator.get_booster().feature_names == ["a", "b"]


@pytest.mark.parametrize("model", [XGBClassifier, XGBRegressor])
def test_sparse_one_hot_into_xgboost(model: Any, kit: SimpleNamespace) -> None:
    trap = Conversion(one_hot(model(**XGB), sparse=True), MIXED, load=kit.load)
    assert trap.differing() > 0.3
    with pytest.raises(Refused, match=r"sparse matrix, whose zeros it takes for missing .*sparse_output=False"):
        trap.gate()
    mended = Conversion(one_hot(model(**XGB), sparse=False), MIXED, load=kit.load)
    assert mended.differing() == mended.gate().far == 0


def test_ids_beyond_what_float32_holds(kit: SimpleNamespace) -> None:
    y = (IDS % 2) ^ Y
    trap = Conversion(LGBMClassifier(**LGBM), WITH_IDS, load=kit.load, y=y)
    assert trap.differing() > 0.01
    with pytest.raises(Refused, match=r"in float32, in which .* values of 'account' .*subtract a constant"):
        trap.gate()
    smaller = WITH_IDS.with_columns(pl.col("account") - 1_600_000_000)
    assert Conversion(LGBMClassifier(**LGBM), smaller, load=kit.load, y=y).gate().far == 0


@pytest.mark.parametrize(
    "trees",
    [XGBClassifier(**XGB | {"n_estimators": 60}), HistGradientBoostingClassifier(max_iter=30)],
    ids=lambda t: type(t).__name__,
)
def test_a_scaler_in_front_of_trees(trees: Any, kit: SimpleNamespace) -> None:
    trap = Conversion(make_pipeline(StandardScaler(), trees), NUMBERS, load=kit.load)
    assert trap.differing() > 0
    with pytest.raises(Refused, match=rf"{type(trees).__name__} stands behind StandardScaler.*leave the scaler out"):
        trap.gate()
    assert Conversion(trees, NUMBERS, load=kit.load).gate().far == 0


def test_missing_numbers_that_a_graph_of_a_forest_does_not_know(kit: SimpleNamespace) -> None:
    trap = Conversion(RandomForestClassifier(20, random_state=0), HOLES, load=kit.load)
    assert trap.differing() > 0.01
    with pytest.raises(Refused, match=r"treats a missing 'b' in another way\. Fill it in"):
        trap.gate()
    mended = make_pipeline(SimpleImputer(), RandomForestClassifier(20, random_state=0))
    assert Conversion(mended, HOLES, load=kit.load).gate().far == 0


PORTS = np.array([f"P{i}" for i in range(12)])
AT = RNG.integers(0, 12, N)
MANY = pl.DataFrame({"a": A, "port": np.where(RNG.random(N) < 0.1, "", PORTS[AT])})
LATE = (A + RNG.normal(0, 15, 12)[AT] > 5).astype(int)


def test_categories_that_histogram_gradient_boosting_splits_by_itself(kit: SimpleNamespace) -> None:
    trees = ordinal(HistGradientBoostingClassifier(max_iter=10, categorical_features=[0]))
    trap = Conversion(trees, MANY, load=kit.load, y=LATE)
    assert trap.differing() > 0.2
    with pytest.raises(Refused, match=r"splits by sets of categories, .*Leave categorical_features out"):
        trap.gate()
    mended = ordinal(HistGradientBoostingClassifier(max_iter=10))
    assert Conversion(mended, MANY, load=kit.load, y=LATE, fields=optional(MANY)).gate().far == 0
    sets: dict[str, Any] = {"lgbmclassifier__categorical_feature": [0]}
    light = Conversion(ordinal(LGBMClassifier(**LGBM)), MANY, load=kit.load, y=LATE, fields=optional(MANY), **sets)
    assert light.estimator[-1].booster_.trees_to_dataframe()["decision_type"].eq("==").any()
    assert light.gate().far == 0


def test_zeros_that_lightgbm_takes_for_missing(kit: SimpleNamespace) -> None:
    trap = Conversion(ordinal(LGBMClassifier(**LGBM, zero_as_missing=True)), MANY, load=kit.load, y=LATE)
    assert trap.differing() > 0.01
    with pytest.raises(Refused, match=r"takes zeros for missing values, .*Leave zero_as_missing out"):
        trap.gate()
    assert Conversion(ordinal(LGBMClassifier(**LGBM)), MANY, load=kit.load, y=LATE).gate().far == 0


def test_histogram_gradient_boosting_with_a_protobuf_that_skl2onnx_does_not_know(
    monkeypatch: pytest.MonkeyPatch, kit: SimpleNamespace
) -> None:
    """What protobuf 7 makes of it was measured by hand (decision 0020): the conversion fails and does not say why."""
    model = HistGradientBoostingClassifier(max_iter=5).fit(NUMBERS, Y)
    assert failed_by_protobuf(model, protobuf="6.33.6") is None

    def fails(*_: Any, **__: Any) -> None:
        raise ValueError("Unable to create node 'TreeEnsembleClassifier' with name='TreeEnsembleClassifier'")

    monkeypatch.setattr("skl2onnx.convert_sklearn", fails)
    monkeypatch.setattr(converting, "version", lambda _: "7.36.2")
    with pytest.raises(Refused, match=r"protobuf 7\.36\.2, with which skl2onnx cannot write histogram .*protobuf<7"):
        convert(model, fields=infer_fields(NUMBERS), kind=TaskKind.BINARY)


def test_every_end_of_every_number_is_tried(kit: SimpleNamespace) -> None:
    fields = tuple(msgspec.structs.replace(f, low=-100.0) if f.name == "a" else f for f in infer_fields(NUMBERS))
    parity = Conversion(LGBMClassifier(**LGBM), NUMBERS, load=kit.load, fields=fields).gate()
    tried = [corner.partition(" (")[0] for corner in parity.corners]
    assert tried == [
        "'a' at its lowest",
        "'a' at its highest",
        "'a' far above what was seen",
        "'b' at its lowest",
        "'b' at its highest",
        "'b' far below what was seen",
        "'b' far above what was seen",
    ]
    assert "'a' at its lowest (-100): the same answers" in parity.corners


def test_a_graph_that_leaves_its_original_beyond_what_was_seen_is_refused() -> None:
    fields, x = infer_fields(NUMBERS), as_x(NUMBERS, fields=infer_fields(NUMBERS))

    def bounded(rows: pl.DataFrame) -> np.ndarray:
        return np.clip(rows["a"].to_numpy() / 1000 + 0.5, 0, 1)

    def unbounded(columns: Any, _: int) -> np.ndarray:
        return columns["a"] / 1000 + 0.5

    with pytest.raises(Refused, match=r"want the original's 0 where 'a' far below what was seen .*range \(low, high\)"):
        check_parity(bounded, graph=unbounded, name="clip", x=x, wanted=bounded(x), fields=fields, kind=TaskKind.BINARY)


@pytest.mark.parametrize("model", [LGBMClassifier(**LGBM), XGBClassifier(**XGB)], ids=lambda m: type(m).__name__)
def test_categories_missing_and_never_seen(model: Any, kit: SimpleNamespace) -> None:
    parity = Conversion(ordinal(model), MIXED, load=kit.load, fields=optional(MIXED)).gate()
    assert {"'port' missing: the same answers", "'port' never seen: the same answers"} <= set(parity.corners)
    columns = make_column_transformer((OneHotEncoder(sparse_output=False), ["port"]), remainder="passthrough")
    trap = Conversion(make_pipeline(columns, LogisticRegression(max_iter=500)), MIXED, load=kit.load)
    with pytest.raises(Refused, match=r"a graph that fails.*closed set of values"):
        trap.gate()
