"""Guess which rows do not fit, all at once. Pure. It only says where to look first; it decides nothing."""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from slipway.records.field import Field, FieldKind
from slipway.serving.naming import LONGEST_ENTITY
from slipway.serving.tabular import Values

Bools = npt.NDArray[np.bool_]

_TYPES: dict[FieldKind, tuple[type, ...]] = {
    FieldKind.NUMBER: (float, int),
    FieldKind.BOOLEAN: (bool,),
    FieldKind.CATEGORY: (str,),
}


def suspects(columns: Mapping[str, Values], *, fields: Sequence[Field], entity: str, rows: int) -> Bools:
    """Return which rows are likely to be refused, shape (rows,).

    >>> delay = Field(name="delay", kind=FieldKind.NUMBER, low=0.0)
    >>> suspects({"delay": np.array([1.0, -1.0, np.nan])}, fields=[delay], entity="plane", rows=3).tolist()
    [False, True, False]
    """
    found = np.zeros(rows, bool)
    for field in fields:
        if field.name in columns:
            found |= _of_field(columns[field.name], field, required=field.required or field.name == entity)
    if entity in columns and entity not in {f.name for f in fields}:
        found |= _of_names(columns[entity])
    return found


def _of_field(values: Values, field: Field, *, required: bool) -> Bools:
    if isinstance(values, np.ndarray) and field.kind is FieldKind.NUMBER:
        low = -np.inf if field.low is None else field.low
        high = np.inf if field.high is None else field.high
        odd = (values < low) | (values > high) | np.isinf(values)
        return np.asarray(odd | np.isnan(values) if required else odd)
    known, types = set(field.values), _TYPES[field.kind]
    listed = values.tolist() if isinstance(values, np.ndarray) else values
    return np.array(
        [
            required if v is None else type(v) not in types or _is_outside(v, field) or bool(known and v not in known)
            for v in listed
        ],
        bool,
    )


def _is_outside(value: object, field: Field) -> bool:
    if field.kind is not FieldKind.NUMBER or not isinstance(value, int | float):
        return False
    low = -np.inf if field.low is None else field.low
    high = np.inf if field.high is None else field.high
    return not (low <= value <= high and abs(value) < np.inf)


def _of_names(values: Values) -> Bools:
    if isinstance(values, np.ndarray):
        return np.zeros(len(values), bool) if values.dtype.kind in "iu" else np.ones(len(values), bool)
    return np.array([not (0 < len(v) <= LONGEST_ENTITY if type(v) is str else type(v) is int) for v in values], bool)
