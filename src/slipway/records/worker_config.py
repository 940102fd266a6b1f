"""What a worker must know of the scope, in one file, so that it never opens the control store."""

import ipaddress
from enum import StrEnum

from slipway.errors import BadInput
from slipway.records.base import Record, check_name
from slipway.records.field import Privacy
from slipway.records.model import Signature
from slipway.records.tracing import Tracing


class ClockKind(StrEnum):
    """Whose time counts: the machine's, or the moments that requests of a replay carry."""

    SYSTEM = "system"
    EVENT = "event"


class Durability(StrEnum):
    """What an acknowledged row survives: ``kill -9`` of any process, or a loss of power too."""

    PROCESS = "process"
    FSYNC = "fsync"


class WhenFull(StrEnum):
    """What becomes of a request when the journal's disk refuses: no answer, or one that no evidence will count."""

    REFUSE = "refuse"
    SERVE_UNLOGGED = "serve-unlogged"


class Deciders(StrEnum):
    """What the journal may hold of who decided: a name, or a pseudonym that tells one decider from another."""

    CLEAR = "clear"
    PSEUDONYM = "pseudonym"


class WorkerConfig(Record, frozen=True, kw_only=True):
    """The facts of one data plane; the file ``.slipway/run/worker.msgpack``.

    Attributes:
        route: Name of the route that is served.
        signature: Fields of X in order, kind of answer, threshold.
        entity: Name of the value that the assignment is keyed on; it may also be one of the fields.
        entity_privacy: What the journal may hold of the entity, where it is not one of the fields.
        deciders: What the journal may hold of who decided.
        pseudonym_key: Key of the pseudonyms, at least 16 bytes if anything is a pseudonym.
        host: Address to bind.
        hosts: Names beside loopback by which the server is reached.
        tls_certificate: PEM file of the certificate, or empty: no TLS.
        tls_key: PEM file of its private key.
        port: Port to bind; 0 takes any free one.
        grpc_port: Port of gRPC, or None: no gRPC; 0 takes any free one.
        control_port: Port of the control surface; 0 takes any free one.
        workers: Worker processes.
        deadline_ms: An answer later than this is an error or the fallback's.
        latency_budget_ms: The scope's latency budget; later answers are counted. None where it has none.
        queue_rows: Rows of one worker that may wait; more are refused with 503.
        durability: What an acknowledged row survives.
        when_full: What becomes of requests when the journal's disk refuses.
        access_log: Whether each request leaves a line in a file.
        clock: Whose time counts.
        tracing: Where traces go, and of which share of the requests.
    """

    route: str
    signature: Signature
    entity: str
    entity_privacy: Privacy = Privacy.CLEAR
    deciders: Deciders = Deciders.CLEAR
    pseudonym_key: bytes = b""
    host: str = "127.0.0.1"
    hosts: tuple[str, ...] = ()
    tls_certificate: str = ""
    tls_key: str = ""
    port: int = 8080
    grpc_port: int | None = None
    control_port: int = 0
    workers: int = 1
    deadline_ms: float = 1000.0
    latency_budget_ms: float | None = None
    queue_rows: int = 10_000
    durability: Durability = Durability.PROCESS
    when_full: WhenFull = WhenFull.REFUSE
    access_log: bool = False
    clock: ClockKind = ClockKind.SYSTEM
    tracing: Tracing = Tracing()

    def __post_init__(self) -> None:
        check_name("route", self.route)
        limits = {"workers": self.workers, "deadline_ms": self.deadline_ms, "queue_rows": self.queue_rows}
        for name, value in limits.items():
            if not value > 0:
                raise BadInput(f"serving.{name}: want more than 0, got {value}.")
        if self.privacy_of_entity() is Privacy.NOTHING:
            raise BadInput(
                f"entity '{self.entity}': want privacy 'clear' or 'pseudonym', got 'nothing'. Without it nobody could "
                "tell which arm a row was dealt to; 'pseudonym' keeps it secret and the deal reproducible."
            )
        classes = {f.privacy for f in self.signature.fields} | {self.privacy_of_entity()}
        hides = Privacy.PSEUDONYM in classes or self.deciders is Deciders.PSEUDONYM
        if hides and len(self.pseudonym_key) < 16:
            raise BadInput(
                f"pseudonym_key: want at least 16 secret bytes where a field or a decider is a pseudonym, got "
                f"{len(self.pseudonym_key)}. Make one with secrets.token_bytes(32) and keep it."
            )
        if not is_loopback(self.host) and not self.tls_certificate:
            raise BadInput(
                f"serving.host: want a loopback address where there is no TLS, got '{self.host}'. Name the certificate "
                "in serving.tls_certificate and its key in serving.tls_key."
            )
        if self.clock is ClockKind.EVENT and not is_loopback(self.host):
            raise BadInput(
                f"clock 'event': want a loopback host, got '{self.host}'. A stranger must not set the time; "
                "serve the replay on 127.0.0.1."
            )

    def privacy_of_entity(self) -> Privacy:
        """Return what the journal may hold of the entity."""
        return next((f.privacy for f in self.signature.fields if f.name == self.entity), self.entity_privacy)


def is_loopback(host: str) -> bool:
    """Tell whether only this machine can reach the address.

    >>> [is_loopback(h) for h in ("localhost", "127.0.0.1", "::1", "0.0.0.0", "example.org")]
    [True, True, True, False, False]
    """
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
