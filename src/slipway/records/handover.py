"""A handover: which answers of a model go out as they are, and which go to a person instead, or besides."""

from enum import StrEnum

import msgspec

from slipway.errors import BadInput
from slipway.records.base import Record, check_name


class Course(StrEnum):
    """What became of a row where people have a part.

    ``arm``: people had none; the arm's answer went out. ``asked``: dealt to a person. ``automated``: the model was sure
    enough, and its answer went out. ``handed over``: it was not, and a person decides. ``audited``: its answer went
    out, and a person decides the same case without a word of it.
    """

    ARM = "arm"
    ASKED = "asked"
    AUTOMATED = "automated"
    HANDED_OVER = "handed over"
    AUDITED = "audited"


PENDING = frozenset({Course.ASKED, Course.HANDED_OVER})
"""Courses on which the caller has no answer yet."""

READ = PENDING | {Course.AUDITED}
"""Courses on which a person has something to decide."""


class Handover(Record, frozen=True, kw_only=True):
    """What a person has to do with the rows that are dealt to one arm.

    The arm is asked about each row. Its confidence is the larger of its score and 1 - score; an answer that is missing,
    late, or no such score is never sure enough. Which rows are audited, and for which a suggestion is hidden, is
    decided by keyed hashes of the prediction id: by chance, and the same for whoever looks again.

    Attributes:
        arm: Whose rows.
        person: The arm of kind ``person`` that decides what the model does not.
        threshold: Confidence in [0.5, 1] from which on the model's answer goes out; None: never.
        audit: Part of the answers that go out which a person decides as well, blind, in [0, 1].
        suggest: Whether the person sees the model's answer to what is handed over; of an audit never.
        hidden: Part of what is handed over where the person does not see it all the same, in [0, 1].
    """

    arm: str
    person: str
    threshold: float | None = None
    audit: float = 0.0
    suggest: bool = False
    hidden: float = 0.0

    def __post_init__(self) -> None:
        check_name("handover: arm", self.arm)
        check_name("handover: person", self.person)
        if self.arm == self.person:
            raise BadInput(f"handover of {self.arm}: want another arm as the person, got the same.")
        if self.threshold is not None and not 0.5 <= self.threshold <= 1:
            raise BadInput(
                f"handover of {self.arm}: want a threshold from 0.5 to 1, or none, got {self.threshold}. No answer to "
                "a question of two classes is less sure than 0.5; where the person is to decide all, leave it out."
            )
        for name, share in (("audit", self.audit), ("hidden", self.hidden)):
            if not 0 <= share <= 1:
                raise BadInput(f"handover of {self.arm}: want 0 <= {name} <= 1, got {share}. For 5 % write 0.05.")
        if self.hidden and not self.suggest:
            raise BadInput(
                f"handover of {self.arm}: want 'hidden' only where suggestions are shown, got {self.hidden}. Where "
                "none is shown there is none to hide."
            )


class People(msgspec.Struct, frozen=True, kw_only=True):
    """What people have to do with the rows of one frame. All lists have one entry a row.

    Attributes:
        course: What became of each row (:class:`Course`).
        asked: Arm that was asked for a suggestion before the person; empty where none was.
        suggestion: What that arm answered; NaN where nothing, or where none was asked.
        shown: Whether the person may see it.
        due_us: Until when the person is to decide; 0 where no person has to.
    """

    course: list[str]
    asked: list[str]
    suggestion: list[float]
    shown: list[bool]
    due_us: list[int]
