"""What is handed to one person at a time: theirs until a moment, then anybody's. A crash leaves nothing to clean up."""

from typing import Protocol

from slipway.errors import BadInput

LEASE_S = 900.0
"""How long a thing is somebody's, unless stated otherwise."""


class Leased(Protocol):
    """A record that says who has it, and until when."""

    @property
    def holder(self) -> str:
        """Who has it, or empty."""
        ...

    @property
    def until_us(self) -> int:
        """Until when, microseconds since the epoch."""
        ...


def holder_of(thing: Leased | None, *, now_us: int) -> str | None:
    """Return who has a thing now; None where nobody has, or ever had."""
    return None if thing is None or thing.until_us <= now_us or not thing.holder else thing.holder


def is_free_for(thing: Leased | None, *, by: str, now_us: int) -> bool:
    """Tell whether somebody may have a thing: nobody has it, or he does himself."""
    return holder_of(thing, now_us=now_us) in (None, by)


def until(by: str, *, lease_s: float, now_us: int) -> int:
    """Return until when a thing is his who takes it now.

    Raises:
        BadInput: Nobody is named, or the lease is no time.

    >>> until("ana", lease_s=2.0, now_us=5)
    2000005
    """
    if not by.strip() or not lease_s > 0:
        raise BadInput(f"lease: want somebody's name and a time above 0 s, got {by!r} and {lease_s}.")
    return now_us + round(lease_s * 1e6)
