"""Two success rates compared block by block, whatever the rates do over time.

Where the share of the traffic is not known or the assignment is not random, the events alone cannot be judged. This
test needs the numbers of trials in both arms, and then allows the common rate to change from block to block.
"""

import math

import msgspec

from slipway.errors import BadInput
from slipway.stats.checks import check_count, check_finite, check_positive
from slipway.stats.evidence import EValue


class Block(msgspec.Struct, frozen=True):
    """Trials and events of both arms over one block (a tick). Their numbers may not depend on the block's outcomes.

    Attributes:
        na: Trials of arm a.
        ya: Events of arm a.
        nb: Trials of arm b.
        yb: Events of arm b.
    """

    na: int = 0
    ya: int = 0
    nb: int = 0
    yb: int = 0

    def __post_init__(self) -> None:
        for name, n, events in (("ya", self.na, self.ya), ("yb", self.nb, self.yb)):
            check_count(f"n{name[1]}", n)
            check_count(name, events)
            if events > n:
                raise BadInput(f"{name}: want at most n{name[1]}={n}, got {events}.")

    def merge(self, other: "Block") -> "Block":
        """Add two parts of a block; exact. Two blocks given one after the other are another bet than their sum."""
        return Block(na=self.na + other.na, ya=self.ya + other.ya, nb=self.nb + other.nb, yb=self.yb + other.yb)


class TwoByTwoState(msgspec.Struct, frozen=True):
    """Capital and counts so far."""

    log_e: float = 0.0
    past: Block = Block()

    def __post_init__(self) -> None:
        check_finite("log_e", self.log_e)


class TwoByTwo(msgspec.Struct, frozen=True):
    """Test that both arms have the same event rate in each block; evidence says that they differ, either way.

    Exact at every sample size, for independent trials, even if the common rate changes from block to block. The order
    of blocks matters, for each bet is made from the blocks before it.

    Attributes:
        prior: Pseudo-count of events and of non-events in each arm.

    Reference:
        Turner, Ly & Grünwald (2024), Generic E-variables for exact sequential k-sample tests that allow for optional
        stopping, JSPI 230, theorem 1; the default prior 0.18 is theirs.

    >>> test = TwoByTwo()
    >>> state = test.update(test.start(), Block(na=10, ya=0, nb=10, yb=10))  # the first bet is on equal rates
    >>> test.evidence(state).log_e
    0.0
    """

    prior: float = 0.18

    def __post_init__(self) -> None:
        check_positive("prior", self.prior)

    def start(self) -> TwoByTwoState:
        """Return the state before any block."""
        return TwoByTwoState()

    def update(self, state: TwoByTwoState, tick: Block) -> TwoByTwoState:
        """Bet on one block with the rates of the blocks before it."""
        past = state.past
        rate_a = (past.ya + self.prior) / (past.na + 2 * self.prior)
        rate_b = (past.yb + self.prior) / (past.nb + 2 * self.prior)
        return TwoByTwoState(log_e=state.log_e + _log_bet(tick, rate_a, rate_b), past=past.merge(tick))

    def evidence(self, state: TwoByTwoState) -> EValue:
        """Return the evidence of a difference; ``n`` is the number of trials in both arms."""
        return EValue(log_e=state.log_e, n=state.past.na + state.past.nb)


def _log_bet(block: Block, rate_a: float, rate_b: float) -> float:
    trials = block.na + block.nb
    if trials == 0:
        return 0.0
    common = (block.na * rate_a + block.nb * rate_b) / trials
    return (
        block.ya * math.log(rate_a / common)
        + (block.na - block.ya) * math.log((1 - rate_a) / (1 - common))
        + block.yb * math.log(rate_b / common)
        + (block.nb - block.yb) * math.log((1 - rate_b) / (1 - common))
    )
