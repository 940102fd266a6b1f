"""What a gate may look at: one rollout, its cohorts, one moment."""

import msgspec

from slipway.records.cohort import ArmSums, Cohort, PairSums
from slipway.records.facts import NONE, Facts
from slipway.records.gate import Gate
from slipway.records.rollout import Plan, Rollout, Stage
from slipway.records.usage import ServingCost


class View(msgspec.Struct, frozen=True):
    """A rollout and what was seen of it up to now.

    Attributes:
        rollout: The rollout, running.
        cohorts: Cohorts since it began, oldest first.
        now_us: The moment.
        costs: What serving takes with each arm, of each budget that the scope has for memory and processor.
        facts: What else the gates ask for.
    """

    rollout: Rollout
    cohorts: tuple[Cohort, ...]
    now_us: int
    costs: tuple[ServingCost, ...] = ()
    facts: Facts = NONE

    @property
    def stage(self) -> Stage:
        """The present stage."""
        return self.rollout.stage()

    @property
    def threshold(self) -> float | None:
        """The confidence from which on the candidate decides alone; None where it does so nowhere."""
        return self.rollout.entries[-1].threshold

    @property
    def held_s(self) -> float:
        """How long the rollout has been in this stage, in seconds; by how much the clock was set does not count."""
        return (self.now_us - self.rollout.entered_us) / 1e6

    @property
    def is_overdue(self) -> bool:
        """Whether the stage is held longer than it may be."""
        return self.held_s > self.stage.max_s

    def of_stage(self, cohorts: tuple[Cohort, ...]) -> tuple[Cohort, ...]:
        """Return those that came under the present stage's route."""
        return tuple(c for c in cohorts if c.route_version >= self.rollout.entries[-1].route_version)


def look(
    rollout: Rollout,
    cohorts: tuple[Cohort, ...],
    *,
    now_us: int,
    costs: tuple[ServingCost, ...] = (),
    facts: Facts = NONE,
) -> View:
    """Return the view of the cohorts that belong to this rollout, in one fixed order."""
    own = (c for c in cohorts if c.route_version >= rollout.entries[0].route_version)
    return View(rollout, tuple(sorted(own, key=lambda c: (c.start_us, c.route_version))), now_us, costs, facts)


def total_pairs(cohorts: tuple[Cohort, ...]) -> PairSums:
    """Add up the pairs."""
    whole = PairSums()
    for cohort in cohorts:
        whole = whole.merge(cohort.pairs)
    return whole


def by_counts(gate: Gate, *, plan: Plan) -> bool:
    """Tell whether counts of pairs say all, so that the exact test for rows applies.

    The plan says so, never the pairs: while only cheap errors came they look as if all cost the same, and a test that
    is changed in mid-stream spends alpha twice.
    """
    return gate.unit == "row" and plan.metric == "error" and plan.errors_cost_one


def total_arms(cohorts: tuple[Cohort, ...]) -> tuple[ArmSums, ArmSums]:
    """Add up (candidate, live)."""
    candidate, live = ArmSums(), ArmSums()
    for cohort in cohorts:
        candidate, live = candidate.merge(cohort.candidate), live.merge(cohort.live)
    return candidate, live
