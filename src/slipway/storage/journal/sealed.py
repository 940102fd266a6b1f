"""What is sealed, told by small markers: which rows, from when to when, without opening a Parquet file."""

import hashlib
import struct
import zlib
from pathlib import Path

import msgspec

from slipway.errors import Corrupt, Unavailable
from slipway.records.base import Record, canonical

KINDS = ("predictions", "shadows", "outcomes", "decisions", "metrics")
"""Kinds of rows; each has a folder of its own."""

_CRC = struct.Struct("<I")
SEAL_ANEW = "Remove the segment's marker (.msgpack); control then seals the segment anew."


class SealedSegment(Record, frozen=True, kw_only=True):
    """What a sealed segment holds, so that it can be chosen by time, arm or route without being opened.

    Attributes:
        segment: Its name.
        rows: Kind (:data:`KINDS`) to number of rows.
        first_us: Earliest moment of a prediction, an outcome, a decision or a metric in it, or None.
        last_us: Latest.
        routes: Routes of its predictions.
        arms: Arms that answered or shadowed in it.
        about: Segments that hold the requests which its shadows answered.
        torn_bytes: Bytes behind its last whole tick, which count for nothing.
        sha256: Kind to the SHA-256 of its Parquet file, in hex. No reader of Parquet notices a flipped bit by itself.
    """

    segment: str
    rows: dict[str, int]
    first_us: int | None
    last_us: int | None
    routes: tuple[str, ...]
    arms: tuple[str, ...]
    about: tuple[str, ...] = ()
    torn_bytes: int
    sha256: dict[str, str] = {}


def marker_of(sealed: Path, segment: str) -> Path:
    """Return where the marker of a segment lies; it is written last and says that the rest is there."""
    return sealed / f"{segment}.msgpack"


def leaving_of(sealed: Path, segment: str) -> Path:
    """Return what the marker is called while retention removes the segment: it counts as gone."""
    return sealed / f"{segment}.leaving"


def parquet_of(sealed: Path, segment: str, *, kind: str) -> Path:
    """Return where a segment's rows of one kind lie; without such rows there is no file."""
    return sealed / kind / f"{segment}.parquet"


def check_parquet(sealed: Path, what: SealedSegment, *, kind: str) -> None:
    """Refuse a file that is not what was sealed.

    Raises:
        Corrupt: Its bytes differ; the message names it and the way out.
        Unavailable: It cannot be read.
    """
    path = parquet_of(sealed, what.segment, kind=kind)
    try:
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise Unavailable(f"{path}: want to read it, got '{error.strerror}'. {SEAL_ANEW}") from error
    if found != what.sha256.get(kind):
        raise Corrupt(f"{path}: these bytes are not what was sealed (SHA-256 differs). {SEAL_ANEW}")


def sealed_segments(sealed: Path) -> list[SealedSegment]:
    """Return what is sealed, in name order.

    Raises:
        Corrupt: A marker is damaged; the message names it and the way out.
    """
    markers = ((path, _bytes_of(path)) for path in sorted(sealed.glob("*.msgpack")))
    return [read_marker(path, data=data) for path, data in markers if data is not None]


def marker_bytes(what: SealedSegment) -> bytes:
    """Return what lies in a marker: the record, and a CRC-32 of it."""
    data = canonical(what)
    return data + _crc(data)


def read_marker(path: Path, *, data: bytes) -> SealedSegment:
    """Return what a marker says.

    Raises:
        Corrupt: It is damaged, or speaks of another segment.
    """
    try:
        record, crc = data[: -_CRC.size], data[-_CRC.size :]
        found = msgspec.msgpack.decode(record if crc == _crc(record) else b"", type=SealedSegment)
    except (msgspec.MsgspecError, ValueError) as error:
        raise Corrupt(
            f"{path}: want the marker of a sealed segment, got '{error}'. Control makes it anew within a minute."
        ) from error
    if found.segment != path.stem:
        raise Corrupt(f"{path}: want the marker of {path.stem}, got that of {found.segment!r}. Remove it.")
    every = dict.fromkeys(KINDS, 0) | found.rows  # a marker may be older than a kind of rows
    return msgspec.structs.replace(found, rows=every)


def _crc(data: bytes) -> bytes:
    return _CRC.pack(zlib.crc32(data))


def _bytes_of(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:  # retention took it since it was listed
        return None
