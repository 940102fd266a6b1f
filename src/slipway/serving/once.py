"""A name that comes twice in a JSON object is refused: nobody can know whether ``{"x": 17, "x": 3}`` means 17 or 3.

Parsers take the last one and say nothing. To look for it would cost more than the parsing itself, but a body has at
least one colon a name: as long as it has no more colons than names that are known to be there, each came once. Only a
body with more (times such as ``12:30`` among the values, nulls for categories) is looked at again.
"""

import json
from typing import Any

import msgspec
import numpy as np

from slipway.serving.explain import not_json
from slipway.serving.refusal import Refusal

_LONG_BYTES = 4096
_COLON = ord(":")
_NESTED = (dict, list)
_decode = msgspec.json.Decoder().decode


def refuse_twice(body: bytes, *, names: int) -> None:
    """Return if no object of a body names anything twice.

    Args:
        body: JSON, known to be well formed.
        names: Names that are known to be in it, each once in its object.

    Raises:
        Refusal: 400; says which name.

    >>> refuse_twice(b'{"a": 1, "b": "12:30"}', names=2)
    >>> refuse_twice(b'{"a": 1, "a": 2}', names=1)
    Traceback (most recent call last):
    slipway.serving.refusal.Refusal: a: comes twice. want each name once in an object, got it 2 times...
    """
    if (colons := count_colons(body)) <= names:
        return
    try:
        if colons > _names_in(_decode(body)):
            json.loads(body, object_pairs_hook=_each_once)
    except RecursionError as error:  # not so deep that the typed decode minded
        raise not_json(error) from None


def count_colons(body: bytes) -> int:
    """Return how many colons a body has; ``bytes.count`` looks at one byte at a time, which is long for a long body.

    >>> count_colons(b'{"a": 1}'), count_colons(b":" * 5000 + b"." * 5000)
    (1, 5000)
    """
    if len(body) < _LONG_BYTES:
        return body.count(b":")
    return int(np.count_nonzero(np.frombuffer(body, np.uint8) == _COLON))


def _names_in(value: Any) -> int:
    if isinstance(value, dict):
        return len(value) + sum(map(_names_in, value.values()))
    return sum(_names_in(one) for one in value if type(one) in _NESTED) if isinstance(value, list) else 0


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise Refusal(
            400,
            f"{twice[:80]}: comes twice.",
            wanted="each name once in an object",
            got=f"it {names.count(twice)} times",
            hint="Send the value that counts.",
        )
    return found
