"""The table ``[model.search]``: what to search hyperparameters in, read and written back."""

from collections.abc import Mapping
from typing import Any

from slipway.errors import BadInput
from slipway.records.trial import Dimension
from slipway.scoping import addresses
from slipway.scoping.problems import Wrong

_KEYS = ("low", "high", "log", "step")
_WANT = "a list of values such as [50, 100] or a range such as { low = 0.01, high = 10.0, log = true }"


def space(value: Any) -> tuple[Dimension, ...] | str:
    """Read a table of hyperparameters, each with its range or its choices; or a function that draws them.

    >>> space({"C": {"low": 0.1, "high": 10.0, "log": True}})[0].log, space({"depth": [2, 4]})[0].choices
    (True, (2, 4))
    """
    if isinstance(value, str):
        return addresses.function(value)
    if not isinstance(value, dict) or not value:
        raise Wrong("a table of hyperparameters, or a function such as 'model.py:space'", f"Each is {_WANT}.")
    return tuple(_dimension(name, item) for name, item in value.items())


def as_written(value: tuple[Dimension, ...] | str) -> Any:
    """Return what :func:`space` reads as the same."""
    return value if isinstance(value, str) else {d.name: _written(d) for d in value}


def _dimension(name: str, value: Any) -> Dimension:
    if isinstance(value, list):
        if len(value) < 2 or not all(isinstance(v, bool | int | float | str) for v in value):
            raise Wrong(f"two or more numbers, texts or truth values to choose from for '{name}'")
        return Dimension(name=name, choices=tuple(value))
    if not isinstance(value, Mapping) or not {"low", "high"} <= value.keys() <= {*_KEYS}:
        raise Wrong(f"{_WANT} for '{name}'")
    numbers = [value[k] for k in ("low", "high", "step") if k in value]
    if any(isinstance(n, bool) or not isinstance(n, int | float) for n in numbers):
        raise Wrong(f"numbers as low, high and step of '{name}'")
    if not isinstance(value.get("log", False), bool):
        raise Wrong(f"true or false as log of '{name}'")
    try:
        return Dimension(name=name, **value)
    except BadInput as error:
        raise Wrong("a range", str(error)) from None


def _written(dimension: Dimension) -> Any:
    if dimension.choices:
        return list(dimension.choices)
    found = {k: getattr(dimension, k) for k in _KEYS}
    return {k: v for k, v in found.items() if v is not None and v is not False}
