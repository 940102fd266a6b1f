"""The life of alerts: opened, acknowledged, snoozed, resolved, re-opened. Pure; who carries it stores what comes out.

One thing has one alert, however often it is seen. A trouble that goes and comes within a minute is the same one. What
a person resolved stays so as long as the trouble does not go away: it was looked at. It is opened again once the
trouble was gone and came back.
"""

import hashlib
from collections.abc import Collection, Iterable, Sequence

import msgspec

from slipway.errors import BadInput, Conflict
from slipway.records.trouble import Alert, AlertEvent, AlertKind, AlertState, Happening, Trouble
from slipway.words import moment

BY = "control"
"""Whom events name that nobody did by hand."""

QUIET_US = 60_000_000
"""How long a trouble has to be gone before its alert is resolved."""

KEPT = 30
"""Events that an alert holds; the audit trail has all."""


def alert_id(trouble: Trouble) -> str:
    """Return the id of the one alert of a trouble.

    >>> from slipway.records.trouble import Severity
    >>> alert_id(Trouble(kind=AlertKind.BUDGET, about="memory_mb", severity=Severity.INFO, sentence="x"))
    'budget-bfc15c14'
    """
    return f"{trouble.kind}-{hashlib.sha256(trouble.key.encode()).hexdigest()[:8]}"


def carry(
    alerts: Iterable[Alert], *, troubles: Iterable[Trouble], now_us: int, unknown: Collection[AlertKind] = ()
) -> tuple[Alert, ...]:
    """Return the alerts that are new or other than before. Twice with the same troubles, the second time is none.

    Args:
        alerts: All that are known.
        troubles: All that is wrong now; of two with one key the first counts.
        now_us: The moment.
        unknown: Kinds of which nobody could say whether they are there: silence does not resolve them.
    """
    known = {alert.id: alert for alert in alerts}
    seen: dict[str, Trouble] = {}
    for trouble in troubles:
        seen.setdefault(alert_id(trouble), trouble)
    after = [
        _met(known[id_], trouble, now_us=now_us) if id_ in known else _opened(id_, trouble, now_us=now_us)
        for id_, trouble in seen.items()
    ]
    after += [
        _missed(alert, now_us=now_us)
        for id_, alert in known.items()
        if id_ not in seen and alert.trouble.kind not in unknown
    ]
    return tuple(alert for alert in after if known.get(alert.id) != alert)


def acknowledge(alert: Alert, *, by: str, why: str = "", now_us: int) -> Alert:
    """Say that somebody looks after it: nobody is told again unless it gets worse.

    Raises:
        Conflict: It is resolved.
    """
    _refuse_resolved(alert, to="acknowledge")
    return _event(alert, Happening.ACKNOWLEDGED, by=by, why=why, now_us=now_us, state=AlertState.ACKNOWLEDGED)


def snooze(alert: Alert, *, until_us: int, by: str, why: str = "", now_us: int) -> Alert:
    """Leave it until a moment; if the trouble is there then, everybody is told anew.

    Raises:
        Conflict: It is resolved.
        BadInput: The moment is past.
    """
    _refuse_resolved(alert, to="snooze")
    if until_us <= now_us:
        raise BadInput(f"snooze: want a moment after {moment(now_us)}, got {moment(until_us)}.")
    said = f"until {moment(until_us)}" + (f": {why}" if why else "")
    after = _event(alert, Happening.SNOOZED, by=by, why=said, now_us=now_us, state=AlertState.SNOOZED)
    return msgspec.structs.replace(after, snoozed_until_us=until_us)


def resolve(alert: Alert, *, by: str, why: str = "", now_us: int) -> Alert:
    """Close it by hand. As long as the trouble stays, it stays closed.

    Raises:
        Conflict: It is resolved already.
    """
    _refuse_resolved(alert, to="resolve")
    return _event(alert, Happening.RESOLVED, by=by, why=why, now_us=now_us, state=AlertState.RESOLVED)


def counts(alerts: Sequence[Alert]) -> dict[AlertState, int]:
    """Return how many alerts are in each state."""
    return {state: sum(a.state is state for a in alerts) for state in AlertState}


def _opened(id_: str, trouble: Trouble, *, now_us: int) -> Alert:
    event = AlertEvent(at_us=now_us, what=Happening.OPENED, by=BY)
    return Alert(id=id_, trouble=trouble, state=AlertState.OPEN, events=(event,))


def _met(alert: Alert, trouble: Trouble, *, now_us: int) -> Alert:
    worse = trouble.severity.rank > alert.trouble.severity.rank
    met = msgspec.structs.replace(alert, trouble=trouble, there=True, gone_us=None)
    if alert.state is AlertState.RESOLVED:
        if alert.there and not worse:
            return met  # a person resolved it, and it never went away
        return _event(met, Happening.REOPENED, by=BY, now_us=now_us, state=AlertState.OPEN)
    if worse:
        return _event(met, Happening.WORSENED, by=BY, now_us=now_us, state=AlertState.OPEN)
    if alert.snoozed_until_us is not None and now_us >= alert.snoozed_until_us:
        return _event(met, Happening.WOKEN, by=BY, now_us=now_us, state=AlertState.OPEN)
    return met


def _missed(alert: Alert, *, now_us: int) -> Alert:
    if not alert.there:
        return alert
    if alert.gone_us is None:
        return msgspec.structs.replace(alert, gone_us=now_us)
    if now_us - alert.gone_us < QUIET_US:
        return alert
    gone = msgspec.structs.replace(alert, there=False)
    if alert.state is AlertState.RESOLVED:
        return gone
    return _event(gone, Happening.RESOLVED, by=BY, why="it is over", now_us=now_us, state=AlertState.RESOLVED)


def _event(alert: Alert, what: Happening, *, by: str, why: str = "", now_us: int, state: AlertState) -> Alert:
    event = AlertEvent(at_us=now_us, what=what, by=by, why=why)
    return msgspec.structs.replace(
        alert,
        state=state,
        snoozed_until_us=None,
        number=alert.number + 1,
        events=(*alert.events, event)[-KEPT:],
    )


def _refuse_resolved(alert: Alert, *, to: str) -> None:
    if alert.state is AlertState.RESOLVED:
        raise Conflict(
            f"alert {alert.id}: want one that is not resolved to {to}, got one resolved by {alert.events[-1].by} at "
            f"{moment(alert.events[-1].at_us)}. 'slipway alert list' shows what is open."
        )
