"""Seeded streams with a known change: a model that was calibrated when it was made, its inputs, answers and truths.

Ten inputs, of which five matter. The model knows the truth of the reference period exactly, so what it loses later is
the world's doing. Worlds with a rhythm have days of 100 rows, each day a level of its own, and weekends.
"""

import zlib

import numpy as np

from .world import DAY_US, Shape, Stream, World, sigmoid

SHAPE = Shape()
NAMES = tuple(f"x{i}" for i in range(SHAPE.columns))
WEIGHTS = np.array([2.0, -1.2, 0.8, 0.6, -0.4, 0, 0, 0, 0, 0])
A_DAY, SLOW = 100, 20
_WEAK, _STRONG = ("x8", "x9"), ("x0", "x1")
_MATTER = ("x0", "x1", "x2", "x3", "x4")

WORLDS = {
    "none": World("no drift"),
    "seasonal": World("rhythm of days and weeks, days that differ; no drift"),
    "harmless": World("covariate shift, harmless", kind="data", columns=_WEAK),
    "harmful": World("covariate shift, harmful", kind="data", columns=_STRONG, hurts=True),
    "gradual": World("covariate shift, harmful, over 20 batches", kind="data", columns=_STRONG, hurts=True),
    "concept": World("concept drift, inputs as before", kind="concept", hurts=True),
    "concept-gradual": World("concept drift over 20 batches, inputs as before", kind="concept", hurts=True),
    "both": World("covariate shift and concept drift", kind="both", columns=_WEAK, hurts=True),
    "label": World("label shift: 50 to 70 % positive", kind="both", columns=_MATTER, hurts=None),
    "seasonal-data": World("rhythm, and covariate shift, harmful", kind="data", columns=_STRONG, hurts=True),
    "seasonal-concept": World("rhythm, and concept drift", kind="concept", hurts=True),
}


def draw(name, seed):
    """Return a stream of a world; the same seed gives the same one."""
    rng = np.random.default_rng([seed, zlib.crc32(name.encode())])
    rows, after = SHAPE.rows, SHAPE.after
    x, truth, at_us = rng.normal(size=(rows, SHAPE.columns)), np.tile(WEIGHTS, (rows, 1)), None
    slowly = np.clip((np.arange(rows) - np.argmax(after)) / (SLOW * SHAPE.batch), 0, 1)
    share = slowly if name in ("gradual", "concept-gradual") else after
    if name.startswith("seasonal"):
        x, at_us = _seasons(rng, x)
    if name in ("harmless", "both"):
        x[after, 8:] += 0.25
    if name in ("harmful", "gradual", "seasonal-data"):
        x[:, :2] *= (1 - 0.6 * share)[:, None]  # towards the border, where nobody can tell
    if name in ("concept", "concept-gradual", "both", "seasonal-concept"):
        truth[:, 1] *= 1 - 1.5 * share
    y = (rng.random(rows) < sigmoid((x * truth).sum(axis=1))).astype(float)
    if name == "label":
        x, y = _relabelled(rng, x, y, after)
    change = SHAPE.change if WORLDS[name].kind else None
    return Stream(x, sigmoid(x @ WEIGHTS), y, at_us, SHAPE.reference, SHAPE.batch, change, NAMES)


def _seasons(rng, x):
    """Give inputs a rhythm of a day and one of a week, and each day a level of its own."""
    at = np.arange(len(x)) / A_DAY
    day = at.astype(int)
    x[:, 5:7] += np.sin(2 * np.pi * at)[:, None]
    x[:, 6:8] += 0.8 * (day % 7 >= 5)[:, None]
    x[:, 7:9] += rng.normal(0, 0.4, day.max() + 1)[day][:, None]
    return x, (at * DAY_US).astype(np.int64)


def _relabelled(rng, x, y, after):
    """Draw the rows after the change anew, so that 70 % are positive and X given Y is as before."""
    x, y = x.copy(), y.copy()
    rows = np.flatnonzero(after)
    wanted = (rng.random(len(rows)) < 0.7).astype(float)
    fresh = rng.normal(size=(8 * len(rows), x.shape[1]))
    told = (rng.random(len(fresh)) < sigmoid(fresh @ WEIGHTS)).astype(float)
    for label in (0.0, 1.0):
        here, from_ = rows[wanted == label], np.flatnonzero(told == label)
        x[here] = fresh[from_[: len(here)]]
    y[rows] = wanted
    return x, y
