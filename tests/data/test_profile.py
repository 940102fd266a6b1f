"""Profiles: whatever is cut short for speed says the same as the long way."""

import numpy as np
import polars as pl

from slipway.data.profile import QUANTILES, TOP, profile


def test_of_values_that_are_equally_frequent_the_first_in_the_alphabet_are_named():
    often = [f"c{i:02d}" for i in range(15)]
    once = [f"v{i:04d}" for i in range(3_000)]
    [p] = profile(
        pl.DataFrame({"x": pl.Series(once + often * 2).sample(fraction=1, shuffle=True, seed=1)}), hashes={"x": ""}
    )
    assert [name for name, _ in p.top] == [*often, *once[: TOP - 15]]
    assert p.distinct == 3_015
    assert [share for _, share in p.top] == [2 / 3_030] * 15 + [1 / 3_030] * (TOP - 15)


def test_quantiles_and_the_number_of_values_are_those_of_numpy():
    values = np.random.default_rng(0).integers(0, 500, 10_002) / 7
    [p] = profile(pl.DataFrame({"x": np.where(np.arange(values.size) % 10, values, np.nan)}), hashes={"x": ""})
    seen = values[np.arange(values.size) % 10 != 0]
    assert p.quantiles == tuple(np.quantile(seen, QUANTILES, method="nearest").tolist())
    assert p.distinct == np.unique(seen).size
