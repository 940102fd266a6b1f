"""What the control surface can be asked about alerts: plain calls that return records."""

from collections.abc import Callable
from enum import StrEnum

from slipway.control.step import Controller
from slipway.control.telling.courier import ReceiverState
from slipway.control.telling.sender import Sender, Tried
from slipway.errors import BadInput, NotFound, nearest
from slipway.monitoring.alerts import acknowledge, resolve, snooze
from slipway.ports import ControlStore
from slipway.records.base import Record
from slipway.records.trouble import Alert

SNOOZE_S = 3600.0
LONGEST_S = 90 * 86_400.0


class Act(StrEnum):
    """What a person can do with an alert."""

    ACK = "ack"
    SNOOZE = "snooze"
    RESOLVE = "resolve"


class AlertRequest(Record, frozen=True, kw_only=True):
    """What somebody does with an alert.

    Attributes:
        do: What.
        why: The reason, for the audit trail.
        by: Who asks.
        for_s: SNOOZE: for how long.
    """

    do: Act
    why: str = ""
    by: str = "control surface"
    for_s: float = SNOOZE_S


class AlertTestRequest(Record, frozen=True, kw_only=True):
    """What sends a test.

    Attributes:
        receiver: To whom; None to everybody.
        by: Who asks.
    """

    receiver: str | None = None
    by: str = "control surface"


class AlertDesk:
    """Answers what is asked about alerts; blocking, for any number of threads.

    Args:
        controller: The controller.
        now_us: Tells the moment by the clock that counts.
        sender: Sends to receivers; None where nobody does, as in a process that only looks.
    """

    def __init__(self, controller: Controller, *, now_us: Callable[[], int], sender: Sender | None = None) -> None:
        self._controller, self._now_us, self._sender = controller, now_us, sender

    def alerts(self) -> tuple[Alert, ...]:
        """Return all alerts, those that were opened first, first."""
        return alerts(self._controller.store)

    def alert(self, id: str) -> Alert:  # noqa: A002 - the field's own word
        """Return one alert.

        Raises:
            NotFound: No such alert.
        """
        known = {a.id: a for a in self.alerts()}
        if id not in known:
            raise NotFound(f"alert {id}: no such alert.{nearest(id, known)} 'slipway alert list' shows all.")
        return known[id]

    def act(self, id: str, *, request: AlertRequest) -> Alert:  # noqa: A002 - the field's own word
        """Do what a person asks with an alert, and return it as it is then.

        Raises:
            NotFound: No such alert.
            Conflict: It is resolved already.
            BadInput: It is to be snoozed for no time, or for ever.
        """
        keeper = self._controller.alerting
        if keeper is None:
            raise NotFound(f"alert {id}: nobody keeps alerts here.")
        now_us = self._now_us()
        do = _acts(request, now_us=now_us)
        with self._controller.alone():
            return keeper.act(self.alert(id).id, do=do, now_us=now_us, by=request.by)

    def test(self, request: AlertTestRequest) -> tuple[Tried, ...]:
        """Send a test to receivers, and return what came of it.

        Raises:
            NotFound: No such receiver.
        """
        return () if self._sender is None else self._sender.test(request.receiver)

    def receivers(self) -> tuple[ReceiverState, ...]:
        """Return how the receivers do."""
        return () if self._sender is None else self._sender.states()


def alerts(store: ControlStore) -> tuple[Alert, ...]:
    """Return all alerts that a store holds, those that were opened first, first."""
    return tuple(sorted((a for _, a, _ in store.all(Alert)), key=lambda a: (a.opened_us, a.id)))


def _acts(request: AlertRequest, *, now_us: int) -> Callable[[Alert], Alert]:
    by, why = request.by, request.why
    if request.do is Act.SNOOZE:
        if not 0 < request.for_s <= LONGEST_S:
            raise BadInput(f"snooze: want a length of time up to 90 days, got {request.for_s:g} s.")
        until_us = now_us + round(request.for_s * 1e6)
        return lambda alert: snooze(alert, until_us=until_us, by=by, why=why, now_us=now_us)
    act = acknowledge if request.do is Act.ACK else resolve
    return lambda alert: act(alert, by=by, why=why, now_us=now_us)
