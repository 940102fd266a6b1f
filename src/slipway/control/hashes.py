"""Texts as numbers: ids and entities are told apart by 64-bit hashes, so that a million of them is one array."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

Hashes = npt.NDArray[np.uint64]

NONE = np.uint64(0)
"""What no text hashes to."""

_SEED = 20


def hashed(texts: Sequence[str]) -> Hashes:
    """Return one hash a text, never 0, shape (texts,).

    Two different texts share a hash with chance 2^-64: among ten million rows that any two do has a chance of 3 in a
    million, and one row would then count as a repetition of another. The hash is the same in all processes with one
    version of polars; :func:`probe` tells versions apart.

    >>> one, other, again = hashed(["a", "b", "a"]).tolist()
    >>> one == again, one == other
    (True, False)
    """
    found: Hashes = pl.Series(texts, dtype=pl.String).hash(_SEED).to_numpy()
    return np.where(found == NONE, np.uint64(1), found)


def probe() -> int:
    """Return a number that changes when the hash does, so that kept hashes are not compared with others."""
    return int(np.bitwise_xor.reduce(hashed(["slipway", "", "é", "a longer text than any register holds"])))
