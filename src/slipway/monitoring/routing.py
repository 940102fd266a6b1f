"""Who is told what, and when: pure, (alerts that changed, what is on its way, now) to what is on its way then.

A message is settled here and stored before anybody sends it: so each attempt says the same, under the same key.
"""

import hashlib
from collections.abc import Iterable, Mapping

from slipway.monitoring.quiet_hours import quiet_until_us
from slipway.records.receiver import Alerts, Held, Message, Notice, Outbox, Receiver, Sent
from slipway.records.trouble import Alert, AlertEvent, Happening, Severity

HOUR_US = 3_600_000_000
MOST_HELD = 1000
"""Notices that wait for one receiver; of more the newest are kept."""

_TOLD = {Happening.OPENED, Happening.REOPENED, Happening.WORSENED, Happening.WOKEN, Happening.RESOLVED}


def notices(changed: Iterable[Alert], *, before: Mapping[str, Alert]) -> list[Notice]:
    """Return what is to be told of alerts that changed: nothing of what a person did to them, but that they are over.

    Args:
        changed: As they are now.
        before: Alerts by id, as they were.
    """
    told = []
    for alert in changed:
        old = before.get(alert.id)
        new = alert.number - (old.number if old else 0)
        if new and alert.events[-1].what in _TOLD:
            told.append(_notice(alert, alert.events[-1]))
    return told


def route(
    outbox: Outbox,
    *,
    told: Iterable[Notice],
    alerts: Alerts,
    sent: Mapping[str, Sent],
    now_us: int,
    machine_us: int,
) -> Outbox:
    """Return what is on its way once everybody who wants to know was put down for it.

    Args:
        outbox: What was on its way.
        told: What is new.
        alerts: Who wants to know what, and when not to be asked.
        sent: Receiver to what became of earlier messages; those that are over leave the outbox.
        now_us: The moment by the clock that counts.
        machine_us: The moment by the machine's clock.
    """
    new = list(told)
    held: list[Held] = []
    messages: list[Message] = []
    settled: dict[str, tuple[int, ...]] = {}
    for receiver in alerts.receivers:
        name = receiver.name
        over = sent[name].over if name in sent else set()
        messages += [m for m in outbox.messages if m.receiver == name and m.key not in over]
        waiting = [h.notice for h in outbox.held if h.receiver == name]
        waiting += [n for n in new if receiver.wants(n.kind, severity=n.severity)]
        recent = tuple(us for us in outbox.settled_us.get(name, ()) if 0 <= now_us - us < HOUR_US)
        due = _due(waiting, receiver=receiver, alerts=alerts, now_us=now_us) if waiting else []
        if due and len(recent) < alerts.most_per_hour:
            messages.append(_message(tuple(due), receiver=name, machine_us=machine_us))
            recent = (*recent, now_us)
            waiting = [n for n in waiting if n not in due]
        held += [Held(receiver=name, notice=n) for n in waiting[-MOST_HELD:]]
        if recent:
            settled[name] = recent
    return Outbox(held=tuple(held), messages=tuple(messages), settled_us=settled)


def _due(waiting: list[Notice], *, receiver: Receiver, alerts: Alerts, now_us: int) -> list[Notice]:
    """Return what may be sent now: everything, or in quiet hours what is critical."""
    if not receiver.quiet or quiet_until_us(now_us, quiet=alerts.quiet, zone=alerts.time_zone) is None:
        return waiting
    return [n for n in waiting if n.severity is Severity.CRITICAL and n.what is not Happening.RESOLVED]


def _notice(alert: Alert, event: AlertEvent) -> Notice:
    trouble = alert.trouble
    return Notice(
        key=f"{alert.id}-{alert.number}",
        alert=alert.id,
        what=event.what,
        kind=trouble.kind,
        severity=trouble.severity,
        sentence=trouble.sentence,
        evidence=trouble.evidence,
        command=trouble.command,
        at_us=event.at_us,
    )


def _message(told: tuple[Notice, ...], *, receiver: str, machine_us: int) -> Message:
    digest = hashlib.sha256(" ".join((receiver, *(n.key for n in told))).encode()).hexdigest()[:32]
    return Message(key=digest, receiver=receiver, notices=told, queued_us=machine_us)
