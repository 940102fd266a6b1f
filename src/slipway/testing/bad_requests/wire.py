"""What goes wrong before anybody looks at a body: methods, paths, headers, types, bombs, chunks, rubbish."""

import gzip
import zlib
from collections.abc import Iterator

from slipway.testing.bad_requests.request import ROUTE, ROW, BadRequest, http, text

_GOOD = text(dict(ROW))
_HEAD = b"POST /predict HTTP/1.1\r\nHost: localhost\r\n"
_PATHS = (
    "/", "//", "/predict/", "/predict/other", "/Predict", "/predict%2f", "/predict;x=1", "/predict/../predict",
    "/./predict",
    "/../../etc/passwd", "/..%2f..%2fetc%2fpasswd", "/%00", "/%", "/%zz", "/v2/models", "/v2/models/",
    "/v2/models/other", "/v2/models/other/infer", f"/v2/models/{ROUTE}/", f"/v2/models/{ROUTE}/other",
    f"/v2/models/{ROUTE}/versions", f"/v2/models/{ROUTE}/versions/", f"/v2/models/{ROUTE}/versions/9",
    "/v2/models//infer",
    "/v2/models/..", "/v1/models/r:predict", "/invocations", "/ping", "/health", "/health/", "/health/dead",
    "/metrics/x",
    "/admin", "/.env", "/.git/config", "/wp-login.php", "/docs/x", "/openapi.yaml", "/v2/repository/index", "*", "/?",
    "/predict/" + "x" * 5000, "/" + "a/" * 2000, "http://evil.example/predict", "/v2/health", "/v3",
)  # fmt: skip
_METHODS = ("DELETE", "PUT", "PATCH", "OPTIONS", "TRACE", "PROPFIND", "SEARCH", "PURGE", "LOCK", "REPORT")
_NO_HTTP = (
    b"\0\r\n\r\n", b"hello\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"\x04\x01\x00\x50",
    b"SSH-2.0-x\r\n",
    b"GET\r\n\r\n", b"GET / HTTP\r\n\r\n", b"GET / HTTP/x\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n",
    b"get / HTTP/1.1\r\n\r\n", b"GET  / HTTP/1.1\r\n\r\n", b"GET / / HTTP/1.1\r\n\r\n", b"GET\t/\tHTTP/1.1\r\n\r\n",
    b" GET / HTTP/1.1\r\n\r\n", b"G\0T / HTTP/1.1\r\n\r\n", b"GET /\0 HTTP/1.1\r\n\r\n", b"FOO / HTTP/1.1\r\n\r\n",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\n", b"GET / HTTP/1.1\rHost: a\r\r", b"{}\r\n\r\n",
    b"GET /predict\xe9 HTTP/1.1\r\n\r\n", b"GET /\x80\xff HTTP/1.1\r\n\r\n",
    b"GET / FTP/1.1\r\n\r\n", b"GET / HTTP/1.1x\r\n\r\n", b"\xff" * 64, b"<policy-file-request/>\0",
)  # fmt: skip
_NO_HEADERS = (
    b"Host\r\n", b": x\r\n", b"X Y: z\r\n", b"X\0: y\r\n", b"X: a\0b\r\n", b"X : y\r\n", b"\xc3\xa9: y\r\n",
    b"(x): y\r\n",
    b"X: a\rb\r\n", b"Content-Length: -1\r\n", b"Content-Length: x\r\n", b"Content-Length: 1x\r\n",
    b"Content-Length: 0x1\r\n",
    b"Content-Length: +1\r\n", b"Content-Length: 1, 1\r\n", b"Content-Length: 1\r\nContent-Length: 2\r\n",
    b"Content-Length: \r\n", b"Content-Length: 99999999999999999999999999\r\n", b"Content-Length: 1.0\r\n",
    b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
    b"Transfer-Encoding: gzip\r\n", b"Transfer-Encoding: identity\r\n", b"Transfer-Encoding: chunked, gzip\r\n",
    b"Transfer-Encoding: chunked, chunked\r\n", b"Transfer-Encoding: xchunked\r\n", b"X[]: y\r\n", b"@: y\r\n",
)  # fmt: skip
_NO_CHUNKS = (
    b"zz\r\n", b"-1\r\n", b"+2\r\n{}\r\n0\r\n\r\n", b"0x2\r\n{}\r\n0\r\n\r\n", b"2\r\n{}x\r\n0\r\n\r\n", b"\r\n2\r\n{}",
    b"2 \0\r\n{}\r\n0\r\n\r\n", b"1\r\n{}\r\n0\r\n\r\n", b"ffffffffffffffffff\r\n", b"2\r{}\r0\r\r", b"g\r\n", b",\r\n",
)  # fmt: skip


def bad_wire() -> Iterator[BadRequest]:
    """Yield them; those that the server cannot tell from a beginning end the connection."""
    for rubbish in _NO_HTTP:
        yield BadRequest("no HTTP", rubbish, ends=True)
    for lines in _NO_HEADERS:
        yield BadRequest("malformed headers", _HEAD + lines + b"\r\n12345", ends=True)
    for chunks in _NO_CHUNKS:
        yield BadRequest("malformed chunks", _HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + chunks, ends=True)
    whole = http(_GOOD)
    for end in (1, 5, 14, 22, 30, 45, 60, len(whole) - 60, len(whole) - 1):
        yield BadRequest("a request cut short", whole[:end], ends=True)
    for size in (17_000, 70_000, 1_000_000):
        yield BadRequest("huge headers", _HEAD + b"X: " + b"y" * size + b"\r\n\r\n", status=431)
        yield BadRequest("huge headers", _HEAD + b"y" * size + b": x\r\n\r\n", status=431)
        yield BadRequest("huge headers", b"GET /" + b"x" * size + b" HTTP/1.1\r\nHost: localhost\r\n\r\n", status=431)
    for count in (101, 2_000):
        yield BadRequest("too many headers", _HEAD + b"X: y\r\n" * count + b"\r\n", status=431)
    for size in (4 << 20, 1 << 40, 1 << 62):
        yield BadRequest("a huge body", _HEAD + b"Content-Length: %d\r\n\r\n" % (size + 1), status=413)
    yield BadRequest(
        "a huge chunk", _HEAD + b"Transfer-Encoding: chunked\r\n\r\n500000\r\n" + b" " * 0x500000, status=413
    )
    yield from _paths()
    yield from _headers()
    yield from _media()


def _paths() -> Iterator[BadRequest]:
    for path in _PATHS:
        yield BadRequest("another path", http(_GOOD, path=path), status=404)
    for method in _METHODS:
        for path in ("/predict", "/outcomes", "/metrics", f"/v2/models/{ROUTE}/infer", "/health/live"):
            yield BadRequest("another method", http(b"", method=method, path=path), status=405)
    for path in ("/predict", "/outcomes", f"/predict/{ROUTE}", f"/v2/models/{ROUTE}/infer"):
        yield BadRequest("another method", http(_GOOD, method="GET", path=path), status=405)
    for path in ("/metrics", "/health/ready", "/v2", "/openapi.json", "/docs", f"/v2/models/{ROUTE}"):
        yield BadRequest("another method", http(_GOOD, path=path), status=405)


def _headers() -> Iterator[BadRequest]:
    hosts = (
        "evil.example",
        "",
        "localhost.evil.example",
        "a b",
        "[::1",
        "127.0.0.1.evil.example:80",
        "10.0.0.1",
        "\xff",
    )
    for host in hosts:
        yield BadRequest("another host", http(_GOOD, headers={"Host": host}), status=403)
    for origin in ("http://evil.example", "null", "file://", "", "x", "http://[", "http://localhost.evil.example"):
        yield BadRequest("another origin", http(_GOOD, headers={"Origin": origin}), status=403)
    yield BadRequest("no host", b"POST /predict HTTP/1.1\r\nContent-Length: 0\r\n\r\n")
    yield BadRequest("two hosts", _HEAD + b"Host: localhost\r\nContent-Length: 0\r\n\r\n")
    for size in (129, 1000, 10_000):
        yield BadRequest("a request id that is too long", http(_GOOD, headers={"X-Request-Id": "x" * size}))
    for moment in ("0", "-1", "x", "1e9", "99999999999999999999", "", "2026-11-23", "\xb2"):
        yield BadRequest("a moment told to a server with a clock", http(_GOOD, headers={"Slipway-Time-Us": moment}))
    for told in ("Upgrade: h2c", "Upgrade: websocket", "Upgrade: x"):
        data = b"GET /predict HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\n" + told.encode() + b"\r\n\r\n"
        yield BadRequest("an upgrade", data, status=405)


def _media() -> Iterator[BadRequest]:
    types = (
        "text/plain", "text/html", "text/csv", "application/xml", "application/msgpack", "application/x-protobuf",
        "x", "/",
        "multipart/form-data; boundary=x", "application/octet-stream", "application/x-ndjson", "image/png", "*/*", "",
        "application/jsonp", "application/vnd.apache.arrow.file", "application/vnd.apache.parquet", "\xff", "a" * 5000,
        "application/json, application/json", "application/x-python-pickle", "application/graphql", "; charset=utf-8",
    )  # fmt: skip
    for kind in types:
        for path in ("/predict", "/outcomes"):
            yield BadRequest("another type", http(_GOOD, path=path, headers={"Content-Type": kind}), status=415)
    bomb = gzip.compress(bytes(64 << 20), 9)
    packed = {"gzip": gzip.compress(_GOOD), "deflate": zlib.compress(_GOOD), "br": _GOOD, "zstd": _GOOD, "x": _GOOD}
    packed |= {
        "GZIP": bomb,
        "gzip, gzip": gzip.compress(bomb),
        "compress": bomb,
        "x-gzip": bomb,
        "identity, gzip": bomb,
    }
    for encoding, body in packed.items():
        for path in ("/predict", "/outcomes", f"/v2/models/{ROUTE}/infer"):
            told = {"Content-Encoding": encoding}
            yield BadRequest("a compressed body", http(body, path=path, headers=told), status=415)
    yield BadRequest("a bomb that says nothing of itself", http(bomb))
