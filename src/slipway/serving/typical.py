"""A usual row, for an example: of each field what is most usual, from the profile that came with the model.

No row that was ever seen: each value is the middle of its column. A field that the journal may not hold in clear shows
nothing of its column at all.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from slipway.errors import SlipwayError
from slipway.ports import BlobStore
from slipway.records.arm import ArmKind
from slipway.records.field import Field, FieldKind, Privacy
from slipway.records.route import Route
from slipway.runtime.package import load_manifest

if TYPE_CHECKING:
    from slipway.records.reference import ColumnReference

Value = str | float | bool


def typical_of(route: Route | None, *, fields: Sequence[Field], blobs: BlobStore) -> dict[str, Value]:
    """Return a usual row for the model that answers most of a route; where there is none, only the fields say."""
    dealt = sorted(route.shares, key=lambda share: -share.share) if route else []
    arms = [route.arm(share.arm) for share in dealt if route]
    packages = [arm.package for arm in arms if arm.kind is ArmKind.MODEL]
    return typical_row(fields, profiles=_profiles(blobs, packages[0]) if packages else ())


def typical_row(fields: Sequence[Field], *, profiles: "Sequence[ColumnReference]" = ()) -> dict[str, Value]:
    """Return one value a field, which fits it.

    Args:
        fields: Fields of X.
        profiles: What the columns looked like when the model was made; of a column without one only the field says.

    >>> amount = Field(name="amount", kind=FieldKind.NUMBER, low=0, high=10)
    >>> typical_row([amount, Field(name="urgent", kind=FieldKind.BOOLEAN)])
    {'amount': 5, 'urgent': True}
    """
    columns = {profile.name: profile for profile in profiles}
    row: dict[str, Value] = {}
    for field in fields:
        column = columns.get(field.name) if field.privacy is Privacy.CLEAR else None
        usual: Value | None = None
        if column is not None and column.number is not None:
            usual = _median(column.number.counts, cuts=column.number.binning.cuts)
        elif column is not None and column.category is not None and column.category.names:
            usual = column.category.names[0]
        row[field.name] = _fitting(field, usual)
    return row


def _median(counts: npt.NDArray[np.int64], *, cuts: npt.NDArray[np.float64]) -> float | None:
    seen = counts[:-1]
    if not len(cuts) or not seen.sum():
        return None
    bin_ = int(np.searchsorted(np.cumsum(seen), seen.sum() / 2))
    return float(f"{cuts[max(bin_ - 1, 0)]:.4g}")


def _fitting(field: Field, usual: Value | None) -> Value:
    if field.kind is FieldKind.BOOLEAN:
        return bool(usual) if usual is not None else True
    if field.kind is FieldKind.CATEGORY:
        closed = field.values and usual not in field.values
        return field.values[0] if closed else str(usual) if usual is not None else "text"
    low, high = field.low, field.high
    if usual is None:
        usual = 1.0 if low is None and high is None else _between(low, high)
    value = float(usual)
    value = value if low is None else max(value, low)
    value = value if high is None else min(value, high)
    return int(value) if value.is_integer() and abs(value) < 1e15 else value


def _between(low: float | None, high: float | None) -> float:
    if low is None or high is None:
        return low if low is not None else high if high is not None else 0.0
    return low / 2 + high / 2


def _profiles(blobs: BlobStore, package: str) -> "Sequence[ColumnReference]":
    from slipway.records.reference import decode_reference  # noqa: PLC0415 - few ask for an example

    try:
        found = load_manifest(blobs, package).files.get("reference.msgpack")
        return decode_reference(blobs.get(found)).columns if found else ()
    except SlipwayError:  # an example is not worth an error
        return ()
