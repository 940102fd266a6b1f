"""Whatever callers send, and whatever arms answer, no log of a server holds a value, an entity, a key or a query."""

import itertools
import json
import socket
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest
import structlog

from slipway.project.server import free_ports
from slipway.records.arm import Arm, ArmKind
from slipway.records.route import Route, Share
from slipway.serving import http_request
from slipway.serving.refusal_log import RefusalLog

PLANTED = "Canaria"
"""Stands in everything that is sent, and in nothing that is ours."""
GIVEN = {"traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00", "X-Request-Id": "q-7"}

FUNCTION = """
def predict(X):
    raise ValueError(f"cannot read {X}")
"""


def secret(n):
    return f"{PLANTED}-{n}"


def bodies():
    """Rows, outcomes and decisions, good and bad in every way that there is a message for."""
    who = {"user": secret("entity")}
    yield from (json.dumps(row) for row in (
        {"a": 0.5, **who}, {"a": secret("value"), **who}, {"a": 0.5, secret("field"): 1, **who}, {"a": 0.5},
        {"a": 0.5, "user": [secret("list")]}, {"a": 0.5, "id": secret("\x01id"), **who}, {"rows": [{"a": secret(1)}]},
    ))  # fmt: skip
    yield from (f'{{"a": {secret("torn")}', f'{{"a": 1, "a": 2, "user": "{secret("twice")}"}}', secret("\udcff"))


def told():
    yield from (json.dumps(one) for one in (
        {"id": secret("id"), "value": secret("value")}, {"id": secret("id"), "value": 1},
        {"id": secret("id"), "decision": 1, "by": secret("a")}, {"id": secret("id"), "decision": 9, "by": secret("b")},
        {"id": secret("id"), "metric": secret("Metric"), "value": 1}, {secret("what"): 1},
    ))  # fmt: skip


def tensors():
    for name, kind, data in (
        ("a", "FP64", [secret(1)]),
        (secret("t"), "BYTES", [secret(2)]),
        ("user", "BYTES", [secret(3)]),
    ):
        yield json.dumps({"inputs": [{"name": name, "datatype": kind, "shape": [1], "data": data}]})


def plant(url, port):
    """Send all of it; return how many requests were refused."""
    headers = {"authorization": f"Bearer {secret('key')}", "cookie": secret("cookie"), secret("header"): secret("h")}
    asked = [("/predict", body) for body in bodies()] + [("/outcomes", body) for body in told()]
    asked += [("/v2/models/r/infer", body) for body in tensors()]
    refused = 0
    with httpx.Client(base_url=url, headers=GIVEN | headers | {"content-type": "application/json"}) as caller:
        for path, body in asked:
            data = body.encode("utf-8", "surrogateescape")
            reply = caller.post(f"{path}?who={secret('query')}", content=data)
            refused += reply.status_code != 200
        for odd in ({"host": secret("host")}, {"slipway-time-us": secret("time")}, {"content-type": secret("type")}):
            refused += caller.post("/predict", content=b"{}", headers=odd).status_code != 200
        refused += caller.get(f"/{secret('path')}").status_code != 200
    for raw in (
        f"{secret('method')} / HTTP/1.1\r\n\r\n",
        f"POST /{secret('p')} HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    ):
        with socket.create_connection(("127.0.0.1", port), timeout=60) as wire:
            wire.sendall(raw.encode())
            refused += b"400" in wire.recv(1 << 16)
    return refused


@pytest.mark.parametrize("kind", [ArmKind.RULE, ArmKind.PYTHON])
def test_no_log_holds_what_was_planted(serve_processes, place, kind):
    (place.root / "mine.py").write_text(FUNCTION)
    rule = Arm(name="old", kind=ArmKind.RULE, rule="a > 0.5")
    fails = Arm(name="new", kind=ArmKind.PYTHON, function="mine.py:predict")
    live = {ArmKind.RULE: rule, ArmKind.PYTHON: fails}[kind]
    arms = (rule, fails)
    one = Route(name="r", version=1, salt="s", shares=(Share(arm=live.name, share=1.0),), shadows=(), arms=arms)
    with serve_processes(one, access_log=True) as server:
        assert plant(f"http://127.0.0.1:{server.port}", server.port) > 15
    logs = sorted(place.layout.run.glob("*.log"))
    assert {"access-worker-0.log", "worker-0.log"} <= {path.name for path in logs}
    lines = [(path.name, line) for path in logs for line in path.read_text().splitlines()]
    assert [line for line in lines if PLANTED in line[1]] == []
    read = [(name, json.loads(line)) for name, line in lines]  # one JSON object a line, or this fails
    refused = [line for name, line in read if line.get("event") == "request refused"]
    assert refused
    assert all({"request_id", "status"} <= line.keys() for line in refused)
    assert {"a: this value does not fit.", "?: no such field."} <= {line["reason"] for line in refused}
    assert {line.get("trace_id") for line in refused} >= {"4bf92f3577b34da6a3ce929d0e0e4736"}


class Odd(BaseHTTPRequestHandler):
    """A remote system that answers with somebody's name."""

    def do_POST(self):
        body = PLANTED.encode()
        self.send_response(500)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """Say nothing."""


def remote(name, port):
    return Arm(name=name, kind=ArmKind.HTTP, url=f"http://127.0.0.1:{port}/infer", timeout_ms=20_000)


@pytest.fixture
def odd():
    with ThreadingHTTPServer(("127.0.0.1", 0), Odd) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


def test_a_log_says_why_an_arm_fails_in_words_of_ours(serve, place, odd, monkeypatch):
    """Who is called at night sees what kind of failure it is and where, and no word of callers or of the arm."""
    (place.root / "mine.py").write_text(FUNCTION)
    dead = free_ports(1)
    log = RefusalLog(now=itertools.count().__next__)
    monkeypatch.setattr(http_request, "refusals", log)
    fails = Arm(name="fails", kind=ArmKind.PYTHON, function="mine.py:predict", timeout_ms=20_000)
    arms = (remote("dead", dead), remote("odd", odd), fails)
    said = {}
    for version, arm in enumerate(arms, 1):
        one = Route(name="r", version=version, salt="s", shares=(Share(arm=arm.name, share=1.0),), arms=(arm,))
        with (
            structlog.testing.capture_logs() as lines,
            serve(one, deadline_ms=20_000) as server,
            httpx.Client(base_url=server.url, timeout=60) as caller,
        ):
            told = [caller.post("/predict", json={"a": 0.5, "user": PLANTED}) for _ in range(7)]
        assert {reply.status_code for reply in told} == {503}
        said[arm.name] = [line["reason"] for line in lines if line["event"] == "request refused"]
        assert PLANTED not in repr(lines)
    assert f"http://127.0.0.1:{dead}/infer: want a connection, got ConnectError of " in said["dead"][0]
    assert "want an answer, got 5 failures in a row before; it is left alone for" in said["dead"][-1]
    assert said["odd"][0] == f"http://127.0.0.1:{odd}/infer: want status 200, got status 500"
    assert said["fails"][0] == "mine.py:predict: want 1 scores, got ValueError"


LIBRARY = """
import logging
from slipway.serving.json_log import log_as_json
log_as_json(process="worker-0")
try:
    raise ValueError("Canaria")
except ValueError:
    logging.getLogger("asyncio").exception("It was never retrieved\\nfuture: Canaria")
    logging.getLogger("grpc").warning("%s came", "Canaria")
"""


def test_what_libraries_log_is_json_too_and_holds_no_words_of_callers():
    done = subprocess.run([sys.executable, "-c", LIBRARY], capture_output=True, text=True, check=True)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    told = [(line["event"], line["logger"], line["level"]) for line in lines]
    assert told == [("It was never retrieved", "asyncio", "error"), ("%s came", "grpc", "warning")]
    assert lines[0]["exception"].endswith("ValueError")
    assert PLANTED not in done.stdout + done.stderr


def test_no_reason_holds_what_was_planted_however_many_are_refused(serve, monkeypatch):
    seconds = itertools.count()
    log = RefusalLog(now=lambda: next(seconds))  # each has a second of its own, so each has its line
    monkeypatch.setattr(http_request, "refusals", log)
    with structlog.testing.capture_logs() as lines, serve() as server:
        refused = plant(server.url, server.port)
    reasons = [line["reason"] for line in lines if line["event"] == "request refused"]
    assert len(reasons) == refused
    assert len(set(reasons)) > 8, "they all say the same"
    assert [line for line in lines if PLANTED in repr(line)] == []
