"""The wire: slow, half-closed, oversized, malformed and pipelining callers, on a real socket."""

import socket
import time

import msgspec
import pytest

from slipway.serving.http_limits import HttpLimits

ROW = b'{"a":1,"user":"u"}'


def post(body=ROW, *, path=b"/predict", headers=b""):
    return b"POST %b HTTP/1.1\r\nHost: localhost\r\n%bContent-Length: %d\r\n\r\n%b" % (path, headers, len(body), body)


class Caller:
    def __init__(self, server):
        self.sock = socket.create_connection(("127.0.0.1", server.port), timeout=10)
        self.rest = b""

    def send(self, data):
        self.sock.sendall(data)
        return self

    def more(self):
        data = self.sock.recv(65536)
        self.rest += data
        return data

    def reply(self, *, head_only=False):
        """Return status, headers, body of the next reply; None at the end of the connection."""
        while b"\r\n\r\n" not in self.rest:
            if not self.more():
                assert self.rest == b""
                return None
        head, _, self.rest = self.rest.partition(b"\r\n\r\n")
        first, *lines = head.decode().split("\r\n")
        headers = dict(line.split(": ", 1) for line in lines)
        size = 0 if head_only else int(headers.get("content-length", 0))
        while len(self.rest) < size:
            assert self.more(), "the body was cut short"
        body, self.rest = self.rest[:size], self.rest[size:]
        return int(first.split()[1]), headers, body

    def status(self):
        got = self.reply()
        return got and got[0]

    def is_over(self):
        try:
            return self.rest == b"" and self.more() == b""
        except ConnectionResetError:
            return True

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.sock.close()


@pytest.fixture
def server(serve):
    with serve() as running:
        yield running


def test_pipelined_requests_are_answered_in_order(server):
    ids = [b"n%d" % i for i in range(300)]
    bodies = [b'{"a":1,"user":"u","id":"%b"}' % i for i in ids]
    with Caller(server) as caller:
        caller.send(b"".join(post(b) if k % 10 else post(b"{") for k, b in enumerate(bodies)))
        for k, i in enumerate(ids):
            status, _, body = caller.reply()
            if k % 10:
                assert status == 200
                assert msgspec.json.decode(body)["id"].encode() == i
            else:
                assert status == 400


def test_a_request_may_come_byte_by_byte(server):
    with Caller(server) as caller:
        for byte in post():
            caller.send(bytes([byte]))
        assert caller.status() == 200


def test_a_body_may_come_in_chunks(server):
    chunks = b"".join(b"1\r\n%c\r\n" % byte for byte in ROW) + b"0\r\nX-Trailer: t\r\n\r\n"
    head = b"POST /predict HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
    with Caller(server) as caller:
        assert caller.send(head + chunks + post()).status() == 200
        assert caller.status() == 200


def test_keep_alive_and_close(server):
    with Caller(server) as caller:
        status, headers, _ = caller.send(post()).reply()
        assert (status, "connection" in headers) == (200, False)
        status, headers, _ = caller.send(post(headers=b"Connection: close\r\n") + post()).reply()
        assert (status, headers["connection"]) == (200, "close")
        assert caller.is_over()


def test_http_1_0(server):
    request = b"POST /predict HTTP/1.0\r\n%bContent-Length: %d\r\n\r\n%b"
    with Caller(server) as caller:
        status, headers, _ = caller.send(request % (b"", len(ROW), ROW)).reply()
        assert (status, headers["connection"]) == (200, "close")
        assert caller.is_over()
    with Caller(server) as caller:
        status, headers, _ = caller.send(request % (b"Connection: keep-alive\r\n", len(ROW), ROW)).reply()
        assert (status, headers["connection"]) == (200, "keep-alive")
        assert caller.send(post()).status() == 200


def test_a_caller_that_stops_sending_is_still_answered(server):
    with Caller(server) as caller:
        caller.send(post() + post())
        caller.sock.shutdown(socket.SHUT_WR)
        assert [caller.status(), caller.status()] == [200, 200]
        assert caller.is_over()


def test_a_caller_that_stops_in_the_middle_is_told(server):
    with Caller(server) as caller:
        caller.send(post()[:-3])
        caller.sock.shutdown(socket.SHUT_WR)
        assert caller.status() == 400
        assert caller.is_over()


def test_head_is_get_without_the_body(server):
    with Caller(server) as caller:
        status, headers, _ = caller.send(b"HEAD /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n").reply(head_only=True)
        assert (status, headers["content-length"]) == (200, "13")
        assert caller.send(post()).status() == 200


def test_expect_continue(server):
    with Caller(server) as caller:
        caller.send(b"POST /predict HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 18\r\n\r\n")
        assert caller.reply()[0] == 100
        assert caller.send(ROW).status() == 200


@pytest.mark.parametrize(
    ("request_", "status", "says"),
    [
        (b"GET /nope HTTP/1.1\r\nHost: localhost\r\n\r\n", 404, "/predict"),
        (b"GET /predict HTTP/1.1\r\nHost: localhost\r\n\r\n", 405, "POST"),
        (post(b"{}", path=b"/metrics"), 405, "GET, HEAD"),
        (post(b"{"), 400, "no JSON"),
        (b"POST /predict HTTP/1.1\r\nContent-Length: 0\r\n\r\n", 400, "Host"),
        (b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400, "one host"),
        (b"GET /health/live HTTP/1.1\r\nHost: evil.example\r\n\r\n", 403, "that name"),
        (b"GET /health/live HTTP/1.1\r\nHost: localhost\r\nOrigin: http://evil.example\r\n\r\n", 403, "Origin"),
        (b"GET /health/live HTTP/1.1\r\nHost: localhost\r\nOrigin: null\r\n\r\n", 403, "Origin"),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400, "no HTTP"),
        (b"FOO /predict HTTP/1.1\r\n\r\n", 400, "no HTTP"),
        (b"POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n", 400, "no HTTP"),
        (
            b"POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
            400,
            "no HTTP",
        ),
        (
            b"POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
            400,
            "no HTTP",
        ),
        (b"POST /predict HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400, "no HTTP"),
        (b"POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999\r\n\r\n", 413, "fewer rows"),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * 20_000 + b"\r\n\r\n", 431, "headers"),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * 20_000, 431, "headers"),
        (b"GET /" + b"x" * 20_000, 431, "headers"),
        (b"POST /predict HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1;" + b"x" * 100_000, 431, "headers"),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"X: y\r\n" * 101 + b"\r\n", 431, "headers"),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Request-Id: " + b"x" * 200 + b"\r\n\r\n", 400, "X-Request-Id"),
        (b"CONNECT a:1 HTTP/1.1\r\nHost: localhost\r\n\r\n", 404, "a:1"),
    ],
)
def test_errors_are_json_that_names_the_way_out(server, request_, status, says):
    with Caller(server) as caller:
        got, headers, body = caller.send(request_).reply()
        assert got == status
        assert headers["content-type"] == "application/json"
        told = msgspec.json.decode(body)
        assert told.keys() == {"error", "wanted", "got", "hint"}
        assert says in body.decode()
    with Caller(server) as after:  # and the next caller is served
        assert after.send(post()).status() == 200


def test_a_chunked_body_that_never_ends_is_cut_off(serve):
    with serve(limits=HttpLimits(body_bytes=10_000)) as server, Caller(server) as caller:
        caller.send(b"POST /predict HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n")
        for _ in range(11):
            caller.send(b"400\r\n" + b" " * 1024 + b"\r\n")
        assert caller.status() == 413
        assert caller.is_over()


def test_the_request_id_comes_back(server):
    with Caller(server) as caller:
        for body, status in ((ROW, 200), (b"{", 400)):
            got, headers, _ = caller.send(post(body, headers=b"X-Request-Id: q-7\r\n")).reply()
            assert (got, headers["x-request-id"]) == (status, "q-7")


@pytest.mark.parametrize(
    ("sent", "limits", "status"),
    [
        (b"", {"head_timeout_s": 0.2}, None),
        (b"POST /pre", {"head_timeout_s": 0.2}, 408),
        (post()[:-2], {"body_timeout_s": 0.2}, 408),
        (b"\r\n\r\n", {"head_timeout_s": 0.2}, None),
    ],
)
def test_time_runs_out(serve, sent, limits, status):
    with serve(limits=HttpLimits(**limits)) as server, Caller(server) as caller:
        assert caller.send(sent).status() == status
        assert caller.is_over()


def test_an_idle_connection_is_closed(serve):
    with serve(limits=HttpLimits(idle_timeout_s=0.2)) as server, Caller(server) as caller:
        assert caller.send(post()).status() == 200
        assert caller.is_over()


def test_dripping_bytes_does_not_buy_time(serve):
    with serve(limits=HttpLimits(head_timeout_s=0.5)) as server, Caller(server) as caller:
        begun = time.monotonic()
        caller.send(b"POST /predict HTTP/1.1\r\n")
        caller.sock.settimeout(0.1)
        got = None
        while got is None and time.monotonic() - begun < 8:
            try:
                caller.send(b"X: y\r\n")
                got = caller.status()
            except TimeoutError:
                continue
        assert got == 408


def test_a_caller_that_does_not_read_holds_up_nobody(serve):
    asks = b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n" * 1000

    def send_until_it_stops(deaf):
        while True:
            deaf.send(asks)

    with serve(limits=HttpLimits(write_timeout_s=0.5)) as server, Caller(server) as deaf, Caller(server) as other:
        deaf.sock.settimeout(0.3)
        with pytest.raises((TimeoutError, ConnectionError)):
            send_until_it_stops(deaf)
        assert other.send(post()).status() == 200
        deaf.sock.settimeout(10)
        with pytest.raises(ConnectionError):  # its time to read ran out, so the server hung up
            send_until_it_stops(deaf)
        assert other.send(post()).status() == 200


def test_what_is_refused_before_it_is_a_request_is_counted_by_kind(serve):
    huge = b"POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999\r\n\r\n"
    sent = [(b"nonsense\r\n\r\n", 400), (huge, 413), (b"GET /" + b"x" * 20_000, 431), (huge, 413), (b"POST /pre", 408)]
    with serve(limits=HttpLimits(head_timeout_s=0.2)) as server:
        for data, status in sent:
            with Caller(server) as caller:
                assert caller.send(data).status() == status
        with Caller(server) as caller:
            caller.send(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n")
            lines = dict(line.rsplit(" ", 1) for line in caller.reply()[2].decode().splitlines())
    counted = {
        kind: lines.get(f'slipway_errors_total{{kind="http_{kind}",worker="worker-0"}}')
        for kind in (400, 408, 413, 431)
    }
    assert counted == {400: "1", 408: "1", 413: "2", 431: "1"}
