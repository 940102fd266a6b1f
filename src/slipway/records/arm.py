"""An arm: whatever can answer a request."""

from enum import StrEnum

from slipway.errors import BadInput
from slipway.records.base import Record, check_name


class ArmKind(StrEnum):
    """How an arm is asked."""

    MODEL = "model"
    HTTP = "http"
    RULE = "rule"
    PYTHON = "python"


class Arm(Record, frozen=True, kw_only=True):
    """One named way to answer.

    Attributes:
        name: A checked word, unique in the project.
        kind: Which runtime asks it.
        package: MODEL: id of the package (64 hex digits).
        url: HTTP: address of an Open Inference Protocol v2 ``infer`` endpoint.
        rule: RULE: a comparison such as ``dep_delay > 15``; score 1 where it holds, else 0.
        function: PYTHON: ``file.py:function`` inside the project; batch in (a dict of columns), scores out.
        timeout_ms: How long one batch may take before the arm counts as failed.
    """

    name: str
    kind: ArmKind
    package: str = ""
    url: str = ""
    rule: str = ""
    function: str = ""
    timeout_ms: float = 1000.0

    def __post_init__(self) -> None:
        check_name("arm", self.name)
        needs = {
            ArmKind.MODEL: "package",
            ArmKind.HTTP: "url",
            ArmKind.RULE: "rule",
            ArmKind.PYTHON: "function",
        }
        given = {name for name in needs.values() if getattr(self, name)}
        if given != {needs[self.kind]}:
            raise BadInput(
                f"arm {self.name}: want '{needs[self.kind]}' and no other source for kind '{self.kind}', "
                f"got {sorted(given) or 'none'}."
            )
        if not self.timeout_ms > 0:
            raise BadInput(f"arm {self.name}: want timeout_ms > 0, got {self.timeout_ms}.")
