"""Who is the controller, as one row of the control store: a token that grows with each one, and a beat that shows life.

The lease holds wherever the store is reached from. Who looks on tells by his own clock that no beat came, so no two
machines need to agree about the time. And whoever was only slow, or stopped and woken up, cannot do harm: each commit
of a controller carries its token, and the store refuses one that is not the newest (:func:`check`).
"""

from typing import Any, Protocol

from sqlalchemy import Connection, select

from slipway.errors import Conflict
from slipway.records.base import Record
from slipway.storage.schema import lease

STANDS_BY = -1
"""Token of a process that could be the controller and is not: no commit with it is kept, whoever has the lease."""


class Lease(Record, frozen=True, kw_only=True):
    """The lease as it is now.

    Attributes:
        token: Grows by one with each take; 0 where nobody ever took it.
        beat: Signs of life of the holder.
        holder: Who has it, in words for people; empty where it was given back.
        lock: What the holder wrote into his folder's lock file (:class:`slipway.storage.lock.ControllerLock`).
    """

    token: int = 0
    beat: int = 0
    holder: str = ""
    lock: str = ""


class LeasedStore(Protocol):
    """A control store that knows who the controller is. Each object is one client of it.

    Attributes:
        token: Lease without which no commit of this client is kept; :data:`STANDS_BY` for who waits to be the
            controller, and None for who never is and may commit all the same.
    """

    token: int | None

    def lease(self) -> Lease:
        """Return the lease."""
        ...

    def take_lease(self, seen: Lease, *, holder: str, lock: str) -> int:
        """Take the lease if it still is as it was seen, and return its token.

        Raises:
            Conflict: It was taken, or its holder gave a sign of life.
        """
        ...

    def beat_lease(self, token: int) -> None:
        """Give a sign of life.

        Raises:
            Conflict: Somebody else has the lease.
        """
        ...

    def give_lease(self, token: int) -> None:
        """Give the lease back, if it is the one with this token."""
        ...


def taken(seen: Lease, *, present: Lease, holder: str, lock: str) -> Lease:
    """Return the lease as it is once it was taken.

    Raises:
        Conflict: It is no longer as it was seen.
    """
    if present != seen:
        raise Conflict(
            f"lease of the controller: want it as it was seen, {_words(seen)}, got {_words(present)}. Look again."
        )
    return Lease(token=present.token + 1, holder=holder, lock=lock)


def beaten(present: Lease, *, token: int) -> Lease:
    """Return the lease after one more sign of life.

    Raises:
        Conflict: It is somebody else's.
    """
    check(present, token=token)
    return Lease(token=token, beat=present.beat + 1, holder=present.holder, lock=present.lock)


def given(present: Lease, *, token: int) -> Lease:
    """Return the lease after its holder gave it back; as it is if it is somebody else's."""
    return Lease(token=token) if present.token == token else present


def check(present: Lease, *, token: int | None) -> None:
    """Refuse who has been replaced.

    Raises:
        Conflict: The lease with this token is not the newest.
    """
    if token is not None and present.token != token:
        wanted = "that of this process, which stands by" if token == STANDS_BY else f"token {token}, which it took"
        raise Conflict(
            f"lease of the controller: want {wanted}, got {_words(present)}. Nothing was stored. This process stands "
            "by until it gets the lease."
        )


def read_lease(connection: Connection, *, holds: bool = False) -> Lease:
    """Return the lease.

    Args:
        connection: In a transaction.
        holds: Whether it is to stay as it is until the transaction ends.
    """
    query = select(lease.c.token, lease.c.beat, lease.c.holder, lease.c.lock)
    row: Any = connection.execute(query.with_for_update() if holds else query).one()
    return Lease(**row._asdict())


def write_lease(connection: Connection, wanted: Lease) -> None:
    """Store the lease."""
    values = {name: getattr(wanted, name) for name in wanted.__struct_fields__}
    connection.execute(lease.update().values(**values))


def _words(found: Lease) -> str:
    return f"token {found.token} of {found.holder or 'nobody'}, beat {found.beat}"
