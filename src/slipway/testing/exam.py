"""How the contract suites ask: each question carries its promise, so that a stranger's failure explains itself.

The suites call these instead of ``assert``, which pytest rewrites in test files only and ``python -O`` drops.
"""

from collections.abc import Callable
from typing import Any, TypeVar

E = TypeVar("E", bound=Exception)


def equal(got: object, want: object, *, promise: str) -> None:
    """Fail with the promise, what was wanted and what came, unless they are equal.

    >>> equal(1 + 1, 2, promise="sums")
    >>> equal(1, 2, promise="one is one")
    Traceback (most recent call last):
    AssertionError: one is one: want 2, got 1
    """
    if got != want:
        raise AssertionError(f"{promise}: want {want!r}, got {got!r}")


def holds(condition: object, *, promise: str) -> None:
    """Fail with the promise unless it holds."""
    if not condition:
        raise AssertionError(f"{promise}: it does not hold")


def refuses(error: type[E], call: Callable[[], Any], *, promise: str, naming: str = "") -> E:
    """Fail unless the call raises that error with a message that holds ``naming``; return the error.

    >>> refuses(ZeroDivisionError, lambda: 1 // 0, promise="no division by zero").args[0]
    'integer division or modulo by zero'
    """
    try:
        got = call()
    except error as raised:
        if naming not in str(raised):
            raise AssertionError(f"{promise}: want a message that names {naming!r}, got {str(raised)!r}") from raised
        return raised
    raise AssertionError(f"{promise}: want {error.__name__}, got {got!r}")
