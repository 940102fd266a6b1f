"""Who is told what, and when: nothing twice, nothing lost, nobody woken for what can wait."""

from datetime import datetime

import pytest

from slipway.errors import BadInput
from slipway.monitoring.alerts import acknowledge, carry, resolve
from slipway.monitoring.routing import notices, route
from slipway.records.receiver import Alerts, Outbox, Receiver, ReceiverKind, Sent
from slipway.records.trouble import AlertKind, Severity, Trouble

HOUR = 3_600_000_000


def at(text):
    return round(datetime.fromisoformat(text).timestamp() * 1e6)


def receiver(name="ops", **words):
    return Receiver(name=name, kind=ReceiverKind.WEBHOOK, url="https://example.org/hook", **words)


def trouble(about="a", *, severity=Severity.WARNING, kind=AlertKind.BUDGET):
    return Trouble(kind=kind, about=about, severity=severity, sentence="Too much.")


class Post:
    """An outbox that is routed at moments."""

    def __init__(self, *receivers, **settings):
        self.settings = Alerts(receivers=receivers or (receiver(),), **settings)
        self.outbox, self.alerts, self.sent, self.got = Outbox(), {}, {}, []

    def step(self, now_us, *troubles):
        changed = carry(self.alerts.values(), troubles=troubles, now_us=now_us)
        return self.tell(changed, now_us)

    def tell(self, changed, now_us):
        told = notices(changed, before=self.alerts)
        self.alerts |= {a.id: a for a in changed}
        self.outbox = route(
            self.outbox, told=told, alerts=self.settings, sent=self.sent, now_us=now_us, machine_us=now_us
        )
        return self.outbox.messages

    def deliver(self):
        """Everything that is to be sent arrives; returns (receiver, notices) of each message."""
        arrived = [(m.receiver, [n.key for n in m.notices]) for m in self.outbox.messages]
        for message in self.outbox.messages:
            done = self.sent.get(message.receiver, Sent(receiver=message.receiver)).done
            self.sent[message.receiver] = Sent(receiver=message.receiver, done=(*done, message.key))
        return arrived


def test_each_receiver_is_told_once_of_what_it_wants():
    post = Post(
        receiver("all"), receiver("grave", severity=Severity.CRITICAL), receiver("disks", kinds=(AlertKind.DISK_FULL,))
    )
    post.step(0, trouble(), trouble("b", severity=Severity.CRITICAL), trouble("c", kind=AlertKind.DISK_FULL))
    assert {to: len(keys) for to, keys in post.deliver()} == {"all": 3, "grave": 1, "disks": 1}
    assert (
        post.step(1, trouble(), trouble("b", severity=Severity.CRITICAL), trouble("c", kind=AlertKind.DISK_FULL)) == ()
    )


def test_a_message_keeps_its_key_and_content_until_it_is_delivered():
    post = Post()
    (first,) = post.step(0, trouble())
    (again, other) = post.step(1, trouble(), trouble("b"))
    assert again == first
    assert other.key != first.key


def test_what_a_person_does_is_told_only_where_it_ends_the_alert():
    post = Post()
    post.step(0, trouble())
    post.deliver()
    (alert,) = post.alerts.values()
    assert post.tell([acknowledge(alert, by="ada", now_us=1)], 1) == ()
    (alert,) = post.alerts.values()
    (message,) = post.tell([resolve(alert, by="ada", now_us=2)], 2)
    assert message.notices[0].what == "resolved"


def test_quiet_hours_hold_what_can_wait_and_bring_it_in_one_piece():
    post = Post(receiver("ops"), receiver("robot", quiet=False), quiet="22:00-07:00", time_zone="Europe/Berlin")
    night = at("2026-07-01T23:00+02:00")
    post.step(night, trouble())
    post.step(night + HOUR, trouble(), trouble("b"), trouble("c", severity=Severity.CRITICAL))
    assert [(to, len(keys)) for to, keys in post.deliver()] == [("ops", 1), ("robot", 1), ("robot", 2)]
    assert len(post.outbox.held) == 2
    morning = at("2026-07-02T07:00+02:00")
    now = (trouble(), trouble("b"), trouble("c", severity=Severity.CRITICAL))
    assert post.step(morning - 1, *now) == ()
    assert [(m.receiver, len(m.notices)) for m in post.step(morning, *now)] == [("ops", 2)]
    assert post.outbox.held == ()


def test_more_than_so_many_an_hour_come_in_one_piece_later():
    post = Post(most_per_hour=2)
    seen = []
    for n in range(10):
        seen.append(trouble(f"t{n}"))
        post.step(n, *seen)
    assert [len(m.notices) for m in post.outbox.messages] == [1, 1]
    post.step(HOUR, *seen)
    assert [len(m.notices) for m in post.outbox.messages] == [1, 1, 8]
    keys = [n.key for m in post.outbox.messages for n in m.notices]
    assert len(set(keys)) == 10


def test_a_receiver_that_was_taken_out_of_the_scope_keeps_nothing_waiting():
    post = Post()
    post.step(0, trouble())
    post.settings = Alerts()
    assert post.step(1, trouble()) == ()
    assert post.outbox == Outbox()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"kind": ReceiverKind.WEBHOOK}, "exactly one of url, url_env and url_file"),
        ({"kind": ReceiverKind.SLACK, "url": "https://x.org"}, "want url_env or url_file"),
        ({"kind": ReceiverKind.EMAIL, "host": "m.org"}, "want from and to"),
        (
            {"kind": ReceiverKind.EMAIL, "host": "m.org", "sender": "a@b.c", "to": ("a@b.c",), "starttls": False},
            "want starttls where the mail server is another machine",
        ),
    ],
)
def test_a_receiver_that_could_not_be_told_is_refused(words, said):
    with pytest.raises(BadInput, match=said):
        Receiver(name="ops", **words)
