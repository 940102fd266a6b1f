# /// script
# dependencies = []
# [tool.peer]
# title = "Slipway, the id alone"
# ///
"""The content id of a table; nothing is kept."""

import polars as pl

from slipway.data.version import content


def version(file, work):
    return content(pl.read_parquet(file)).id
