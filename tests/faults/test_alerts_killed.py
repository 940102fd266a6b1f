"""A message about an alert gets there, whoever is killed and whoever is away meanwhile; each time under one key."""

import hashlib
import hmac
import os
import signal
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from slipway import Project
from slipway.project import commanding
from slipway.project.server import Server
from slipway.records.receiver import Sent
from slipway.serving.run_state import State, is_alive, read_states
from slipway.storage.layout import Layout

pytestmark = pytest.mark.faults
WITHIN_S = 90
KEY = "what nobody else knows"


class Hook(BaseHTTPRequestHandler):
    """Refuses twice, then takes what it is sent."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.got.append((dict(self.headers), body))
        self.send_response(503 if len(self.server.got) <= 2 else 200)
        self.end_headers()

    def log_message(self, *_):
        pass


def until(ready, what):
    end_s = time.monotonic() + WITHIN_S
    while not (found := ready()):
        assert time.monotonic() < end_s, what
        time.sleep(0.1)
    return found


@pytest.fixture
def hook():
    """A receiver that is away until it is activated: its port is taken, and refuses whoever calls."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Hook, bind_and_activate=False) as hook:
        hook.got = []
        hook.server_bind()
        yield hook


@pytest.fixture
def project(tmp_path, monkeypatch, hook):
    monkeypatch.setenv("HOOK_KEY", KEY)
    made = Project.init(tmp_path / "p")
    page = made.folder / "slipway.toml"
    page.write_text(
        page.read_text()
        + '\n[arms.other]\nrule = "mean_radius > 14"\n'
        + f'\n[alerts.receivers.ops]\nkind = "webhook"\nurl = "http://127.0.0.1:{hook.server_port}/"\n'
        + 'secret_env = "HOOK_KEY"\n'
    )
    return Project.open(made.folder)


def control(folder):
    states = read_states(Layout(folder).run)
    return next((s for s in states if s.name == "control" and s.state is State.READY and is_alive(s.pid)), None)


def test_a_message_survives_kill_9_of_control_and_a_receiver_that_is_away(project, hook):
    with Server(project.folder):
        first = until(lambda: control(project.folder), "control is not ready")
        rollout = project.start_rollout("other")
        project.roll_back(rollout.id, why="a test")
        parts = project._parts
        until(
            lambda: any(r.failures for r in told.receivers) if (told := commanding.ask_status(parts)) else False, "try"
        )
        os.kill(first.pid, signal.SIGKILL)
        until(lambda: (now := control(project.folder)) and now.pid != first.pid, "no other control")
        hook.server_activate()
        Thread(target=hook.serve_forever, daemon=True).start()
        until(lambda: parts.store.all(Sent), "nothing was delivered")
        ((_, sent, _),) = parts.store.all(Sent)
        hook.shutdown()
    assert (sent.delivered, sent.dead) == (1, ())
    assert len({headers["Idempotency-Key"] for headers, _ in hook.got}) == 1
    assert len({body for _, body in hook.got}) == 1
    for headers, body in hook.got:
        signed = headers["Slipway-Timestamp"].encode() + b"." + body
        assert headers["Slipway-Signature"] == "v1=" + hmac.new(KEY.encode(), signed, hashlib.sha256).hexdigest()
    (alert,) = project.alerts()
    assert "by command" in alert.trouble.sentence
    state = project.folder / ".slipway"
    kept = [p for p in state.rglob("*") if p.is_file() and KEY.encode() in p.read_bytes()]
    assert kept == []
