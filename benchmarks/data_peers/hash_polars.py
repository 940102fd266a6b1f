# /// script
# dependencies = ["polars==2.1.0", "numpy==2.4.6"]
# [tool.peer]
# title = "polars, by hand"
# ///
"""By hand, as with pandas. The hashes change between versions of polars, as its documentation says."""

import hashlib

import numpy as np
import polars as pl


def version(file, work):
    return hashlib.sha256(np.sort(pl.read_parquet(file).hash_rows().to_numpy())).hexdigest()
