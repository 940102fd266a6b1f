"""What a batch job writes of one block of rows: a prediction frame whose columns are bytes, not lists.

A worker writes frames of a few rows, and a list costs least there. A batch job writes thousands of rows a frame, all of
one moment and most often of one arm, and an object for each id, entity and score would cost more than all else that is
done to journal the row. Only the codec knows this form: what it reads is a :class:`PredictionFrame` again.
"""

from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from slipway.errors import BadInput
from slipway.records.frame import Frame, PredictionFrame
from slipway.records.held import Held
from slipway.records.texts import Ints, Numbered, Texts

_NUMBER = np.dtype("<f8")


class PackedTexts(msgspec.Struct, frozen=True, kw_only=True, tag="texts"):
    """Texts end to end.

    Attributes:
        data: Their UTF-8.
        lengths: Bytes of each, as unsigned little-endian whole numbers of 1, 2 or 4 bytes.
    """

    data: bytes
    lengths: bytes

    def read(self, *, rows: int) -> Texts:
        """Return them; ValueError if there are not so many."""
        found = Texts.cut(self.data, _wide(self.lengths, rows=rows))
        if found.lengths.sum() != len(self.data):
            raise ValueError(f"want texts of {found.lengths.sum()} bytes, got {len(self.data)}")
        return found


class PackedNumbers(msgspec.Struct, frozen=True, kw_only=True, tag="numbered"):
    """Texts of a common beginning and the numbers from ``first`` on."""

    prefix: str
    first: int

    def read(self, *, rows: int) -> Numbered:
        """Return so many."""
        return Numbered(self.prefix, first=self.first, rows=rows)


class BulkFrame(msgspec.Struct, frozen=True, kw_only=True, tag="bulk"):
    """A :class:`PredictionFrame` as bytes; :func:`packed` makes one.

    Attributes:
        route: Name of the route.
        route_version: Version in force when the rows were assigned.
        at_us: When they were received.
        latency_us: From receipt to answer.
        id: Prediction ids.
        entity: What the assignment was keyed on.
        arms: Who answered.
        arm: Which of ``arms``, as ``lengths`` are written; empty where there is one.
        fallback: A byte a row, 1 where the arm is the fallback; empty where it is nowhere.
        score: Little-endian float64.
        shadows: Arms that shadowed.
        x: As in a prediction frame, and last as there.
    """

    route: str
    route_version: int
    at_us: int
    latency_us: int
    id: PackedTexts | PackedNumbers
    entity: PackedTexts | PackedNumbers
    arms: tuple[str, ...]
    arm: bytes
    fallback: bytes
    score: bytes
    shadows: tuple[str, ...] = ()
    x: Held

    @property
    def rows(self) -> int:
        """How many rows it has."""
        return len(self.score) // _NUMBER.itemsize

    def unpacked(self) -> PredictionFrame:
        """Return what it stands for.

        Raises:
            ValueError: Its columns differ in length.
        """
        rows = self.rows
        which = _wide(self.arm, rows=rows).tolist() if self.arm else [0] * rows
        fallback = np.frombuffer(self.fallback, np.bool_).tolist() if self.fallback else [False] * rows
        if len(fallback) != rows or not self.x.is_even(rows) or max(which, default=0) >= len(self.arms):
            raise ValueError(f"want {rows} rows in each column")
        return PredictionFrame(
            route=self.route,
            route_version=self.route_version,
            at_us=[self.at_us] * rows,
            id=list(self.id.read(rows=rows)),
            entity=list(self.entity.read(rows=rows)),
            arm=[self.arms[i] for i in which],
            fallback=fallback,
            score=np.frombuffer(self.score, _NUMBER).tolist(),
            latency_us=[self.latency_us] * rows,
            shadows=self.shadows,
            x=self.x,
        )


Written = Frame | BulkFrame
"""What may be appended to the journal; whoever reads it gets a :class:`Frame`."""


def plain(frame: Written) -> Frame:
    """Return a frame as who reads the journal has it.

    Raises:
        ValueError: Its columns differ in length.
    """
    return frame.unpacked() if isinstance(frame, BulkFrame) else frame


def packed(
    *,
    route: str,
    route_version: int,
    at_us: int,
    latency_us: int,
    ids: Sequence[str],
    entities: Sequence[str],
    arms: tuple[str, ...],
    arm: Ints,
    fallback: npt.NDArray[np.bool_],
    score: npt.NDArray[np.float64],
    shadows: tuple[str, ...],
    x: Held,
) -> BulkFrame:
    """Return the frame of some rows; the arguments are those of :class:`BulkFrame`, one entry a row.

    Raises:
        BadInput: They differ in length.
    """
    rows = len(ids)
    lengths = {"entities": len(entities), "arm": len(arm), "fallback": len(fallback), "score": len(score)}
    odd = [f"{name} has {length}" for name, length in lengths.items() if length != rows]
    if odd or not x.is_even(rows):
        raise BadInput(f"frame: want {rows} rows, one an id, in each column; {', '.join(odd) or 'X has others'}.")
    return BulkFrame(
        route=route,
        route_version=route_version,
        at_us=at_us,
        latency_us=latency_us,
        id=_packed(ids),
        entity=_packed(entities),
        arms=arms,
        arm=_narrow(arm) if len(arms) > 1 else b"",
        fallback=fallback.tobytes() if fallback.any() else b"",
        score=score.astype(_NUMBER, copy=False).tobytes(),
        shadows=shadows,
        x=x,
    )


def _packed(names: Sequence[str]) -> PackedTexts | PackedNumbers:
    if isinstance(names, Numbered):
        return PackedNumbers(prefix=names.prefix, first=names.first)
    texts = Texts.of(names)
    return PackedTexts(data=texts.data, lengths=_narrow(texts.lengths))


def _narrow(values: Ints) -> bytes:
    most = int(values.max(initial=0))
    return values.astype("<u1" if most < 1 << 8 else "<u2" if most < 1 << 16 else "<u4").tobytes()


def _wide(data: bytes, *, rows: int) -> npt.NDArray[Any]:
    width = len(data) // rows if rows else 1
    if width not in (1, 2, 4) or len(data) != width * rows:
        raise ValueError(f"want {rows} whole numbers of 1, 2 or 4 bytes, got {len(data)} bytes")
    return np.frombuffer(data, f"<u{width}")
