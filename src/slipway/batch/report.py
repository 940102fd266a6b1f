"""What a job, or a part of it, says of itself. Pure."""

from slipway.records.base import Record
from slipway.words import number, percent, span


class PartReport(Record, frozen=True, kw_only=True):
    """What became of the rows of a part.

    Attributes:
        rows: Read.
        rejected: Not answered, with a reason each.
        unanswered: Those of them that fit, but no arm could answer.
        arms: Rows answered, by arm.
        fallbacks: Rows that the fallback answered in place of another arm.
        first_id: Prediction id of the part's first row in the journal; empty where it has none there.
        checksum: CRC-32 of the part's files of answers and rejects.
    """

    rows: int
    rejected: int = 0
    unanswered: int = 0
    arms: dict[str, int] = {}
    fallbacks: int = 0
    first_id: str = ""
    checksum: int = 0


class ScoreReport(Record, frozen=True, kw_only=True):
    """What became of the rows of a table.

    Attributes:
        job: The job; ids that were made begin with it.
        rows: Read.
        answered: With an answer in the output.
        rejected: Without, each with a reason in the file of rejects.
        unanswered: Those of the rejected that fit, but no arm could answer.
        arms: Rows answered, by arm.
        fallbacks: Rows that the fallback answered in place of another arm.
        output: Where the answers are; empty where they were handed back.
        rejects: Where the rejected rows are; empty if there are none.
        resumed_rows: Rows that an earlier call had done: those of parts that lay there whole, and those whose answers
            were in the journal and were taken from there.
        shadows: Rows that shadow arms were asked about by the job itself, by arm.
        shadows_left: Shadow arms whose answers the server's shadow process gives.
        seconds: How long this call took.
    """

    job: str
    rows: int
    answered: int
    rejected: int = 0
    unanswered: int = 0
    arms: dict[str, int] = {}
    fallbacks: int = 0
    output: str = ""
    rejects: str = ""
    resumed_rows: int = 0
    shadows: dict[str, int] = {}
    shadows_left: tuple[str, ...] = ()
    seconds: float

    @property
    def rows_per_s(self) -> float:
        """Rows that this call did a second."""
        return (self.rows - self.resumed_rows) / self.seconds if self.seconds else 0.0

    @property
    def sentences(self) -> tuple[str, ...]:
        """The report in a few sentences."""
        by = ", ".join(f"{arm} {number(n)}" for arm, n in sorted(self.arms.items()))
        told = [
            f"{number(self.answered)} of {number(self.rows)} rows answered ({by}) in {span(self.seconds)}, "
            f"{number(round(self.rows_per_s))} a second."
        ]
        if self.resumed_rows:
            told.append(f"{number(self.resumed_rows)} rows had been done before.")
        if self.fallbacks:
            told.append(f"{number(self.fallbacks)} of them by the fallback, in place of an arm that failed.")
        if self.rejected:
            share = percent(self.rejected / self.rows)
            told.append(f"{number(self.rejected)} rows ({share}) were not answered; {self.rejects} says why of each.")
        if self.unanswered:
            told.append(f"{number(self.unanswered)} of these fit, but no arm could answer.")
        if self.output:
            told.append(f"The answers are in {self.output}.")
        if self.shadows:
            asked = ", ".join(f"{arm} {number(n)}" for arm, n in sorted(self.shadows.items()))
            told.append(f"Shadows were asked too: {asked}.")
        if self.shadows_left:
            told.append(f"The shadow process of the server asks {', '.join(self.shadows_left)}.")
        return tuple(told)


def total(parts: list[PartReport]) -> PartReport:
    """Return the sum of some parts.

    >>> total([PartReport(rows=2, arms={"a": 2}), PartReport(rows=3, rejected=1, arms={"a": 1, "b": 1})]).arms
    {'a': 3, 'b': 1}
    """
    arms: dict[str, int] = {}
    for part in parts:
        for arm, n in part.arms.items():
            arms[arm] = arms.get(arm, 0) + n
    return PartReport(
        rows=sum(p.rows for p in parts),
        rejected=sum(p.rejected for p in parts),
        unanswered=sum(p.unanswered for p in parts),
        arms=arms,
        fallbacks=sum(p.fallbacks for p in parts),
    )
