"""One process's time as the project's one controller: taken, shown by signs of life, lost, given back.

Two things tell who is the controller. The lease in the store (:mod:`slipway.storage.lease`) counts: who has its newest
token decides, and nobody else's commit is kept. The kernel's lock on a file makes it quick: whoever gets the lock of
the process that has the lease knows that it is dead, and need not wait until it has been silent for long enough.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from slipway.errors import Conflict, SlipwayError, Unavailable
from slipway.storage.lease import STANDS_BY, Lease, LeasedStore
from slipway.storage.lock import ControllerLock

BEAT_S = 1.0
"""How often a controller gives a sign of life, and who stands by looks for one."""

SILENCE_S = 5.0
"""After how long without one another takes over; a process of which nobody knows that it is dead may only be slow."""


class Tenure:
    """Tells whether this process is the controller, and makes it so when nobody else is.

    Args:
        store: Gets the lease's token while this is the controller, so that what it commits is refused once another has
            taken over.
        lock: The folder's.
        holder: This process, in words for people.
        end: Ends whoever has the folder's lock. Called only where it was silent for so long and the store lets nobody
            write: a process that was stopped in the middle of a commit keeps the database locked.
        silence_s: How long another may be silent.
        monotonic: Tells seconds since any moment.
        sleep: Waits so many seconds.
    """

    def __init__(
        self,
        store: LeasedStore,
        *,
        lock: ControllerLock,
        holder: str,
        end: Callable[[], object] = lambda: None,
        silence_s: float = SILENCE_S,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._store, self._lock, self._holder, self._end = store, lock, holder, end
        self._silence_s, self._monotonic, self._sleep = silence_s, monotonic, sleep
        self._seen, self._heard_s, self._looked_s = Lease(), monotonic(), monotonic()
        self._token: int | None = None

    @property
    def held(self) -> bool:
        """Whether this process took the lease, and nobody was seen to have taken it since."""
        return self._token is not None

    @property
    def token(self) -> int:
        """Token of the lease that is held, or 0."""
        return self._token or 0

    def look(self) -> bool:
        """Give a sign of life, or take the lease if its holder is gone or silent; tell whether it is held now.

        Raises:
            Unavailable: The store does not answer. Who has the lease keeps it; silence is not counted meanwhile.
        """
        if self._token is None:
            self._store.token = STANDS_BY
            if not self._take(locked=self._locked()):
                self._lock.release()  # for whoever has the lease and not the lock
                return False
            self._store.token = self._token
            return True
        try:
            self._store.beat_lease(self._token)
        except Conflict:
            self._lose()
            return False
        if not self._lock.held and self._locked():  # the last one only slept, and has woken up or died by now
            self._lock.sign()
        return True

    def give_back(self) -> None:
        """Let the next one take over at once. Where the store does not answer, it has to wait a little."""
        token, self._token, self._store.token = self._token, None, STANDS_BY  # a step may be under way
        try:
            if token is not None:
                self._store.give_lease(token)
        except SlipwayError:
            pass
        finally:
            self._lock.release()

    @contextmanager
    def guard(self) -> Iterator[None]:
        """Enter where this process is the controller.

        Raises:
            Conflict: Another is; the message names it.
        """
        if not self.held:
            raise Conflict(
                f"controller: want this process to be it, but {self._store.lease().holder or 'nobody'} is; this one "
                "stands by. Ask that one: 'slipway rollout' finds it, and 'slipway status' names it."
            )
        yield

    @contextmanager
    def for_one_change(self) -> Iterator[None]:
        """Be the controller for as long as a command takes.

        The lease stays with whoever had it last, so that the next command of this process need not take it again.

        Raises:
            Conflict: Another process is the controller, in this folder or elsewhere.
        """
        with self._lock:
            if self._store.lease().token != self._token:
                until_s = self._monotonic() + self._silence_s + BEAT_S
                while not self._take(locked=True):
                    if self._monotonic() > until_s:
                        raise Conflict(
                            f"controller: want to be the project's one controller, but {self._seen.holder} is. Ask "
                            "that one, or stop it and try again."
                        )
                    self._sleep(BEAT_S / 4)
            self._store.token = self._token
            try:
                yield
            finally:
                self._store.token = None  # what else this process stores is no controller's

    def _take(self, *, locked: bool) -> bool:
        seen = self._store.lease()
        now_s = self._monotonic()
        blind = now_s - self._looked_s > self._silence_s / 2
        if seen != self._seen or blind:
            self._seen, self._heard_s = seen, now_s
        self._looked_s = now_s
        dead = locked and self._lock.left == seen.lock
        if seen.holder and not dead and now_s - self._heard_s <= self._silence_s:
            return False
        if locked:
            self._lock.sign()
        try:
            self._token = self._store.take_lease(seen, holder=self._holder, lock=self._lock.name)
        except Conflict:
            return False
        except Unavailable:
            if seen.holder and not locked:
                self._end()
            raise
        return True

    def _locked(self) -> bool:
        try:
            self._lock.acquire()
        except Conflict:
            return False
        return True

    def _lose(self) -> None:
        self._token, self._store.token = None, STANDS_BY  # a step that is under way must store nothing more
        self._lock.release()
