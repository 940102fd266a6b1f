"""Since when a budget is exceeded goes by what was measured, a gap begins anew; a verdict keeps what it saw."""

from slipway.control.costs import Costs
from slipway.control.step import Controller
from slipway.control.terms import Terms
from slipway.records.cohort import VerdictInputs
from slipway.records.rollout import Action, RolloutStatus, Verdict
from slipway.records.scope import Budgets
from slipway.records.usage import ArmUsage, BudgetKey, WorkerUsage
from slipway.testing.memory import MemoryJournal, MemoryStore
from slipway.testing.rollouts import CANDIDATE, LIVE, plan, started
from slipway.testing.traffic import DAY_US, MemoryRoutes, World

MB = 1 << 20
BUDGETS = Budgets(memory_mb=500, cpu_cores=1)


def taking(mb, *, cores=0.1):
    arms = {"live": ArmUsage(cores=0.1), "candidate": ArmUsage(memory_bytes=mb * MB, cores=cores)}
    return (WorkerUsage(name="worker-0", memory_bytes=(200 + mb) * MB, cores=0.3, arms=arms),)


def test_a_measurement_within_or_none_at_all_begins_the_count_anew():
    now, seen = [0.0], [taking(400)]
    costs = Costs(lambda: seen[0], budgets=Budgets(memory_mb=500), monotonic=lambda: now[0])
    rollout, _ = started(plan())
    lasting = []
    for now[0], seen[0] in enumerate([taking(400), taking(400), (), taking(400), taking(400), taking(9), taking(400)]):
        (cost,) = costs(rollout)
        lasting.append((cost.candidate, cost.over_s))
    over = [(600.0, 0.0), (600.0, 1.0), (None, 0.0), (600.0, 0.0), (600.0, 1.0), (209.0, 0.0), (600.0, 0.0)]
    assert lasting == over


def test_a_replay_is_faster_than_life_and_asks_for_memory_alone():
    rollout, _ = started(plan())
    asked = [[c.key for c in Costs(lambda: taking(1), budgets=BUDGETS, replays=r)(rollout)] for r in (False, True)]
    assert asked == [[BudgetKey.MEMORY, BudgetKey.CORES], [BudgetKey.MEMORY]]


def test_where_nothing_is_asked_nothing_is_measured():
    def refuse():
        raise AssertionError("nobody asked")

    assert Costs(refuse, budgets=Budgets(latency_p99_ms=5))(started(plan())[0]) == ()


def test_a_candidate_that_takes_too_much_is_rolled_back_and_the_verdict_is_made_again_from_what_it_saw():
    """It is right more often than live, and too large for the budget."""
    now, store, journal, files = [0.0], MemoryStore(), MemoryJournal(), MemoryRoutes()
    costs = Costs(lambda: taking(400), budgets=BUDGETS, monotonic=lambda: now[0])
    control = Controller(store=store, journal=journal, files=files, terms=Terms(), costs=costs)
    control.open_route("main", arm=LIVE, salt="s", now_us=0)
    rollout = control.start("main", candidate=CANDIDATE, plan=plan(margin=0.05), now_us=0)
    world = World(1, journal=journal.writer, error={"live": 0.2, "candidate": 0.02}, requests=600)
    for day in range(40):
        world.day(day, route=files.read("main"))
        now[0] += 60.0
        control.step((day + 1) * DAY_US)
        if control.store.get(type(rollout), id=rollout.id)[0].status is not RolloutStatus.RUNNING:
            break
    *_, (name, last, _) = store.all(Verdict)
    assert (last.stage, last.action) == ("canary", Action.ROLL_BACK)
    assert "budgets.memory_mb allows 500, with the candidate serving takes 600 and with live 200" in last.reason
    assert store.get(VerdictInputs, id=name)[0].costs[0].over_s > 0
    assert control.replay(name) == ()
    assert [share.arm for share in files.read("main").shares if share.share] == ["live"]
