"""Twenty columns, as the goals are put: 200 batches of 1,000 without drift, and two changes, looked at every 100 rows.

Where something changes, it does so with the first row after the reference: a goal counts from there. Quiet beforehand
costs evidence that is then missing, so the shift is there a second time, after 2,000 rows without one.
"""

import zlib

import numpy as np

from .world import Shape, Stream, World, sigmoid

MOVED, BY_SD, POINTS = 4, 0.25, 0.034
_LONG = Shape(reference=20_000, batch=1_000, batches=200, change=0, columns=20)
_SHORT = Shape(reference=20_000, batch=100, batches=30, change=0, columns=20)
_LABELS = Shape(reference=50_000, batch=100, batches=120, change=0, columns=20)
NAMES = tuple(f"x{i}" for i in range(_LONG.columns))
_WHICH = NAMES[-MOVED:]
_SCALE = 2.5  # of the logit: an accuracy that a useful model has

WORLDS = {
    "20-none": World("20 columns, 200 batches of 1,000; no drift", shape=_LONG),
    "20-shift": World("20 columns, 4 moved by .25 sd at once", kind="data", columns=_WHICH, shape=_SHORT),
    "20-later": World(
        "20 columns, 4 moved by .25 sd after 2,000 rows",
        kind="data",
        columns=_WHICH,
        shape=_SHORT._replace(batches=50, change=20),
    ),
    "20-concept": World("20 columns, accuracy falls by 3.4 points", kind="concept", hurts=True, shape=_LABELS),
}


def draw(name, seed):
    """Return a stream of a world; the same seed gives the same one."""
    rng = np.random.default_rng([seed, zlib.crc32(name.encode())])
    world = WORLDS[name]
    x = rng.standard_normal(size=(world.shape.rows, world.shape.columns), dtype=np.float32)
    score = sigmoid(_SCALE * x[:, 0] - 0.2).astype(float)
    truth = score.copy()
    if world.kind == "data":
        x[world.shape.after, -MOVED:] += BY_SD
    if world.kind == "concept":
        # Towards one half, by as much as makes the model right 3.4 points less often.
        q, bend = score[world.shape.after], POINTS / np.mean(np.abs(2 * score - 1))
        truth[world.shape.after] = q + 2 * bend * (0.5 - q)
    y = (rng.random(len(x)) < truth).astype(float)
    change = world.shape.change if world.kind else None
    return Stream(x, score, y, None, world.shape.reference, world.shape.batch, change, NAMES)
