"""What to do when an alert comes, by its kind. Messages carry it; ``docs/how-to/when-an-alert-comes.md`` is it."""

from collections.abc import Mapping
from types import MappingProxyType

import msgspec

from slipway.records.trouble import AlertKind

PAGE = "docs/how-to/when-an-alert-comes.md"
"""Where all of it can be read, each kind under an anchor of its name."""


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of alert.

    Attributes:
        happened: What happened, in general; the alert says what it was this time.
        whom: Whom it touches.
        do: What to do, in order.
    """

    happened: str
    whom: str
    do: tuple[str, ...]


RUNBOOK: Mapping[AlertKind, Entry] = MappingProxyType(
    {
        AlertKind.FINDING: Entry(
            happened="A monitor found that the inputs of a model, or what they mean, have moved, and that it costs "
            "more than the tolerance.",
            whom="Everybody whose request the model answers: its answers are wrong more often than they were.",
            do=(
                "Read the finding with 'slipway monitor show': which columns, since when, how much it costs.",
                "Ask whoever owns those columns whether the feed changed; a feed that broke is mended, not learned.",
                "Go back to the step that it names: label rows as they are today, or train on recent outcomes.",
            ),
        ),
        AlertKind.FEED: Entry(
            happened="What feeds a model is broken: a column is empty, constant, in another unit or out of range, rows "
            "come twice, are refused because they do not fit, or none come.",
            whom="Everybody whose request the model answers: it answers on values that mean nothing, or not at all.",
            do=(
                "Read with 'slipway monitor show' which columns, what is wrong with each, and since when.",
                "Ask whoever owns the feed what changed then, and have it mended; no model learns from such rows.",
                "If it lasts, let a rule or people answer: start a rollout to them with 'slipway rollout start'.",
                "If it stays so on purpose, train and package anew on rows of today, which are then the usual.",
            ),
        ),
        AlertKind.WORLD_CHANGED: Entry(
            happened="Both arms of a rollout got worse together: the world changed rather than the candidate.",
            whom="Everybody whose request the route answers, whichever arm does.",
            do=(
                "Do not blame the candidate: the rollout is held, and no verdict is made of it.",
                "Look at 'slipway monitor list --open' and at where the inputs and the outcomes come from.",
                "Go on, or roll back with 'slipway rollout back', once you know what changed.",
            ),
        ),
        AlertKind.ROLLED_BACK: Entry(
            happened="A rollout was rolled back; the model of before answers everybody.",
            whom="Nobody has to be helped at once: the route is back. Those whom the candidate answered may have been.",
            do=(
                "See with 'slipway status' that the route is back and the server is up.",
                "Read the verdict and its evidence with 'slipway rollout show'.",
                "Find where the candidate was worse with 'slipway run slices' before it comes again.",
            ),
        ),
        AlertKind.DEADLINE: Entry(
            happened="A rollout is held, and the hold will soon roll it back: silence is no success.",
            whom="Whoever waits for the candidate; callers are answered as before.",
            do=(
                "See with 'slipway rollout show' what each gate waits for.",
                "Where outcomes are missing, find out why they do not come; where traffic is, why it stopped.",
                "If it only needs longer, let it roll back and start it again with longer stays.",
            ),
        ),
        AlertKind.CONTROL_FAULT: Entry(
            happened="Control met an exception that nobody foresaw, and none of its steps since was sound.",
            whom="No caller: workers answer by the route in force. But rollouts hold, and nothing new is judged.",
            do=(
                "Read the exception in '.slipway/run/control.log', and 'slipway status'.",
                "Roll back what should not wait: 'slipway rollout back' works.",
                "Move '.slipway/checkpoint.npz' away and restart the server if it lasts: the journal is read anew.",
            ),
        ),
        AlertKind.DISK_FULL: Entry(
            happened="The journal's disk refuses rows, or soon will.",
            whom="All callers: requests are refused with 503, or answered and not logged, as the scope says.",
            do=(
                "Free space where the project's folder lies; serving goes on by itself.",
                "Set keep or keep_gb in [journal], so that old segments go.",
                "Look at 'slipway status' for how many answers were not logged: no verdict counts them.",
            ),
        ),
        AlertKind.BUDGET: Entry(
            happened="The service does not keep a budget of the scope: too much fails, is late, or is taken of the "
            "machine; or a worker says nothing, and nobody can tell.",
            whom="Callers who wait or get no answer; for memory and processor everybody who shares the machine.",
            do=(
                "See with 'slipway monitor service' which budget, since when, and which arm takes most of it.",
                "Roll back with 'slipway rollout back' if it came with a candidate.",
                "Where callers ask more than was planned, add workers ([serving]), or ask them for less.",
                "Otherwise mend the arm, or write the budget that it needs into [budgets].",
            ),
        ),
        AlertKind.REVIEW_DUE: Entry(
            happened="A case that waits for a person is near its deadline; then the fallback answers.",
            whom="Whoever asked, and waits.",
            do=(
                "Take the next case: the queue gives the most urgent first.",
                "Ask more people to review, or make the deadline longer, if this comes again and again.",
            ),
        ),
        AlertKind.CERTIFICATE: Entry(
            happened="The server's certificate ends soon, or cannot be read.",
            whom="All callers, once it has ended: they refuse to talk to the server.",
            do=(
                "Renew it and put the new files where the scope names them; the server takes them up by itself.",
                "See with 'slipway status' that the line is gone.",
            ),
        ),
        AlertKind.UNDELIVERED: Entry(
            happened="A receiver of alerts could not be told in time; the messages were given up.",
            whom="Whoever relies on that receiver, and does not know what happened.",
            do=(
                "Read with 'slipway alert list' what was missed.",
                "Try the receiver with 'slipway alert test', mend what it says, and try again.",
            ),
        ),
        AlertKind.RETRAINING: Entry(
            happened="A finding asks for a model trained on newer rows: one is due, or being made, or could not be.",
            whom="Nobody yet: a model that comes of it enters by shadow, and passes the gates like any other.",
            do=(
                "Read with 'slipway retrain list' what was done and why it stopped.",
                "Start it with 'slipway retrain start FINDING' where the scope says that people decide.",
                "Where labels are too few, see that outcomes come, or have rows labelled.",
            ),
        ),
        AlertKind.ORDER_REFUSED: Entry(
            happened="A rollback that was ordered while the control store did not answer could not be done there.",
            whom="Those whom the candidate answers, if the store put it in force again on this machine.",
            do=(
                "See with 'slipway rollout show' who answers now and what has changed since.",
                "Roll back what should not run with 'slipway rollout back'.",
                "Remove the order, a file that ends in .refused in .slipway/emergency: then this is over.",
            ),
        ),
        AlertKind.TEST: Entry(
            happened="Somebody asked whether this receiver can be told. Nothing is wrong.",
            whom="Nobody.",
            do=(
                "Tell whoever asked that it came.",
                "See with 'slipway alert list' that there is no such alert: a test is sent and kept nowhere.",
            ),
        ),
    }
)


def section(kind: AlertKind) -> str:
    """Return the kind's part of the page, in Markdown.

    >>> section(AlertKind.BUDGET).splitlines()[0]
    '## budget'
    """
    entry = RUNBOOK[kind]
    steps = "\n".join(f"{n}. {step}" for n, step in enumerate(entry.do, start=1))
    return (
        f"## {kind}\n\n**What happened.** {entry.happened}\n\n**To whom.** {entry.whom}\n\n**What to do.**\n\n{steps}\n"
    )
