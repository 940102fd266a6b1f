"""The models that everybody serves: gradient boosting over the 30 numbers of the breast-cancer data, as ONNX."""

from pathlib import Path

import joblib
import numpy as np
import sklearn
from skl2onnx import to_onnx
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import GradientBoostingClassifier

SIZES = {"small": {"n_estimators": 100, "max_depth": 3}, "large": {"n_estimators": 1000, "max_depth": 5}}
"""What a model is called to how it is made."""


def make(size, *, folder):
    """Train once, keep, and return the path of the graph; beside it lie estimators and data as ``.joblib``.

    Two estimators are made that differ by their seed: the one that all peers serve, and Slipway's second.
    """
    words = "-".join(f"{k}{v}" for k, v in SIZES[size].items())
    graph = Path(folder) / f"{size}-{words}-{sklearn.__version__}.onnx"
    if not graph.exists():
        graph.parent.mkdir(parents=True, exist_ok=True)
        x, y = load_breast_cancer(return_X_y=True)
        x = x.astype(np.float32).astype(np.float64)  # what a float32 graph sees is what a float64 estimator saw
        made = [
            GradientBoostingClassifier(**SIZES[size], subsample=0.9, random_state=seed).fit(x, y) for seed in (0, 1)
        ]
        joblib.dump({"x": x, "y": y, "estimators": made}, graph.with_suffix(".joblib"))
        graph.write_bytes(to_onnx(made[0], x[:1].astype(np.float32), options={"zipmap": False}).SerializeToString())
    return graph


def rows_and_scores(graph):
    """Return the data and what each estimator says of each row, shapes (n, 30) and (n, 2)."""
    kept = joblib.load(graph.with_suffix(".joblib"))
    return kept["x"], np.column_stack([e.predict_proba(kept["x"])[:, 1] for e in kept["estimators"]])
