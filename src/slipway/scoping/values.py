"""Readers of one value each: what a key may hold, in one place for all keys.

A reader takes what TOML gave and returns what the record holds, or raises :class:`~slipway.scoping.problems.Wrong`.
"""

import math
import re
from collections.abc import Callable
from enum import StrEnum
from typing import Any

from slipway.errors import BadInput, nearest
from slipway.records.base import NAME
from slipway.scoping.duration import seconds
from slipway.scoping.problems import Wrong

Reader = Callable[[Any], Any]
_COLUMN = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,63}")
WORD = "1 to 64 lower-case letters, digits, '-' or '_' that start with a letter"
_FRACTION = "Shares are fractions: write 0.05 for 5 %."


def text(value: Any) -> str:
    """Read a sentence: some text, at most 2,000 characters, nothing that cannot be printed."""
    if not isinstance(value, str):
        raise Wrong("text", "Put it in quotes." if isinstance(value, int | float) else "")
    if not value.strip():
        raise Wrong("text that says something", "Write a sentence, or take the key out if it is not required.")
    if len(value) > 2000:
        raise Wrong("at most 2000 characters")
    if any(not c.isprintable() and c not in "\n\t" for c in value):
        raise Wrong("text that can be printed", "Take the control characters out.")
    return value.strip()


def word(value: Any) -> str:
    """Read a checked word: a name that is safe in a path, an address and a label."""
    if not isinstance(value, str) or not NAME.fullmatch(value):
        suggestion = word_like(value) if isinstance(value, str) else ""
        raise Wrong(WORD, f"Write '{suggestion}'." if suggestion else "")
    return value


def word_like(value: str) -> str:
    """Return the checked word nearest to some text, or an empty string if nothing of it is left.

    >>> word_like("My Flights (2013)")
    'my-flights-2013'
    """
    return re.sub(r"[^a-z0-9_-]+", "-", value.lower()).lstrip("-_0123456789")[:64].rstrip("-_")


def column(value: Any) -> str:
    """Read the name of a column of the data."""
    if not isinstance(value, str) or not _COLUMN.fullmatch(value):
        raise Wrong(
            "a column's name of 1 to 64 letters, digits, '_' or '-' that starts with a letter or '_'",
            "Rename the column where the data is loaded.",
        )
    return value


def number(
    *, over: float | None = None, least: float | None = None, under: float | None = None, most: float | None = None
) -> Reader:
    """Make a reader of a finite number within bounds; ``over`` and ``under`` leave the bound itself out."""
    low, high = over if over is not None else least, under if under is not None else most
    bounds = ((">", over), (">=", least), ("<", under), ("<=", most))
    sides = [f"{sign} {bound:g}" for sign, bound in bounds if bound is not None]
    want = f"a number {' and '.join(sides)}".strip()

    def read(value: Any) -> float:
        result = _finite(value, want=want)
        too_low = low is not None and (result < low or (over is not None and result == low))
        too_high = high is not None and (result > high or (under is not None and result == high))
        if too_low or too_high:
            raise Wrong(want, _FRACTION if high == 1 and 1 < result <= 100 else "")
        return result

    return read


def whole(*, least: int, most: int) -> Reader:
    """Make a reader of a whole number within bounds."""
    want = f"a whole number from {least} to {most}"

    def read(value: Any) -> int:
        if isinstance(value, str) and value.strip().isdecimal():
            raise Wrong(want, "Write it without quotes.")
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise Wrong(want)
        return value

    return read


def flag(value: Any) -> bool:
    """Read true or false."""
    if not isinstance(value, bool):
        raise Wrong("true or false", "Write it without quotes." if value in ("true", "false") else "")
    return value


def choice(kinds: type[StrEnum]) -> Reader:
    """Make a reader of one word of a closed set."""
    words = [k.value for k in kinds]

    def read(value: Any) -> StrEnum:
        if not isinstance(value, str) or value not in words:
            raise Wrong(one_of(words), nearest(value.lower(), words).strip() if isinstance(value, str) else "")
        return kinds(value)

    return read


def among(*words: str) -> Reader:
    """Make a reader of one word of a few that are no enum of their own."""

    def read(value: Any) -> str:
        if not isinstance(value, str) or value not in words:
            raise Wrong(one_of(words), nearest(value.lower(), words).strip() if isinstance(value, str) else "")
        return value

    return read


def one_of(words: list[str] | tuple[str, ...]) -> str:
    """Say which words may stand.

    >>> one_of(["a", "b", "c"])
    "'a', 'b' or 'c'"
    """
    quoted = [f"'{w}'" for w in words]
    return " or ".join([", ".join(quoted[:-1]), quoted[-1]]) if len(quoted) > 1 else quoted[0]


def duration(value: Any) -> float:
    """Read a duration such as ``30d`` as seconds."""
    want = 'a duration such as "30d", "6h", "15min" or "90s"'
    if isinstance(value, int | float) and not isinstance(value, bool):
        raise Wrong(want, "The unit is missing, and the quotes.")
    if not isinstance(value, str):
        raise Wrong(want)
    try:
        return seconds(value)
    except BadInput as error:
        raise Wrong(want, str(error)) from None


def words(value: Any) -> tuple[str, ...]:
    """Read a list of different texts."""
    if not isinstance(value, list) or not all(isinstance(v, str) for v in value):
        raise Wrong('a list of texts such as ["a", "b"]')
    if len(set(value)) < len(value):
        raise Wrong("texts that differ", "Keep one of each.")
    return tuple(value)


def params(value: Any) -> dict[str, Any]:
    """Read a table of a user's own parameters: anything that JSON could hold."""
    if not isinstance(value, dict):
        raise Wrong("a table such as { depth = 6 }")
    for key, item in value.items():
        _check_param(key, item)
    return value


def _check_param(key: str, value: Any) -> None:
    match value:
        case bool() | str():
            return
        case int():
            if not -(2**63) <= value < 2**63:
                raise Wrong(f"whole numbers of at most 64 bits ('{key}' is not)")
        case float():
            if not math.isfinite(value):
                raise Wrong(f"finite numbers ('{key}' is not)")
        case list():
            for item in value:
                _check_param(key, item)
        case dict():
            for name, item in value.items():
                _check_param(name, item)
        case _:
            raise Wrong(f"texts, numbers, truth values, lists and tables ('{key}' is a moment)", "Put dates in quotes.")


def _finite(value: Any, *, want: str) -> float:
    if isinstance(value, str):
        raise Wrong(want, "Write it without quotes." if _looks_like_a_number(value) else "")
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Wrong(want)
    try:
        result = float(value)
    except OverflowError:
        result = math.inf
    if not math.isfinite(result):
        raise Wrong(want if " finite" in want else want.replace("a number", "a finite number", 1))
    return result


def _looks_like_a_number(value: str) -> bool:
    return re.fullmatch(r"\s*[-+]?\d[\d_]*(\.\d+)?([eE][-+]?\d+)?\s*", value) is not None
