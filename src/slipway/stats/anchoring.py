"""Does a suggestion pull people to it? Decisions with the suggestion shown, beside decisions with it hidden at random.

Chance decides whose suggestion is hidden, so the two groups meet the same cases and the difference is the suggestion's
doing. A pull to suggestions that are right is help; the pull to those that are *wrong* is what a person who signs for
people's judgement has to know.
"""

import math

import msgspec

from slipway.errors import BadInput
from slipway.stats.betting import BoundedMean
from slipway.stats.checks import check_count
from slipway.stats.evidence import AnytimeInterval, check_alpha
from slipway.stats.moments import Moments


class AnchorCounts(msgspec.Struct, frozen=True):
    """Decisions on cases for which there was a suggestion. Tick and state in one.

    Attributes:
        shown: Decisions of people who saw it.
        shown_same: Of those, the same as the suggestion.
        hidden: Decisions of people from whom it was hidden.
        hidden_same: Of those, the same as the suggestion.
    """

    shown: int = 0
    shown_same: int = 0
    hidden: int = 0
    hidden_same: int = 0

    def __post_init__(self) -> None:
        for name in self.__struct_fields__:
            check_count(name, getattr(self, name))
        if self.shown_same > self.shown or self.hidden_same > self.hidden:
            raise BadInput(f"same: want at most as many as there are decisions, got {self}.")

    def merge(self, other: "AnchorCounts") -> "AnchorCounts":
        """Add two parts; exact."""
        return AnchorCounts(
            shown=self.shown + other.shown,
            shown_same=self.shown_same + other.shown_same,
            hidden=self.hidden + other.hidden,
            hidden_same=self.hidden_same + other.hidden_same,
        )


class Anchoring(msgspec.Struct, frozen=True):
    """Cover, at all moments at once, how much more often people agree with a suggestion that they see.

    The difference of two shares, each within its own confidence sequence at alpha / 2. Exact at every sample size for
    decisions that are independent given who was shown what; decisions of one person need not be.

    Attributes:
        alpha: Miss probability over all time.

    Reference:
        Waudby-Smith & Ramdas (2024), JRSS-B 86(1), for each share; the union bound for the two.

    >>> seen = AnchorCounts(shown=2000, shown_same=1900, hidden=2000, hidden_same=1700)
    >>> pull = Anchoring(alpha=0.05).evidence(seen)  # Wald's interval for one n: .082, .118
    >>> round(pull.estimate, 9), 0.04 < pull.low < 0.082, 0.118 < pull.high < 0.16
    (0.1, True, True)
    """

    alpha: float

    def __post_init__(self) -> None:
        check_alpha(self.alpha)

    def start(self) -> AnchorCounts:
        """Return the state before any decision."""
        return AnchorCounts()

    def update(self, state: AnchorCounts, tick: AnchorCounts) -> AnchorCounts:
        """Add the decisions of one tick."""
        return state.merge(tick)

    def evidence(self, state: AnchorCounts) -> AnytimeInterval:
        """Return the interval of the pull, from -1 to 1; the whole of it where one of the two groups is empty."""
        test = BoundedMean(alpha=self.alpha / 2)
        shown, hidden = (
            test.evidence(Moments(n=n, total=float(same), squares=float(same)))
            for n, same in ((state.shown, state.shown_same), (state.hidden, state.hidden_same))
        )
        both = state.shown and state.hidden
        return AnytimeInterval(
            low=shown.low - hidden.high,
            high=shown.high - hidden.low,
            estimate=shown.estimate - hidden.estimate if both else math.nan,
            alpha=self.alpha,
            n=state.shown + state.hidden,
        )
