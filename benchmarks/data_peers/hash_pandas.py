# /// script
# dependencies = ["pandas==3.1.1", "pyarrow==26.0.1", "numpy==2.4.6"]
# [tool.peer]
# title = "pandas, by hand"
# ///
"""By hand: pandas gives a hash a row and stops there; sorted and put through SHA-256 they name the table."""

import hashlib

import numpy as np
import pandas as pd


def version(file, work):
    rows = pd.util.hash_pandas_object(pd.read_parquet(file), index=False).to_numpy()
    return hashlib.sha256(np.sort(rows)).hexdigest()
