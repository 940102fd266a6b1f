"""Monitors under control: what is found is stored once; a broken package is a problem in the report."""

from slipway.control.block import DAY_US
from slipway.control.step import Controller
from slipway.control.terms import Terms
from slipway.control.watching import Watching
from slipway.errors import NotFound
from slipway.records.arm import Arm, ArmKind
from slipway.testing.memory import MemoryJournal, MemoryStore
from slipway.testing.traffic import MemoryRoutes, World

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


def test_a_model_without_a_reference_is_not_watched():
    report = site(lambda arm: None).step(2 * DAY_US)
    assert (report.problems, report.findings) == ((), ())
