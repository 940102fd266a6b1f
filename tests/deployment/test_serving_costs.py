"""A candidate must fit what serving may cost: too much with evidence fails, what nobody measured holds."""

import msgspec
import pytest

from slipway.deployment.budgets import serving_costs
from slipway.deployment.gate_service import LASTING_S
from slipway.deployment.judge import judge
from slipway.deployment.replay import replay
from slipway.records.cohort import VerdictInputs
from slipway.records.gate import Gate, GateKind
from slipway.records.rollout import Action, Decision, StageEntry
from slipway.records.scope import Budgets
from slipway.records.usage import ArmUsage, BudgetKey, ServingCost, WorkerUsage
from slipway.testing.rollouts import DAY_US, Rates, month, plan, started

MB = 1 << 20
NOW_US = 25 * DAY_US
COHORTS = tuple(month(Rates(candidate=0.07, n=5000), share=0.05))


def cost(candidate, *, live=100.0, over_s=0.0, key=BudgetKey.MEMORY, budget=500.0):
    return ServingCost(key=key, budget=budget, candidate=candidate, live=live, over_s=over_s)


def canary():
    rollout, _ = started(plan())
    return msgspec.structs.replace(rollout, entries=(StageEntry(stage="canary", at_us=0, route_version=2),))


def verdict(*costs, cohorts=COHORTS):
    return judge(canary(), cohorts, now_us=NOW_US, costs=costs)


def service(verdict):
    return next(g for g in verdict.gates if g.gate.kind is GateKind.SERVICE)


def test_a_budget_that_is_exceeded_for_long_enough_rolls_back():
    found = verdict(cost(812.5, over_s=LASTING_S))
    assert (found.decision, found.action) == (Decision.FAIL, Action.ROLL_BACK)
    said = (
        "budgets.memory_mb allows 500, with the candidate serving takes 812.5 and with live 100, in every measurement"
    )
    assert said in service(found).reason
    assert service(found).reason.endswith("the candidate costs too much: fail.")


@pytest.mark.parametrize(
    ("costs", "said"),
    [
        ([cost(None)], "budgets.memory_mb allows 500, and what serving takes with the candidate is not measured"),
        ([cost(700.0, over_s=LASTING_S / 2)], "for 5 s so far (10 s fail)"),
        ([cost(700.0, live=600.0, over_s=60.0)], "with live 600, so it is not the candidate's doing alone"),
        ([cost(700.0, live=None, over_s=60.0)], "what it takes with live is not measured"),
        ([cost(300.0), cost(None, key=BudgetKey.CORES, budget=2.0)], "budgets.cpu_cores allows 2, and what serving"),
    ],
)
def test_what_nobody_can_say_is_kept_holds_and_says_why(costs, said):
    found = verdict(*costs)
    assert (found.decision, found.action) == (Decision.HOLD, Action.STAY)
    assert said in service(found).reason
    assert service(found).reason.endswith(": hold.")
    late = msgspec.structs.replace(canary().plan.stages[1], max_s=86400.0)
    stages = (canary().plan.stages[0], late, *canary().plan.stages[2:])
    short = msgspec.structs.replace(canary(), plan=msgspec.structs.replace(canary().plan, stages=stages))
    assert judge(short, COHORTS, now_us=NOW_US, costs=costs).action is Action.ROLL_BACK  # as any hold at its deadline


def test_where_the_budgets_are_kept_it_passes_and_says_so():
    found = verdict(cost(499.0), cost(2.0, key=BudgetKey.CORES, budget=2.0))
    assert (found.decision, found.action) == (Decision.PASS, Action.ADVANCE)
    assert "budgets.memory_mb allows 500, with the candidate serving takes 499" in service(found).reason


def test_where_the_scope_has_no_budget_nothing_is_asked():
    assert verdict() == judge(canary(), COHORTS, now_us=NOW_US)
    assert verdict().action is Action.ADVANCE


def test_no_requests_hold_whatever_it_costs_and_too_much_fails_without_them():
    assert verdict(cost(100.0), cohorts=()).decision is Decision.HOLD
    assert verdict(cost(900.0, over_s=60.0), cohorts=()).decision is Decision.FAIL


@pytest.mark.parametrize(("candidate", "action"), [(None, Action.ROLL_BACK), (100.0, Action.COMPLETE)])
def test_a_watch_that_ends_completes_only_where_every_budget_is_known_to_be_kept(candidate, action):
    rollout, _ = started(plan(days=20))
    gate = Gate(kind=GateKind.SERVICE, alpha=0.01, unit="day", min_units=30)
    watch = msgspec.structs.replace(rollout.plan.stages[-1], gates=(msgspec.structs.replace(gate, min_units=1),))
    stages = (*rollout.plan.stages[:-1], watch)
    entries = (StageEntry(stage="watch", at_us=0, route_version=2),)
    watched = msgspec.structs.replace(
        rollout, plan=msgspec.structs.replace(rollout.plan, stages=stages), entries=entries
    )
    cohorts = tuple(month(Rates(candidate=0.07, n=5000), share=1.0))
    assert judge(watched, cohorts, now_us=NOW_US, costs=(cost(candidate),)).action is action


def test_a_replay_takes_the_costs_that_were_stored():
    costs = (cost(812.5, over_s=60.0),)
    stored = VerdictInputs(verdict="r1-1", now_us=NOW_US, upto={}, cohorts=COHORTS, rollout=canary(), costs=costs)
    assert replay(verdict(*costs), inputs=stored) == ()
    assert "differs in" in replay(verdict(*costs), inputs=msgspec.structs.replace(stored, costs=()))[0]


def worker(number, arms, *, memory_mb=300, cores=0.5):
    return WorkerUsage(name=f"worker-{number}", memory_bytes=memory_mb * MB, cores=cores, arms=arms)


def use(memory_mb, *, cores=0.1, device="cpu"):
    return ArmUsage(device=device, memory_bytes=memory_mb * MB, cores=cores)


BOTH = Budgets(memory_mb=500, cpu_cores=2)


def costs_of(*usage, budgets=BOTH):
    return {c.key: (c.candidate, c.live) for c in serving_costs(usage, budgets=budgets, candidate="new", live="old")}


def test_an_arm_costs_what_the_workers_take_without_arms_and_what_it_takes_itself():
    busy = worker(1, {"old": use(20), "new": use(150, cores=0.2)}, memory_mb=400, cores=0.6)
    found = costs_of(worker(0, {"old": use(20), "new": use(100)}), busy)
    assert found[BudgetKey.MEMORY] == (230.0 + 150, 230.0 + 20)
    assert found[BudgetKey.CORES] == (pytest.approx(0.6 + 0.3), pytest.approx(0.6 + 0.2))


def test_a_candidate_that_only_shadows_costs_what_it_takes_there():
    shadow = WorkerUsage(name="shadow", memory_bytes=900 * MB, cores=1.5, arms={"new": use(800, cores=1.4)})
    found = costs_of(worker(0, {"old": use(50)}), shadow)
    assert found == {BudgetKey.MEMORY: (250.0 + 800, 300.0), BudgetKey.CORES: (pytest.approx(1.8), pytest.approx(0.5))}


@pytest.mark.parametrize(
    "usage",
    [
        (),
        (worker(0, {"old": use(50)}),),
        (worker(0, {"old": use(50), "new": use(0, device="process", cores=None)}),),
        (worker(0, {"old": use(50), "new": use(1, cores=None)}, memory_mb=0, cores=None),),
        (WorkerUsage(name="shadow", memory_bytes=MB, cores=0.1, arms={"new": use(1)}),),
    ],
)
def test_what_was_not_measured_is_not_known(usage):
    assert {candidate for candidate, _ in costs_of(*usage).values()} == {None}


def test_only_the_budgets_that_are_stated_are_asked():
    assert costs_of(worker(0, {"old": use(1), "new": use(1)}), budgets=Budgets(latency_p99_ms=9)) == {}
