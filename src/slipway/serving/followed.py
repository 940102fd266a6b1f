"""Which arms the shadow process follows, kept in a file for the process after it.

An arm may leave the route while rows that name it are still unanswered. Were the process killed then, nobody would know
how to ask the arm, for the route says it no more.
"""

from collections.abc import Iterable
from pathlib import Path

import msgspec

from slipway.errors import SlipwayError
from slipway.records.arm import Arm
from slipway.storage.atomic import write_atomically

_FILE = "shadow-arms.msgpack"


def save_followed(arms: Iterable[Arm], *, folder: Path) -> None:
    """Note which arms are followed, durably.

    Raises:
        Unavailable: The disk refused.
    """
    write_atomically(folder / _FILE, msgspec.msgpack.encode(sorted(arms, key=lambda arm: arm.name)))


def load_followed(folder: Path) -> set[Arm]:
    """Return the arms that were followed last; none where nobody noted them, or nobody can read what was noted."""
    try:
        return set(msgspec.msgpack.decode((folder / _FILE).read_bytes(), type=list[Arm]))
    except (OSError, msgspec.DecodeError, SlipwayError):
        return set()
