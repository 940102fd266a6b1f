"""The few things that the floors above ask of the world. Each has a contract suite in :mod:`slipway.testing`."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple, Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from slipway.records.bulk import Written
from slipway.records.frame import Frame

R = TypeVar("R")
Floats = npt.NDArray[np.float64]
Columns = Mapping[str, npt.NDArray[Any]]
"""A batch of X: field name to float64 array (NaN is missing) or object array of text or None, all of one length."""


class Clock(Protocol):
    """Tells the time, so that a test or a replay can tell another."""

    def now_us(self) -> int:
        """Return microseconds since the epoch, UTC."""
        ...


class Runtime(Protocol):
    """Asks one arm."""

    async def predict(self, columns: Columns, *, rows: int) -> Floats:
        """Return one score a row, shape (rows,), NaN for a row that could not be answered.

        Raises:
            Unavailable: The arm as a whole did not answer.
        """
        ...

    async def close(self) -> None:
        """Give back what the arm holds. Calling it twice is harmless."""
        ...


class Position(NamedTuple):
    """A place in the journal: segment name and byte offset behind the last frame read."""

    segment: str
    offset: int


class JournalWriter(Protocol):
    """Appends frames. One writer owns one series of segments."""

    def append(self, frames: Sequence[Written]) -> Position:
        """Write the frames in one go and return the position behind them.

        On return the frames survive ``kill -9`` of any process (and power loss, if opened with fsync).

        Raises:
            Unavailable: The disk refused; nothing counts as written.
        """
        ...

    def close(self) -> None:
        """Close the segment; a later writer starts a new one."""
        ...


class JournalReader(Protocol):
    """Reads what all writers of a project wrote."""

    def read(self, after: Mapping[str, int]) -> Iterator[tuple[Frame, Position]]:
        """Yield complete frames behind the offsets given (segment name to offset), segment by segment in name order.

        A torn tail ends its segment for this call and is no error; a frame whose checksum fails is.

        Raises:
            Corrupt: A complete frame's bytes are not what was written.
        """
        ...


class Change(NamedTuple):
    """One record to store.

    Attributes:
        record: Any record; its class names the kind.
        id: Its id within the kind.
        expect: Version it must have now (0: it must not exist yet), or None to overwrite.
    """

    record: object
    id: str
    expect: int | None


class ControlStore(Protocol):
    """Keeps records by kind and id, each change once, in order, with an audit trail."""

    def commit(self, changes: Sequence[Change], *, at_us: int, by: str, why: str) -> None:
        """Store all changes or none, durably, and one audit entry for each.

        Args:
            changes: What to store; each record's version grows by one.
            at_us: Moment of the change.
            by: Who or what changed it.
            why: On which evidence, in words.

        Raises:
            Conflict: A record's present version is not the one expected; nothing was stored.
        """
        ...

    def get(self, kind: type[R], *, id: str) -> tuple[R, int]:  # noqa: A002 - the field's own word
        """Return the record and its version.

        Raises:
            NotFound: No such record; the message names the nearest id.
        """
        ...

    def all(self, kind: type[R]) -> list[tuple[str, R, int]]:
        """Return (id, record, version) of that kind, oldest first."""
        ...


class BlobStore(Protocol):
    """Keeps bytes by their SHA-256."""

    def put(self, data: bytes) -> str:
        """Store the bytes, durably and at once or not at all, and return their SHA-256 in hex."""
        ...

    def get(self, id: str) -> bytes:  # noqa: A002 - the field's own word
        """Return the bytes, checked against the id.

        Raises:
            NotFound: No such blob.
            Corrupt: The bytes do not match.
        """
        ...

    def has(self, id: str) -> bool:  # noqa: A002 - the field's own word
        """Tell whether the blob is there."""
        ...
