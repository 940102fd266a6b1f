"""Monitors under control: what is found is stored once; a broken package is a problem in the report."""

import msgspec

from slipway.control.block import DAY_US
from slipway.control.checkpoint import Checkpoint, basis_of
from slipway.control.step import Controller
from slipway.control.terms import Terms
from slipway.control.watching import Watching
from slipway.errors import NotFound
from slipway.ports import Change
from slipway.records.alert import Finding, FindingKind, Step
from slipway.records.arm import Arm, ArmKind
from slipway.stats.evidence import EValue
from slipway.testing.memory import MemoryJournal, MemoryStore
from slipway.testing.rollouts import LIVE, plan
from slipway.testing.traffic import MemoryRoutes, World
from slipway.testing.watched import watched_model

EXAMPLE = Finding(
    id="old-finding-1",
    model="old",
    kind=FindingKind.DATA_DRIFT,
    opened_us=1,
    evidence=EValue(log_e=5.0, n=9),
    relevant=True,
    go_back_to=Step.DATA,
    sentence="It moved.",
)
CANDIDATE = Arm(name="candidate", kind=ArmKind.MODEL, package="1" * 64)
MODEL = Arm(name="model-1", kind=ArmKind.MODEL, package="0" * 64)


def lost(arm):
    raise NotFound(f"package of {arm.name}: gone")


def site(equip):
    store, journal, files = MemoryStore(), MemoryJournal(), MemoryRoutes()
    watching = Watching(store, equip=equip, wait_us=7_200_000_000)
    control = Controller(store=store, journal=journal, files=files, terms=Terms(), watching=watching)
    control.open_route("main", arm=MODEL, salt="s", now_us=0)
    world = World(1, journal=journal.writer, error={"model-1": 0.1})
    world.day(0, route=files.read("main"))
    return control


def test_a_package_that_is_gone_is_a_problem_in_the_report():
    assert site(lost).step(2 * DAY_US).problems == ("monitor of model-1: package of model-1: gone",)


def test_a_rollout_that_starts_on_a_day_with_rows_is_judged():
    store, journal, files = MemoryStore(), MemoryJournal(), MemoryRoutes()
    equip = {"candidate": watched_model("candidate")}.get  # live has no profile, so the first rows are not coded
    watching = Watching(store, equip=lambda arm: equip(arm.name), wait_us=7_200_000_000)
    control = Controller(store=store, journal=journal, files=files, terms=Terms(), watching=watching)
    control.open_route("main", arm=LIVE, salt="s", now_us=0)
    world = World(1, journal=journal.writer, error={"live": 0.1, "candidate": 0.1})
    world.day(0, route=files.read("main"))
    control.step(DAY_US // 2)
    control.start("main", candidate=CANDIDATE, plan=plan(), now_us=DAY_US // 2)
    world.requests = 30  # fewer than the block has room for
    world.day(0, route=files.read("main"))
    report = control.step(DAY_US + 1)
    assert (report.problems, control.ledger.rows) == ((), 330)
    assert report.verdicts[0].gates[0].counts["pairs"] > 20


def test_a_model_without_a_reference_is_not_watched():
    report = site(lambda arm: None).step(2 * DAY_US)
    assert (report.problems, report.findings) == ((), ())


def test_drift_is_stored_once_and_a_restart_or_a_second_step_adds_nothing():
    store, journal, files = MemoryStore(), MemoryJournal(), MemoryRoutes()

    def control():
        watching = Watching(store, equip=lambda arm: watched_model(arm.name), wait_us=7_200_000_000)
        return Controller(store=store, journal=journal, files=files, terms=Terms(), watching=watching)

    running = control()
    running.open_route("main", arm=MODEL, salt="s", now_us=0)
    world = World(1, journal=journal.writer, error={"model-1": 0.1})
    opened = []
    for day in range(90, 130):
        world.day(day, route=files.read("main"), shift=float(day >= 100))
        opened += running.step((day + 1) * DAY_US + DAY_US // 6).opened
    assert len(opened) == 1
    finding, version = store.get(Finding, id=opened[0])
    assert finding.kind is FindingKind.DATA_DRIFT
    assert finding.columns[0].name == "amount"
    assert 100 <= finding.opened_us // DAY_US <= 125
    entries = len(store.audit())
    for again in (running, control()):
        report = again.step(130 * DAY_US + DAY_US // 6)
        assert (report.findings, report.opened, report.problems) == ((), (), ())
    assert (store.get(Finding, id=finding.id)[1], len(store.audit())) == (version, entries)


def found_where_outcomes_turned(tmp_path, *, restarts):
    """Return what is found of 60 days of which, from the seventh on, one input in three means something else."""
    store, journal, files = MemoryStore(), MemoryJournal(), MemoryRoutes()
    equipped = watched_model("model-1")

    def control():
        sizes = {"worker-00000001": 10**9, "shadow-00000001": 10**9}
        checkpoint = Checkpoint(tmp_path, basis=basis_of(), sizes=lambda: sizes, writes=lambda: True)
        watching = Watching(store, equip=lambda arm: equipped, wait_us=7_200_000_000)
        return Controller(
            store=store, journal=journal, files=files, terms=Terms(), watching=watching, checkpoint=checkpoint
        )

    running = control()
    running.open_route("main", arm=MODEL, salt="s", now_us=0)
    world = World(2, journal=journal.writer, error={"model-1": 0.1}, requests=100)
    for day in range(90, 150):
        world.day(day, route=files.read("main"), frames=1, turned=0.2 * (day >= 96))
        assert running.step((day + 1) * DAY_US + DAY_US // 6).problems == ()
        if restarts and day % 6 == 0:
            running.save()
            running = control()
            assert running.saved_upto()
    return tuple(finding for _, finding, _ in store.all(Finding))


def test_a_finding_names_the_part_whose_meaning_changed_and_a_restart_changes_nothing(tmp_path):
    (finding,) = found_where_outcomes_turned(tmp_path / "a", restarts=False)
    assert finding.kind is FindingKind.CONCEPT_DRIFT
    (part,) = finding.parts
    assert part.name.startswith("amount from 0.")
    assert 0.1 < part.gap.low < 0.14 < part.gap.high  # of two rows in ten that are turned, one in ten erred before
    assert f"Concept drift where {part.name}: +" in finding.sentence
    assert (finding.relevant, finding.go_back_to) == (True, Step.MODELING)
    assert found_where_outcomes_turned(tmp_path / "b", restarts=True) == (finding,)


def test_a_model_that_left_its_route_has_no_open_finding():
    control = site(lambda arm: None)
    left = msgspec.structs.replace(EXAMPLE, model="model-0")
    control.store.commit([Change(left, left.id, 0)], at_us=1, by="t", why="t")
    assert control.step(2 * DAY_US).findings == (left.id,)
    assert control.store.get(Finding, id=left.id)[0].closed_us == 2 * DAY_US


def test_it_says_what_it_has_looked_at_and_a_restart_knows_it_too():
    control = site(lambda arm: watched_model(arm.name))
    assert control.looked == (), "nobody looked before the first step"
    control.step(DAY_US // 2)
    (early,) = control.looked
    assert (early.slices, early.inputs_upto_us) == (0, 0), "the first day is not over"
    control.step(DAY_US + DAY_US // 6)
    (later,) = control.looked
    assert (later.model, later.slice_us, later.slices, later.inputs_upto_us) == ("model-1", DAY_US, 1, DAY_US)
    assert later.outcomes_upto_us == DAY_US
