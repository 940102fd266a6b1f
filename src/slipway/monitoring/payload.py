"""What each kind of receiver gets of a message: JSON, a Slack-compatible payload, or a mail. Pure."""

from slipway.monitoring.runbook import PAGE, RUNBOOK
from slipway.records.receiver import Message, Notice
from slipway.records.trouble import Happening, Severity
from slipway.words import count, moment

_MARK = {Severity.INFO: "note", Severity.WARNING: "warning", Severity.CRITICAL: "CRITICAL"}


def webhook_payload(message: Message, *, project: str) -> dict[str, object]:
    """Return what a webhook gets; ``docs/how-to/be-told-of-alerts.md`` describes each key."""
    return {
        "key": message.key,
        "project": project,
        "subject": subject(message, project=project),
        "notices": [_as_json(notice) for notice in message.notices],
    }


def slack_payload(message: Message, *, project: str) -> dict[str, object]:
    """Return what an incoming webhook of Slack, or of who speaks its language, gets.

    Reference:
        Slack, "Formatting text for app surfaces": &, < and > are escaped.
    """
    return {"text": _slack(text(message, project=project))}


def subject(message: Message, *, project: str) -> str:
    """Return one line.

    >>> from slipway.records.trouble import AlertKind
    >>> one = Notice(
    ...     key="k",
    ...     alert="budget-1",
    ...     what=Happening.OPENED,
    ...     kind=AlertKind.BUDGET,
    ...     severity=Severity.WARNING,
    ...     sentence="Too much.",
    ...     at_us=0,
    ... )
    >>> subject(Message(key="m", receiver="r", notices=(one,), queued_us=0), project="flights")
    'flights: warning: budget opened'
    """
    if len(message.notices) == 1:
        (notice,) = message.notices
        return f"{project}: {_MARK[notice.severity]}: {notice.kind} {notice.what}"
    worst = max(message.notices, key=lambda n: n.severity.rank).severity
    return f"{project}: {_MARK[worst]}: {count(len(message.notices), 'notice')}"


def text(message: Message, *, project: str) -> str:
    """Return what a person reads: what happened, to whom, what to do, of each notice."""
    return "\n\n".join([subject(message, project=project), *(_told(notice) for notice in message.notices)])


def _told(notice: Notice) -> str:
    entry = RUNBOOK[notice.kind]
    head = f"{_MARK[notice.severity]}: {notice.kind} {notice.what} at {moment(notice.at_us)} ({notice.alert})"
    lines = [head, notice.sentence]
    if notice.what not in (Happening.RESOLVED, Happening.TESTED):
        lines += [f"To whom: {entry.whom}", *(f"{n}. {step}" for n, step in enumerate(entry.do, start=1))]
    lines += [f"More: {notice.command}"] if notice.command else []
    return "\n".join([*lines, f"Runbook: {PAGE}#{notice.kind}"])


def _as_json(notice: Notice) -> dict[str, object]:
    entry = RUNBOOK[notice.kind]
    return {
        "key": notice.key,
        "alert": notice.alert,
        "what": notice.what,
        "kind": notice.kind,
        "severity": notice.severity,
        "at_us": notice.at_us,
        "happened": notice.sentence,
        "whom": entry.whom,
        "do": list(entry.do),
        "evidence": notice.evidence,
        "command": notice.command,
        "runbook": f"{PAGE}#{notice.kind}",
    }


def _slack(words: str) -> str:
    return words.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
