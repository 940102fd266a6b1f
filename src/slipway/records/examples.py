"""Recorded examples: rows with the answers a model gave when it was packaged, so that its loader can ask again."""

from slipway.errors import BadInput
from slipway.records.base import Record
from slipway.records.held import Column


class Examples(Record, frozen=True, kw_only=True):
    """Rows with known answers; the file ``examples.msgpack`` of a package.

    Attributes:
        x: Field name to column, as in a frame: little-endian float64 bytes for numbers and booleans (NaN is
            missing), a list of text or None for categories.
        score: The graph's answer to each row when it was packaged.
    """

    x: dict[str, Column]
    score: list[float]

    def __post_init__(self) -> None:
        lengths = {n: len(c) // 8 if isinstance(c, bytes) else len(c) for n, c in self.x.items()}
        if wrong := sorted(n for n, rows in lengths.items() if rows != len(self.score)):
            raise BadInput(
                f"examples: want {len(self.score)} rows in every column, as there are scores, "
                f"got {lengths[wrong[0]]} in '{wrong[0]}'. Record the examples again."
            )
