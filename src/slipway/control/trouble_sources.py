"""Who knows of which troubles, as far as control itself sees them."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from slipway.control.alerting import Source
from slipway.control.emergency import refused
from slipway.control.fault import Fault
from slipway.control.verdicts import VerdictLog
from slipway.deployment.troubles import rollout_troubles, was_rolled_back
from slipway.errors import SlipwayError, Unavailable
from slipway.monitoring.finding_troubles import finding_troubles
from slipway.ports import Clock, ControlStore
from slipway.records.access import WARN_DAYS, Certificate
from slipway.records.alert import Finding
from slipway.records.receiver import Sent
from slipway.records.rollout import Rollout
from slipway.records.trouble import Alert, AlertKind, Severity, Trouble
from slipway.serving import metrics
from slipway.storage.journal.room import room
from slipway.storage.layout import Layout
from slipway.words import count, day

BEHIND_S = 180.0
"""How far control may be behind before somebody is told."""

LOOK_US = 3_600_000_000
"""How often the certificate is read."""

UNDELIVERED_US = 86_400_000_000
"""For how long a message that was given up is told of."""


def known_here(store: ControlStore, *, layout: Layout, clock: Clock) -> tuple[Source, ...]:
    """Return who knows of what the store and the project's folder tell.

    Args:
        store: Control store.
        layout: The project's folder.
        clock: The machine's.
    """
    return (
        *stored(store),
        disk(layout.journal, refuses=lambda: any(c.disk_refuses for c in metrics.left(layout.run)), clock=clock),
        undelivered(store, machine_us=clock.now_us),
        orders(layout.emergency),
    )


def stored(store: ControlStore) -> tuple[Source, ...]:
    """Return who knows of what the store says: findings and rollouts."""
    log = VerdictLog(store)

    def findings(_: int) -> list[Trouble]:
        return finding_troubles(f for _, f, _ in store.all(Finding))

    def rollouts(now_us: int) -> list[Trouble]:
        every = [r for _, r, _ in store.all(Rollout)]
        newest = {r.route: r.id for r in every}
        asked = [r for r in every if newest[r.route] == r.id or was_rolled_back(r, now_us=now_us)]
        told = {a.trouble.about for _, a, _ in store.all(Alert) if a.trouble.kind is AlertKind.ROLLED_BACK}
        return rollout_troubles([(r, log.last(r.id)[1]) for r in asked], now_us=now_us, told=told)

    return (
        Source(frozenset({AlertKind.FINDING, AlertKind.FEED}), findings),
        Source(frozenset({AlertKind.WORLD_CHANGED, AlertKind.DEADLINE, AlertKind.ROLLED_BACK}), rollouts),
    )


def faults(fault: Callable[[], Fault | None], *, behind_s: Callable[[], float | None]) -> Source:
    """Return who knows whether control works; only the exception's name is told, for its message may hold values.

    Args:
        fault: Returns what nobody foresaw, of the last step.
        behind_s: Returns how old what was not read of the journal may be; None while it is read the first time.
    """

    def troubles(_: int) -> list[Trouble]:
        present = fault()
        if present is None:
            return _behind(behind_s() or 0.0)
        name = type(present.error).__name__
        return [
            Trouble(
                kind=AlertKind.CONTROL_FAULT,
                about=name,
                severity=Severity.CRITICAL,
                sentence=f"Control met {name} and gets past no step; rollouts hold, and nothing new is judged.",
                command="slipway status",
            )
        ]

    return Source(frozenset({AlertKind.CONTROL_FAULT}), troubles)


def _behind(seconds: float) -> list[Trouble]:
    if seconds < BEHIND_S:
        return []
    return [
        Trouble(
            kind=AlertKind.CONTROL_FAULT,
            about="behind",
            severity=Severity.WARNING,
            sentence="Control has not read the journal to its end for minutes; verdicts come as much later.",
            command="slipway status",
        )
    ]


def disk(folder: Path, *, refuses: Callable[[], bool], clock: Clock) -> Source:
    """Return who knows of the journal's disk.

    Args:
        folder: The journal folder.
        refuses: Tells whether workers say that it refuses rows.
        clock: The machine's.
    """

    def troubles(_: int) -> list[Trouble]:
        try:
            full, low = refuses(), room(folder, now_s=clock.now_us() / 1e6).low
        except OSError as error:
            raise Unavailable(f"journal: want to look at its disk, got '{error.strerror}'.") from error
        if not full and not low:
            return []
        return [
            Trouble(
                kind=AlertKind.DISK_FULL,
                about="journal",
                severity=Severity.CRITICAL if full else Severity.WARNING,
                sentence=f"The journal's disk {'refuses rows' if full else 'is nearly full'}.",
                command="slipway status",
            )
        ]

    return Source(frozenset({AlertKind.DISK_FULL}), troubles)


def certificate(read: Callable[[], Certificate], *, machine_us: Callable[[], int]) -> Source:
    """Return who knows of the server's certificate; it is read once an hour."""
    seen: list[tuple[int, str]] = []

    def troubles(_: int) -> list[Trouble]:
        now_us = machine_us()
        if not seen or not 0 <= now_us - seen[-1][0] < LOOK_US:
            seen[:] = [(now_us, _certificate_trouble(read, now_us=now_us))]
        said = seen[-1][1]
        if not said:
            return []
        return [
            Trouble(
                kind=AlertKind.CERTIFICATE,
                about="server",
                severity=Severity.WARNING,
                sentence=f"The server's certificate {said}.",
                command="slipway status",
            )
        ]

    return Source(frozenset({AlertKind.CERTIFICATE}), troubles)


def _certificate_trouble(read: Callable[[], Certificate], *, now_us: int) -> str:
    try:
        found = read()
    except SlipwayError as error:
        return f"cannot be served ({type(error).__name__})"
    return f"ends on {day(found.ends_us)}" if found.days_left(now_us=now_us) <= WARN_DAYS else ""


def undelivered(store: ControlStore, *, machine_us: Callable[[], int]) -> Source:
    """Return who knows of messages that were given up."""

    def troubles(_: int) -> Iterable[Trouble]:
        since_us = machine_us() - UNDELIVERED_US
        for _id, sent, _version in store.all(Sent):
            lost = [letter for letter in sent.dead if letter.at_us >= since_us]
            if lost:
                yield Trouble(
                    kind=AlertKind.UNDELIVERED,
                    about=sent.receiver,
                    severity=Severity.WARNING,
                    sentence=f"Receiver {sent.receiver} could not be told: {count(len(lost), 'message')} given up.",
                    command="slipway alert test",
                )

    return Source(frozenset({AlertKind.UNDELIVERED}), troubles)


def orders(folder: Path) -> Source:
    """Return who knows of rollbacks that were ordered while the store did not answer, and not done there.

    Args:
        folder: Where the orders are.
    """

    def troubles(_: int) -> Iterable[Trouble]:
        return [
            Trouble(
                kind=AlertKind.ORDER_REFUSED,
                about=rollout,
                severity=Severity.CRITICAL,
                sentence=f"The rollback of {rollout}, ordered while the store did not answer, was not done there.",
                command=f"slipway rollout show {rollout}",
            )
            for rollout in refused(folder)
        ]

    return Source(frozenset({AlertKind.ORDER_REFUSED}), troubles)


def reviews_due(pressed: Callable[..., Mapping[str, str]]) -> Source:
    """Return who knows of people whose time is nearly over.

    Args:
        pressed: Returns arm to what counts afterwards, of those with a case that nobody has decided
            (:meth:`slipway.control.reviews.Reviews.pressed`).
    """

    def troubles(now_us: int) -> Iterable[Trouble]:
        for arm, steps_in in pressed(now_us=now_us).items():
            then = f"then '{steps_in}' answers instead" if steps_in else "nothing answers instead of them"
            yield Trouble(
                kind=AlertKind.REVIEW_DUE,
                about=arm,
                severity=Severity.WARNING,
                sentence=f"Cases that wait for '{arm}' are near the end of their time, or past it; {then}.",
                command="slipway review list",
            )

    return Source(frozenset({AlertKind.REVIEW_DUE}), troubles)
