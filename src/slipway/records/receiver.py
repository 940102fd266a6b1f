"""Who is told of alerts, how and when; and what is on its way to them."""

from enum import StrEnum

from slipway.errors import BadInput
from slipway.records.base import Record, check_name
from slipway.records.trouble import AlertKind, Happening, Severity
from slipway.records.worker_config import is_loopback


class ReceiverKind(StrEnum):
    """How a receiver is told."""

    WEBHOOK = "webhook"
    SLACK = "slack"
    EMAIL = "email"


class Receiver(Record, frozen=True, kw_only=True):
    """Somebody, or something, that is told of alerts. What is secret is named here and never held.

    Attributes:
        name: A checked word.
        kind: How it is told.
        url: WEBHOOK: https address, or a loopback one.
        url_env: WEBHOOK, SLACK: environment variable with the address, where that is itself a secret.
        url_file: The same in a file.
        secret_env: WEBHOOK: environment variable with the key that signs.
        secret_file: The same in a file.
        host: EMAIL: SMTP server.
        port: Its port.
        starttls: Whether the connection must be encrypted before anything is said.
        user: Account at the server, or empty.
        password_env: Environment variable with its password.
        password_file: The same in a file.
        sender: Address that mails come from.
        to: Addresses that they go to.
        severity: Least severity that it is told of.
        kinds: Kinds that it is told of; empty for all.
        quiet: Whether quiet hours hold for it.
    """

    name: str
    kind: ReceiverKind
    url: str = ""
    url_env: str = ""
    url_file: str = ""
    secret_env: str = ""
    secret_file: str = ""
    host: str = ""
    port: int = 587
    starttls: bool = True
    user: str = ""
    password_env: str = ""
    password_file: str = ""
    sender: str = ""
    to: tuple[str, ...] = ()
    severity: Severity = Severity.WARNING
    kinds: tuple[AlertKind, ...] = ()
    quiet: bool = True

    def __post_init__(self) -> None:
        check_name("receiver", self.name)
        of = f"receiver {self.name}"
        if self.kind is ReceiverKind.EMAIL:
            missing = [key for key, value in (("host", self.host), ("from", self.sender), ("to", self.to)) if not value]
            if missing:
                raise BadInput(f"{of}: want {' and '.join(missing)} beside kind = 'email', got nothing.")
            if not self.starttls and not is_loopback(self.host):
                raise BadInput(f"{of}: want starttls where the mail server is another machine, got starttls = false.")
        elif sum(map(bool, (self.url, self.url_env, self.url_file))) != 1:
            raise BadInput(
                f"{of}: want exactly one of url, url_env and url_file beside kind = '{self.kind}', got another number."
            )
        if self.kind is ReceiverKind.SLACK and self.url:
            raise BadInput(f"{of}: want url_env or url_file, got url. The address of an incoming webhook is a secret.")

    def wants(self, kind: AlertKind, *, severity: Severity) -> bool:
        """Tell whether it is told of such an alert."""
        return severity.rank >= self.severity.rank and (not self.kinds or kind in self.kinds)


class Alerts(Record, frozen=True, kw_only=True):
    """Who is told, and how much.

    Attributes:
        receivers: Who is told.
        quiet: ``22:00-07:00``: what is not critical waits until then, and comes in one piece; empty for never.
        time_zone: Zone of those hours, such as ``Europe/Berlin``.
        most_per_hour: Messages an hour to each receiver; more come in one piece, later.
        give_up_s: After so long a message is not tried again.
        replay: Whether people are told of alerts in a replay of the past, too.
    """

    receivers: tuple[Receiver, ...] = ()
    quiet: str = ""
    time_zone: str = "UTC"
    most_per_hour: int = 30
    give_up_s: float = 86400.0
    replay: bool = False


class Notice(Record, frozen=True, kw_only=True):
    """What somebody is told about one alert. It holds nothing of any request or person.

    Attributes:
        key: The same however often it is sent.
        alert: Id of the alert.
        what: What happened to it.
        kind: Its kind.
        severity: Its severity.
        sentence: What happened, to whom.
        evidence: The record that it rests on, or empty.
        command: What shows more of it, or empty.
        at_us: When it happened.
    """

    key: str
    alert: str
    what: Happening
    kind: AlertKind
    severity: Severity
    sentence: str
    evidence: str = ""
    command: str = ""
    at_us: int


class Message(Record, frozen=True, kw_only=True):
    """One thing to send to one receiver; what it says is settled before it is sent the first time.

    Attributes:
        key: The same at each attempt: a receiver that has seen it may drop it.
        receiver: To whom.
        notices: One, or several that come in one piece.
        queued_us: When it was settled, by the machine's clock.
    """

    key: str
    receiver: str
    notices: tuple[Notice, ...]
    queued_us: int


class Held(Record, frozen=True, kw_only=True):
    """A notice that waits for the end of quiet hours, or for its receiver to be asked less often.

    Attributes:
        receiver: To whom.
        notice: What.
    """

    receiver: str
    notice: Notice


class Outbox(Record, frozen=True, kw_only=True):
    """Everything that is on its way. Written with the alerts that it tells of, in one transaction.

    Attributes:
        held: What waits, oldest first.
        messages: What is to be sent, oldest first.
        settled_us: Receiver to the moments at which messages were settled within the last hour.
    """

    held: tuple[Held, ...] = ()
    messages: tuple[Message, ...] = ()
    settled_us: dict[str, tuple[int, ...]] = {}


class DeadLetter(Record, frozen=True, kw_only=True):
    """A message that was given up.

    Attributes:
        key: Which.
        alerts: Ids of the alerts that it told of.
        at_us: When, by the machine's clock.
        attempts: How often it was tried since the process that gave it up began.
        why: What came of the last attempt.
    """

    key: str
    alerts: tuple[str, ...]
    at_us: int
    attempts: int
    why: str


class Sent(Record, frozen=True, kw_only=True):
    """What became of the messages to one receiver.

    Attributes:
        receiver: Which.
        done: Keys of those delivered, as long as the outbox may still hold them, and the newest.
        delivered: How many were delivered.
        last_us: When the last one was, by the machine's clock, or None.
        dead: The newest that were given up.
    """

    receiver: str
    done: tuple[str, ...] = ()
    delivered: int = 0
    last_us: int | None = None
    dead: tuple[DeadLetter, ...] = ()

    @property
    def over(self) -> set[str]:
        """Keys of the messages that nobody has to send."""
        return {*self.done, *(letter.key for letter in self.dead)}
