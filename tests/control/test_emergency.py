"""The store does not answer, and somebody has to roll back: done on this machine at once, and in the store once."""

import contextlib

import msgspec
import pytest

from slipway.control.emergency import Emergency, Order
from slipway.control.step import Controller
from slipway.control.terms import Terms
from slipway.control.trouble_sources import orders
from slipway.deployment.ramp import route_after
from slipway.errors import Conflict, NotFound, Unavailable
from slipway.ports import Change
from slipway.records.base import canonical
from slipway.records.rollout import Rollout, RolloutStatus
from slipway.records.route import Route
from slipway.records.trouble import AlertKind
from slipway.testing.crash import Crash, Killed
from slipway.testing.memory import MemoryJournal, MemoryStore
from slipway.testing.records import arm
from slipway.testing.rollouts import CANDIDATE, LIVE, plan
from slipway.testing.traffic import DAY_US, MemoryRoutes


class Down:
    """A store that does not answer while it is told not to."""

    def __init__(self, store):
        self.store, self.down = store, False

    def __getattr__(self, name):
        if self.down:
            raise Unavailable("control store: want an answer, got 'database is locked'.")
        return getattr(self.store, name)


class Site:
    def __init__(self, folder):
        self.folder, self.files, self.store = folder, MemoryRoutes(), Down(MemoryStore())
        self.control = self.start()
        self.control.open_route("main", arm=LIVE, salt="secret", now_us=0)
        self.control.start("main", candidate=CANDIDATE, plan=plan(), now_us=1)

    def start(self, crash=None):
        crash = crash or Crash()
        emergency = Emergency(self.folder / "emergency", files=crash.part(self.files))
        return Controller(
            store=crash.part(self.store),
            journal=MemoryJournal(),
            files=crash.part(self.files),
            terms=Terms(),
            emergency=emergency,
        )

    def state(self):
        return self.store.get(Rollout, id="candidate-1")[0]


@pytest.fixture
def site(tmp_path):
    return Site(tmp_path)


def test_it_is_rolled_back_at_once_and_told_to_the_store_once_it_answers(site):
    site.store.down = True
    ended = site.start().roll_back("candidate-1", now_us=5, why="the phones ring", by="ann")
    assert (ended.status, ended.ended_us) == (RolloutStatus.ROLLED_BACK, 5)
    in_force = site.files.read("main")
    assert (in_force.share_of("live"), in_force.shadows, in_force.version) == (1.0, (), 3)
    with pytest.raises(Conflict, match="rolled back on this machine already"):
        site.start().roll_back("candidate-1", now_us=6, why="again", by="bob")
    with pytest.raises(Unavailable):
        site.start().step(7)
    site.store.down = False
    assert site.state().status is RolloutStatus.RUNNING
    report = site.start().step(100 * DAY_US)  # past its deadline: the order comes before any verdict
    assert (report.problems, report.verdicts) == ((), ())
    assert site.state() == ended
    assert site.store.audit()[-1].by == "ann"
    assert "while this store did not answer: the phones ring" in site.store.audit()[-1].why
    assert site.files.read("main") == site.store.get(Route, id="main")[0]
    assert site.files.read("main").version == 4
    before = site.store.audit()
    assert site.start().step(101 * DAY_US).problems == ()
    assert site.store.audit() == before
    site.store.verify_audit()


def test_killed_before_each_operation_of_either_half_it_is_done_once(tmp_path):
    """The rollback without the store, and the step that carries it out."""
    for first in range(1, 4):
        for second in range(1, 12):
            site = Site(tmp_path / f"{first}-{second}")
            site.store.down = True
            try:
                site.start(Crash(at=first)).roll_back("candidate-1", now_us=5, why="w", by="ann")
            except Killed:
                site.start().roll_back("candidate-1", now_us=5, why="w", by="ann")
            assert site.files.read("main").shadows == ()
            site.store.down = False
            with contextlib.suppress(Killed):
                site.start(Crash(at=second)).step(10)
            site.start().step(10)
            assert site.state().status is RolloutStatus.ROLLED_BACK
            assert len(site.store.history(Rollout, id="candidate-1")) == 2
            assert site.files.read("main") == site.store.get(Route, id="main")[0]
            assert site.files.read("main").share_of("live") == 1.0
            site.store.verify_audit()


def test_what_control_did_not_leave_is_not_found_and_what_is_over_is_refused(site):
    site.control.roll_back("candidate-1", now_us=5, why="w", by="ann")
    site.control.step(6)
    site.store.down = True
    with pytest.raises(Conflict, match="got one that is rolled back"):  # the newest, which who names none means
        site.start().roll_back("candidate-1", now_us=7, why="w", by="ann")
    with pytest.raises(NotFound, match="found \\['candidate-1'\\]"):
        site.start().roll_back("candidate-7", now_us=7, why="w", by="ann")


def complete(site):
    """Store that the rollout is completed, and the route as that leaves it."""
    rollout, version = site.store.get(Rollout, id="candidate-1")
    present, route_version = site.store.get(Route, id="main")
    done = msgspec.structs.replace(rollout, status=RolloutStatus.COMPLETED, ended_us=2)
    changes = [
        Change(done, done.id, version),
        Change(route_after(rollout=rollout, present=present), "main", route_version),
    ]
    site.store.commit(changes, at_us=2, by="test", why="test")


def test_who_starts_another_before_the_next_step_starts_it_beside_what_was_rolled_back(site):
    complete(site)
    site.control.step(3)
    site.store.down = True
    site.start().roll_back("candidate-1", now_us=5, why="w", by="ann")
    site.store.down = False
    site.start().start("main", candidate=arm("better"), plan=plan(), now_us=6)
    assert site.state().status is RolloutStatus.ROLLED_BACK
    assert site.store.get(Rollout, id="better-1")[0].live == "live"
    assert site.start().step(7).problems == ()


@pytest.mark.parametrize("how", ["gone another way", "damaged", "of nothing"])
def test_an_order_that_can_never_be_done_keeps_control_from_no_step(site, how):
    complete(site)
    site.control.step(3)
    site.store.down = True
    site.start().roll_back("candidate-1", now_us=5, why="w", by="ann")
    site.store.down = False
    if how == "gone another way":  # somebody whose machine has no orders started another
        alone = Controller(store=site.store, journal=MemoryJournal(), files=MemoryRoutes(), terms=Terms())
        alone.start("main", candidate=arm("better"), plan=plan(), now_us=6)
    elif how == "damaged":
        (site.folder / "emergency" / "order-candidate-1.msgpack").write_bytes(b"half of")
    else:
        order = Order(rollout="gone-1", at_us=5, by="ann", why="w")
        (site.folder / "emergency" / "order-candidate-1.msgpack").write_bytes(canonical(order))
    (problem, *_) = site.start().step(7).problems
    assert "order-candidate-1, a rollback while the store did not answer, cannot be done" in problem
    assert not any("order-" in p for p in site.start().step(8).problems)
    assert site.start().frames_read == 0
    (told,) = orders(site.folder / "emergency").troubles(8)
    assert (told.kind, told.about) == (AlertKind.ORDER_REFUSED, "candidate-1")
    site.store.verify_audit()


def test_a_damaged_order_does_not_keep_another_rollback_from_being_done(site):
    (site.folder / "emergency" / "order-another-1.msgpack").write_bytes(b"half of")
    site.store.down = True
    assert site.start().roll_back("candidate-1", now_us=5, why="w", by="ann").status is RolloutStatus.ROLLED_BACK


def test_what_an_older_release_left_leads_back_to_live(site):
    path = site.folder / "emergency" / "rollouts.msgpack"
    path.write_bytes(canonical([site.state()]))
    site.store.down = True
    site.start().roll_back("candidate-1", now_us=5, why="w", by="ann")
    assert site.files.read("main").share_of("live") == 1.0


def test_rolled_back_here_and_in_the_store_at_once_the_store_counts(site):
    """Somebody else reached it, and control had not published yet."""
    site.store.down = True
    site.start().roll_back("candidate-1", now_us=5, why="w", by="ann")
    site.store.down = False
    alone = Controller(store=site.store, journal=MemoryJournal(), files=MemoryRoutes(), terms=Terms())
    alone.roll_back("candidate-1", now_us=6, why="w", by="bob")
    site.files.routes["main"] = msgspec.structs.replace(site.files.read("main"), salt="another")
    assert site.start().step(7).problems == ()
    assert site.files.read("main") == site.store.get(Route, id="main")[0]
    assert site.files.read("main").version == 4


def test_without_it_the_store_is_asked_in_vain(site):
    site.store.down = True
    alone = Controller(store=site.store, journal=MemoryJournal(), files=site.files, terms=Terms())
    with pytest.raises(Unavailable):
        alone.roll_back("candidate-1", now_us=5, why="w", by="ann")
