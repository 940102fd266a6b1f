"""Durations as people write them: ``30d``, ``6h``, ``15min``, ``90s``."""

import re
from decimal import Decimal

from slipway.errors import BadInput

UNITS = {"s": 1, "min": 60, "h": 3600, "d": 86400, "w": 604800}
"""Seconds in each unit."""
LONGEST_S = 100 * 366 * 86400
"""A hundred years; anything longer is a slip of the pen."""

_SHAPE = re.compile(r"(\d+(?:\.\d+)?)\s*([a-zA-Z]*)")
_LONG = {
    "sec": "s", "secs": "s", "second": "s", "seconds": "s",
    "m": "min", "mins": "min", "minute": "min", "minutes": "min",
    "hr": "h", "hrs": "h", "hour": "h", "hours": "h",
    "day": "d", "days": "d", "week": "w", "weeks": "w",
}  # fmt: skip


def seconds(text: str) -> float:
    """Return the seconds in a duration.

    Raises:
        BadInput: No such duration; the message says what to write instead.

    >>> seconds("30d"), seconds("15min"), seconds("0.5h")
    (2592000.0, 900.0, 1800.0)
    """
    found = _SHAPE.fullmatch(text.strip())
    if not found:
        raise BadInput('Write a number and a unit: "30d", "6h", "15min" or "90s".')
    number, unit = found[1], found[2]
    if unit not in UNITS:
        raise BadInput(_way_out(number, unit))
    result = float(number) * UNITS[unit]
    if result > LONGEST_S:
        raise BadInput("That is more than a hundred years.")
    return result


def duration(seconds_: float) -> str:
    """Write seconds in the largest unit that holds them whole, so that :func:`seconds` gives them back.

    >>> duration(2592000.0), duration(90), duration(0.5)
    ('30d', '90s', '0.5s')
    """
    for unit in ("d", "h", "min"):
        if seconds_ and seconds_ % UNITS[unit] == 0:
            return f"{int(seconds_ // UNITS[unit])}{unit}"
    number = Decimal(repr(float(seconds_)))
    return f"{int(number) if number == int(number) else format(number, 'f')}s"


def _way_out(number: str, unit: str) -> str:
    if not unit:
        return f'A unit is missing: "{number}d" is days, "{number}h" hours, "{number}min" minutes, "{number}s" seconds.'
    if unit.lower() in _LONG:
        return f'Write "{number}{_LONG[unit.lower()]}".'
    return f'Units are s, min, h, d and w; for example "{number}d".'
