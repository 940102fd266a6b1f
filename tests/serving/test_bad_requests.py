"""Hundreds of requests that are wrong, each in its own way: told what was wanted, never a 5xx, never silence."""

import collections
import socket
import time

import msgspec
import pytest

from slipway.records.arm import Arm, ArmKind
from slipway.records.route import Route, Share
from slipway.testing.bad_requests import ENTITY, ROW, SIGNATURE, bad_requests, http, text

PATIENCE_S = 10.0
LONGEST_REPLY_BYTES = 8192


@pytest.fixture
def server(serve):
    arm = Arm(name="old", kind=ArmKind.RULE, rule="delay > 15")
    route = Route(name="r", version=1, salt="s", arms=(arm,), shares=(Share(arm="old", share=1.0),))
    with serve(route, signature=SIGNATURE, entity=ENTITY) as running:
        yield running


def connect(server):
    return socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE_S)


def reply_of(sock):
    """Return status, body and how much came; what comes behind one reply would be a second one."""
    got = b""
    while b"\r\n\r\n" not in got:
        data = sock.recv(1 << 16)
        if not data:
            raise ConnectionError(f"hung up after {got!r}")
        got += data
    head, _, body = got.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    size = int(dict(line.lower().split(": ", 1) for line in lines)["content-length"])
    while len(body) < size:
        body += sock.recv(1 << 16)
    return int(first.split()[1]), body, len(head) + len(body)


def told_of(server, bad):
    """Send one bad request on a connection of its own; return what is wrong with the reply, or an empty string."""
    with connect(server) as sock:
        try:
            sock.sendall(bad.data)
            if bad.ends:
                sock.shutdown(socket.SHUT_WR)
        except ConnectionError:
            pass  # it was refused before it had all been sent: the reply is there to be read
        try:
            status, body, size = reply_of(sock)
        except OSError as error:
            return f"no reply: {error!r}"
    if status != bad.status:
        return f"{status}, not {bad.status}: {body[:200]}"
    told = msgspec.json.decode(body)
    if told.keys() != {"error", "wanted", "got", "hint"} or not (told["error"] and told["wanted"] and told["got"]):
        return f"says too little: {told}"
    return f"{size} bytes of reply" if size > LONGEST_REPLY_BYTES else ""


def test_each_is_told_what_was_wanted_and_what_came(server, place):
    table = bad_requests()
    assert len(table) > 500
    wrong, good = [], 0
    began = time.monotonic()
    with connect(server) as honest:
        for n, bad in enumerate(table):
            if said := told_of(server, bad):
                wrong.append((bad.family, bad.data[:60], bad.data[-120:], said))
            if n % 10 == 0:  # beside them somebody honest goes on asking, on one connection
                honest.sendall(http(text(ROW | {"id": f"good-{n}"})))
                status, body, _ = reply_of(honest)
                assert (status, msgspec.json.decode(body)["score"]) == (200, 1.0)
                good += 1
    families = collections.Counter(bad.family for bad in table)
    print(f"{len(table)} requests of {len(families)} families in {time.monotonic() - began:.1f} s")
    assert wrong == []
    assert len(place.predictions()) == good
    assert place.outcomes() == []


def test_rubbish_behind_a_good_request_is_told_from_it(server, place):
    """Pipelined: what came before is answered as ever, what is wrong is told, nothing behind it is guessed at."""
    tails = [bad for bad in bad_requests() if bad.ends and len(bad.data) < 1000]
    for n, bad in enumerate(tails):
        with connect(server) as sock:
            sock.sendall(http(text(ROW | {"id": f"p-{n}"})) + bad.data)
            sock.shutdown(socket.SHUT_WR)
            got = b"".join(iter(lambda: sock.recv(1 << 16), b""))
        assert got.startswith(b"HTTP/1.1 200 "), bad
        assert got.count(b"HTTP/1.1 4") >= 1, bad
        assert b"HTTP/1.1 5" not in got, bad
    assert list(place.predictions()) == [f"p-{n}" for n in range(len(tails))]


def test_a_thousand_idle_connections_keep_nobody_waiting(server):
    idle = [connect(server) for _ in range(1000)]
    try:
        for sock in idle[::2]:
            sock.sendall(b"POST /pre")  # and half of them began to say something
        slowest = 0.0
        for _ in range(50):
            began = time.monotonic()
            with connect(server) as honest:
                honest.sendall(http(text({n: v for n, v in ROW.items() if n != "id"})))
                assert reply_of(honest)[0] == 200
            slowest = max(slowest, time.monotonic() - began)
        assert slowest < 1.0
    finally:
        for sock in idle:
            sock.close()
