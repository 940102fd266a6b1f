# /// script
# dependencies = ["mlflow-skinny==3.17.2", "pandas==3.1.1", "pyarrow==26.0.1", "numpy==2.4.6"]
# [tool.peer]
# title = "MLflow, from_pandas"
# ///
"""The digest of ``mlflow.data.from_pandas``."""

import mlflow.data
import pandas as pd


def version(file, work):
    return mlflow.data.from_pandas(pd.read_parquet(file), source=str(file), targets="late").digest
