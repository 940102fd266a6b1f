"""Seeded streams for calibration: traffic that swings, rates that drift, values that stick together.

All functions make many streams at once and take the generator, so that a row of the table can be made again.
"""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


def traffic(rng: np.random.Generator, *, streams: int, looks: int, mean: float) -> Ints:
    """Return requests per look, shape (streams, looks): a daily wave of 24 looks, bursts, and now and then silence."""
    phase = rng.uniform(0, 2 * np.pi, (streams, 1))
    wave = 1 + 0.8 * np.sin(2 * np.pi * np.arange(looks) / 24 + phase)
    bursts = rng.lognormal(-0.125, 0.5, (streams, looks))
    alive = rng.random((streams, looks)) > 0.02
    return rng.poisson(mean * wave * bursts * alive).astype(np.int64)


def drifting_rates(rng: np.random.Generator, *, streams: int, looks: int, low: float, high: float) -> Floats:
    """Return an event rate per look, shape (streams, looks): a level per stream, a random walk and outages.

    Args:
        rng: The generator.
        streams: Number of streams.
        looks: Looks a stream.
        low: Least level of a stream; levels are spread evenly in logarithm.
        high: Greatest level.
    """
    level = np.exp(rng.uniform(np.log(low), np.log(high), (streams, 1)))
    walk = np.cumsum(rng.normal(0, 0.1, (streams, looks)), axis=1)
    outage = np.where(rng.random((streams, looks)) < 0.01, 10.0, 1.0)
    return np.asarray(np.clip(level * np.exp(walk) * outage, 0.0, 0.5), dtype=float)


def clustered_means(
    rng: np.random.Generator, *, streams: int, blocks: int, rows: int, between_sd: float, skew: float = 0.0
) -> Floats:
    """Return means of blocks with mean 0, shape (streams, blocks): an effect of the block plus the mean of its rows.

    Args:
        rng: The generator.
        streams: Number of streams.
        blocks: Blocks, such as days, a stream.
        rows: Mean number of rows a block; numbers vary by a factor of about 3.
        between_sd: Standard deviation of the block's effect; rows have 1.
        skew: Shape of the block's effect: 0 is Gaussian, else it is lognormal with this sigma.
    """
    if skew:
        raw = rng.lognormal(0, skew, (streams, blocks))
        effect = (raw - np.exp(skew**2 / 2)) / np.sqrt(np.expm1(skew**2) * np.exp(skew**2))
    else:
        effect = rng.normal(size=(streams, blocks))
    sizes = np.maximum(1, rng.lognormal(np.log(rows), 0.5, (streams, blocks)))
    return np.asarray(between_sd * effect + rng.normal(size=(streams, blocks)) / np.sqrt(sizes), dtype=float)


def autoregressive(rng: np.random.Generator, *, streams: int, units: int, correlation: float) -> Floats:
    """Return Gaussian units with mean 0 and variance 1, each like the one before, shape (streams, units).

    Args:
        rng: The generator.
        streams: Number of streams.
        units: Units, such as days, a stream.
        correlation: Of each unit with the next, between -1 and 1.
    """
    x = rng.normal(size=(streams, units))
    for t in range(1, units):
        x[:, t] = correlation * x[:, t - 1] + np.sqrt(1 - correlation**2) * x[:, t]
    return np.asarray(x, dtype=float)
