"""Quiet hours: when they are over, in a time zone with its summer time. Pure."""

import re
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from slipway.errors import BadInput

_SHAPE = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)")


def quiet_hours(text: str) -> tuple[time, time]:
    """Return when quiet hours begin and end.

    Raises:
        BadInput: It says something else, or both are the same.

    >>> quiet_hours("22:00-07:30")
    (datetime.time(22, 0), datetime.time(7, 30))
    """
    found = _SHAPE.fullmatch(text)
    if not found or found.group(1, 2) == found.group(3, 4):
        raise BadInput(f'quiet: want two different times such as "22:00-07:00", got "{text}".')
    hours = [int(part) for part in found.groups()]
    return time(hours[0], hours[1]), time(hours[2], hours[3])


def quiet_until_us(now_us: int, *, quiet: str, zone: str) -> int | None:
    """Return the end of the quiet hours that the moment lies in, or None where it lies in none.

    Args:
        now_us: The moment, microseconds since the epoch.
        quiet: Such as ``22:00-07:00``, or empty for none.
        zone: Name of a time zone.

    On the last Sunday of March 2026 the clocks of Berlin went from 02:00 to 03:00: seven in the morning was 05:00 UTC.

    >>> at = lambda text: round(datetime.fromisoformat(text).timestamp() * 1e6)
    >>> end_us = quiet_until_us(at("2026-03-28T22:30+01:00"), quiet="22:00-07:00", zone="Europe/Berlin")
    >>> end_us == at("2026-03-29T05:00+00:00")
    True
    >>> quiet_until_us(at("2026-03-28T12:00+01:00"), quiet="22:00-07:00", zone="Europe/Berlin") is None
    True
    """
    if not quiet:
        return None
    begin, end = quiet_hours(quiet)
    local = datetime.fromtimestamp(now_us / 1e6, tz=UTC).astimezone(ZoneInfo(zone))
    clock = local.time()
    within = begin <= clock < end if begin < end else clock >= begin or clock < end
    if not within:
        return None
    day = local.date() + (timedelta(days=1) if clock >= end else timedelta())
    over = datetime.combine(day, end, tzinfo=ZoneInfo(zone))
    return round(over.astimezone(UTC).timestamp() * 1e6)
