"""Rows that fit the signature, and the others with the reason. Pure.

There is one judge of what fits, :class:`slipway.serving.tabular.ColumnDecoder`, and it takes columns or refuses them
as a whole. A part in which nothing is wrong costs one look. Where something is, :mod:`slipway.batch.suspects` guesses
the rows, :func:`slipway.serving.explain.explain` says of each what it would say to a caller, and the judge is asked
about the others. Should he still refuse, halves are looked at until the rows that are wrong stand alone.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from slipway.batch.suspects import suspects
from slipway.ports import Floats
from slipway.records.model import Signature
from slipway.serving.decode import Asked
from slipway.serving.explain import explain
from slipway.serving.refusal import ErrorBody, Refusal
from slipway.serving.tabular import ColumnDecoder, Values

Index = npt.NDArray[np.intp]


class Fitted(NamedTuple):
    """What became of the rows of a part.

    Attributes:
        asked: The rows that fit, or None if none does.
        kept: Their indices in the part.
        rejected: Index and reason of each of the others, in order.
    """

    asked: Asked | None
    kept: Index
    rejected: list[tuple[int, ErrorBody]]


class Fitter:
    """Sorts rows of one signature.

    Args:
        signature: Fields of X.
        entity: Name of the value that the assignment is keyed on.
        id_name: A name that no column has; ids are checked elsewhere.
    """

    def __init__(self, signature: Signature, *, entity: str, id_name: str) -> None:
        self._decode = ColumnDecoder(signature, entity=entity, id_name=id_name).decode
        self._fields, self._others = signature.fields, (entity, id_name)

    def fit(
        self,
        columns: Mapping[str, Values],
        *,
        rows: int,
        odd: Sequence[tuple[int, ErrorBody]] = (),
        into: Floats | None = None,
    ) -> Fitted:
        """Return the rows that fit and the reasons of the others.

        Args:
            columns: The fields and the entity by name, each ``rows`` long.
            rows: At least one.
            odd: Rows that are known to be wrong in what is no field, such as their id.
            into: Memory for the numbers of the rows that fit, shape (rows, numbers); None takes fresh memory.
        """
        asked = None if odd else self._judged(columns, into)
        if asked is not None:
            return Fitted(asked, np.arange(rows), [])
        likely = np.flatnonzero(suspects(columns, fields=self._fields, entity=self._others[0], rows=rows))
        rejected = dict(odd) | self._explained(columns, likely)
        kept = _without(rows, rejected)
        asked = self._judged({n: _at(v, kept) for n, v in columns.items()}, into) if len(kept) else None
        if asked is None and len(kept):
            left = {n: _at(v, kept) for n, v in columns.items()}
            rejected |= self._explained(columns, kept[list(self._alone(left, 0, len(kept)))], surely=True)
            kept = _without(rows, rejected)
            asked = self._judged({n: _at(v, kept) for n, v in columns.items()}, into) if len(kept) else None
        return Fitted(asked, kept, sorted(rejected.items()))

    def _judged(self, columns: Mapping[str, Values], into: Floats | None = None) -> Asked | None:
        rows = len(next(iter(columns.values())))
        try:
            return self._decode(columns, rows=rows, into=None if into is None else into[:rows])
        except Refusal:
            return None

    def _explained(self, columns: Mapping[str, Values], rows: Index, *, surely: bool = False) -> dict[int, ErrorBody]:
        found = {}
        for i in rows.tolist():
            try:
                explain(row_of(columns, i), fields=self._fields, others=self._others)
                if surely:
                    self._decode({n: v[i : i + 1] for n, v in columns.items()}, rows=1)
            except Refusal as refusal:
                found[i] = refusal.body
        return found

    def _alone(self, columns: Mapping[str, Values], start: int, end: int) -> Iterator[int]:
        """Yield the rows that are refused alone, between two of which it is known that some are."""
        if end - start == 1:
            yield start
            return
        middle = (start + end) // 2
        for low, high in ((start, middle), (middle, end)):
            if self._judged({n: v[low:high] for n, v in columns.items()}) is None:
                yield from self._alone(columns, low, high)


def row_of(columns: Mapping[str, Values], i: int) -> dict[str, Any]:
    """Return one row as the JSON object that would have carried it; NaN is null there."""
    row = {name: v.item() if isinstance(v := values[i], np.generic) else v for name, values in columns.items()}
    return {name: None if isinstance(v, float) and math.isnan(v) else v for name, v in row.items()}


def _at(values: Values, index: Index) -> Values:
    if isinstance(values, np.ndarray):
        return values[index]
    listed = list(values)
    return [listed[i] for i in index.tolist()]


def _without(rows: int, rejected: Mapping[int, ErrorBody]) -> Index:
    return np.setdiff1d(np.arange(rows), np.array(list(rejected), np.intp), assume_unique=True)
