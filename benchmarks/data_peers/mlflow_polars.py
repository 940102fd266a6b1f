# /// script
# dependencies = ["mlflow-skinny==3.17.2", "polars==2.1.0", "pandas==3.1.1", "pyarrow==26.0.1", "numpy==2.4.6"]
# [tool.peer]
# title = "MLflow, from_polars"
# ///
"""The digest of ``mlflow.data.from_polars``."""

import mlflow.data
import polars as pl


def version(file, work):
    return mlflow.data.from_polars(pl.read_parquet(file), source=str(file), targets="late").digest
