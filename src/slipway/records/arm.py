"""An arm: whatever can answer a request."""

from enum import StrEnum

import msgspec

from slipway.errors import BadInput
from slipway.records.base import Record, check_name
from slipway.records.lease import LEASE_S


class ArmKind(StrEnum):
    """How an arm is asked."""

    MODEL = "model"
    HTTP = "http"
    RULE = "rule"
    PYTHON = "python"
    PLUGIN = "plugin"
    PERSON = "person"


class Device(StrEnum):
    """Where a model computes.

    ``cpu``: on the processor. ``cuda``: on a GPU; where there is none it answers on the CPU, and status calls that a
    problem. ``auto``: on a GPU if there is one; where there is none, status does not mind.
    """

    CPU = "cpu"
    CUDA = "cuda"
    AUTO = "auto"


class JsonShape(Record, frozen=True, kw_only=True):
    """How a service that speaks plain JSON is asked.

    Attributes:
        score: Where the answer stands in the reply: keys joined by dots, such as ``predictions.probability``. A list
            on the way means: one entry a row.
        rows: Key under which the list of rows is sent; empty: each row is a request of its own.
        names: Our field and the service's name for it; a field that is not named here goes under its own name.
    """

    score: str
    rows: str = ""
    names: tuple[tuple[str, str], ...] = ()


class Reading(Record, frozen=True, kw_only=True):
    """How the cases of a person arm are read.

    Attributes:
        lease_s: How long a case stays with who took it, in seconds; then it may go to somebody else.
        undo_s: How long who decided may take it back, in seconds, as long as nobody fetched the decision.
        second: Part of the cases that a second person reads as well, in [0, 1], by keyed hash of the prediction id.
        settle: Part of the cases on which readers, or the model and its reader, differ that one more person settles, in
            [0, 1], by keyed hash.
        first: What is handed out first: ``due``, what has the least time left; ``unsure``, what the model was least
            sure of; ``oldest``, what came first.
    """

    lease_s: float = LEASE_S
    undo_s: float = 60.0
    second: float = 0.0
    settle: float = 1.0
    first: str = "due"

    def __post_init__(self) -> None:
        if not self.lease_s > 0 or not self.undo_s >= 0:
            raise BadInput(f"reading: want lease > 0 and undo >= 0, got {self.lease_s:g} s and {self.undo_s:g} s.")
        for name, share in (("second", self.second), ("settle", self.settle)):
            if not 0 <= share <= 1:
                raise BadInput(f"reading: want 0 <= {name} <= 1, got {share}. For 5 % write 0.05.")
        if self.first not in ORDERS:
            raise BadInput(f"reading: want 'first' to be one of {', '.join(ORDERS)}, got {self.first!r}.")


ORDERS = ("due", "unsure", "oldest")
"""In which order cases may be handed out."""

NOBODY = "none"
"""The declared fallback of a person arm whose cases stay open past their time."""

Option = str | bool | int | float
"""What an option of somebody else's runtime may be."""

MEMORY_MB = 4096.0
"""What an arm may take where nobody said anything."""

SOURCES = {
    ArmKind.MODEL: "package",
    ArmKind.HTTP: "url",
    ArmKind.RULE: "rule",
    ArmKind.PYTHON: "function",
    ArmKind.PLUGIN: "runtime",
    ArmKind.PERSON: "people",
}
"""The attribute that says what is asked, by kind."""


class Arm(Record, frozen=True, kw_only=True):
    """One named way to answer.

    Attributes:
        name: A checked word, unique in the project.
        kind: Which runtime asks it.
        package: MODEL: id of the package (64 hex digits).
        url: HTTP: address of an Open Inference Protocol v2 ``infer`` endpoint, or with ``json`` of any other.
        rule: RULE: a comparison such as ``dep_delay > 15``; score 1 where it holds, else 0.
        function: PYTHON: ``file.py:function`` inside the project; batch in (a dict of columns), scores out.
        runtime: PLUGIN: name under which an installed package registered a runtime of its own.
        timeout_ms: How long one batch may take before the arm counts as failed.
        memory_mb: MODEL: resident memory its trial may take. PYTHON: private memory of one process.
        device: MODEL: where it computes.
        processes: PYTHON: the most processes it runs in; a second one starts only when the first is held up.
        env: PYTHON: environment variables that the function may see besides the harmless ones.
        json: HTTP: how to ask a service that does not speak the Open Inference Protocol.
        retry: HTTP: whether asking twice does no harm there; without it only a request that was never sent is repeated.
        ca: HTTP: PEM file inside the project with the authority that signed the service's certificate.
        options: PLUGIN: what the runtime is told, by name.
        people: PERSON: who is asked, in words, such as ``the claims desk``.
        answer_s: PERSON: within which time they decide, in seconds.
        fallback: PERSON: the arm whose answer counts once that time is over, or ``none``: the case stays open.
        reading: PERSON: how cases are handed out, read twice and settled; None takes what :class:`Reading` says.
    """

    name: str
    kind: ArmKind
    package: str = ""
    url: str = ""
    rule: str = ""
    function: str = ""
    runtime: str = ""
    timeout_ms: float = 1000.0
    memory_mb: float = MEMORY_MB
    device: Device = Device.CPU
    processes: int = 2
    env: tuple[str, ...] = ()
    json: JsonShape | None = None
    retry: bool = False
    ca: str = ""
    options: tuple[tuple[str, Option], ...] = ()
    people: str = ""
    answer_s: float | None = None
    fallback: str = ""
    reading: Reading | None = None

    def __post_init__(self) -> None:
        check_name("arm", self.name)
        given = {name for name in SOURCES.values() if getattr(self, name)}
        if given != {SOURCES[self.kind]}:
            raise BadInput(
                f"arm {self.name}: want '{SOURCES[self.kind]}' and no other source for kind '{self.kind}', "
                f"got {sorted(given) or 'none'}."
            )
        if not self.timeout_ms > 0:
            raise BadInput(f"arm {self.name}: want timeout_ms > 0, got {self.timeout_ms}.")
        if not self.memory_mb > 0:
            raise BadInput(f"arm {self.name}: want memory_mb > 0, got {self.memory_mb}.")
        if self.processes < 1:
            raise BadInput(f"arm {self.name}: want at least 1 process, got {self.processes}.")
        if self.kind is ArmKind.PERSON and not ((self.answer_s or 0) > 0 and self.fallback):
            raise BadInput(
                f"arm {self.name}: want the time within which people answer and what counts after it, got answer_s "
                f"{self.answer_s} and fallback {self.fallback!r}. The fallback is an arm, or 'none': it stays open."
            )
        for option, kind in _ONLY.items():
            if self.kind != kind and getattr(self, option) != _DEFAULTS[option]:
                raise BadInput(
                    f"arm {self.name}: want '{option}' only beside '{SOURCES[kind]}', got it beside "
                    f"'{SOURCES[self.kind]}', where it says nothing. Take it out."
                )

    @property
    def memory_bytes(self) -> int:
        """The limit of its memory."""
        return int(self.memory_mb * (1 << 20))


_ONLY = {
    "device": ArmKind.MODEL,
    "processes": ArmKind.PYTHON,
    "env": ArmKind.PYTHON,
    "json": ArmKind.HTTP,
    "retry": ArmKind.HTTP,
    "ca": ArmKind.HTTP,
    "options": ArmKind.PLUGIN,
    "answer_s": ArmKind.PERSON,
    "fallback": ArmKind.PERSON,
    "reading": ArmKind.PERSON,
}
_DEFAULTS = {field.name: field.default for field in msgspec.structs.fields(Arm)}
