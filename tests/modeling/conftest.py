"""Real small models on made-up flights, and the loader that service uses."""

from collections.abc import Callable
from types import SimpleNamespace

import numpy as np
import polars as pl
import pytest
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from slipway.modeling.train import Trained, fit
from slipway.ports import Columns
from slipway.records.field import Field, FieldKind
from slipway.records.model import Signature
from slipway.records.scoring import Scoring
from slipway.records.task import Task, TaskKind
from slipway.runtime.onnx import OnnxRuntime

DAY_US = 86_400_000_000

FIELDS = (
    Field(name="delay", kind=FieldKind.NUMBER, unit="min", required=True),
    Field(name="wind", kind=FieldKind.NUMBER, required=True),
    Field(name="port", kind=FieldKind.CATEGORY),
    Field(name="night", kind=FieldKind.BOOLEAN, required=True),
)
TASK = Task(x="", y="", kind=TaskKind.BINARY, target="late", entity="tail", time="at")
BINARY = Scoring(kind=TaskKind.BINARY)


def load(graph: bytes, signature: Signature) -> Callable[[Columns, int], np.ndarray]:
    runtime = OnnxRuntime(graph, signature=signature, name="test")
    return lambda columns, rows: runtime.score(columns, rows=rows)


def flights(rows: int = 4000, *, days: int = 40, seed: int = 0) -> pl.DataFrame:
    """Flights whose days differ: on a bad day more of them are late, whatever X says."""
    rng = np.random.default_rng(seed)
    day = np.sort(rng.integers(0, days, rows))
    bad = rng.normal(0, 10, days)[day]
    delay, wind = rng.normal(0, 20, rows), rng.exponential(10, rows)
    port, night = rng.choice(["EWR", "JFK", "LGA"], rows), rng.random(rows) < 0.3
    late = delay + 0.5 * wind + 8 * (port == "EWR") + bad + rng.normal(0, 8, rows) > 15
    return pl.DataFrame(
        {
            "tail": [f"N{i % 300}" for i in range(rows)],
            "at": day * DAY_US + np.arange(rows),
            "delay": delay,
            "wind": wind,
            "port": port,
            "night": night,
            "late": late.astype(np.int8),
        }
    )


def train(X: pl.DataFrame, y: np.ndarray, params: dict, seed: int) -> Pipeline:  # noqa: N803
    columns = make_column_transformer(
        (OneHotEncoder(handle_unknown="ignore"), ["port"]),
        (StandardScaler(), ["delay", "wind"]),
        remainder="passthrough",
    )
    return make_pipeline(columns, LogisticRegression(**params, random_state=seed)).fit(X, y)


def fitted(table: pl.DataFrame, *, task: Task = TASK) -> Trained:
    cut = int(0.7 * table.height)
    return fit(
        table,
        train_rows=np.arange(cut),
        test_rows=np.arange(cut, table.height),
        fields=FIELDS,
        task=task,
        scoring=BINARY,
        train=train,
        params={"C": 1.0},
        seed=0,
    )


@pytest.fixture(scope="session")
def trained() -> Trained:
    return fitted(flights())


@pytest.fixture(scope="session")
def kit() -> SimpleNamespace:
    """What tests of this folder share; a fixture, since test files do not import each other."""
    return SimpleNamespace(
        load=load, flights=flights, fitted=fitted, train=train, fields=FIELDS, task=TASK, scoring=BINARY, day_us=DAY_US
    )
