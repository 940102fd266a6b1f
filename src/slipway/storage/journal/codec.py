"""Frames to bytes and back. Pure: bytes in, bytes out."""

import struct
import zlib
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any

import msgspec

from slipway.errors import BadInput, Corrupt, Refused
from slipway.records.bulk import BulkFrame, Written, plain
from slipway.records.frame import Frame, PredictionFrame
from slipway.records.held import Held
from slipway.storage.columns import check_frame

VERSION = 3
"""Version of the segment format that this code writes."""

READS = (1, 2, 3)
"""Versions that it reads; in version 1 each column of X lies alone, and before version 3 there are no bulk frames."""

SEGMENT_HEADER = b"SLIPJRN" + bytes([VERSION])
"""First bytes of each segment: seven of magic, one of version."""

MAX_FRAME_BYTES = (1 << 31) - 1
"""Largest payload; the top bit of the length says whether a frame is the last of its tick."""

LARGE_BYTES = 1 << 16
"""From this size on the block of X is not copied into the tick, but is a piece of it."""

Bytes = bytes | bytearray | memoryview
_HEAD = struct.Struct("<III")
_LAST = 1 << 31


@lru_cache(maxsize=256)
def _split(names: str) -> tuple[str, ...]:
    return tuple(names.split(",")) if names else ()


def _write_held(held: Any) -> object:
    return (",".join(held.names), held.block, held.columns) if held.names else held.columns


def _read_held(_: type, written: Any) -> Held:
    names, block, columns = ("", b"", written) if isinstance(written, dict) else written  # at first there was no block
    if type(names) is not str or type(block) is not bytes or {*map(type, columns.values())} - {bytes, list}:
        raise ValueError("want X as names, a block of bytes, and columns that are bytes or lists")
    return Held(columns, names=_split(names), block=block)


_NOTHING = msgspec.Raw()  # takes no byte
_BYTES = struct.Struct(">BI")  # MessagePack: byte strings of up to 4 GiB begin with 0xc6 and their length
_ENCODER = msgspec.msgpack.Encoder(enc_hook=_write_held)
_ENCODER_UP_TO_BLOCK = msgspec.msgpack.Encoder(enc_hook=lambda held: (",".join(held.names), _NOTHING, _NOTHING))
_DECODER: msgspec.msgpack.Decoder[Written] = msgspec.msgpack.Decoder(Frame | BulkFrame, dec_hook=_read_held)
_WITH_X = (PredictionFrame, BulkFrame)


def encode_tick(frames: Sequence[Written], *, into: bytearray | None = None) -> list[Bytes]:
    """Return the bytes of one tick: its frames, the last one marked.

    Args:
        frames: In order.
        into: Where to put them, over what it holds. Whoever writes tick after tick hands over the same one.

    Returns:
        Pieces that follow each other: one in all, which is ``into`` if given; but where a frame has a large block of X,
        that block itself is a piece, so write it before it changes. Gigabytes of a batch are not copied for a header.

    Raises:
        BadInput: A frame's columns differ in length, or it is larger than 2 GiB.
    """
    left = len(frames)
    if any(map(_is_large, frames)):
        return [piece for i, frame in enumerate(frames, 1) for piece in _in_pieces(frame, is_last=i == left)]
    into, at = bytearray() if into is None else into, 0
    for frame in frames:
        _check(frame)
        body = at + _HEAD.size
        _ENCODER.encode_into(frame, into, body)
        left -= 1
        into[at:body] = _head(len(into) - body, zlib.crc32(memoryview(into)[body:]), is_last=not left)
        at = len(into)
    return [into] if frames else []


def _check(frame: Written) -> None:
    if not isinstance(frame, BulkFrame):  # which is made of columns of one length
        check_frame(frame)


def _is_large(frame: Written) -> bool:
    return isinstance(frame, _WITH_X) and len(frame.x.block) >= LARGE_BYTES


def _in_pieces(frame: Written, *, is_last: bool) -> list[Bytes]:
    """Return a frame so that its block is not copied: X is the last field, and the block comes before its columns."""
    _check(frame)
    block: Bytes = b""
    if isinstance(frame, _WITH_X) and frame.x.names:
        block = frame.x.block
        front = _ENCODER_UP_TO_BLOCK.encode(frame) + _BYTES.pack(0xC6, len(block))
        rest = _ENCODER.encode(frame.x.columns)
    else:
        front, rest = _ENCODER.encode(frame), b""
    crc = zlib.crc32(rest, zlib.crc32(block, zlib.crc32(front)))
    return [_head(len(front) + len(block) + len(rest), crc, is_last=is_last) + front, block, rest]


def _head(length: int, crc: int, *, is_last: bool) -> bytes:
    if length > MAX_FRAME_BYTES:
        raise BadInput(f"frame: want at most {MAX_FRAME_BYTES} bytes, got {length}. Write fewer rows a tick.")
    head = struct.pack("<II", length | _LAST if is_last else length, crc)
    return head + struct.pack("<I", zlib.crc32(head))


def check_segment_header(data: bytes, *, segment: str) -> bool:
    """Tell whether a segment's first bytes are all there (False: its creation was cut short).

    Raises:
        Corrupt: They are not those of a segment.
        Refused: A newer Slipway wrote it.
    """
    if not SEGMENT_HEADER.startswith(data[: len(SEGMENT_HEADER) - 1]):
        raise Corrupt(
            f"journal segment {segment}, offset 0: want {SEGMENT_HEADER!r}, got {data[:8]!r}. "
            "It is no segment, or its disk is failing; restore it from a copy."
        )
    if len(data) < len(SEGMENT_HEADER):
        return False
    if data[7] not in READS:
        raise Refused(
            f"journal segment {segment}: want format {VERSION} or older, got format {data[7]}. "
            "Another version of Slipway wrote it; use that version, or a newer one."
        )
    return True


def whole_frames(data: memoryview, *, segment: str, offset: int) -> Iterator[tuple[memoryview, int]]:
    """Yield (payload, offset behind it) of each frame whose tick is complete; stop quietly at a torn tail.

    A rest of nothing but zeros is a torn tail too: a file system may lengthen a file before power fails.

    Args:
        data: Bytes of the segment from ``offset`` on.
        segment: Its name, for the message.
        offset: Where ``data`` begins; a frame boundary.

    Raises:
        Corrupt: A complete header or payload fails its checksum.
    """
    at, tick = 0, list[tuple[memoryview, int]]()
    while len(data) - at >= _HEAD.size:
        marked, crc, head_crc = _HEAD.unpack_from(data, at)
        body = at + _HEAD.size
        if zlib.crc32(data[at : at + 8]) != head_crc:
            if not bytes(data[at:]).strip(b"\0"):
                return
            raise _corrupt(segment, offset + at, "header")
        end = body + (marked & MAX_FRAME_BYTES)
        if end > len(data):
            return
        if zlib.crc32(data[body:end]) != crc:
            raise _corrupt(segment, offset + at, "payload")
        tick.append((data[body:end], offset + end))
        if marked & _LAST:
            yield from tick
            tick.clear()
        at = end


def ends_tick(head: bytes) -> bool:
    """Tell whether a frame whose first four bytes these are is the last of its tick."""
    return bool(int.from_bytes(head, "little") & _LAST)


def decode_frame(payload: memoryview, *, segment: str, offset: int) -> Frame:
    """Return the frame.

    Raises:
        Corrupt: The checksum held but this is no frame that this version knows.
    """
    try:
        return plain(_DECODER.decode(payload))
    except (msgspec.MsgspecError, ValueError) as error:
        raise Corrupt(
            f"journal segment {segment}, frame that ends at offset {offset}: want a frame, got '{error}'. "
            "A newer Slipway may have written it; read it with that version."
        ) from error


def _corrupt(segment: str, offset: int, part: str) -> Corrupt:
    return Corrupt(
        f"journal segment {segment}, frame at offset {offset}: the {part} is not what was written (checksum differs). "
        "The disk or a hand changed it. Restore the segment from a copy; 'verify' lists what can still be read."
    )
