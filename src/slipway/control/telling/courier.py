"""Carries what the outbox holds for one receiver: tries, waits longer each time, and gives up in the end.

It writes one record, what became of the messages, which nobody else writes; attempts are counted in memory only. Killed
after a message was sent and before that was stored, it sends it again, with the same key: at least once, never lost.
"""

import random
import time
from collections.abc import Callable
from typing import NamedTuple

import msgspec

from slipway.control.alerting import outbox_of
from slipway.control.telling.attempt import Undelivered
from slipway.errors import NotFound, SlipwayError
from slipway.ports import Change, ControlStore
from slipway.records.base import Record
from slipway.records.receiver import DeadLetter, Message, Receiver, Sent

FIRST_S, LONGEST_S = 1.0, 300.0
"""Pause behind the first failure, which doubles, and the longest one; each times a number between a half and 1.5."""

KEPT = 100
"""Keys of delivered messages, and dead letters, that are kept although no outbox holds them."""

BY = "alerts"


class ReceiverState(Record, frozen=True, kw_only=True):
    """How one receiver does.

    Attributes:
        receiver: Its name.
        waiting: Messages that are to be sent.
        delivered: Messages that it took, ever.
        given_up: Messages of the newest that were given up.
        failures: Attempts in a row that failed.
        why: What came of the last attempt, or empty where it took the message.
    """

    receiver: str
    waiting: int = 0
    delivered: int = 0
    given_up: int = 0
    failures: int = 0
    why: str = ""


class _Try(NamedTuple):
    made: int
    first_s: float
    next_s: float


class Courier:
    """One receiver's.

    Args:
        store: Control store.
        receiver: Who is told.
        tell: Makes one attempt, or raises :class:`Undelivered`.
        machine_us: Tells the machine's time.
        give_up_s: So long after this process first tried a message it is not tried again.
        chance: Makes the pauses of several couriers differ.
        monotonic: Tells seconds since any moment; by it one waits and gives up, for the machine's clock may be set.
    """

    def __init__(
        self,
        store: ControlStore,
        *,
        receiver: Receiver,
        tell: Callable[[Receiver, Message], None],
        machine_us: Callable[[], int],
        give_up_s: float,
        chance: random.Random,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store, self._receiver, self._tell = store, receiver, tell
        self._machine_us, self._give_up_s, self._chance = machine_us, give_up_s, chance
        self._monotonic = monotonic
        self._tries: dict[str, _Try] = {}
        self._unsaved: Sent | None = None
        self.state = ReceiverState(receiver=receiver.name)

    def turn(self, *, ended: Callable[[], bool] = lambda: False) -> None:
        """Try everything that is due once.

        Args:
            ended: Tells between two messages whether to stop.
        """
        try:
            outbox, _ = outbox_of(self._store)
            sent, version = self._sent()
        except SlipwayError:
            return  # the store is away: everything is in it still
        if self._unsaved is not None:
            version = self._save(sent, version=version)
        waiting = [m for m in outbox.messages if m.receiver == self._receiver.name and m.key not in sent.over]
        self._tries = {m.key: self._tries[m.key] for m in waiting if m.key in self._tries}
        for message in waiting:
            if ended():
                return
            after = self._try(message, sent)
            if after is not sent:
                sent = _pruned(after, keep={m.key for m in outbox.messages})
                version = self._save(sent, version=version)
        left = sum(m.key not in sent.over for m in waiting)
        self.state = msgspec.structs.replace(
            self.state, waiting=left, delivered=sent.delivered, given_up=len(sent.dead)
        )

    def _try(self, message: Message, sent: Sent) -> Sent:
        now_s = self._monotonic()
        known = self._tries.get(message.key, _Try(0, now_s, now_s))
        if now_s < known.next_s:
            return sent
        try:
            self._tell(self._receiver, message)
        except Undelivered as error:
            return self._failed(message, sent, known=known, why=str(error))
        except Exception as error:  # noqa: BLE001 - a bug of ours, or of the library, must not end the thread
            return self._failed(message, sent, known=known, why=f"not sent ({type(error).__name__})")
        self.state = msgspec.structs.replace(self.state, failures=0, why="")
        now_us = self._machine_us()
        return msgspec.structs.replace(
            sent, done=(*sent.done, message.key), delivered=sent.delivered + 1, last_us=now_us
        )

    def _failed(self, message: Message, sent: Sent, *, known: _Try, why: str) -> Sent:
        now_s, made = self._monotonic(), known.made + 1
        self.state = msgspec.structs.replace(self.state, failures=self.state.failures + 1, why=why)
        if now_s - known.first_s < self._give_up_s:
            pause_s = min(FIRST_S * 2.0 ** min(made - 1, 30), LONGEST_S) * self._chance.uniform(0.5, 1.5)
            self._tries[message.key] = _Try(made, known.first_s, now_s + pause_s)
            return sent
        letter = DeadLetter(
            key=message.key,
            alerts=tuple(dict.fromkeys(n.alert for n in message.notices)),
            at_us=self._machine_us(),
            attempts=made,
            why=why,
        )
        return msgspec.structs.replace(sent, dead=(*sent.dead, letter))

    def _sent(self) -> tuple[Sent, int]:
        try:
            sent, version = self._store.get(Sent, id=self._receiver.name)
        except NotFound:
            sent, version = Sent(receiver=self._receiver.name), 0
        return (self._unsaved or sent), version

    def _save(self, sent: Sent, *, version: int) -> int:
        """Store what became of a message; as long as the store is away it is known here."""
        self._unsaved = sent
        lost = sent.dead[-1].why if sent.dead else ""
        why = f"{sent.delivered} delivered{f', {len(sent.dead)} given up: {lost}' if sent.dead else ''}"
        try:
            self._store.commit([Change(sent, sent.receiver, version)], at_us=self._machine_us(), by=BY, why=why)
        except SlipwayError:
            return version
        self._unsaved = None
        return version + 1


def _pruned(sent: Sent, *, keep: set[str]) -> Sent:
    old = [key for key in sent.done if key not in keep][-KEPT:]
    return msgspec.structs.replace(
        sent, done=(*old, *(k for k in sent.done if k in keep)), dead=_newest(sent.dead, keep)
    )


def _newest(dead: tuple[DeadLetter, ...], keep: set[str]) -> tuple[DeadLetter, ...]:
    old = [letter.key for letter in dead if letter.key not in keep][-KEPT:]
    return tuple(letter for letter in dead if letter.key in keep or letter.key in old)
