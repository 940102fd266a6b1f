"""The controller: a whole rollout from the journal alone, killed anywhere, judged once."""

import msgspec
import pytest

from slipway.control.step import Controller
from slipway.control.terms import Terms
from slipway.errors import BadInput, Conflict, Corrupt, NotFound, Unavailable
from slipway.ports import Change
from slipway.records.base import canonical
from slipway.records.cohort import VerdictInputs
from slipway.records.rollout import Action, Rollout, RolloutStatus, Verdict
from slipway.testing.memory import MemoryJournal, MemoryStore
from slipway.testing.rollouts import CANDIDATE, LIVE, plan
from slipway.testing.traffic import DAY_US, MemoryRoutes, World

STEP_US = DAY_US // 24  # control looks an hour after each midnight


class Site:
    """One project in memory, and a way to start its controller anew."""

    def __init__(self, *, candidate=0.09, seed=1, a_plan=None, **world):
        self.store, self.journal, self.files = MemoryStore(), MemoryJournal(), MemoryRoutes()
        self.world = World(seed, journal=self.journal.writer, error={"live": 0.1, "candidate": candidate}, **world)
        self.control = self.restart()
        self.control.open_route("main", arm=LIVE, salt="secret", now_us=0)
        a_plan = a_plan or plan(margin=0.02, maturity_s=7200.0)
        self.rollout = self.control.start("main", candidate=CANDIDATE, plan=a_plan, now_us=0)

    def restart(self):
        self.control = Controller(store=self.store, journal=self.journal, files=self.files, terms=Terms())
        return self.control

    def day(self, number):
        self.world.day(number, route=self.files.read("main"))
        return self.control.step((number + 1) * DAY_US + 2 * STEP_US)

    def status(self):
        return self.store.get(Rollout, id=self.rollout.id)[0]

    def run(self, days, *, restart_every=None):
        for number in range(days):
            if restart_every and number % restart_every == 0:
                self.restart()
            self.day(number)
            if self.status().status is not RolloutStatus.RUNNING:
                break
        return self.status()


def test_a_good_candidate_goes_all_the_way_and_every_verdict_replays_bit_for_bit():
    site = Site()
    done = site.run(90)
    assert done.status is RolloutStatus.COMPLETED
    route = site.files.read("main")
    assert (route.share_of("candidate"), route.fallback, route.shadows) == (1.0, "live", ())
    names = [name for name, _, _ in site.store.all(Verdict)]
    assert names == [f"candidate-1-{n}" for n in range(1, len(names) + 1)]
    assert [site.control.replay(name) for name in names[:: max(1, len(names) // 6)]] == [()] * len(
        names[:: max(1, len(names) // 6)]
    )
    assert site.control.ledger.tally.unknown == 0


def test_a_harmful_candidate_is_rolled_back_to_what_was():
    site = Site(candidate=0.2)
    assert site.run(60).status is RolloutStatus.ROLLED_BACK
    assert site.files.read("main").shares == (site.files.read("main").shares[0],)
    assert site.files.read("main").share_of("live") == 1.0


def test_the_way_back_does_not_wait_for_the_monitors():
    site, seen = Site(candidate=0.2), []
    watch = site.control._watch

    def look(now_us, problems):
        seen.append((site.status().status, site.files.read("main").shadows))
        return watch(now_us, problems)

    site.control._watch = look
    assert site.run(60).status is RolloutStatus.ROLLED_BACK
    assert seen[-1] == (RolloutStatus.ROLLED_BACK, ())


def test_without_a_wait_an_outcome_counts_from_the_moment_it_comes():
    site = Site(a_plan=plan(margin=0.02, maturity_s=0.0, unit="row"))
    site.world.day(0, route=site.files.read("main"))  # outcomes come an hour after their request
    noon, night = (site.control.step(hour * STEP_US).verdicts[0].gates[0].counts["pairs"] for hour in (12, 26))
    assert 0 < noon < night
    assert site.run(90).status is RolloutStatus.COMPLETED
    assert all(site.control.replay(name) == () for name, _, _ in site.store.all(Verdict))


def test_all_verdicts_replay_in_one_walk_through_the_journal_as_each_does_alone():
    site = Site()
    site.run(40)
    names = [name for name, _, _ in site.store.all(Verdict)]
    assert site.control.replay_all(names) == [site.control.replay(name) for name in names] == [()] * len(names)
    for name in (names[3], names[-1]):  # a forged number is told wherever in the walk it comes
        verdict, version = site.store.get(Verdict, id=name)
        forged = msgspec.structs.replace(verdict, reason="all is well")
        site.store.commit([Change(forged, name, version)], at_us=0, by="forger", why="nobody looks")
        assert [n for n, d in zip(names, site.control.replay_all(names), strict=True) if d] == [name]
        site.store.commit([Change(verdict, name, version + 1)], at_us=0, by="test", why="as it was")
    told = site.control.replay_all(names[::-1])
    assert told[0] == ()
    assert "less of the journal" in told[1][0]


def test_a_restart_each_day_changes_nothing():
    once, often = Site(), Site()
    once.run(40)
    often.run(40, restart_every=1)
    assert canonical(once.store.all(Verdict)) == canonical(often.store.all(Verdict))
    assert canonical(once.store.all(VerdictInputs)) == canonical(often.store.all(VerdictInputs))
    assert once.status() == often.status()


def test_a_second_step_at_the_same_moment_changes_nothing():
    site = Site()
    for number in range(12):
        site.day(number)
        before = len(site.store.audit())
        again = site.control.step((number + 1) * DAY_US + 2 * STEP_US)
        assert (again.stored, again.published, len(site.store.audit())) == ((), (), before)


def test_silence_rolls_back_at_the_deadline():
    site = Site(a_plan=plan(days=10))
    reports = [site.control.step(day * DAY_US) for day in range(1, 12)]
    assert [r.verdicts[0].action for r in reports[:10]] == [Action.STAY] * 10
    assert reports[10].verdicts[0].action is Action.ROLL_BACK
    assert site.status().status is RolloutStatus.ROLLED_BACK
    assert len(site.store.all(Verdict)) == 2  # one hold, which says no more on the next nine days, and the end


def test_a_route_that_was_stored_but_not_published_is_published_at_the_next_step():
    site = Site()
    del site.files.routes["main"]
    assert site.control.step(DAY_US).published == ("main 2",)


def test_one_rollout_at_a_time_and_commands():
    site = Site()
    with pytest.raises(Conflict, match="one rollout at a time"):
        site.control.start("main", candidate=CANDIDATE, plan=plan(), now_us=1)
    with pytest.raises(NotFound, match="candidate-1"):
        site.control.roll_back("candidate-2", now_us=1, why="typo")
    ended = site.control.roll_back("candidate-1", now_us=5, why="the phones ring", by="ann")
    assert (ended.status, ended.ended_us) == (RolloutStatus.ROLLED_BACK, 5)
    assert site.files.read("main").share_of("live") == 1.0
    assert site.store.audit()[-1].why == "rolled back by command: the phones ring"
    again = site.control.start("main", candidate=CANDIDATE, plan=plan(), now_us=6)
    assert again.id == "candidate-2"
    with pytest.raises(Conflict):
        site.control.open_route("main", arm=LIVE, salt="s", now_us=7)
    wrong = msgspec.structs.replace(plan(), metric="absolute-error")
    with pytest.raises(BadInput, match="metric"):
        site.control.start("main", candidate=CANDIDATE, plan=wrong, now_us=7)
    wrong = msgspec.structs.replace(plan(), errors_cost_one=False)
    with pytest.raises(BadInput, match=r"plan.errors_cost_one: want True.* costs 1 .* got False"):
        site.control.start("main", candidate=CANDIDATE, plan=wrong, now_us=7)


def test_a_completed_rollout_can_be_rolled_back_by_command():
    site = Site()
    assert site.run(90).status is RolloutStatus.COMPLETED
    site.control.roll_back("candidate-1", now_us=100 * DAY_US, why="complaints")
    assert site.files.read("main").share_of("live") == 1.0


class UnreadableJournal:
    def read(self, after):
        raise Corrupt("segment a-00000001, offset 8: checksum")
        yield


class FullDisk(MemoryRoutes):
    def publish(self, route):
        raise Unavailable("disk full")


def test_a_broken_journal_or_disk_is_a_problem_in_the_report_and_no_success():
    site = Site()
    site.journal = UnreadableJournal()
    report = site.restart().step(DAY_US)
    assert report.problems == ("journal: segment a-00000001, offset 8: checksum",)
    assert report.verdicts[0].action is Action.STAY
    site.files = FullDisk()
    assert site.restart().step(2 * DAY_US).problems[0] == "route files: disk full"
