"""Alerts are carried by steps of control: what is wrong is stored and told once, whatever is killed when."""

import pytest

from slipway.control.alerting import OUTBOX, Alerting, Source, outbox_of
from slipway.control.step import Controller
from slipway.control.terms import Terms
from slipway.control.trouble_sources import certificate, faults, stored, undelivered
from slipway.errors import NotFound, Unavailable
from slipway.monitoring.alerts import acknowledge, resolve
from slipway.ports import Change
from slipway.records.access import Certificate
from slipway.records.receiver import Alerts, DeadLetter, Receiver, ReceiverKind, Sent
from slipway.records.rollout import RolloutStatus
from slipway.records.trouble import Alert, AlertKind, AlertState, Severity, Trouble
from slipway.testing.memory import MemoryJournal, MemoryStore
from slipway.testing.records import arm
from slipway.testing.rollouts import CANDIDATE, LIVE, plan
from slipway.testing.traffic import DAY_US, MemoryRoutes, World

OPS = Receiver(name="ops", kind=ReceiverKind.WEBHOOK, url="https://example.org/hook", severity=Severity.INFO)
KIND = frozenset({AlertKind.BUDGET})


def trouble(about="memory_mb"):
    return Trouble(kind=AlertKind.BUDGET, about=about, severity=Severity.WARNING, sentence="Too much.")


def alerting(store, *sources, **more):
    return Alerting(store, sources=sources, alerts=Alerts(receivers=(OPS,)), machine_us=lambda: 0, **more)


def alerts(store):
    return {f"{a.trouble.kind}": a.state for _, a, _ in store.all(Alert)}


def test_an_alert_and_its_message_are_one_transaction_and_a_second_step_stores_nothing():
    store = MemoryStore()
    one = alerting(store, Source(KIND, lambda _: [trouble()]))
    assert len(one.step(1, problems=[])) == 1
    before = store.version() if hasattr(store, "version") else outbox_of(store)[1]
    assert one.step(2, problems=[]) == ()
    assert alerting(store, Source(KIND, lambda _: [trouble()])).step(3, problems=[]) == ()  # another process
    assert outbox_of(store)[1] == before == 1
    (message,) = outbox_of(store)[0].messages
    assert message.notices[0].sentence == "Too much."


def test_who_cannot_say_what_is_wrong_resolves_nothing_and_is_a_problem_of_the_step():
    store, answers = MemoryStore(), [[trouble()]]

    def ask(_):
        if not answers:
            raise Unavailable("the disk is gone")
        return answers.pop()

    one, problems = alerting(store, Source(KIND, ask)), []
    one.step(1, problems=problems)
    for n in range(2, 5):
        assert one.step(n * 100_000_000, problems=problems) == ()
    assert alerts(store) == {"budget": AlertState.OPEN}
    assert problems == ["alerts: the disk is gone"] * 3


@pytest.mark.parametrize("error", [OSError(5, "input/output error"), KeyError("x")])
def test_one_that_breaks_silences_none_of_the_others_and_resolves_nothing(error):
    full = Trouble(kind=AlertKind.DISK_FULL, about="x", severity=Severity.WARNING, sentence="It is full.")

    def breaks(_):
        yield full
        raise error

    store, problems = MemoryStore(), []
    broken = Source(frozenset({AlertKind.DISK_FULL}), breaks)
    alerting(store, broken, Source(KIND, lambda _: [trouble()])).step(1, problems=problems)
    assert alerts(store) == {"budget": AlertState.OPEN}
    assert type(error).__name__ in problems[0]
    alerting(store, Source(broken.kinds, lambda _: [full])).step(2, problems=problems)
    for day in (1, 2):
        alerting(store, broken, Source(KIND, lambda _: [])).step(day * DAY_US, problems=problems)
    assert alerts(store) == {"budget": AlertState.RESOLVED, "disk-full": AlertState.OPEN}


def test_a_person_acts_once_and_the_audit_trail_says_who():
    store = MemoryStore()
    one = alerting(store, Source(KIND, lambda _: [trouble()]))
    (id_,) = one.step(1, problems=[])
    one.act(id_, do=lambda a: acknowledge(a, by="ada", why="mine", now_us=2), now_us=2, by="ada")
    assert alerts(store) == {"budget": AlertState.ACKNOWLEDGED}
    one.act(id_, do=lambda a: resolve(a, by="ada", now_us=3), now_us=3, by="ada")
    assert [m.notices[0].what for m in outbox_of(store)[0].messages] == ["opened", "resolved"]
    assert [(e.by, e.why) for e in store.audit() if e.kind == "alert"][1] == ("ada", f"{id_} acknowledged (mine)")
    with pytest.raises(NotFound, match="slipway alert list"):
        one.act("budget-0", do=lambda a: a, now_us=4, by="ada")


def test_delivered_messages_leave_the_outbox_and_those_given_up_are_an_alert():
    store = MemoryStore()
    one = alerting(store, Source(KIND, lambda _: [trouble()]), undelivered(store, machine_us=lambda: 5))
    one.step(1, problems=[])
    (message,) = outbox_of(store)[0].messages
    lost = DeadLetter(key=message.key, alerts=(message.notices[0].alert,), at_us=4, attempts=9, why="no answer")
    store.commit([Change(Sent(receiver="ops", dead=(lost,)), "ops", 0)], at_us=4, by="alerts", why="given up")
    one.step(2, problems=[])
    assert alerts(store) == {"budget": AlertState.OPEN, "undelivered": AlertState.OPEN}
    (message,) = outbox_of(store)[0].messages
    assert message.notices[0].kind is AlertKind.UNDELIVERED


def test_a_replay_of_the_past_tells_nobody_unless_the_scope_says_so():
    for replay, told in ((False, 0), (True, 1)):
        store = MemoryStore()
        settings = Alerts(receivers=(OPS,), replay=replay)
        source = Source(KIND, lambda _: [trouble()])
        one = Alerting(store, sources=[source], alerts=settings, machine_us=lambda: 0, replays=True)
        one.step(1, problems=[])
        assert len(outbox_of(store)[0].messages) == told
        assert alerts(store) == {"budget": AlertState.OPEN}


class Site:
    """A project in memory whose alerts are kept."""

    def __init__(self, *, candidate, seed=1):
        self.behind_s = None
        self.store, journal, self.files = MemoryStore(), MemoryJournal(), MemoryRoutes()
        self.world = World(seed, journal=journal.writer, error={"live": 0.1, "candidate": candidate})
        self.alerting = alerting(self.store, *stored(self.store))
        self.control = Controller(
            store=self.store, journal=journal, files=self.files, terms=Terms(), alerting=self.alerting
        )
        self.alerting.add(faults(lambda: self.control.fault, behind_s=lambda: self.behind_s))
        self.control.open_route("main", arm=LIVE, salt="secret", now_us=0)
        a_plan = plan(margin=0.02, maturity_s=7200.0)
        self.rollout = self.control.start("main", candidate=CANDIDATE, plan=a_plan, now_us=0)

    def day(self, number):
        self.world.day(number, route=self.files.read("main"))
        return self.control.step((number + 1) * DAY_US + DAY_US // 12)


def test_a_candidate_that_is_rolled_back_is_told_of_with_nothing_of_any_row():
    site = Site(candidate=0.3)
    for number in range(60):
        report = site.day(number)
        if report.alerts:
            break
    assert alerts(site.store)["rolled-back"] is AlertState.OPEN
    (message,) = outbox_of(site.store)[0].messages
    (notice,) = message.notices
    assert notice.severity is Severity.CRITICAL
    assert "rolled back by a verdict in stage" in notice.sentence
    assert notice.evidence == f"rollout {site.rollout.id}"
    assert notice.command == f"slipway rollout show {site.rollout.id}"


def test_one_that_was_rolled_back_and_followed_by_another_between_two_steps_is_told_of_once():
    site = Site(candidate=0.1)
    site.control.step(1)
    site.control.roll_back(site.rollout.id, now_us=2, by="ann", why="no")
    site.control.start("main", candidate=arm("better"), plan=plan(), now_us=3)
    site.control.step(4)
    (alert,) = [a for _, a, _ in site.store.all(Alert) if a.trouble.kind is AlertKind.ROLLED_BACK]
    assert alert.trouble.about == site.rollout.id
    assert alert.trouble.sentence.endswith("the newest on route main is better-1.")
    for n in range(1, 4):
        site.control.step(4 + n * 3600 * 1_000_000)
    (alert,) = [a for _, a, _ in site.store.all(Alert) if a.trouble.kind is AlertKind.ROLLED_BACK]
    assert [event.what for event in alert.events] == ["opened", "resolved"]


def test_a_hold_is_told_of_before_its_deadline_and_ends_as_a_rollback():
    site, seen = Site(candidate=0.1), []
    stage = site.rollout.plan.stages[0]
    for hour in range(round(stage.max_s / 3600) + 3):  # no traffic at all
        site.control.step(hour * 3_600_000_000)
        seen.append(frozenset(alerts(site.store)))
    first = next(n for n, kinds in enumerate(seen) if "deadline" in kinds)
    near_h = min(0.2 * stage.max_s, 86_400) / 3600
    assert first == pytest.approx(stage.max_s / 3600 - near_h, abs=1)
    assert site.control.running() == []
    assert alerts(site.store) == {"deadline": AlertState.RESOLVED, "rolled-back": AlertState.OPEN}
    assert site.rollout.status is RolloutStatus.RUNNING  # as it was started


def test_a_fault_nobody_foresaw_is_told_of_by_name_only():
    site = Site(candidate=0.1)

    def broken(*_, **__):
        raise ZeroDivisionError("row 7: Ada Lovelace")

    site.control.ledger.take = broken
    site.control._reading._read = broken
    site.control.step(1)
    assert alerts(site.store) == {"control-fault": AlertState.OPEN}
    assert "Lovelace" not in repr(outbox_of(site.store)[0])
    assert "ZeroDivisionError" in outbox_of(site.store)[0].messages[0].notices[0].sentence


def test_alerts_that_cannot_be_kept_stop_no_verdict():
    site = Site(candidate=0.1)
    site.alerting.step = lambda *_, **__: 1 / 0
    report = site.day(0)
    assert report.problems == ("alerts: ZeroDivisionError: division by zero",)
    assert report.verdicts


def test_the_outbox_is_one_record():
    store = MemoryStore()
    alerting(store, Source(KIND, lambda _: [trouble("a"), trouble("b")])).step(1, problems=[])
    (id_,) = [id_ for id_, _, _ in store.all(type(outbox_of(store)[0]))]
    assert id_ == OUTBOX


def test_what_nobody_here_knows_of_is_not_resolved():
    """A command without the queue, or a source that another process has, says nothing of their alerts."""
    store = MemoryStore()
    alerting(store, Source(KIND, lambda _: [trouble()])).step(1, problems=[])
    for n in range(2, 5):
        assert alerting(store).step(n * 100_000_000, problems=[]) == ()
    assert alerts(store) == {"budget": AlertState.OPEN}


def test_a_certificate_is_told_of_two_weeks_before_its_end_and_where_it_cannot_be_served():
    day_us, now_us, ends = 86_400_000_000, [0], [20]

    def read():
        if ends[0] is None:
            raise Unavailable("/secret/path: want a key")
        return Certificate(path="c.pem", names=(), ends_us=ends[0] * day_us)

    source = certificate(read, machine_us=lambda: now_us[0])
    assert source.troubles(0) == []
    now_us[0] = 7 * day_us
    (told,) = source.troubles(0)
    assert told.sentence == "The server's certificate ends on 1970-01-21."
    ends[0] = None
    assert source.troubles(0) == [told]  # read once an hour
    now_us[0] += 3_600_000_000
    assert source.troubles(0)[0].sentence == "The server's certificate cannot be served (Unavailable)."


def test_a_control_that_reads_nothing_any_more_is_told_of():
    site = Site(candidate=0.1)
    for behind_s, told in ((None, {}), (179.0, {}), (180.0, {"control-fault": AlertState.OPEN})):
        site.behind_s = behind_s
        site.control.step(1)
        assert alerts(site.store) == told
