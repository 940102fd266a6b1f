"""Labels as people gave them: by whom, under which guideline, when; and the lists that people work through."""

from enum import StrEnum

from slipway.errors import BadInput
from slipway.records.base import Record, check_name


class Guideline(Record, frozen=True, kw_only=True):
    """One version of what annotators were told; its id is the hash of its text.

    Attributes:
        name: A checked word, the same for all versions of one guideline.
        text: All of it.
        made_us: When it was put down.
    """

    name: str
    text: str
    made_us: int

    def __post_init__(self) -> None:
        check_name("guideline", self.name)
        if not self.text.strip():
            raise BadInput(f"guideline {self.name}: want a text that says how to label, got nothing.")


class Label(Record, frozen=True, kw_only=True):
    """One value that one annotator gave to one row.

    Attributes:
        row: Which row: its entity where that names a row, else the hash of its content without Y.
        annotator: Who.
        value: Y as text; whole numbers without a point.
        guideline: Id of the guideline that he went by, or empty where nobody wrote it down.
        at_us: When, or None where nobody wrote it down.
    """

    row: str
    annotator: str
    value: str
    guideline: str = ""
    at_us: int | None = None


class LabelBatch(Record, frozen=True, kw_only=True):
    """Labels that came in together; its id is the hash of its file.

    Attributes:
        column: Column of the data whose values they are.
        source: Where they came from, in words.
        labels: How many.
        rows: Rows that they are about.
        annotators: Who gave them.
        file: Blob id of the labels.
        made_us: When they came in.
    """

    column: str
    source: str
    labels: int
    rows: int
    annotators: tuple[str, ...]
    file: str
    made_us: int


class QueueKind(StrEnum):
    """Why rows are to be looked at.

    ``suspicion``: the most suspect labels first. ``audit``: rows drawn at random, to estimate how many errors are left.
    ``second-reading``: rows drawn at random, labelled anew by somebody who does not see the label. ``adjudication``:
    rows that annotators disagree on, decided by a third person.
    """

    SUSPICION = "suspicion"
    AUDIT = "audit"
    SECOND_READING = "second-reading"
    ADJUDICATION = "adjudication"


class LabelQueue(Record, frozen=True, kw_only=True):
    """Rows for people to look at, in an order; never changed once it is made.

    Attributes:
        kind: Why.
        dataset: Id of the dataset version whose rows they are.
        column: Column of the labels in question.
        file: Blob id of the entries, in order.
        rows: Number of entries.
        population: Rows that they were taken from.
        tranche: Rows that are ranked together and shuffled among themselves; 0 where the whole order is one of chance.
        method: How the order was found, in words.
        wrong: Estimated number of wrong labels in the population by the model alone, or None.
        wrong_low: Lower limit of that; it allows for chance, not for what the model gets wrong.
        wrong_high: Upper limit.
        guideline: Id of the guideline that people go by, or empty.
        seed: Seed of the order.
        made_us: When.
        held_out: Whether it is drawn from all rows held out, and from no others.
    """

    kind: QueueKind
    dataset: str
    column: str
    file: str
    rows: int
    population: int
    tranche: int = 0
    method: str
    wrong: float | None = None
    wrong_low: float | None = None
    wrong_high: float | None = None
    guideline: str = ""
    seed: int
    made_us: int
    held_out: bool = False


class Entry(Record, frozen=True, kw_only=True):
    """One row of a queue.

    Attributes:
        row: Which row, as in :class:`Label`.
        place: Where it stands in the table of the dataset version, from 0.
        given: Its label, as text.
        guess: What the model, or the annotators together, would say, as text; empty where nobody was asked.
        margin: How much the model is for the given label, in [-1, 1] for classes; the smaller, the more suspect. For
            numbers the distance in robust standard deviations, negated; for a dispute the consensus's probability,
            negated. 0 where nobody was asked.
    """

    row: str
    place: int
    given: str
    guess: str = ""
    margin: float = 0.0


class Decision(StrEnum):
    """What a person says of a label."""

    AGREE = "agree"
    FLIP = "flip"
    UNSURE = "unsure"


class Ruling(Record, frozen=True, kw_only=True):
    """What a person decided, which is final.

    Attributes:
        decision: Whether the label is right.
        value: The label from now on, as text; empty where the person is unsure.
        by: Who.
        why: In words; may be empty.
        at_us: When.
    """

    decision: Decision
    value: str
    by: str
    why: str
    at_us: int


class LabelItem(Record, frozen=True, kw_only=True):
    """What became of one row that was handed out: who has it, and the ruling once there is one.

    Attributes:
        dataset: Id of the dataset version.
        column: Column of the label.
        row: Which row.
        queue: Id of the queue that it was last handed out from.
        given: The label before.
        holder: Who has it.
        until_us: Until when; after that it may go to somebody else.
        ruling: What was decided, or None.
    """

    dataset: str
    column: str
    row: str
    queue: str
    given: str
    holder: str
    until_us: int
    ruling: Ruling | None = None


class Collection(Record, frozen=True, kw_only=True):
    """Rows of the journal that went into a dataset version; its id is that version's.

    Attributes:
        since_us: Requests received from this moment on; None from the beginning.
        until_us: Requests received before it.
        rows: Rows that were taken.
        waiting: Requests of that time whose outcome had not come, and which are waited for.
        given_up: Requests, also of earlier collections, without an outcome that are too old to be waited for.
        late: Of the rows taken, those that an earlier collection had passed before their outcome came.
        unresolved: Blob id of the marks of all requests, also of earlier collections, that still wait for an outcome;
            empty for none, and in collections of before November 2026.
        unresolved_since_us: When the first of these was received, or None.
        pseudonyms: Columns of which the journal holds keyed hashes only.
        hidden: Columns of which it holds nothing.
    """

    since_us: int | None
    until_us: int
    rows: int
    waiting: int
    pseudonyms: tuple[str, ...]
    hidden: tuple[str, ...]
    late: int = 0
    unresolved: str = ""
    unresolved_since_us: int | None = None
    given_up: int = 0
