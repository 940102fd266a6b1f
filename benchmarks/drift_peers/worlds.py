"""Seeded streams with a known change: a model that was calibrated when it was made, its inputs, answers and truths.

Ten inputs, of which five matter. The model knows the truth of the reference period exactly, so what it loses later is
the world's doing. A stream is a row of batches; the change comes after a third of them.
"""

import zlib
from typing import NamedTuple

import numpy as np

COLUMNS, BATCH, BATCHES, CHANGE = 10, 500, 60, 20
REFERENCE = 6_000
NAMES = tuple(f"x{i}" for i in range(COLUMNS))
WEIGHTS = np.array([2.0, -1.2, 0.8, 0.6, -0.4, 0, 0, 0, 0, 0])
DAY_US = 86_400_000_000


class World(NamedTuple):
    """What changes.

    Attributes:
        words: What it is called.
        kind: What a right answer says: `data`, `concept`, `both`, or nothing.
        columns: Inputs that move.
        hurts: Whether the model becomes worse.
    """

    words: str
    kind: str = ""
    columns: tuple[str, ...] = ()
    hurts: bool = False


WORLDS = {
    "none": World("no drift"),
    "seasonal": World("daily rhythm, days that differ; no drift"),
    "harmless": World("covariate shift, harmless", kind="data", columns=("x8", "x9")),
    "harmful": World("covariate shift, harmful", kind="data", columns=("x0", "x1"), hurts=True),
    "gradual": World("covariate shift, harmful, over 20 batches", kind="data", columns=("x0", "x1"), hurts=True),
    "concept": World("concept drift, inputs as before", kind="concept", hurts=True),
    "both": World("covariate shift and concept drift", kind="both", columns=("x8", "x9"), hurts=True),
    "label": World("label shift: 50 to 70 % positive", kind="both", columns=("x0", "x1", "x2", "x3", "x4")),
}


class Stream(NamedTuple):
    """One stream.

    Attributes:
        x: Inputs, shape (rows, columns); the reference's rows come first.
        score: The model's probabilities, shape (rows,).
        y: What came true, 0 or 1.
        at_us: Moments, or None where a stream has no time.
        reference: How many rows are the reference's.
        batch: Rows a batch.
        change: The first batch that is different, or None.
    """

    x: np.ndarray
    score: np.ndarray
    y: np.ndarray
    at_us: np.ndarray | None
    reference: int
    batch: int
    change: int | None

    @property
    def batches(self):
        """Rows of each batch, in order."""
        rows = np.arange(self.reference, len(self.y))
        return np.split(rows, range(self.batch, len(rows), self.batch))


def draw(name, seed):
    """Return a stream of a world; the same seed gives the same one."""
    rng = np.random.default_rng([seed, zlib.crc32(name.encode())])
    rows = REFERENCE + BATCH * BATCHES
    after = np.arange(rows) >= REFERENCE + BATCH * CHANGE
    x, truth, at_us = rng.normal(size=(rows, COLUMNS)), np.tile(WEIGHTS, (rows, 1)), None
    if name == "seasonal":
        x, at_us = _seasons(rng, x)
    if name in ("harmless", "both"):
        x[after, 8:] += 0.25
    if name in ("harmful", "gradual"):
        share = (
            np.ones(rows) if name == "harmful" else np.clip((np.arange(rows) - np.argmax(after)) / (20 * BATCH), 0, 1)
        )
        x[after, :2] *= (1 - 0.6 * share[after])[:, None]  # towards the border, where nobody can tell
    if name in ("concept", "both"):
        truth[after, 1] *= -0.5
    y = (rng.random(rows) < _sigmoid((x * truth).sum(axis=1))).astype(float)
    if name == "label":
        x, y = _relabelled(rng, x, y, after)
    change = CHANGE if WORLDS[name].kind else None
    return Stream(x, _sigmoid(x @ WEIGHTS), y, at_us, REFERENCE, BATCH, change)


def _sigmoid(z):
    return 1 / (1 + np.exp(-z))


def _seasons(rng, x):
    """Give inputs a rhythm of a day, and each day a level of its own: four batches of the stream are a day."""
    day = np.arange(len(x)) // (4 * BATCH // 20)
    at = np.arange(len(x)) / (4 * BATCH // 20)
    x[:, 5:7] += np.sin(2 * np.pi * at)[:, None]
    x[:, 7:9] += rng.normal(0, 0.4, day.max() + 1)[day][:, None]
    return x, (at * DAY_US).astype(np.int64)


def _relabelled(rng, x, y, after):
    """Draw the rows after the change anew, so that 70 % are positive and X given Y is as before."""
    x, y = x.copy(), y.copy()
    rows = np.flatnonzero(after)
    wanted = (rng.random(len(rows)) < 0.7).astype(float)
    fresh = rng.normal(size=(8 * len(rows), x.shape[1]))
    told = (rng.random(len(fresh)) < _sigmoid(fresh @ WEIGHTS)).astype(float)
    for label in (0.0, 1.0):
        here, from_ = rows[wanted == label], np.flatnonzero(told == label)
        x[here] = fresh[from_[: len(here)]]
    y[rows] = wanted
    return x, y
