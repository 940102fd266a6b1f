"""The tables ``[alerts]`` and ``[alerts.receivers.NAME]``: who is told of alerts, how and when."""

from typing import Any

from slipway.records.base import NAME
from slipway.records.receiver import Alerts, Receiver
from slipway.scoping.keys import ALERTS, RECEIVER
from slipway.scoping.lines import Place
from slipway.scoping.problems import Problems, shown
from slipway.scoping.table import build, read_table
from slipway.scoping.values import WORD


def read_alerts(raw: Any, *, problems: Problems) -> Alerts | None:
    """Return what the table says, or None where something in it is at fault."""
    before = len(problems)
    values = read_table(raw, place=("alerts",), keys=ALERTS, problems=problems)
    receivers = _receivers(values["receivers"] if values else {}, problems=problems)
    if values is None or len(problems) > before:
        return None
    return build(Alerts, {**values, "receivers": receivers}, place=("alerts",), problems=problems)


def _receivers(raw: Any, *, problems: Problems) -> tuple[Receiver, ...]:
    place: Place = ("alerts", "receivers")
    if not isinstance(raw, dict):
        problems.add(place, want="a table for each, such as [alerts.receivers.oncall]", got=shown(raw))
        return ()
    found = [_receiver(name, value, place=(*place, name), problems=problems) for name, value in raw.items()]
    return tuple(r for r in found if r)


def _receiver(name: str, raw: Any, *, place: Place, problems: Problems) -> Receiver | None:
    if not NAME.fullmatch(name):
        problems.add(place, want=f"a name: {WORD}", got=shown(name))
        return None
    values = read_table(raw, place=place, keys=RECEIVER, problems=problems)
    return build(Receiver, {"name": name, **values} if values else None, place=place, problems=problems)
