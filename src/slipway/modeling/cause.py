"""Why does a graph answer other than its original? The likeliest cause, told from the rows on which it does."""

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

from slipway.records.field import Field, FieldKind

Suspect = Callable[[pl.DataFrame], str | None]
"""Names a trap that the original is in, given rows that it answers; None if it is in none."""

_MERGED_SHARE = 0.01
_TYPICAL = 3.0


def probable_cause(
    x: pl.DataFrame, *, fields: Sequence[Field], far: npt.NDArray[np.bool_], suspect: Suspect = lambda _: None
) -> str:
    """Name the likeliest cause and the way out, in two sentences.

    Args:
        x: Rows compared.
        fields: X in order.
        far: Which rows differ, shape (rows,).
        suspect: What is known of the original itself.
    """
    return (
        _float32(x, fields)
        or suspect(x)
        or _missing(x, fields, far)
        or "Probable cause: the graph computes in float32, so that a tree behind a scaler, or behind any other sum, "
        "may take another branch. Trees need no scaling: leave the scaler out. If there is none, convert the steps "
        "one by one to find the part that differs, or serve the function itself as an arm of kind 'python'."
    )


def _float32(x: pl.DataFrame, fields: Sequence[Field]) -> str | None:
    """Find a number whose values run together in float32."""
    for field in fields:
        if field.kind is not FieldKind.NUMBER:
            continue
        values = x[field.name].to_numpy()
        values = values[np.isfinite(values)]
        with np.errstate(over="ignore"):
            exact, single = np.unique(values).size, np.unique(values.astype(np.float32)).size
        if exact - single > _MERGED_SHARE * exact:
            return (
                f"Probable cause: graphs compute in float32, in which the {exact:,} values of '{field.name}' (up to "
                f"{np.abs(values).max():.10g}) are {single:,}. If it is an id, drop it; else subtract a constant, or "
                "declare it a category."
            )
    return None


def _missing(x: pl.DataFrame, fields: Sequence[Field], far: npt.NDArray[np.bool_]) -> str | None:
    """Find a field that is missing in the rows that differ and seldom elsewhere."""
    if not far.any():
        return None
    for field in fields:
        column = x[field.name]
        missing = (column == "" if field.kind is FieldKind.CATEGORY else column.is_nan()).to_numpy()
        if missing.any() and missing[far].mean() > 0.5 and missing[far].mean() > _TYPICAL * missing[~far].mean():
            return (
                f"Probable cause: the graph treats a missing '{field.name}' in another way. Fill it in before the "
                "model (SimpleImputer), or take HistGradientBoosting, whose graph agrees."
            )
    return None
