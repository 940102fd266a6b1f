"""Moments and lengths of time as people write them on the command line."""

from datetime import UTC, datetime

from slipway.errors import BadInput
from slipway.scoping.duration import seconds


def moment_us(text: str, *, option: str, now_us: int) -> int:
    """Return a moment: a date, a date and a time (UTC unless it says otherwise), or how long ago.

    Args:
        text: Such as ``2013-04-09``, ``2013-04-09T14:05``, ``2013-04-09T14:05+02:00`` or ``7d``.
        option: The option's name, for the message.
        now_us: What durations count back from.

    Raises:
        BadInput: It is none of these.

    >>> moment_us("2013-04-09T14:05", option="--since", now_us=0)
    1365516300000000
    >>> moment_us("2h", option="--since", now_us=7_200_000_001)
    1
    """
    try:
        return now_us - round(seconds(text) * 1e6)
    except BadInput:
        pass
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise BadInput(
            f"{option}: want a day (2013-04-09), a moment (2013-04-09T14:05, UTC) or how long ago (7d, 6h), "
            f"got '{text}'."
        ) from error
    found = found if found.tzinfo else found.replace(tzinfo=UTC)
    return round(found.timestamp() * 1e6)


def duration_s(text: str, *, option: str) -> float:
    """Return a length of time in seconds.

    Args:
        text: Such as ``10min``.
        option: The option's name, for the message.

    Raises:
        BadInput: It is none.

    >>> duration_s("10min", option="--timeout")
    600.0
    """
    try:
        return seconds(text)
    except BadInput as error:
        raise BadInput(f"{option}: want a length of time such as 10min, got '{text}'. {error}") from None
