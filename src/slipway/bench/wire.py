"""What a request says: rows that the server takes, under ids that tell a load test from callers."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import numpy as np

from slipway.records.base import Record
from slipway.records.field import Field, FieldKind
from slipway.records.load_test import HEADER

MARK = b"~number~"
"""Where a template has the number of the request: eight characters that become eight hexadecimal digits."""

Row = Mapping[str, Any]


class Target(Record, frozen=True, kw_only=True):
    """Where requests go.

    Attributes:
        host: Address.
        port: Port.
        path: Path, such as ``/predict``.
        headers: Further headers, such as a key.
        tls_certificate: File with the certificate that the server must show; empty for plain HTTP.
    """

    host: str
    port: int
    path: str = "/predict"
    headers: tuple[tuple[str, str], ...] = ()
    tls_certificate: str = ""


def rows_of(columns: Mapping[str, Any], *, fields: Sequence[Field]) -> list[dict[str, Any]]:
    """Turn columns into rows as a caller sends them; a value that is missing is left out.

    Args:
        columns: Field name to float64 array (NaN is missing; a boolean is 0 or 1) or object array of text or None.
        fields: Fields of X.

    >>> rows_of({"a": np.array([1.5, np.nan])}, fields=[Field(name="a", kind=FieldKind.NUMBER, required=False)])
    [{'a': 1.5}, {}]
    """
    rows: list[dict[str, Any]] = [{} for _ in range(len(next(iter(columns.values()), ())))]
    for field in fields:
        for row, value in zip(rows, columns[field.name].tolist(), strict=True):
            if value is None or value != value:  # noqa: PLR0124 - NaN: it is missing
                continue
            row[field.name] = bool(value) if field.kind is FieldKind.BOOLEAN else value
    return rows


def templates(
    rows: Sequence[Row],
    *,
    target: Target,
    entity: str,
    entities: int,
    id_name: str,
    prefix: str,
    rows_a_request: int,
    count: int,
    rng: np.random.Generator,
) -> list[bytes]:
    """Return whole requests of HTTP/1.1, each with :data:`MARK` where its number goes.

    Rows are drawn with replacement. An entity that is no field of X is one of ``bench-1`` to ``bench-<entities>``,
    drawn evenly, so that requests come back to an entity and are dealt as its earlier ones were; one that is a field
    stays as the row has it.

    Args:
        rows: What to draw from, at least one.
        target: Where requests go.
        entity: Name of the value that the assignment is keyed on.
        entities: How many different ones to make.
        id_name: Key under which a caller names a prediction.
        prefix: What prediction ids begin with.
        rows_a_request: Rows a request; more than one are sent as a list.
        count: How many different requests.
        rng: Source of all chance.
    """
    made = []
    for _ in range(count):
        drawn = [dict(rows[i]) for i in rng.integers(0, len(rows), size=rows_a_request)]
        for k, row in enumerate(drawn):
            row.setdefault(entity, f"bench-{rng.integers(1, entities + 1)}")
            row[id_name] = f"{prefix}{MARK.decode()}" + (f"-{k}" if rows_a_request > 1 else "")
        made.append(_request(drawn[0] if rows_a_request == 1 else {"rows": drawn}, target=target))
    return made


def _request(body: object, *, target: Target) -> bytes:
    encoded = msgspec.json.encode(body)
    head = [
        f"POST {target.path} HTTP/1.1",
        "host: localhost",
        "content-type: application/json",
        f"content-length: {len(encoded)}",
        f"{HEADER}: 1",
        *(f"{name}: {value}" for name, value in target.headers),
    ]
    return "\r\n".join([*head, "", ""]).encode("latin-1") + encoded
