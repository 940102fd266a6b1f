"""Small sets that come with scikit-learn and river, drawn with replacement into streams; what changes is done to them.

A logistic regression learns from half of the rows; the stream is drawn from the other half, so its reference is not
what the model saw. One column of a set that has a gauge of its own is kept from the model: what goes wrong there costs
nothing. River's streams with drift (Elec2, Insects) are downloads, not in its wheel, and so are not here.
"""

import gzip
import io
import zipfile
import zlib
from functools import cache
from pathlib import Path

import numpy as np
import polars as pl
from sklearn.datasets import load_breast_cancer, load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PolynomialFeatures, StandardScaler

from .world import Shape, Stream, World

_RIVER = Path(__file__).parents[1] / ".envs" / "river" / "lib"
GAUGE, STUCK = "mean_symmetry", "saturation-mean"
BY_SD, FLIPPED, AS_OFTEN = 0.5, 0.1, 3
_BANANA = ("at1", "at2")
_SHAPE = Shape()


def _world(words, **facts):
    return World(words, shape=_SHAPE, real=True, **facts)


WORLDS = {
    "cancer": _world("breast cancer (scikit-learn); no drift"),
    "cancer-gauge": _world(
        "breast cancer; a gauge that the model does not read is off by .5 sd", kind="data", columns=(GAUGE,)
    ),
    "digits-mix": _world("digits (scikit-learn); 8 and 9 come thrice as often", kind="data", other=("*",), hurts=None),
    "phishing": _world("phishing (river); no drift"),
    "phishing-flips": _world("phishing; a tenth of the truths is turned round", kind="concept", hurts=True),
    "segments-stuck": _world(
        "image segments (river); a column that the model does not read is stuck", kind="data", columns=(STUCK,)
    ),
    "banana-both": _world(
        "banana (river); other inputs, and a tenth turned round",
        kind="both",
        columns=("at2",),
        other=("at1",),
        hurts=True,
    ),
}


def there(name):
    """Tell whether the set of a world is there."""
    return name.split("-")[0] in ("cancer", "digits") or any(_RIVER.glob("python3*/site-packages/river/datasets"))


@cache
def table(name):
    """Return a set: (X, truths 0 or 1, names, the class that a row is of)."""
    if name == "cancer":
        held = load_breast_cancer()
        return (
            held.data,
            held.target.astype(float),
            tuple(name.replace(" ", "_") for name in held.feature_names),
            held.target,
        )
    if name == "digits":
        held = load_digits()
        return held.data, (held.target % 2).astype(float), tuple(held.feature_names), held.target
    folder = next(_RIVER.glob("python3*/site-packages/river/datasets"))
    if name == "phishing":
        frame = pl.read_csv(gzip.decompress((folder / "phishing.csv.gz").read_bytes()))
        return _split(frame, "is_phishing", of="1")
    if name == "segments":
        with zipfile.ZipFile(folder / "segment.csv.zip") as file:
            frame = pl.read_csv(io.BytesIO(file.read("segment.csv.zip")))
        return _split(frame, "category", of=str(frame["category"][0]))
    with zipfile.ZipFile(folder / "banana.zip") as file:
        lines = [line.split() for line in file.read("banana.all.txt").decode().splitlines()]
    x = np.array([[float(word.split(":")[1]) for word in line[1:]] for line in lines])
    y = np.array([float(line[0] == "1") for line in lines])
    return x, y, _BANANA, y


def draw(name, seed):
    """Return a stream of a world; the same seed gives the same one."""
    rng = np.random.default_rng([seed, zlib.crc32(name.encode())])
    x, y, names, kind = table(name.split("-")[0])
    order = rng.permutation(len(y))
    learned, pool = order[: len(y) // 2], order[len(y) // 2 :]
    read = [i for i, column in enumerate(names) if column not in (GAUGE, STUCK)]
    shapes = PolynomialFeatures(5 if names == _BANANA else 1)
    model = make_pipeline(StandardScaler(), shapes, LogisticRegression(max_iter=500))
    model.fit(x[learned][:, read], y[learned])
    after = _SHAPE.after & bool(WORLDS[name].kind)
    weight = np.ones(len(pool))
    if name == "digits-mix":
        weight[kind[pool] >= 8] = AS_OFTEN
    if name == "banana-both":
        weight[x[pool, 1] > 0] = AS_OFTEN
    rows = rng.choice(pool, len(after))
    rows[after] = rng.choice(pool, int(after.sum()), p=weight / weight.sum())
    seen, truth = x[rows].copy(), y[rows].copy()
    if name == "cancer-gauge":
        seen[after, names.index(GAUGE)] += BY_SD * x[:, names.index(GAUGE)].std()
    if name == "segments-stuck":
        seen[after, names.index(STUCK)] = np.median(x[:, names.index(STUCK)])
    if name in ("phishing-flips", "banana-both"):
        turned = after & (rng.random(len(after)) < FLIPPED)
        truth[turned] = 1 - truth[turned]
    change = _SHAPE.change if WORLDS[name].kind else None
    score = model.predict_proba(seen[:, read])[:, 1]
    return Stream(seen, score, truth, None, _SHAPE.reference, _SHAPE.batch, change, names)


def _split(frame, target, *, of):
    names = tuple(name for name in frame.columns if name != target)
    y = (frame[target].cast(pl.String) == of).cast(pl.Float64).to_numpy()
    return frame.select(pl.col(names).cast(pl.Float64)).to_numpy(), y, names, y
