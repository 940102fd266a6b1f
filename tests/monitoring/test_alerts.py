"""Alerts: one a thing, with a life that no order of events breaks."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slipway.errors import BadInput, Conflict
from slipway.monitoring.alerts import QUIET_US, acknowledge, carry, resolve, snooze
from slipway.records.trouble import AlertKind, AlertState, Happening, Severity, Trouble

S = 1_000_000


def trouble(about="memory_mb", *, severity=Severity.WARNING, kind=AlertKind.BUDGET, sentence="Too much."):
    return Trouble(kind=kind, about=about, severity=severity, sentence=sentence)


def after(alerts, changed):
    """All alerts, with those that changed as they are now."""
    return tuple({**{a.id: a for a in alerts}, **{a.id: a for a in changed}}.values())


class Life:
    """One project's alerts, looked at again and again."""

    def __init__(self):
        self.alerts, self.now_us = (), 0

    def look(self, *troubles, after_s=1, **more):
        self.now_us += after_s * S
        changed = carry(self.alerts, troubles=troubles, now_us=self.now_us, **more)
        self.alerts = after(self.alerts, changed)
        return changed

    def person(self, do, **words):
        self.alerts = (do(self.alerts[0], by="ada", now_us=self.now_us, **words),)

    @property
    def states(self):
        return [a.state for a in self.alerts]

    @property
    def happened(self):
        return [e.what for a in self.alerts for e in a.events]


def test_one_trouble_seen_a_thousand_times_is_one_alert_that_changes_once():
    life = Life()
    assert len(life.look(trouble())) == 1
    assert [life.look(trouble()) for _ in range(1000)] == [()] * 1000
    assert life.happened == [Happening.OPENED]


def test_what_goes_for_a_minute_is_resolved_and_what_comes_back_is_opened_again():
    life = Life()
    life.look(trouble())
    life.look()
    life.look(trouble(), after_s=30)  # it flickers: nothing happened
    assert life.happened == [Happening.OPENED]
    life.look()
    life.look(after_s=QUIET_US // S)
    assert life.states == [AlertState.RESOLVED]
    life.look(trouble())
    assert life.happened == [Happening.OPENED, Happening.RESOLVED, Happening.REOPENED]
    assert life.alerts[0].opened_us == life.now_us


def test_what_a_person_resolved_stays_so_until_the_trouble_went_away():
    life = Life()
    life.look(trouble())
    life.person(resolve, why="seen")
    assert not life.look(trouble())
    life.look()
    life.look(after_s=61)
    life.look(trouble())
    assert life.happened == [Happening.OPENED, Happening.RESOLVED, Happening.REOPENED]


def test_what_gets_worse_wakes_even_who_acknowledged_snoozed_or_resolved_it():
    for do, words in ((acknowledge, {}), (snooze, {"until_us": 10**15}), (resolve, {})):
        life = Life()
        life.look(trouble())
        life.person(do, **words)
        life.look(trouble(severity=Severity.CRITICAL))
        assert life.states == [AlertState.OPEN]
        assert life.alerts[0].snoozed_until_us is None


def test_a_snooze_ends_at_its_moment_and_not_where_the_trouble_is_gone():
    life = Life()
    life.look(trouble())
    life.person(snooze, until_us=life.now_us + 100 * S)
    assert not life.look(trouble(), after_s=99)
    life.look(trouble())
    assert (life.states, life.happened[-1]) == ([AlertState.OPEN], Happening.WOKEN)
    life.person(snooze, until_us=life.now_us + 1000 * S)
    life.look()
    life.look(after_s=61)
    life.look(after_s=5000)
    assert (life.states, life.happened[-1]) == ([AlertState.RESOLVED], Happening.RESOLVED)


def test_silence_of_who_should_know_resolves_nothing():
    life = Life()
    life.look(trouble())
    for _ in range(5):
        assert not life.look(after_s=100, unknown={AlertKind.BUDGET})


def test_nobody_acts_on_what_is_resolved_and_snoozes_into_the_past():
    life = Life()
    life.look(trouble())
    with pytest.raises(BadInput, match="want a moment after"):
        life.person(snooze, until_us=life.now_us)
    life.person(resolve)
    for do, words in ((acknowledge, {}), (snooze, {"until_us": 10**15}), (resolve, {})):
        with pytest.raises(Conflict, match="resolved by ada"):
            life.person(do, **words)


def test_a_trouble_that_says_nothing_is_none():
    with pytest.raises(BadInput, match="want sentence to say something"):
        trouble(sentence=" ")


ACTS = st.sampled_from(["see", "see critical", "miss", "unknown", "ack", "snooze", "resolve"])


@given(st.lists(st.tuples(ACTS, st.integers(0, 200)), max_size=25))
def test_whatever_happens_there_is_one_alert_and_looking_twice_says_nothing(acts):
    life = Life()
    life.look(trouble())
    for act, after_s in acts:
        seen = {"see": (trouble(),), "see critical": (trouble(severity=Severity.CRITICAL),)}.get(act, ())
        life.now_us += after_s * S
        if act in ("ack", "snooze", "resolve") and life.states != [AlertState.RESOLVED]:
            words = {"until_us": life.now_us + 50 * S} if act == "snooze" else {}
            life.person({"ack": acknowledge, "snooze": snooze, "resolve": resolve}[act], **words)
            continue
        unknown = {AlertKind.BUDGET} if act == "unknown" else ()
        life.look(*seen, unknown=unknown)
        assert not carry(life.alerts, troubles=seen, now_us=life.now_us, unknown=unknown)
        (alert,) = life.alerts
        assert alert.number >= len(alert.events)
        assert (alert.state is AlertState.SNOOZED) == (alert.snoozed_until_us is not None)
        assert not (seen and not alert.there)
        assert alert.state is not AlertState.OPEN or alert.there
        assert msgspec.msgpack.decode(msgspec.msgpack.encode(alert), type=type(alert)) == alert
