"""Readers of how an arm is asked: variables, the JSON of a service, a certificate, options of a plugin."""

import re
from typing import Any

from slipway.errors import nearest
from slipway.records.arm import ORDERS, JsonShape, Option, Reading
from slipway.scoping.problems import Wrong
from slipway.scoping.values import Reader, among, duration, number, params

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}")
_PEM = re.compile(r"(?:[A-Za-z0-9_-][A-Za-z0-9_.-]*/)*[A-Za-z0-9_-][A-Za-z0-9_.-]*\.(?:pem|crt)")
_PATH = re.compile(r"[^.\s]+(?:\.[^.\s]+)*")
_SHAPE = 'a table such as { rows = "instances", score = "predictions" }'


def variables(value: Any) -> tuple[str, ...]:
    """Read names of environment variables."""
    if not isinstance(value, list) or not all(isinstance(v, str) and _VARIABLE.fullmatch(v) for v in value):
        raise Wrong('a list of names of environment variables such as ["MODEL_CACHE"]', "Names only, no values.")
    return tuple(dict.fromkeys(value))


def certificate(value: Any) -> str:
    """Read the path of a certificate in PEM inside the project."""
    if not isinstance(value, str) or not _PEM.fullmatch(value) or ".." in value:
        raise Wrong("a .pem or .crt file in the project's folder, such as 'certs/old.pem'")
    return value


def options(value: Any) -> tuple[tuple[str, Option], ...]:
    """Read the options of somebody else's runtime: texts, numbers and truth values by name."""
    for name, item in params(value).items():
        if isinstance(item, list | dict):
            raise Wrong(f"texts, numbers and truth values ('{name}' is none)", "Write it as text.")
    return tuple(value.items())


def json_shape(value: Any) -> JsonShape:
    """Read how a service is asked that does not speak the Open Inference Protocol.

    >>> json_shape({"score": "predictions.p", "rows": "instances", "names": {"dep_delay": "delay"}}).names
    (('dep_delay', 'delay'),)
    """
    if not isinstance(value, dict):
        raise Wrong(_SHAPE)
    known = ("score", "rows", "names")
    for key in value:
        if key not in known:
            raise Wrong(f"{_SHAPE}, and no key '{key}'", nearest(key, known).strip())
    score, rows, names = value.get("score", ""), value.get("rows", ""), value.get("names", {})
    if not isinstance(score, str) or not _PATH.fullmatch(score):
        raise Wrong(f"{_SHAPE} with 'score', the keys to the answer joined by dots")
    if not isinstance(rows, str) or not isinstance(names, dict):
        raise Wrong(f"{_SHAPE} with 'rows' a text and 'names' a table")
    if not all(isinstance(theirs, str) and theirs for theirs in names.values()):
        raise Wrong("'names' as a table of our field = \"its name there\"")
    return JsonShape(score=score, rows=rows, names=tuple(names.items()))


_READING: dict[str, tuple[str, Reader]] = {
    "lease": ("lease_s", duration),
    "undo": ("undo_s", duration),
    "second": ("second", number(least=0, most=1)),
    "settle": ("settle", number(least=0, most=1)),
    "first": ("first", among(*ORDERS)),
}


def reading(value: Any) -> Reading:
    """Read how the cases of a person arm are handed out, read twice and settled.

    >>> reading({"lease": "5min", "second": 0.1}).lease_s
    300.0
    """
    if not isinstance(value, dict):
        raise Wrong(f"a table of {', '.join(_READING)}", 'For example: { lease = "15min", second = 0.05 }.')
    for key in value:
        if key not in _READING:
            raise Wrong(f"a table of {', '.join(_READING)}, and no key '{key}'", nearest(key, _READING).strip())
    found = {}
    for key, item in value.items():
        field, read = _READING[key]
        try:
            found[field] = read(item)
        except Wrong as wrong:
            raise Wrong(f"'{key}' as {wrong.want}", wrong.way_out) from None
    return Reading(**found)
