"""Carries alerts: asks what is wrong, asks the rules what follows, and stores both alerts and what is on its way.

Alerts and the messages about them are one transaction; who sends the messages (:mod:`slipway.control.telling.sender`)
writes only what became of them. So a process that is killed between the two sends again, and nothing is told of an
alert that was not stored.
"""

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import NamedTuple

from slipway.control.fault import Fault
from slipway.errors import NotFound, SlipwayError
from slipway.monitoring.alerts import carry
from slipway.monitoring.routing import notices, route
from slipway.ports import Change, ControlStore
from slipway.records.receiver import Alerts, Outbox, Sent
from slipway.records.trouble import Alert, AlertKind, Trouble

OUTBOX = "outbox"
"""Id of the one outbox."""

BY = "alerts"


class Source(NamedTuple):
    """Who knows of some kinds of trouble.

    Attributes:
        kinds: Of which kinds it knows whether they are there.
        troubles: Returns what is wrong at a moment; if it fails, alerts of its kinds stay as they are.
    """

    kinds: frozenset[AlertKind]
    troubles: Callable[[int], Iterable[Trouble]]


class Alerting:
    """Keeps the alerts of a project. Every call is made by who alone may change the store, or is told how to be it.

    Args:
        store: Control store.
        sources: Who knows of troubles.
        alerts: Who is told, and when.
        machine_us: Tells the machine's time.
        replays: Whether the past is replayed; then people are told only if the scope says so.
    """

    def __init__(
        self,
        store: ControlStore,
        *,
        sources: Sequence[Source],
        alerts: Alerts,
        machine_us: Callable[[], int],
        replays: bool = False,
    ) -> None:
        self._store, self._sources = store, tuple(sources)
        self._alerts = alerts if alerts.replay or not replays else Alerts()
        self._machine_us = machine_us

    def add(self, *sources: Source) -> None:
        """Ask these, too, from the next step on."""
        self._sources += sources

    def step(
        self,
        now_us: int,
        *,
        problems: list[str],
        alone: Callable[[], AbstractContextManager[object]] = nullcontext,
        turns: Callable[[], int] = lambda: 0,
    ) -> tuple[str, ...]:
        """Ask everybody what is wrong, store what follows, and return the ids of the alerts that changed.

        Args:
            now_us: The moment.
            problems: What does not work is added to them.
            alone: Entered where it is stored; whoever rolls back need not wait for the asking.
            turns: Tells how often that was entered, by whomever. Who came between makes what was asked old.
        """
        before = turns()
        troubles, unknown, unanswered = self._ask(now_us)
        with alone():
            if turns() > before + 1:
                troubles, unknown, unanswered = self._ask(now_us)
            problems += unanswered
            known = self._known()
            changed = carry([a for a, _ in known.values()], troubles=troubles, now_us=now_us, unknown=unknown)
            self._keep(changed, known=known, now_us=now_us, by=BY)
        return tuple(alert.id for alert in changed)

    def _ask(self, now_us: int) -> tuple[list[Trouble], set[AlertKind], list[str]]:
        """Return what is wrong, of which kinds nobody could say, and why not."""
        troubles: list[Trouble] = []
        unanswered: list[str] = []
        unknown = set(AlertKind).difference(*(source.kinds for source in self._sources))
        for source in self._sources:
            try:
                troubles += list(source.troubles(now_us))
            except Exception as error:  # noqa: BLE001 - one that breaks must not silence the others
                unknown |= source.kinds
                said = error if isinstance(error, SlipwayError) else Fault(error, since_s=0.0).words
                unanswered.append(f"alerts: {said}")
        return troubles, unknown, unanswered

    def act(self, alert_id: str, *, do: Callable[[Alert], Alert], now_us: int, by: str) -> Alert:
        """Do what a person asks with an alert, and return it as it is then.

        Raises:
            NotFound: No such alert.
            Conflict: It is not in a state for that.
        """
        known = self._known()
        if alert_id not in known:
            raise NotFound(f"alert {alert_id}: no such alert. 'slipway alert list' shows all {len(known)}.")
        after = do(known[alert_id][0])
        self._keep((after,), known=known, now_us=now_us, by=by)
        return after

    def _known(self) -> dict[str, tuple[Alert, int]]:
        return {id_: (alert, version) for id_, alert, version in self._store.all(Alert)}

    def _keep(self, changed: Sequence[Alert], *, known: dict[str, tuple[Alert, int]], now_us: int, by: str) -> None:
        changes = [Change(alert, alert.id, known[alert.id][1] if alert.id in known else 0) for alert in changed]
        told = notices(changed, before={id_: alert for id_, (alert, _) in known.items()})
        outbox, version = outbox_of(self._store)
        after = route(
            outbox,
            told=told,
            alerts=self._alerts,
            sent={id_: sent for id_, sent, _ in self._store.all(Sent)},
            now_us=now_us,
            machine_us=self._machine_us(),
        )
        if (after.held, after.messages) != (outbox.held, outbox.messages):
            changes.append(Change(after, OUTBOX, version))
        if changes:
            self._store.commit(changes, at_us=now_us, by=by, why=_why(changed))


def outbox_of(store: ControlStore) -> tuple[Outbox, int]:
    """Return what is on its way, and the version of that."""
    try:
        return store.get(Outbox, id=OUTBOX)
    except NotFound:
        return Outbox(), 0


def _why(changed: Sequence[Alert]) -> str:
    """Say in the audit trail what happened to which alerts."""
    said = [f"{a.id} {a.state}{f' ({a.events[-1].why})' if a.events[-1].why else ''}" for a in changed]
    return "; ".join(said) or "messages to receivers of alerts"
