"""Is the model right as often as the person, where they say different things and somebody else settled who is right?

Where the two agree they are equally right or equally wrong, whatever the truth is: only disagreements need a judge, and
a random sample of those will do if the share that is judged is known. A disagreement that was judged then stands for
1 / share of its kind (Horvitz & Thompson 1952), and the difference of the two error rates is a mean over *all* cases.

Where nobody judges, people are the yardstick: a model that replaces a reader cannot agree with readers better than they
do with each other, and need not.
"""

import math

import msgspec

from slipway.errors import BadInput
from slipway.stats.checks import check_count
from slipway.stats.moments import Moments


class Settled(msgspec.Struct, frozen=True):
    """Cases that a model answered and a person decided without seeing its answer; parts of one share add up.

    Attributes:
        n: All of them.
        apart: Of those, where the two say different things.
        model_wrong: Of those, settled against the model.
        person_wrong: Settled against the person. Of two classes one of them is wrong, and one only.
    """

    n: int = 0
    apart: int = 0
    model_wrong: int = 0
    person_wrong: int = 0

    def __post_init__(self) -> None:
        for name in self.__struct_fields__:
            check_count(name, getattr(self, name))
        if not self.model_wrong + self.person_wrong <= self.apart <= self.n:
            raise BadInput(f"settled: want model_wrong + person_wrong <= apart <= n, got {self}.")

    def merge(self, other: "Settled") -> "Settled":
        """Add two parts; exact."""
        return Settled(
            n=self.n + other.n,
            apart=self.apart + other.apart,
            model_wrong=self.model_wrong + other.model_wrong,
            person_wrong=self.person_wrong + other.person_wrong,
        )


def difference(cases: Settled, *, share: float) -> Moments:
    """Return the moments, over all cases, of the model's error less the person's.

    Each lies in [-1 / share, 1 / share]. Their mean is unbiased where each disagreement is judged with the same chance,
    whatever it is about; :class:`~slipway.stats.betting.MarginBets` with those limits is then exact, and for a share of
    1 :class:`~slipway.stats.paired_margin.PairedMargin` is sharper. Sums of other shares can be merged.

    Args:
        cases: As counted.
        share: Part of the disagreements that is judged, known beforehand, in (0, 1].

    Raises:
        BadInput: The share is none.

    Reference:
        Horvitz & Thompson (1952), JASA 47(260).

    >>> difference(Settled(n=1000, apart=100, model_wrong=12, person_wrong=8), share=0.25)  # (12 - 8) / 0.25
    Moments(n=1000, total=16.0, squares=320.0)
    """
    if not 0 < share <= 1:
        raise BadInput(f"share: want 0 < share <= 1, got {share}. Shares are fractions: for one in five write 0.2.")
    wrong, right = cases.model_wrong, cases.person_wrong
    return Moments(n=cases.n, total=(wrong - right) / share, squares=(wrong + right) / share**2)


class Readings(msgspec.Struct, frozen=True):
    """Cases that a model answered and a person decided, some of which a second person decided as well; parts add up.

    Attributes:
        n: All of them, read twice or not.
        split: Read twice, where model and first person agree and the second does not.
        alone: Read twice, where the two people agree and the model says something else.
        sided: Read twice, where the second person sides with the model.
    """

    n: int = 0
    split: int = 0
    alone: int = 0
    sided: int = 0

    def __post_init__(self) -> None:
        for name in self.__struct_fields__:
            check_count(name, getattr(self, name))
        if self.split + self.alone + self.sided > self.n:
            raise BadInput(f"readings: want split + alone + sided <= n, got {self}.")

    def merge(self, other: "Readings") -> "Readings":
        """Add two parts; exact."""
        return Readings(
            n=self.n + other.n,
            split=self.split + other.split,
            alone=self.alone + other.alone,
            sided=self.sided + other.sided,
        )


def between_people(cases: Readings, *, second: float, settled: float) -> float:
    """Return on which share of all cases two people differ; NaN where nobody knows. Shares as in :func:`excess`.

    >>> between_people(Readings(n=1000, split=2, alone=30, sided=20), second=0.1, settled=1.0)  # (2 / .1 + 20) / 1000
    0.04
    """
    if not cases.n or not second or not settled:
        return math.nan
    return (cases.split / second + cases.sided / settled) / cases.n


def excess(cases: Readings, *, second: float, settled: float) -> Moments:
    """Return the moments of how much more the model differs from a person than another person does, case by case.

    Of a case that two people read it is 1 where they agree against the model, -1/2 where they disagree (the model then
    sides with one of them), else 0. A model that reads like another person has a mean of 0. Cases on which model and
    first person differ are read twice more often than others, so each stands for one over the chance that it was; with
    them the values lie between -1/2 and 1, each over the smaller of the two shares.

    Args:
        cases: As counted; of two classes.
        second: Part of the cases that a second person reads, in (0, 1].
        settled: Part of those where model and first person differ that a second person reads, for whatever reason.

    Raises:
        BadInput: A share is none.

    Reference:
        Obuchowski (2001), Statistics in Medicine 20(19): the index of individual equivalence. Horvitz & Thompson
        (1952), JASA 47(260), for the shares.

    >>> excess(Readings(n=10, split=1, alone=3, sided=1), second=1.0, settled=1.0)
    Moments(n=10, total=2.0, squares=3.5)
    """
    for name, share in (("second", second), ("settled", settled)):
        if not 0 < share <= 1:
            raise BadInput(
                f"{name}: want 0 < {name} <= 1, got {share}. Shares are fractions: for one in five write 0.2."
            )
    return Moments(
        n=cases.n,
        total=(cases.alone - cases.sided / 2) / settled - cases.split / 2 / second,
        squares=(cases.alone + cases.sided / 4) / settled**2 + cases.split / 4 / second**2,
    )
