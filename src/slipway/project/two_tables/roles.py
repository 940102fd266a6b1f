"""Which column of a foreign table plays which part: the time, the answer, the truth, X, or none."""

import polars as pl

from slipway.errors import BadInput, nearest
from slipway.records.two_tables import Roles

_ANSWERS, _TRUTHS = "prediction", "label"
_NAMES = 0.5
"""A text column in which more than this share of the values differ names its rows."""
_FEW = 50


def find_roles(
    reference: pl.DataFrame,
    *,
    time: str | None = None,
    prediction: str | None = None,
    label: str | None = None,
    ignore: tuple[str, ...] = (),
) -> Roles:
    """Return the part of each column of the reference.

    Args:
        reference: The table.
        time: Column of moments; None takes the only one there is, the empty text none.
        prediction: Column of answers; None takes ``prediction`` if there is one, the empty text none.
        label: Column of what turned out to be true; None takes ``label`` likewise.
        ignore: Columns that are not to be watched.

    Raises:
        BadInput: A name is not there, one column has two parts, there are several columns of moments, or none is left.
    """
    for said in (time, prediction, label, *ignore):
        if said and said not in reference.columns:
            raise BadInput(
                f"reference: want a column '{said}', got {_some(reference.columns)}.{nearest(said, reference.columns)}"
            )
    moments = [name for name, kind in reference.schema.items() if kind in (pl.Datetime, pl.Date)]
    open_moments = [name for name in moments if name not in ignore]
    if time is None and len(open_moments) > 1:
        raise BadInput(
            f"reference: want one column of moments, got {open_moments}. Say which: time={open_moments[0]!r} (in a "
            "command --time), or '' for none."
        )
    at = time if time is not None else next(iter(open_moments), "")
    answer = prediction if prediction is not None else _ANSWERS if _ANSWERS in reference.columns else ""
    truth = label if label is not None else _TRUTHS if _TRUTHS in reference.columns else ""
    parts = [part for part in (at, answer, truth) if part]
    if doubled := {part for part in parts if parts.count(part) > 1}:
        raise BadInput(f"columns: want one part for each, got two for {sorted(doubled)}. Name them anew.")
    ignored = [(name, "as asked") for name in ignore]
    watched = []
    for column in reference:
        if column.name in (at, answer, truth, *ignore):
            continue
        if why := _unfit(column):
            ignored.append((column.name, why))
        else:
            watched.append(column.name)
    if not watched and not answer:
        why = "; ".join(f"{n}: {w}" for n, w in ignored) or f"it has no others than {', '.join(parts)}"
        raise BadInput(f"reference: want a column to watch, got none: {why}. Add one of numbers or text.")
    return Roles(time=at, prediction=answer, label=truth, ignored=tuple(ignored), watched=tuple(watched))


def _unfit(column: pl.Series) -> str:
    """Say why a column cannot be watched, or nothing."""
    kind, n = column.dtype, len(column) - column.null_count()
    if kind in (pl.Datetime, pl.Date, pl.Time, pl.Duration):
        return "a moment: turn it into a number that means something, such as the hour"
    if kind.is_nested() or kind in (pl.Binary, pl.Object):
        return f"neither numbers, truth values nor text, but {kind}"
    if kind == pl.Null or n < _FEW:
        return "it has no value in any row of the reference" if kind == pl.Null else ""
    if kind == pl.String and column.n_unique() > _NAMES * n:
        return "names rows: hardly any value comes twice"
    if kind.is_integer() and column.drop_nulls().n_unique() == n and column.drop_nulls().is_sorted():
        return "counts rows: each value once, in order"
    return ""


def _some(names: list[str]) -> str:
    return f"{names[:8]}" + (f" and {len(names) - 8} more" if len(names) > 8 else "")
