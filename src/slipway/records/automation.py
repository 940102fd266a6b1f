"""How far a model may go beside people: what a plan says of it, and which of its kinds of stage say how."""

from slipway.errors import BadInput
from slipway.records.base import Record, check_name


class Automation(Record, frozen=True, kw_only=True):
    """What holds for all stages of a plan in which people have a part.

    Attributes:
        person: The arm of kind ``person`` beside which the model works.
        error_bound: Largest share of wrong answers among those that go out without a person, in (0, 1).
        confidence: With which the threshold keeps the bound, in (0, 1).
        audit: Part of the answers that go out without a person that people decide as well, for ever, in (0, 1].
        hidden: Part of what is handed over whose suggestion is hidden, in [0, 1); what anchoring is measured with.

    Raises:
        BadInput: A share is none.
    """

    person: str
    error_bound: float = 0.05
    confidence: float = 0.95
    audit: float = 0.05
    hidden: float = 0.2

    def __post_init__(self) -> None:
        check_name("automation: person", self.person)
        for name in ("error_bound", "confidence"):
            if not 0 < getattr(self, name) < 1:
                raise BadInput(f"automation: want 0 < {name} < 1, got {getattr(self, name)}. For 5 % write 0.05.")
        if not 0 < self.audit <= 1:
            raise BadInput(
                f"automation: want 0 < audit <= 1, got {self.audit}. Without an audit nobody would learn that what the "
                "model decides alone has gone wrong."
            )
        if not 0 <= self.hidden < 1:
            raise BadInput(
                f"automation: want 0 <= hidden < 1, got {self.hidden}. Where every suggestion is hidden, none is shown."
            )
