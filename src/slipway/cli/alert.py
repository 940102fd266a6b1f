"""``slipway alert``: what is wrong, who looks after it, and whether people can be told."""

from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

from slipway.cli.left import open_left
from slipway.cli.options import COMMON, Common
from slipway.cli.pick import pick
from slipway.cli.screen import Screen, show
from slipway.cli.when import duration_s
from slipway.records.trouble import Alert, AlertState
from slipway.words import moment

if TYPE_CHECKING:
    from slipway.control.telling.sender import Tried
    from slipway.project import Project
    from slipway.project.left import Left

app = App(name="alert")


@app.command(name="list", sort_key=0)
def list_(*, all: bool = False, common: Common = COMMON) -> int:  # noqa: A002 - the word on the command line
    """List the alerts that are not resolved, those that were opened first, first.

    Args:
        all: Also those that are resolved.
        common: What every command takes.
    """
    found = [a for a in open_left(common).alerts() if all or a.state is not AlertState.RESOLVED]
    return show(found, human=_list, common=common)


@app.command(name="show", sort_key=1)
def show_(alert: str | None = None, /, *, common: Common = COMMON) -> int:
    """Show an alert: what happened, to whom, what to do, and who did what about it when.

    Args:
        alert: Id or start of an id; the newest if not given.
        common: What every command takes.
    """
    return show(_pick(open_left(common), alert), human=_page, common=common)


@app.command(sort_key=2)
def ack(alert: str | None = None, /, *, why: str = "", common: Common = COMMON) -> int:
    """Say that you look after an alert: nobody is told again, unless it gets worse.

    Args:
        alert: Id or start of an id; the newest if not given.
        why: The reason, for the audit trail.
        common: What every command takes.
    """
    project = open_left(common)
    return show(project.act_on_alert(_pick(project, alert).id, "ack", why=why), human=_page, common=common)


@app.command(sort_key=3)
def snooze(
    alert: str | None = None,
    /,
    *,
    for_: Annotated[str, Parameter(name="--for")] = "1h",
    why: str = "",
    common: Common = COMMON,
) -> int:
    """Leave an alert for a while; if the trouble is there then, everybody is told anew.

    Args:
        alert: Id or start of an id; the newest if not given.
        for_: For how long, such as 2h or 3d.
        why: The reason, for the audit trail.
        common: What every command takes.
    """
    project = open_left(common)
    length_s = duration_s(for_, option="--for")
    found = _pick(project, alert).id
    return show(project.act_on_alert(found, "snooze", why=why, for_s=length_s), human=_page, common=common)


@app.command(sort_key=4)
def resolve(alert: str | None = None, /, *, why: str = "", common: Common = COMMON) -> int:
    """Close an alert. It stays closed as long as the trouble does not go away and come back.

    Args:
        alert: Id or start of an id; the newest if not given.
        why: The reason, for the audit trail.
        common: What every command takes.
    """
    project = open_left(common)
    return show(project.act_on_alert(_pick(project, alert).id, "resolve", why=why), human=_page, common=common)


@app.command(name="test", sort_key=5)
def try_(receiver: str | None = None, /, *, common: Common = COMMON) -> int:
    """Send a test to each receiver of alerts, and say what came back; ends with 1 if one did not take it.

    Args:
        receiver: Name of one of them; all if not given.
        common: What every command takes.
    """
    tried = common.open().test_alerts(receiver)
    show(tried, human=_tried, common=common)
    return 0 if all(t.took for t in tried) else 1


def _pick(project: "Project | Left", word: str | None) -> Alert:
    return pick(word, project.alerts(), what="alert", key=lambda a: a.id, name=lambda a: a.id)


def _list(screen: Screen, found: list[Alert]) -> None:
    rows = [(a.id, a.trouble.severity, _state(a), moment(a.opened_us), a.trouble.sentence) for a in found]
    screen.table(("id", "severity", "state", "opened", "what"), rows, none="Nothing is wrong that anybody is told of.")


def _state(alert: Alert) -> str:
    return str(alert.state) + (f" until {moment(alert.snoozed_until_us)}" if alert.snoozed_until_us else "")


def _page(screen: Screen, alert: Alert) -> None:
    from slipway.monitoring.runbook import PAGE, RUNBOOK  # noqa: PLC0415 - only where it is shown

    trouble, entry = alert.trouble, RUNBOOK[alert.trouble.kind]
    screen.title(f"Alert {alert.id}: {trouble.severity}, {_state(alert)}")
    screen.line(f"  {trouble.sentence}")
    screen.line(f"  To whom: {entry.whom}")
    for number, step in enumerate(entry.do, start=1):
        screen.line(f"  {number}. {step}")
    screen.line()
    facts = [("evidence", trouble.evidence), ("more", trouble.command), ("runbook", f"{PAGE}#{trouble.kind}")]
    screen.facts([(name, value) for name, value in facts if value])
    screen.line()
    rows = [(moment(e.at_us), e.what, e.by, e.why) for e in alert.events]
    screen.table(("when", "what", "who", "why"), rows)


def _tried(screen: Screen, tried: "list[Tried]") -> None:
    rows = [(t.receiver, "took it" if t.took else f"did NOT take it: {t.why}") for t in tried]
    screen.table(("receiver", "what came back"), rows, none="[alerts] in slipway.toml names no receiver.")
