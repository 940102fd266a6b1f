"""Tells all receivers, each in a thread of its own: one that hangs delays neither a step of control nor another."""

import os
import random
from collections.abc import Callable
from pathlib import Path
from threading import Event, Thread

from slipway.control.telling.attempt import Undelivered
from slipway.control.telling.courier import Courier, ReceiverState
from slipway.control.telling.mail import mail
from slipway.control.telling.webhook import post
from slipway.errors import NotFound, nearest
from slipway.ports import ControlStore
from slipway.records.base import Record
from slipway.records.receiver import Alerts, Message, Notice, Receiver, ReceiverKind
from slipway.records.trouble import AlertKind, Happening, Severity

LOOK_S = 1.0
"""How often the outbox is looked at."""

TEST_S = 10.0
"""How long a test of all receivers may take."""


class Tried(Record, frozen=True, kw_only=True):
    """What came of a test.

    Attributes:
        receiver: Who was told.
        took: Whether it took the message.
        why: Why not, or empty.
    """

    receiver: str
    took: bool
    why: str = ""


class Sender:
    """Sends what alerts put into the outbox, from :meth:`start` to :meth:`stop`.

    Args:
        store: Control store.
        alerts: Who is told.
        project: Name of the project.
        root: Its folder.
        machine_us: Tells the machine's time.
        environ: The environment, which may hold addresses and keys; None takes the process's own.
        look_s: How often the outbox is looked at.
        may: Tells whether this process is the one that sends now: the controller.
    """

    def __init__(
        self,
        store: ControlStore,
        *,
        alerts: Alerts,
        project: str,
        root: Path,
        machine_us: Callable[[], int],
        environ: dict[str, str] | None = None,
        look_s: float = LOOK_S,
        may: Callable[[], bool] = lambda: True,
    ) -> None:
        self._may = may
        self._project, self._root, self._machine_us = project, root, machine_us
        self._environ = dict(os.environ) if environ is None else environ
        self._receivers = {r.name: r for r in alerts.receivers}
        self._couriers = [
            Courier(
                store,
                receiver=receiver,
                tell=self.tell,
                machine_us=machine_us,
                give_up_s=alerts.give_up_s,
                chance=random.Random(),  # noqa: S311 - spreads attempts, hides nothing
            )
            for receiver in alerts.receivers
        ]
        self._look_s, self._ended = look_s, Event()

    def start(self) -> None:
        """Begin to send."""
        for courier in self._couriers:
            Thread(target=self._run, args=(courier,), name="alerts", daemon=True).start()

    def stop(self) -> None:
        """Send nothing more; an attempt under way is left to itself, and its message is sent again later."""
        self._ended.set()

    def states(self) -> tuple[ReceiverState, ...]:
        """Return how each receiver does."""
        return tuple(courier.state for courier in self._couriers)

    def tell(self, receiver: Receiver, message: Message, *, within_s: float = 30.0) -> None:
        """Make one attempt.

        Raises:
            Undelivered: It was not taken.
        """
        by = mail if receiver.kind is ReceiverKind.EMAIL else post
        by(
            receiver,
            message,
            project=self._project,
            root=self._root,
            environ=self._environ,
            now_s=self._machine_us() // 1_000_000,
            within_s=within_s,
        )

    def test(self, receiver: str | None = None) -> tuple[Tried, ...]:
        """Send a test to every receiver, or to one, and return what came of it.

        Raises:
            NotFound: No such receiver.
        """
        if receiver is not None and receiver not in self._receivers:
            known = ", ".join(self._receivers) or "none"
            raise NotFound(
                f"receiver {receiver}: want one of [alerts.receivers]: {known}.{nearest(receiver, self._receivers)}"
            )
        asked = [r for r in self._receivers.values() if receiver in (None, r.name)]
        outcome: dict[str, Tried] = {}
        threads = [Thread(target=self._test, args=(one, outcome), daemon=True) for one in asked]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(TEST_S + 1)
        silent = f"no answer within {TEST_S:g} s"
        return tuple(outcome.get(r.name, Tried(receiver=r.name, took=False, why=silent)) for r in asked)

    def _test(self, receiver: Receiver, outcome: dict[str, Tried]) -> None:
        now_us = self._machine_us()
        notice = Notice(
            key=f"test-{now_us}",
            alert="test",
            what=Happening.TESTED,
            kind=AlertKind.TEST,
            severity=Severity.INFO,
            sentence="This is a test: somebody wants to know whether this receiver can be told. Nothing is wrong.",
            command="slipway alert test",
            at_us=now_us,
        )
        message = Message(key=f"test-{now_us}-{receiver.name}", receiver=receiver.name, notices=(notice,), queued_us=0)
        try:
            self.tell(receiver, message, within_s=TEST_S)
        except Undelivered as error:
            outcome[receiver.name] = Tried(receiver=receiver.name, took=False, why=str(error))
        else:
            outcome[receiver.name] = Tried(receiver=receiver.name, took=True)

    def _run(self, courier: Courier) -> None:
        while not self._ended.wait(self._look_s):
            if self._may():
                courier.turn(ended=self._ended.is_set)
