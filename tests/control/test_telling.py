"""Receivers are told by real servers on this machine: ones that fail, hang, go away; nothing secret is said of it."""

import hashlib
import hmac
import itertools
import json
import random
import socket
import socketserver
import threading
import time
from contextlib import contextmanager
from email import message_from_bytes, policy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from slipway.control.alerting import OUTBOX, Alerting, Source
from slipway.control.telling.attempt import Undelivered
from slipway.control.telling.courier import Courier
from slipway.control.telling.sender import Sender
from slipway.errors import Unavailable
from slipway.monitoring.runbook import RUNBOOK
from slipway.ports import Change
from slipway.records.receiver import Alerts, Message, Notice, Outbox, Receiver, ReceiverKind, Sent
from slipway.records.trouble import AlertKind, Happening, Severity, Trouble
from slipway.testing.memory import MemoryStore

S = 1_000_000
KEY = "a very secret key"
NOW_S = 1_800_000_000


def message(n=0, *, receiver="ops"):
    notice = Notice(
        key=f"budget-{n}-1",
        alert=f"budget-{n}",
        what=Happening.OPENED,
        kind=AlertKind.BUDGET,
        severity=Severity.WARNING,
        sentence="Serving takes more than <allowed> & wanted.",
        command="slipway status",
        at_us=0,
    )
    return Message(key=f"m{n}", receiver=receiver, notices=(notice,), queued_us=0)


@contextmanager
def serving(server):
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class Hook(ThreadingHTTPServer):
    """Answers with the statuses it is given, then with 204; keeps what it was sent."""

    daemon_threads = True

    def __init__(self, *statuses, port=0):
        self.statuses, self.got = list(statuses), []
        super().__init__(("127.0.0.1", port), _Hook)

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}/hook/secret-path"


class _Hook(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.got.append((dict(self.headers), body))
        self.send_response(self.server.statuses.pop(0) if self.server.statuses else 204)
        self.end_headers()

    def log_message(self, *_):
        pass


def sender(*receivers, environ=None, store=None, **settings):
    alerts = Alerts(receivers=receivers, **settings)
    return Sender(
        store or MemoryStore(),
        alerts=alerts,
        project="flights",
        root="/nowhere",
        machine_us=lambda: NOW_S * S,
        environ={"HOOK_KEY": KEY, **(environ or {})},
    )


def webhook(url, **words):
    return Receiver(name="ops", kind=ReceiverKind.WEBHOOK, url=url, **words)


def genuine(headers, body, *, key, now_s):
    """What docs/how-to/be-told-of-alerts.md tells a receiver to do."""
    signed = headers["Slipway-Timestamp"].encode() + b"." + body
    expected = "v1=" + hmac.new(key.encode(), signed, hashlib.sha256).hexdigest()
    fresh = abs(now_s - int(headers["Slipway-Timestamp"])) < 300
    return fresh and hmac.compare_digest(expected, headers["Slipway-Signature"])


def test_a_webhook_gets_signed_json_that_its_owner_can_verify():
    with serving(Hook()) as hook:
        ops = webhook(hook.url, secret_env="HOOK_KEY")  # noqa: S106 - a name
        sender(ops).tell(ops, message())
    ((headers, body),) = hook.got
    assert genuine(headers, body, key=KEY, now_s=NOW_S)
    assert not genuine(headers, body + b" ", key=KEY, now_s=NOW_S)
    assert not genuine(headers, body, key="another", now_s=NOW_S)
    assert not genuine(headers, body, key=KEY, now_s=NOW_S + 301)
    told = json.loads(body)
    assert (told["key"], told["project"], headers["Idempotency-Key"]) == ("m0", "flights", "m0")
    (notice,) = told["notices"]
    assert notice["runbook"] == "docs/how-to/when-an-alert-comes.md#budget"
    assert notice["happened"].startswith("Serving takes more")
    assert len(notice["do"]) == len(RUNBOOK[AlertKind.BUDGET].do)


def test_slack_gets_one_text_with_its_signs_escaped_and_no_signature():
    with serving(Hook()) as hook:
        ops = Receiver(name="ops", kind=ReceiverKind.SLACK, url_env="SLACK_URL")
        sender(ops, environ={"SLACK_URL": hook.url}).tell(ops, message())
    ((headers, body),) = hook.got
    assert "&lt;allowed&gt; &amp; wanted" in json.loads(body)["text"]
    assert "Slipway-Signature" not in headers


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://example.org/x", "no https:// address, nor a loopback one"),
        ("ftp://127.0.0.1/x", "no https:// address"),
        ("http://127.0.0.1:x/", "no https:// address"),
        ("http://127.0.0.1/a b", "no https:// address"),
        ("", "variable SLACK_URL is not set"),
    ],
)
def test_an_address_that_nothing_may_be_sent_to_is_refused_without_showing_it(url, why):
    ops = Receiver(name="ops", kind=ReceiverKind.SLACK, url_env="SLACK_URL")
    with pytest.raises(Undelivered, match=why) as failed:
        sender(ops, environ={"SLACK_URL": url}).tell(ops, message())
    assert not url or url not in str(failed.value)


def test_secrets_come_from_files_too_and_never_into_what_is_said(tmp_path):
    (tmp_path / "key").write_text(f"{KEY}\n")
    (tmp_path / "empty").write_text("")
    with serving(Hook(500)) as hook:
        for file, why in (
            ("key", "status 500"),
            ("empty", "file empty is empty"),
            ("gone", "file gone cannot be read"),
        ):
            ops = webhook(hook.url, secret_file=str(tmp_path / file) if file == "key" else file)
            one = sender(ops)
            one._root = tmp_path
            with pytest.raises(Undelivered, match=why) as failed:
                one.tell(ops, message())
            assert KEY not in str(failed.value)
            assert "secret-path" not in str(failed.value)
    ((headers, body),) = hook.got
    assert genuine(headers, body, key=KEY, now_s=NOW_S)


class Mail(socketserver.ThreadingTCPServer):
    """A mail server of a few lines: keeps what it was sent; refuses addresses that begin with 'no'."""

    allow_reuse_address = daemon_threads = True

    def __init__(self):
        self.letters = []
        super().__init__(("127.0.0.1", 0), _Mail)


class _Mail(socketserver.StreamRequestHandler):
    def handle(self):
        self.say("220 here")
        to = []
        while line := self.rfile.readline().decode().strip():
            word = line.split()[0].upper()
            if word == "RCPT":
                refused = "<no" in line
                to += [] if refused else [line]
                self.say("550 no such one" if refused else "250 ok")
            elif word == "DATA":
                self.say("354 go on")
                lines = iter(self.rfile.readline, b".\r\n")
                self.server.letters.append((to, message_from_bytes(b"".join(lines), policy=policy.default)))
                self.say("250 ok")
            elif word == "QUIT":
                self.say("221 bye")
                return
            else:
                self.say("250 ok")

    def say(self, text):
        self.wfile.write(f"{text}\r\n".encode())


def mailbox(port, *, to=("ada@example.org",), **words):
    words = {"starttls": False, **words}
    return Receiver(
        name="ops", kind=ReceiverKind.EMAIL, host="localhost", port=port, sender="slipway@example.org", to=to, **words
    )


def test_a_mail_says_what_happened_to_whom_and_what_to_do():
    with serving(Mail()) as server:
        ops = mailbox(server.server_address[1], to=("ada@example.org", "bob@example.org"))
        sender(ops).tell(ops, message())
    ((to, letter),) = server.letters
    assert len(to) == 2
    assert letter["Subject"] == "flights: warning: budget opened"
    assert letter["Message-ID"] == "<m0@slipway.invalid>"
    text = letter.get_content()
    for said in ("Serving takes more than <allowed>", "To whom:", "1. ", "More: slipway status"):
        assert said in text


def test_a_mail_server_that_cannot_encrypt_or_refuses_an_address_is_told_of():
    with serving(Mail()) as server:
        port = server.server_address[1]
        for ops, why in (
            (mailbox(port, starttls=True), "offers no STARTTLS"),
            (mailbox(port, to=("no@example.org", "ada@example.org")), "refused 1 of 2"),
            (mailbox(port, to=("no@example.org",)), "refused every address"),
        ):
            with pytest.raises(Undelivered, match=why):
                sender(ops).tell(ops, message())


def test_who_says_a_byte_now_and_then_is_cut_off():
    with socket.create_server(("127.0.0.1", 0)) as listening:
        ended = threading.Event()

        def drip():
            taken, _ = listening.accept()
            with taken:
                while not ended.wait(0.02):
                    try:
                        taken.send(b"H")
                    except OSError:
                        return

        thread = threading.Thread(target=drip, daemon=True)
        thread.start()
        ops = webhook(f"http://127.0.0.1:{listening.getsockname()[1]}/")
        with pytest.raises(Undelivered):
            sender(ops).tell(ops, message(), within_s=0.2)
        ended.set()
        thread.join()


class Round:
    """A courier with a clock of its own and an outbox that is there already."""

    def __init__(self, tell, *, messages=1, give_up_s=3600.0, store=None):
        self.store, self.now_us, self.set_by_us = store or MemoryStore(), 0, 0
        if store is None:
            outbox = Outbox(messages=tuple(message(n) for n in range(messages)))
            self.store.commit([Change(outbox, OUTBOX, 0)], at_us=0, by="test", why="test")
        self.courier = Courier(
            self.store,
            receiver=webhook("https://example.org"),
            tell=tell,
            machine_us=lambda: self.now_us + self.set_by_us,
            give_up_s=give_up_s,
            chance=random.Random(1),  # noqa: S311 - pauses
            monotonic=lambda: self.now_us / S,
        )

    def run(self, seconds):
        for _ in range(seconds):
            self.courier.turn()
            self.now_us += S
        return self.store.get(Sent, id="ops")[0] if self.store.all(Sent) else None


def test_what_fails_is_tried_again_after_longer_and_longer_pauses():
    at = []

    def fails(*_):
        at.append(one.now_us // S)
        if len(at) < 8:
            raise Undelivered("status 500")

    one = Round(fails)
    sent = one.run(600)
    pauses = [b - a for a, b in itertools.pairwise(at)]
    assert len(at) == 8
    assert all(0.5 * 2**n <= pause <= 1.5 * 2**n + 1 for n, pause in enumerate(pauses))
    assert (sent.delivered, sent.done, sent.dead) == (1, ("m0",), ())
    assert (one.courier.state.failures, one.courier.state.waiting) == (0, 0)


def test_what_nobody_takes_for_the_stated_time_is_given_up_and_told():
    one = Round(lambda *_: (_ for _ in ()).throw(Undelivered("status 500")), give_up_s=60.0)
    assert one.run(60) is None
    assert one.courier.state.waiting == 1
    assert one.courier.state.why == "status 500"
    (letter,) = one.run(300).dead
    assert (letter.key, letter.why, letter.alerts) == ("m0", "status 500", ("budget-0",))
    assert 60 * S <= letter.at_us <= 160 * S
    assert one.courier.state.given_up == 1


@pytest.mark.parametrize("set_by_s", [-6 * 3600, 365 * 86400])
def test_a_clock_that_is_set_neither_delays_the_next_try_nor_gives_up(set_by_s):
    at = []

    def fails(*_):
        at.append(one.now_us // S)
        if len(at) < 4:
            raise Undelivered("status 500")

    one = Round(fails)
    one.run(1)
    one.set_by_us = set_by_s * S
    sent = one.run(60)
    assert (len(at), sent.delivered, sent.dead) == (4, 1, ())


def test_killed_between_sending_and_storing_it_sends_again_with_the_same_key():
    got = []
    one = Round(lambda _, m: got.append(m.key))
    real, one.store.commit = one.store.commit, lambda *_, **__: (_ for _ in ()).throw(KeyboardInterrupt)
    with pytest.raises(KeyboardInterrupt):
        one.run(1)
    one.store.commit = real
    Round(lambda _, m: got.append(m.key), store=one.store).run(2)
    assert got == ["m0", "m0"]


def test_with_its_store_away_it_sends_nothing_twice():
    got = []
    one = Round(lambda _, m: got.append(m.key), messages=3)
    real = one.store.commit

    def away(*_, **__):
        raise Unavailable("the store is away")

    one.store.commit = away
    one.run(5)
    one.store.commit = real
    one.run(5)
    assert got == ["m0", "m1", "m2"]
    assert one.store.get(Sent, id="ops")[0].delivered == 3


def test_one_that_fails_keeps_no_other_message_waiting():
    got = []

    def tell(_, m):
        if m.key == "m0":
            raise Undelivered("status 400")
        got.append(m.key)

    Round(tell, messages=3).run(1)
    assert got == ["m1", "m2"]


def test_a_receiver_that_hangs_delays_neither_steps_nor_the_other_receivers():
    store = MemoryStore()
    with serving(Hook(503)) as hook, socket.create_server(("127.0.0.1", 0)) as silent:
        hangs = Receiver(name="hangs", kind=ReceiverKind.WEBHOOK, url=f"http://127.0.0.1:{silent.getsockname()[1]}/")
        well = webhook(hook.url)
        settings = Alerts(receivers=(hangs, well))
        trouble = Trouble(kind=AlertKind.BUDGET, about="x", severity=Severity.WARNING, sentence="Too much.")
        source = Source(frozenset({AlertKind.BUDGET}), lambda _: [trouble])
        keeper = Alerting(store, sources=[source], alerts=settings, machine_us=lambda: time.time_ns() // 1000)
        keeper.step(1, problems=[])
        one = Sender(
            store,
            alerts=settings,
            project="flights",
            root="/nowhere",
            machine_us=lambda: time.time_ns() // 1000,
            environ={},
            look_s=0.02,
        )
        one.start()
        until = time.monotonic() + 60
        while len(hook.got) < 2 and time.monotonic() < until:
            time.sleep(0.02)
            keeper.step(2, problems=[])
        one.stop()
    assert hook.got[0][0]["Idempotency-Key"] == hook.got[1][0]["Idempotency-Key"]
    assert {s.receiver for s in one.states()} == {"hangs", "ops"}


def test_a_test_says_of_each_receiver_what_came_back():
    with serving(Hook(403)) as hook:
        other = Receiver(name="mail", kind=ReceiverKind.EMAIL, host="localhost", port=1, sender="a@b.c", to=("a@b.c",))
        tried = sender(webhook(hook.url), other).test()
    assert b'"kind":"test"' in hook.got[0][1].replace(b" ", b"")
    assert [(t.receiver, t.took, t.why) for t in tried] == [
        ("ops", False, "status 403"),
        ("mail", False, "no answer from the mail server (ConnectionRefusedError)"),
    ]
