"""One bad request as bytes, and the model that the table of them is about."""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from slipway.records.field import Field, FieldKind
from slipway.records.model import Signature
from slipway.records.task import TaskKind

SIGNATURE = Signature(
    fields=(
        Field(name="delay", kind=FieldKind.NUMBER, low=0.0, high=1000.0, required=True),
        Field(name="speed", kind=FieldKind.NUMBER),
        Field(name="carrier", kind=FieldKind.CATEGORY, values=("AA", "EV", "UA")),
        Field(name="note", kind=FieldKind.CATEGORY),
        Field(name="night", kind=FieldKind.BOOLEAN),
    ),
    kind=TaskKind.BINARY,
)
"""What the server under test takes: one field of each kind, bounded and free."""
ENTITY = "plane"
"""What its rows are dealt by."""
ROUTE = "r"
"""Name of its route."""
ROW: Mapping[str, Any] = {
    "delay": 20.0, "speed": 400, "carrier": "EV", "note": "n", "night": True, "plane": "N101", "id": "q-1",
}  # fmt: skip
"""A row that is well; each bad one differs from it in one way."""


class BadRequest(NamedTuple):
    """What no server should take.

    Attributes:
        family: Which kind of mistake.
        data: Bytes on the wire.
        status: How it is to be answered.
        ends: Whether the caller stops sending behind it; else more of it could follow.
    """

    family: str
    data: bytes
    status: int = 400
    ends: bool = False


def http(
    body: bytes = b"", *, method: str = "POST", path: str = "/predict", headers: Mapping[str, str] | None = None
) -> bytes:
    r"""Return a request with a body of stated length.

    >>> http(b"{}", headers={"X": "y"})
    b'POST /predict HTTP/1.1\r\nHost: localhost\r\nX: y\r\nContent-Length: 2\r\n\r\n{}'
    """
    told = {"Host": "localhost", **(headers or {}), "Content-Length": str(len(body))}
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in told.items()), "", ""]
    return "\r\n".join(lines).encode("latin-1") + body


def text(value: Any) -> bytes:
    """Return JSON; NaN and infinity as no JSON has them."""
    return json.dumps(value).encode()


def swapped(**changes: str) -> bytes:
    """Return the good row with some values replaced by pieces of text, which need not be JSON."""
    parts = {name: json.dumps(value) for name, value in ROW.items()} | changes
    return ("{" + ", ".join(f'"{name}": {value}' for name, value in parts.items()) + "}").encode()


def one_and_many(row: bytes) -> tuple[bytes, bytes]:
    """Return a row as a body of its own, and behind a good one in a list."""
    good = text({**ROW, "id": "q-0"})
    return row, b'{"rows": [' + good + b", " + row + b"]}"
