"""In which order rows are asked of a model of trees: those that take the same turns one behind the other.

ONNX Runtime takes many rows through one tree before it turns to the next, and the processor guesses each turn from
those before; a wrong guess costs more than a right turn. Among rows that are sorted by the field that the answer goes
with most, more turns are as the last one was. No answer depends on the order, so whoever sorts puts them back.

What it spares depends on the data: a fifth of the time for 64 rows where the fields go together, hardly anything where
many fields count alike, a tenth to a quarter for thousands (``docs/decisions/0007-the-server.md``).
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from slipway.ports import Columns, Floats

MANY = 32
"""From so many rows on sorting costs less than it spares."""
_TREES = b"TreeEnsemble"
_FEWEST = 16
_WEAKEST = 0.3


def guide_of(model: bytes, columns: Columns, scores: Floats) -> str | None:
    """Return the number to sort rows by before they are asked, or None where sorting would spare nothing.

    Args:
        model: The graph's bytes.
        columns: Some rows, by field.
        scores: What the model says of them, shape (rows,).

    >>> rows = {"a": np.arange(20.0) % 3, "b": np.arange(20.0) ** 2, "c": np.zeros(20)}
    >>> guide_of(b"TreeEnsembleRegressor", rows, -np.arange(20.0)), guide_of(b"Gemm", rows, np.arange(20.0))
    ('b', None)
    """
    if _TREES not in model or len(scores) < _FEWEST:
        return None
    ranked = _ranks(scores)
    with_score = {
        name: abs(float(np.corrcoef(_ranks(column), ranked)[0, 1]))
        for name, column in columns.items()
        if column.dtype != object and np.isfinite(column).all() and np.ptp(column) and np.ptp(scores)
    }
    best = max(with_score, key=with_score.__getitem__, default=None)
    return best if best is not None and with_score[best] >= _WEAKEST else None


def order_by(guide: str | None, columns: Mapping[str, npt.NDArray[Any]], *, rows: int) -> npt.NDArray[np.intp] | None:
    """Return the rows in the order in which to ask about them, or None: as they are."""
    if guide is None or rows < MANY:
        return None
    return columns[guide].argsort()


def put_back(scores: Floats, order: npt.NDArray[np.intp]) -> Floats:
    """Return the scores of sorted rows in the order of the rows before.

    >>> put_back(np.array([0.1, 0.2, 0.3]), np.array([2, 0, 1])).tolist()
    [0.2, 0.3, 0.1]
    """
    found = np.empty_like(scores)
    found[order] = scores
    return found


def _ranks(values: Floats) -> npt.NDArray[np.intp]:
    return np.unique(values, return_inverse=True)[1].reshape(-1)
