"""What people decided beside a model, as sums that add up: who differed, who was right, and who followed a suggestion.

A row counts here once its time to be decided and settled is over. Only a first decision that was made without a look at
the model's answer says anything of the person: where the answer was shown the row counts for the pull of suggestions
alone. A word by somebody else afterwards, or the outcome, says who was right.
"""

from slipway.records.base import Record


class PeopleSums(Record, frozen=True, kw_only=True):
    """Rows of one unit of time, one version of the route and one degree of confidence.

    Attributes:
        start_us: Beginning of the unit.
        end_us: Its end, exclusive.
        route_version: Version of the route under which the rows were dealt.
        confidence: The model was at least so sure, and less than the next of
            :data:`slipway.stats.thresholds.THRESHOLDS`.
        audited: Whether the model's answer went out, and a person decided the same row for an audit.
        undecided: Rows that were put before people and that nobody decided.
        n: Rows whose first decision was made without a look at the model's answer.
        wrong: Of those, where the model was wrong: by the outcome; without one by who decided last, where more than one
            did; and where it differs from the one person who decided.
        apart: Of those, where model and person differ.
        model_wrong: Of those apart, settled against the model, by the outcome or by who decided last.
        person_wrong: Settled against the person.
        split: Where model and person agree, and a second person does not.
        alone: Where model and person differ, and a second person sides with the first.
        sided: Where model and person differ, and a second person sides with the model.
        shown: Rows whose model's answer was shown to who decided.
        shown_same: Of those, decided as it said.
        hidden: Rows whose answer was hidden by chance, among the same.
        hidden_same: Of those, decided as it said.
        wrong_shown: Rows shown whose outcome is known, and is not what the model said.
        wrong_shown_same: Of those, decided as the model said.
        wrong_hidden: The same of rows hidden.
        wrong_hidden_same: Likewise.
        model_wrong_told: Of ``model_wrong``, those that an outcome settled.
        person_wrong_told: Of ``person_wrong``, likewise.
        agreed: Of ``n``, where model and person agree and no outcome came.
        agreed_twice: Of those, read by a second person.
        shared: Of those, where who decided last says that both were wrong; they are in ``wrong``.
    """

    start_us: int
    end_us: int
    route_version: int
    confidence: float
    audited: bool
    undecided: int = 0
    n: int = 0
    wrong: int = 0
    apart: int = 0
    model_wrong: int = 0
    person_wrong: int = 0
    split: int = 0
    alone: int = 0
    sided: int = 0
    shown: int = 0
    shown_same: int = 0
    hidden: int = 0
    hidden_same: int = 0
    wrong_shown: int = 0
    wrong_shown_same: int = 0
    wrong_hidden: int = 0
    wrong_hidden_same: int = 0
    model_wrong_told: int = 0
    person_wrong_told: int = 0
    agreed: int = 0
    agreed_twice: int = 0
    shared: int = 0


COUNTS = tuple(f for f in PeopleSums.__struct_fields__ if PeopleSums.__struct_fields__.index(f) >= 5)
"""The fields that are counts."""


class PeopleFacts(Record, frozen=True, kw_only=True):
    """What the gates on people ask for.

    Attributes:
        settle: Part of the differences that one more person settles, as the person arm states it.
        second: Part of the rows that a second person reads as well.
        sums: Since the rollout began, oldest first.
    """

    settle: float
    second: float
    sums: tuple[PeopleSums, ...] = ()

    @property
    def settled(self) -> float:
        """Part of the rows on which model and person differ that somebody else decides as well, for either reason.

        >>> round(PeopleFacts(settle=0.5, second=0.2).settled, 9)
        0.6
        """
        return 1 - (1 - self.settle) * (1 - self.second)
