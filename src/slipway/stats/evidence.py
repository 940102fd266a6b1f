"""What a statistic may claim, in its type.

Two families that never mix. *Anytime* evidence (:class:`EValue`, :class:`AnytimeInterval`) keeps its error
rate however often and whenever one looks, so only it may enter a loop that peeks: the functions that judge a
rollout or raise an alarm take these types and no other. *Fixed* evidence (:class:`FixedInterval`) holds for one
sample size chosen before looking; it is for offline comparisons and reports. They share no base class, so a type
checker refuses one where the other is wanted.
"""

import math
from typing import Literal

import msgspec

from slipway.errors import BadInput

Validity = Literal["exact", "asymptotic"]
"""``exact`` holds at every sample size; ``asymptotic`` holds as the number of units grows."""


class EValue(msgspec.Struct, frozen=True):
    """Evidence against a null: a nonnegative quantity whose mean under the null is at most 1 at any stopping time.

    Reject when it is at least ``1 / alpha``; the chance that this ever happens under the null is at most
    ``alpha`` (Ville 1939).

    Attributes:
        log_e: Natural logarithm of the e-value; may be ``-inf``, never NaN.
        n: Number of exchangeable units that went in.
        validity: Whether the guarantee is exact or asymptotic.
    """

    log_e: float
    n: int
    validity: Validity = "exact"

    def __post_init__(self) -> None:
        if math.isnan(self.log_e) or self.log_e == math.inf:
            raise BadInput(f"log_e: want a number below infinity, got {self.log_e}.")

    @property
    def p(self) -> float:
        """The anytime p-value, ``min(1, 1 / e)``.

        >>> round(EValue(log_e=math.log(20), n=1).p, 12)
        0.05
        """
        return min(1.0, math.exp(-self.log_e)) if self.log_e > 0 else 1.0

    def rejects(self, *, alpha: float) -> bool:
        """Tell whether the evidence reaches ``1 / alpha``.

        >>> EValue(log_e=3.0, n=10).rejects(alpha=0.05)  # e^3 = 20.09
        True
        """
        check_alpha(alpha)
        return self.log_e >= -math.log(alpha)


class AnytimeInterval(msgspec.Struct, frozen=True):
    """A confidence sequence at one moment: it covers at all moments at once with probability ``1 - alpha``.

    Attributes:
        low: Lower limit, in the unit of the estimate; may be ``-inf``.
        high: Upper limit; may be ``inf``.
        estimate: Point estimate; NaN when nothing has been seen.
        alpha: Miss probability over all time.
        n: Number of exchangeable units that went in.
        validity: Whether the guarantee is exact or asymptotic.
    """

    low: float
    high: float
    estimate: float
    alpha: float
    n: int
    validity: Validity = "exact"

    def __post_init__(self) -> None:
        check_alpha(self.alpha)
        if not self.low <= self.high:
            raise BadInput(f"interval: want low <= high, got [{self.low}, {self.high}].")


class FixedInterval(msgspec.Struct, frozen=True):
    """A confidence interval for one sample size chosen before looking; peeking voids it.

    Attributes:
        low: Lower limit, in the unit of the estimate.
        high: Upper limit.
        estimate: Point estimate.
        alpha: Miss probability.
        n: Number of exchangeable units that went in.
    """

    low: float
    high: float
    estimate: float
    alpha: float
    n: int

    def __post_init__(self) -> None:
        check_alpha(self.alpha)
        if not self.low <= self.high:
            raise BadInput(f"interval: want low <= high, got [{self.low}, {self.high}].")


def check_alpha(alpha: float) -> None:
    """Refuse an error probability outside (0, 1), by name."""
    if not 0 < alpha < 1:
        raise BadInput(f"alpha: want 0 < alpha < 1, got {alpha}. For 5 % write 0.05.")


def check_share(name: str, share: float) -> None:
    """Refuse a share outside (0, 1), by name."""
    if not 0 < share < 1:
        raise BadInput(f"{name}: want 0 < {name} < 1, got {share}. Shares are fractions: write 0.05 for 5 %.")
