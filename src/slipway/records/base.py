"""What every record shares: immutability, strictness, and canonical bytes from which an id is made."""

import hashlib
import re
from typing import Any

import msgspec

from slipway.errors import BadInput

NAME = re.compile(r"[a-z][a-z0-9_-]{0,63}")
"""A checked word: what may name a project, an arm, a route, a stage. Never a path."""


class Record(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A frozen value that refuses unknown fields when it is read back."""


def check_name(kind: str, name: str) -> str:
    """Return the name if it is a checked word.

    Raises:
        BadInput: It is not; the message says what a name may hold.
    """
    if not NAME.fullmatch(name):
        raise BadInput(
            f"{kind}: want a name of 1 to 64 lower-case letters, digits, '-' or '_' that starts with a letter, "
            f"got {name!r}."
        )
    return name


def canonical(value: Any) -> bytes:
    """Encode a record as MessagePack with sorted keys: the same bytes for the same content on every machine.

    Not JSON, which has no infinity and no NaN; an interval that is still unbounded must survive.
    """
    return msgspec.msgpack.encode(value, order="sorted")


def content_id(value: Any) -> str:
    """Name a record by its content: the SHA-256 of its canonical bytes, in hex.

    >>> content_id({"b": 1, "a": 2}) == content_id({"a": 2, "b": 1})
    True
    """
    return hashlib.sha256(canonical(value)).hexdigest()
