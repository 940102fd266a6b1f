"""One look at a rollout: which rows are its own at a moment, and what is waited for."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from slipway.control.block import Block
from slipway.control.clock_sets import by_now
from slipway.control.ledger import Ledger
from slipway.control.told_people import HANDED_OVER
from slipway.deployment.units import unit_length_us
from slipway.records.gate import GateKind
from slipway.records.rollout import Rollout

Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]


class Look(NamedTuple):
    """One look at a rollout."""

    rollout: Rollout
    ledger: Ledger
    now_us: int

    @property
    def wait_us(self) -> int:
        """How long the rollout waits for outcomes."""
        return round(self.rollout.plan.maturity_s * 1e6)

    @property
    def length_us(self) -> int:
        """Length of a cohort."""
        return unit_length_us(g.unit for s in self.rollout.plan.stages for g in s.gates)

    @property
    def asks_latency(self) -> bool:
        """Whether a gate of the plan compares how long answers take."""
        return any(g.kind is GateKind.LATENCY for s in self.rollout.plan.stages for g in s.gates)

    def blocks(self) -> list[Block]:
        """Return the days that are held, from the rollout's first on."""
        return [b for b in self.ledger.blocks(self.rollout.route) if b.end_us > self.rollout.since_us]

    def own(self, block: Block) -> tuple[Bools, Bools]:
        """Return (which rows of a day belong to the rollout, which of these were dealt to the candidate).

        Who steps in is live, so a row that live answered as fallback was dealt to the candidate; so was what the
        candidate handed over to people.
        """
        by_candidate = block.arm == self.ledger.arm(self.rollout.candidate)
        by_live = block.arm == self.ledger.arm(self.rollout.live)
        own = (block.version >= self.rollout.entries[0].route_version) & (by_candidate | by_live)
        own &= block.at_us <= self.now_us
        handed_over = np.isin(block.course[own], HANDED_OVER)
        return own, (by_candidate[own] != block.fallback[own]) | handed_over

    def is_over(self, block: Block) -> bool:
        """Tell whether a day is over, and its outcomes waited for."""
        return int(self.by_now(np.array([block.end_us]))[0]) + self.wait_us <= self.now_us

    def by_now(self, at_us: Ints) -> Ints:
        """Return moments as today's clock would have shown them; see :func:`slipway.control.clock_sets.by_now`."""
        return by_now(at_us, sets=self.rollout.clock_sets)

    def share(self, version: int) -> float:
        """Return the candidate's share under a version of the route."""
        shares = {s.name: s.share for s in self.rollout.plan.stages}
        return next(shares[e.stage] for e in reversed(self.rollout.entries) if e.route_version <= version)
